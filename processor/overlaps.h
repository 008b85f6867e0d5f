// Overlaps: how many customers are in two segments at once, for every pair of segments.
//
// Counted customer by customer at the end of a replay; costs what a customer's segments squared
// cost. Limits: kOverlapSegmentsMax segments in all; of more, the first are looked at.
// Threads: owned by one worker; Add brings those of several together.
#pragma once

#include <cstdint>
#include <vector>

#include "base/digest.h"
#include "rules/catalog/catalog.h"
#include "state/customer.h"

namespace parcours::processor {

inline constexpr std::size_t kOverlapSegmentsMax = 1'000;
inline constexpr int kOverlapPercent = 90;
inline constexpr std::size_t kOverlapsKept = 1'000;  // pairs that a finished state remembers

// A segment of the catalog.
struct Member {
  int segmentation, segment;
};

// Two segments, and the customers who are in both or in either.
struct Overlap {
  Member a, b;
  std::uint64_t both, either;
};

class Overlaps {
 public:
  explicit Overlaps(const catalog::Catalog& catalog);
  void Count(const state::Customer& customer);
  void Add(const Overlaps& other);
  // The pairs of which more than `percent` of the customers in either are in both, the closest
  // first.
  std::vector<Overlap> Above(int percent) const;

 private:
  std::uint32_t& Both(std::size_t a, std::size_t b) { return both_[a * members_.size() + b]; }
  std::uint32_t Both(std::size_t a, std::size_t b) const { return both_[a * members_.size() + b]; }

  const catalog::Catalog* catalog_;
  std::vector<Member> members_;      // every segment
  std::vector<std::uint32_t> both_;  // [a * size + b], a <= b: a customer in both; a == b: in a
  std::vector<std::size_t> in_;      // where one customer is
};

// What is counted of customers one by one, at the end.
struct Census {
  explicit Census(const catalog::Catalog& catalog) : overlaps(catalog) {}
  void Add(const Census& other);

  std::uint64_t customers = 0;
  Digest::Sum digest{};
  Overlaps overlaps;
};

}  // namespace parcours::processor
