#include "state/buckets.h"

#include <cstdlib>
#include <cstring>

namespace parcours::state {
namespace {

void FreeBucketText(const BucketShape& shape, Cell* cells) {
  if (shape.text_cell >= 0) FreeText(cells[shape.text_cell]);
  if (shape.text_cell2 >= 0) FreeText(cells[shape.text_cell2]);
}

}  // namespace

Cell* Buckets::Get(const BucketShape& shape, std::int64_t line, bool* fresh) {
  int at = size_;
  while (at > 0 && this->line(shape, at - 1) > line) --at;
  *fresh = at == 0 || this->line(shape, at - 1) != line;
  if (!*fresh) return cells(shape, at - 1);
  const std::size_t stride = static_cast<std::size_t>(shape.width) + 1;
  if (size_ == capacity_) {
    capacity_ = capacity_ == 0 ? 1 : capacity_ * 2;
    data_ = static_cast<Cell*>(
        std::realloc(data_, static_cast<std::size_t>(capacity_) * stride * sizeof(Cell)));
    if (data_ == nullptr) std::abort();
  }
  Cell* slot = At(shape, at);
  std::memmove(slot + stride, slot, static_cast<std::size_t>(size_ - at) * stride * sizeof(Cell));
  ++size_;
  slot[0] = line;
  for (int i = 1; i <= shape.width; ++i) slot[i] = kAbsent;
  return slot + 1;
}

void Buckets::DropOldest(const BucketShape& shape, int count) {
  for (int i = 0; i < count; ++i) FreeBucketText(shape, cells(shape, i));
  size_ -= count;
  if (size_ == 0) {
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
    return;
  }
  std::memmove(
      data_, At(shape, count),
      static_cast<std::size_t>(size_) * (static_cast<std::size_t>(shape.width) + 1) * sizeof(Cell));
}

void Buckets::Clear(const BucketShape& shape) {
  if (size_ > 0) DropOldest(shape, size_);
}

std::size_t Buckets::MemoryBytes(const BucketShape& shape) const {
  // A value and its tie are short; sets and maps, which are all there is in their bucket, may be
  // not.
  const bool collections = shape.text_cell >= 0 && shape.width == 1;
  std::size_t texts = 0;
  for (int i = 0; collections && i < size_; ++i) texts += TextBytes(cells(shape, i)[0]);
  return texts + static_cast<std::size_t>(capacity_) * (static_cast<std::size_t>(shape.width) + 1) *
                     sizeof(Cell);
}

}  // namespace parcours::state
