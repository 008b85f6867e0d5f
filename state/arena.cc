#include "state/arena.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace parcours::state {

namespace {

constexpr std::size_t kAlignment = 16;
constexpr std::size_t kFirstBlockBytes = 64 << 10;  // a small shop stays small
constexpr std::size_t kBlockBytesMax = 32 << 20;

}  // namespace

Arena::~Arena() {
  for (void* block : blocks_) std::free(block);
}

namespace {

std::size_t Aligned(std::size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

}  // namespace

void* Arena::Take(std::size_t size) {
  size = Aligned(size);
  const std::size_t kind = size / kAlignment;
  if (kind < free_.size() && free_[kind] != nullptr) {
    void* taken = free_[kind];
    std::memcpy(&free_[kind], taken, sizeof(void*));
    return taken;
  }
  if (used_ + size > capacity_) {
    capacity_ = std::clamp(capacity_ * 2, kFirstBlockBytes, kBlockBytesMax);
    capacity_ = std::max(capacity_, size);
    void* block = std::malloc(capacity_);
    if (block == nullptr) std::abort();
    blocks_.push_back(block);
    bytes_ += capacity_;
    used_ = 0;
  }
  void* taken = static_cast<char*>(blocks_.back()) + used_;
  used_ += size;
  return taken;
}

void Arena::Give(void* taken, std::size_t size) {
  const std::size_t kind = Aligned(size) / kAlignment;
  if (kind >= free_.size()) free_.resize(kind + 1);
  std::memcpy(taken, &free_[kind], sizeof(void*));
  free_[kind] = taken;
}

}  // namespace parcours::state
