// Arena: memory for customers, taken from large blocks.
//
// No header and no gap between one customer and the next. What is given back serves again for
// something of the same size; blocks are freed with the arena. Huge pages were tried and gave
// nothing that could be measured here.
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
  // Gives back what Take(size) gave.
  void Give(void* taken, std::size_t size);
  // Bytes of all blocks.
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<void*>
      free_;  // by size: the first free piece, which begins with a pointer to the next
  std::vector<void*> blocks_;
  std::size_t used_ = 0, capacity_ = 0;  // of the last block
  std::size_t bytes_ = 0;
};

}  // namespace parcours::state
