#include "state/arena.h"

#include <algorithm>
#include <cstdlib>

namespace parcours::state {

namespace {

constexpr std::size_t kAlignment = 16;
constexpr std::size_t kFirstBlockBytes = 64 << 10;  // a small shop stays small
constexpr std::size_t kBlockBytesMax = 32 << 20;

}  // namespace

Arena::~Arena() {
  for (void* block : blocks_) std::free(block);
}

void* Arena::Take(std::size_t size) {
  size = (size + kAlignment - 1) & ~(kAlignment - 1);
  if (used_ + size > capacity_) {
    capacity_ = std::clamp(capacity_ * 2, kFirstBlockBytes, kBlockBytesMax);
    capacity_ = std::max(capacity_, size);
    void* block = std::malloc(capacity_);
    if (block == nullptr) std::abort();
    blocks_.push_back(block);
    used_ = 0;
  }
  void* taken = static_cast<char*>(blocks_.back()) + used_;
  used_ += size;
  return taken;
}

}  // namespace parcours::state
