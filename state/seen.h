// SeenIds: which of a customer's events were applied, so that a duplicate is known.
//
// An id is known by its 64-bit hash for kSeenForMs of log time and among the newest kSeenMax: by
// age and rank, never by what happens to be still stored. What is older is accepted again. A ring
// of hashes and times, with 16 bits of each hash apart: a busy customer has hundreds of ids, and
// nearly every event is answered by looking at those alone. Threads: owned by one worker.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace parcours::state {

inline constexpr TimeMs kSeenForMs = 72 * kHourMs;
inline constexpr int kSeenMax = 512;

class SeenIds {
 public:
  SeenIds() = default;
  SeenIds(const SeenIds&) = delete;
  SeenIds& operator=(const SeenIds&) = delete;
  ~SeenIds();

  // Whether `key` is known at `now`.
  bool Has(std::uint64_t key, TimeMs now) const;
  // Remembers `key` as of `now`, which never goes back; forgets what is too old or too many.
  void Add(std::uint64_t key, TimeMs now);
  int size() const { return size_; }
  std::size_t MemoryBytes() const;
  // Starts fetching what Has will read.
  void Prefetch() const { __builtin_prefetch(block_); }

 private:
  struct Entry {
    std::uint64_t key;
    TimeMs time;
  };
  // The block: capacity_ marks, padded to 8 bytes, then capacity_ entries.
  std::uint16_t* marks() const { return static_cast<std::uint16_t*>(block_); }
  Entry* entries() const;
  int Place(int i) const { return (first_ + i) & (capacity_ - 1); }
  void Grow();

  void* block_ = nullptr;
  std::int16_t size_ = 0, first_ = 0, capacity_ = 0;  // first_: of the oldest; capacity_: 2^n
};

}  // namespace parcours::state
