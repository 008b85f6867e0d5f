// Arena: memory for things that live as long as the shard, in large blocks on huge pages.
//
// A million customers lie on a quarter of a million small pages, and finding a page costs as much
// as reading it; on 2 MiB pages they lie on a few hundred. What is taken is given back with the
// arena. Threads: owned by one worker.
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
