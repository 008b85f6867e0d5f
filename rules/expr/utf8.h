// Utf8: code points of text, as CEL counts them.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parcours::expr {

// The code point at the start of `text` and how many bytes it takes; {-1, 1} where the bytes are
// not well-formed UTF-8 (overlong, surrogate, cut short). REQUIRES: !text.empty()
struct CodePoint {
  std::int32_t value;
  int bytes;
};
CodePoint FirstCodePoint(std::string_view text);
void AppendUtf8(std::int32_t code_point, std::string* out);
bool IsUtf8(std::string_view text);
std::int64_t CountCodePoints(std::string_view text);

}  // namespace parcours::expr
