// Reader: takes declared things out of a YAML tree and tells what is wrong with them.
//
// A MapReader hands out a map's values by key; Done() then complains of keys nobody asked for, so
// the set of known keys is never written down twice. Threads: owned by one compilation.   Failure:
// a mistake is a problem; the value is then nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "rules/catalog/problems.h"
#include "rules/catalog/yaml.h"

namespace parcours::catalog {

class MapReader {
 public:
  // `what` names the map in messages: "the event 'order_completed'". What is not a map is a
  // problem, but nothing at all is an empty map.
  MapReader(const YamlNode& node, std::string what, Problems* problems);

  bool is_map() const { return is_map_; }
  // Whether `key` is written, be it without a value.
  bool Has(std::string_view key) const;
  // The value of `key`, or nullptr. A value that is empty counts as absent and is a problem.
  const YamlNode* Find(std::string_view key);
  // The same for what may be left empty: `features:` with nothing below.
  const YamlNode* FindFilled(std::string_view key);
  // The same as Find, and absence is a problem.
  const YamlNode* Need(std::string_view key);
  // REQUIRES: every key that may be there has been asked for.
  void Done();

 private:
  const YamlNode& node_;
  std::string what_;
  Problems& problems_;
  bool is_map_;
  std::vector<std::string> known_;
};

// Whether `name` is lower_snake_case and short enough, which is a problem at `node` if not. `what`:
// "a feature".
bool CheckName(const YamlNode& node, std::string_view what, Problems* problems);

// `what` is the key they are of: "'window'".
std::optional<std::string> ReadText(const YamlNode& node, std::string_view what,
                                    Problems* problems);
std::optional<TimeMs> ReadLength(const YamlNode& node, std::string_view what, Problems* problems);
std::optional<int> ReadInt(const YamlNode& node, std::string_view what, int min, int max,
                           Problems* problems);
std::optional<bool> ReadBool(const YamlNode& node, std::string_view what, Problems* problems);
// `what` is what a choice is: "type". The position in `choices`; those of `later` are known to be
// missing, and said to be.
std::optional<int> ReadChoice(const YamlNode& node, std::string_view what,
                              const std::vector<std::string>& choices,
                              const std::vector<std::string>& later, Problems* problems);

// "'holdout' is not yet supported".
std::string NotYet(std::string_view word);

}  // namespace parcours::catalog
