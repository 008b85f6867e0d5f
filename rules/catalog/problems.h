// Problems: the mistakes found in one set of definitions, each at its place, and the warnings.
//
// Threads: owned by one compilation.   Limits: kProblemsMax; further ones are counted, not told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/issue.h"
#include "rules/catalog/words.h"
#include "rules/catalog/yaml.h"

namespace parcours::catalog {

inline constexpr int kProblemsMax = 1000;

class Problems {
 public:
  void Add(const YamlNode& at, std::string message, std::string hint = "");
  // `file` is its name, of definitions or of data.
  void Add(const std::string& file, Place place, std::string message, std::string hint = "");
  // Like Add, with DidYouMean(name, names) for a hint.
  void AddUnknown(const YamlNode& at, std::string message, std::string_view name,
                  const std::vector<std::string>& names);

  // Tells what is no mistake but hardly meant.
  void Warn(const YamlNode& at, std::string message, std::string hint = "");

  // Whether there are no mistakes.
  bool empty() const { return mistakes_ == 0; }
  // All of them and the warnings, ordered by file, line and column; then none are left.
  std::vector<Issue> Take();

 private:
  void Tell(Issue issue);

  std::vector<Issue> issues_;
  int mistakes_ = 0;
  int untold_ = 0;
};

}  // namespace parcours::catalog
