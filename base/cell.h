// Cell: one stored value of a customer, or one scalar field of an event, in eight bytes.
//
// What the bits mean is known from the declared type, never from the cell:
//   bool 0/1 | int | money: minor units | timestamp: TimeMs | duration: milliseconds
//   date: days since 1970-01-01 | double: IEEE bits, or fixed point where a scale is declared
//   string: up to 7 bytes in the cell itself, else a pointer to a StringBox its owner frees
// Two patterns are reserved, so that no presence bitmap is read on the hot path.
// Threads: plain data.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace parcours {

using Cell = std::int64_t;

inline constexpr Cell kAbsent = INT64_MIN;  // nothing known: reading it is an error value
inline constexpr Cell kOverflow =
    INT64_MIN + 1;  // a sum left its range: reading it is an error value
inline constexpr Cell kCellMin = INT64_MIN + 2;  // the smallest number a cell holds

inline bool IsValue(Cell cell) { return cell >= kCellMin; }

inline Cell CellOfDouble(double value) {
  Cell cell;
  value += 0.0;  // -0.0, whose bits are kAbsent, becomes 0.0
  std::memcpy(&cell, &value, sizeof cell);
  return cell;
}
inline double DoubleOfCell(Cell cell) {
  double value;
  std::memcpy(&value, &cell, sizeof value);
  return value;
}

// A text cell never equals kAbsent or kOverflow: bit 63 is clear.
inline constexpr std::size_t kInlineTextMax = 7;
struct StringBox {
  std::uint32_t size;
  char bytes[];  // NOLINT: `size` bytes follow
};

// Makes a text cell. Longer text is copied to a new StringBox that FreeText gives back.
Cell NewText(std::string_view text);
// Makes `*cell`, a text cell or kAbsent, hold `text` instead; its old box serves again where it
// fits.
void ReplaceText(Cell* cell, std::string_view text);
// Starts fetching the box of a text cell, if it has one.
inline void PrefetchText(Cell cell) {
  const auto bits = static_cast<std::uint64_t>(cell);
  if (bits >> 62 == 0) __builtin_prefetch(reinterpret_cast<const void*>(bits));
}
// Frees what NewText allocated, if anything. kAbsent is fine.
void FreeText(Cell cell);
// Bytes that a text cell, or kAbsent, owns outside itself.
inline std::size_t TextBytes(Cell cell) {
  const auto bits = static_cast<std::uint64_t>(cell);
  if (bits >> 62 != 0) return 0;
  return sizeof(StringBox) + reinterpret_cast<const StringBox*>(bits)->size;
}
// The text of a text cell; for inline text a view into *cell. REQUIRES: IsValue(*cell).
inline std::string_view TextOf(const Cell* cell) {
  const auto bits = static_cast<std::uint64_t>(*cell);
  if ((bits >> 62) & 1) return {reinterpret_cast<const char*>(cell), (bits >> 56) & 7};
  const auto* box = reinterpret_cast<const StringBox*>(bits);
  return {box->bytes, box->size};
}

}  // namespace parcours
