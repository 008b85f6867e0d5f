// Varints: whole numbers in as few bytes as they need, and texts behind their size.
//
// Seven bits a byte, the lowest first; bit 7 says that another byte follows. Signed numbers are
// folded first (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), so that small ones of either sign are
// short. A number has one spelling: one that ends in a zero byte, or needs more than 64 bits, is
// refused. Readers take from the front of `*bytes`; on false they leave `*bytes` and the value in
// an unspecified state, never beyond its end.
// Limits: kVarintBytesMax. Threads: pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace parcours {

inline constexpr std::size_t kVarintBytesMax = 10;

// Spreads 56 bits to eight groups of seven, the low bits of a byte each; and back.
inline std::uint64_t SpreadSevens(std::uint64_t x) {
  x = (x & 0x000000000fffffff) | ((x & 0x00fffffff0000000) << 4);
  x = (x & 0x00003fff00003fff) | ((x & 0x0fffc0000fffc000) << 2);
  return (x & 0x007f007f007f007f) | ((x & 0x3f803f803f803f80) << 1);
}
inline std::uint64_t GatherSevens(std::uint64_t x) {
  x = (x & 0x007f007f007f007f) | ((x & 0x7f007f007f007f00) >> 1);
  x = (x & 0x00003fff00003fff) | ((x & 0x3fff00003fff0000) >> 2);
  return (x & 0x000000000fffffff) | ((x & 0x0fffffff00000000) >> 4);
}

// Writes at `to`, where kVarintBytesMax bytes must be free; returns the place behind.
inline char* WriteVarint(std::uint64_t value, char* to) {
  if (value < 0x80) {
    *to = static_cast<char>(value);
    return to + 1;
  }
  constexpr std::uint64_t kMore = 0x8080808080808080;
  // Without a branch for each byte: how long a number is cannot be foretold.
  if (value >> 56 == 0) {
    const int more = (63 - std::countl_zero(value)) / 7;
    const std::uint64_t bytes =
        SpreadSevens(value) | (kMore & ((std::uint64_t{1} << 8 * more) - 1));
    std::memcpy(to, &bytes, sizeof bytes);
    return to + more + 1;
  }
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// Byte by byte, for what is longer than eight bytes or lies near the end.
inline const char* ReadLongVarint(const char* from, const char* end, std::uint64_t* value) {
  std::uint64_t sum = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (from == end) return nullptr;
    const std::uint64_t byte = static_cast<unsigned char>(*from++);
    sum |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) return nullptr;
    *value = sum;
    return from;
  }
  return nullptr;
}
// Returns the place behind the number at `from`, null if none lies before `end`.
inline const char* ReadVarint(const char* from, const char* end, std::uint64_t* value) {
  if (from != end && static_cast<unsigned char>(*from) < 0x80) {
    *value = static_cast<unsigned char>(*from);
    return from + 1;
  }
  std::uint64_t bytes = 0;
  if (end - from < static_cast<std::ptrdiff_t>(sizeof bytes)) {
    return ReadLongVarint(from, end, value);
  }
  std::memcpy(&bytes, from, sizeof bytes);
  const std::uint64_t last = ~bytes & 0x8080808080808080;
  if (last == 0) return ReadLongVarint(from, end, value);
  const int bits = std::countr_zero(last) + 1;  // of its bytes
  bytes &= ~std::uint64_t{0} >> (64 - bits);
  if (bytes >> (bits - 8) == 0) return nullptr;
  *value = GatherSevens(bytes);
  return from + bits / 8;
}

inline std::uint64_t FoldSigned(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
inline std::int64_t UnfoldSigned(std::uint64_t folded) {
  return static_cast<std::int64_t>((folded >> 1) ^ (0 - (folded & 1)));
}

inline void PutVarint(std::uint64_t value, std::string* out) {
  char bytes[kVarintBytesMax];
  out->append(bytes, static_cast<std::size_t>(WriteVarint(value, bytes) - bytes));
}
inline bool GetVarint(std::string_view* bytes, std::uint64_t* value) {
  const char* end = bytes->data() + bytes->size();
  const char* behind = ReadVarint(bytes->data(), end, value);
  if (behind == nullptr) return false;
  *bytes = {behind, static_cast<std::size_t>(end - behind)};
  return true;
}

inline void PutSigned(std::int64_t value, std::string* out) { PutVarint(FoldSigned(value), out); }
inline bool GetSigned(std::string_view* bytes, std::int64_t* value) {
  std::uint64_t folded = 0;
  if (!GetVarint(bytes, &folded)) return false;
  *value = UnfoldSigned(folded);
  return true;
}

inline void PutText(std::string_view text, std::string* out) {
  PutVarint(text.size(), out);
  out->append(text);
}
// `*text` views into what `*bytes` viewed.
inline bool GetText(std::string_view* bytes, std::string_view* text) {
  std::uint64_t size = 0;
  if (!GetVarint(bytes, &size) || size > bytes->size()) return false;
  *text = bytes->substr(0, size);
  bytes->remove_prefix(size);
  return true;
}

}  // namespace parcours
