// Buckets: what one window feature remembers: sparse integer buckets on a grid, oldest first.
//
// A bucket is a grid line and a few cells; what the cells hold is the engine's business. Expired
// buckets leave at the front, contributions arrive mostly at the back.
// Limits: at most one bucket a grid line, hence <= grains + 1 (the window's bound).
// Threads: owned by one worker.
#pragma once

#include <array>
#include <cstdint>

#include "base/cell.h"

namespace parcours::state {

// How a cell is stored. docs/formats.md#stored-customers.
enum class CellKind : std::uint8_t {
  kNumber,  // a varint
  kTime,    // an instant, mostly one that this customer has elsewhere too
  kBits,    // eight bytes
  kText,    // owned text
};

struct BucketShape {
  int width = 1;        // cells a bucket
  int text_cell = -1;   // which of them are text cells the bucket owns: this one
  int text_cell2 = -1;  // and this one; -1: none
  std::array<CellKind, 3> kinds{};
};

class Buckets {
 public:
  Buckets() = default;
  Buckets(const Buckets&) = delete;
  Buckets& operator=(const Buckets&) = delete;

  int size() const { return size_; }
  // The grid line of bucket `i`, ascending with i.
  std::int64_t line(const BucketShape& shape, int i) const { return At(shape, i)[0]; }
  Cell* cells(const BucketShape& shape, int i) { return At(shape, i) + 1; }
  const Cell* cells(const BucketShape& shape, int i) const { return At(shape, i) + 1; }

  // The bucket of `line`, made if need be: then `*fresh` is true and its cells are kAbsent.
  Cell* Get(const BucketShape& shape, std::int64_t line, bool* fresh);
  // Starts fetching the newest bucket.
  void Prefetch(const BucketShape& shape) const { __builtin_prefetch(At(shape, size_)); }
  // The same for the oldest.
  void PrefetchFirst() const { __builtin_prefetch(data_); }
  // Removes the oldest `count` buckets and the text they own.
  void DropOldest(const BucketShape& shape, int count);
  void Clear(const BucketShape& shape);
  std::size_t MemoryBytes(const BucketShape& shape) const;

 private:
  Cell* At(const BucketShape& shape, int i) const {
    return data_ + static_cast<std::ptrdiff_t>(i) * (shape.width + 1);
  }

  Cell* data_ = nullptr;  // size_ of capacity_ buckets, each a line and shape.width cells
  std::int32_t size_ = 0, capacity_ = 0;
};

}  // namespace parcours::state
