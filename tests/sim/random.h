// Random: what one run of the simulation draws, all from its seed.
// Threads: one run.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

namespace parcours::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed * 0x9E3779B97F4A7C15u + 1) {}

  std::uint64_t Bits() { return bits_(); }
  // 0 <= result < limit.
  std::int64_t Below(std::int64_t limit) {
    return static_cast<std::int64_t>(bits_() % static_cast<std::uint64_t>(limit));
  }
  // low <= result <= high.
  std::int64_t Between(std::int64_t low, std::int64_t high) { return low + Below(high - low + 1); }
  bool Percent(int chance) { return Below(100) < chance; }
  template <typename T>
  T OneOf(std::initializer_list<T> choices) {
    return *(choices.begin() + Below(static_cast<std::int64_t>(choices.size())));
  }
  template <typename T>
  const T& OneOf(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(Below(static_cast<std::int64_t>(choices.size())))];
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace parcours::sim
