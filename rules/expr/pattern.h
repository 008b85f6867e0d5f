// Pattern: a regular expression of `matches`, by RE2: linear in the text, whatever it is.
//
// Threads: immutable, share freely. Limits: kPatternBytesMax, kPatternMemoryMax.
// Failure: InvalidArgument with a sentence for the author.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace parcours::expr {

class Pattern {
 public:
  static absl::StatusOr<std::shared_ptr<const Pattern>> Compile(std::string_view text);
  Pattern(const Pattern&) = delete;
  ~Pattern();

  // Whether some part of `text` is described.
  bool Matches(std::string_view text) const;

 private:
  explicit Pattern(std::unique_ptr<re2::RE2> compiled);
  const std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace parcours::expr
