// NumberSet: a set of small numbers, a bit each.
//
// Threads: plain data.   Limits: 0 <= number < kNumbers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace parcours::catalog {

template <int kNumbers>
class NumberSet {
 public:
  static constexpr int kNumbersMax = kNumbers;

  void Add(int number) {
    words_[static_cast<std::size_t>(number) >> 6] |= std::uint64_t{1} << (number & 63);
  }
  void Remove(int number) {
    words_[static_cast<std::size_t>(number) >> 6] &= ~(std::uint64_t{1} << (number & 63));
  }
  bool Has(int number) const {
    return (words_[static_cast<std::size_t>(number) >> 6] >> (number & 63)) & 1;
  }
  void AddAll(const NumberSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  bool Meets(const NumberSet& other) const {
    std::uint64_t common = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) common |= words_[i] & other.words_[i];
    return common != 0;
  }
  // Calls `use(number)` for each, lowest first; `use` may add greater ones.
  template <typename Use>
  void Each(const Use& use) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t done = 0, word; (word = words_[i] & ~done) != 0;) {
        const int bit = std::countr_zero(word);
        done |= std::uint64_t{1} << bit;
        use(static_cast<int>(i * 64) + bit);
      }
    }
  }
  bool empty() const {
    std::uint64_t any = 0;
    for (std::uint64_t word : words_) any |= word;
    return any == 0;
  }
  void Clear() { words_ = {}; }

 private:
  std::array<std::uint64_t, (kNumbers + 63) / 64> words_{};
};

}  // namespace parcours::catalog
