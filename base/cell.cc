#include "base/cell.h"

#include <cstdlib>
#include <new>

namespace parcours {
namespace {

constexpr std::uint64_t kInlineTag = std::uint64_t{1} << 62;

}  // namespace

Cell NewText(std::string_view text) {
  if (text.size() <= kInlineTextMax) {
    std::uint64_t bits = 0;
    if (!text.empty()) std::memcpy(&bits, text.data(), text.size());
    return static_cast<Cell>(bits | kInlineTag | (std::uint64_t{text.size()} << 56));
  }
  auto* box = static_cast<StringBox*>(std::malloc(sizeof(StringBox) + text.size()));
  if (box == nullptr) std::abort();
  box->size = static_cast<std::uint32_t>(text.size());
  std::memcpy(box->bytes, text.data(), text.size());
  return reinterpret_cast<Cell>(box);
}

void ReplaceText(Cell* cell, std::string_view text) {
  const auto bits = static_cast<std::uint64_t>(*cell);
  const bool boxed = IsValue(*cell) && (bits & kInlineTag) == 0;
  if (boxed && text.size() > kInlineTextMax) {
    auto* box = reinterpret_cast<StringBox*>(bits);
    if (box->size == text.size()) {
      std::memmove(box->bytes, text.data(), text.size());
      return;
    }
  }
  const Cell fresh = NewText(text);
  FreeText(*cell);
  *cell = fresh;
}

void FreeText(Cell cell) {
  const auto bits = static_cast<std::uint64_t>(cell);
  if (!IsValue(cell) || (bits & kInlineTag) != 0) return;
  std::free(reinterpret_cast<void*>(bits));
}

}  // namespace parcours
