// SeenIds: which of a customer's events were applied, so that a duplicate is known.
//
// An id is known by its 64-bit hash for kSeenFor of log time and among the newest kSeenMax: by age
// and rank, never by what happens to be still stored. What is older is accepted again.
// Threads: owned by one worker.
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
  // Starts fetching what Has will read.
  void Prefetch() const {
    __builtin_prefetch(keys_);
    __builtin_prefetch(keys_ + size_);
  }
  std::size_t MemoryBytes() const;

 private:
  // First index still within kSeenForMs of `now`.
  int FirstFresh(TimeMs now) const;
  TimeMs* times() const { return reinterpret_cast<TimeMs*>(keys_ + capacity_); }
  void Grow();
  void Forget(int count);

  std::uint64_t* keys_ = nullptr;  // capacity_ keys, then capacity_ times; oldest first
  std::int32_t size_ = 0, capacity_ = 0;
};

}  // namespace parcours::state
