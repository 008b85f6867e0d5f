#include "state/seen.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/mutant.h"

namespace parcours::state {

SeenIds::~SeenIds() { std::free(keys_); }

int SeenIds::FirstFresh(TimeMs now) const {
  TimeMs kept_for = kSeenForMs;
  if (PARCOURS_MUTANT("seen-ids-forgotten-early")) kept_for -= 1;
  const TimeMs* const begin = times();
  return static_cast<int>(std::lower_bound(begin, begin + size_, now - kept_for) - begin);
}

bool SeenIds::Has(std::uint64_t key, TimeMs now) const {
  if (size_ == 0) return false;
  const std::uint64_t* const end = keys_ + size_;
  const std::uint64_t* const found = std::find<const std::uint64_t*>(keys_, end, key);
  if (found == end) return false;
  // An id may have been accepted again after kSeenForMs: the newest counts.
  const int first = FirstFresh(now);
  return std::find(std::max<const std::uint64_t*>(found, keys_ + first), end, key) !=
         end;
}

void SeenIds::Grow() {
  const int capacity = capacity_ == 0 ? 2 : capacity_ * 2;
  auto* keys = static_cast<std::uint64_t*>(std::malloc(static_cast<std::size_t>(capacity) * 16));
  if (keys == nullptr) std::abort();
  if (size_ > 0) {
    std::memcpy(keys, keys_, static_cast<std::size_t>(size_) * 8);
    std::memcpy(keys + capacity, times(), static_cast<std::size_t>(size_) * 8);
  }
  std::free(keys_);
  keys_ = keys;
  capacity_ = capacity;
}

void SeenIds::Forget(int count) {
  size_ -= count;
  std::memmove(keys_, keys_ + count, static_cast<std::size_t>(size_) * 8);
  std::memmove(times(), times() + count, static_cast<std::size_t>(size_) * 8);
}

void SeenIds::Add(std::uint64_t key, TimeMs now) {
  if (size_ == capacity_) {
    const int stale = size_ == 0 ? 0 : FirstFresh(now);
    if (stale > 0) {
      Forget(stale);
    } else if (size_ == kSeenMax) {
      Forget(1);
    } else {
      Grow();
    }
  }
  keys_[size_] = key;
  times()[size_] = now;
  ++size_;
}

std::size_t SeenIds::MemoryBytes() const { return static_cast<std::size_t>(capacity_) * 16; }

}  // namespace parcours::state
