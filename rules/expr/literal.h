// Literal: the value of a number or a text as CEL writes it.
//
// Threads: pure functions. Failure: InvalidArgument with a sentence for the author.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "rules/expr/value.h"

namespace parcours::expr {

// "12", "0x1f", "3u", "1.5e3"; with a leading "-" where the parser has joined one.
absl::StatusOr<Value> ReadNumber(std::string_view text);

// The inside of a text literal, without its quotes.
struct TextLiteral {
  std::string_view inside;
  bool raw = false;    // backslashes stand for themselves
  bool bytes = false;  // \x and octal escapes are bytes, and the value is bytes
};
absl::StatusOr<Value> ReadText(const TextLiteral& literal);

}  // namespace parcours::expr
