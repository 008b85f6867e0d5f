// Arena: memory for things that live as long as the shard, taken from large blocks.
//
// No header and no gap between one customer and the next, and nothing to be freed one by one.
// Huge pages were tried and gave nothing that could be measured here.
// Threads: owned by one worker.
#pragma once

#include <cstddef>
#include <vector>

namespace parcours::state {

class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `size` bytes, aligned for any cell.
  void* Take(std::size_t size);

 private:
  std::vector<void*> blocks_;
  std::size_t used_ = 0, capacity_ = 0;  // of the last block
};

}  // namespace parcours::state
