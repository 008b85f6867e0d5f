#include "state/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace parcours::state {

namespace {

constexpr std::size_t kAlignment = 16;
constexpr std::size_t kFirstBlockBytes = 64 << 10;  // a small shop stays small
constexpr std::size_t kHugePageBytes = 2 << 20;
constexpr std::size_t kBlockBytesMax = 32 << 20;

}  // namespace

Arena::~Arena() {
  for (void* block : blocks_) std::free(block);
}

void* Arena::Take(std::size_t size) {
  size = (size + kAlignment - 1) & ~(kAlignment - 1);
  if (used_ + size > capacity_) {
    capacity_ =
        std::max(size, capacity_ == 0 ? kFirstBlockBytes : std::min(capacity_ * 2, kBlockBytesMax));
    const bool huge = capacity_ >= kHugePageBytes;
    if (huge) capacity_ = (capacity_ + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
    void* block = std::aligned_alloc(huge ? kHugePageBytes : kAlignment, capacity_);
    if (block == nullptr) std::abort();
    if (huge) madvise(block, capacity_, MADV_HUGEPAGE);  // advice: nothing is wrong without it
    blocks_.push_back(block);
    used_ = 0;
  }
  void* taken = static_cast<char*>(blocks_.back()) + used_;
  used_ += size;
  return taken;
}

}  // namespace parcours::state
