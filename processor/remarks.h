// Remarks: what a history tells of the definitions themselves: segments that are empty, that nobody
// leaves, pairs that are nearly the same customers.
//
// What can be told without data is told by `parcours validate` (rules/catalog/advice.cc).
// Threads: pure functions.   Limits: kOverlapsTold pairs are told, the others counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processor/meta.h"
#include "processor/overlaps.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

inline constexpr std::size_t kOverlapsTold = 20;

struct Remark {
  enum class Kind { kEmpty, kNobodyLeaves, kOverlap, kMoreOverlaps };
  Kind kind;
  Member segment, other;    // other: of an overlap
  std::uint64_t count = 0;  // entered | members | customers in both | pairs
  std::uint64_t of = 0;     // of an overlap: customers in either
};

// `overlaps` are the pairs above kOverlapPercent.
std::vector<Remark> RemarksOf(const catalog::Catalog& catalog, const Totals& totals,
                              const std::vector<Overlap>& overlaps);
// For people: "nobody ever left 'vip' of 'lifecycle'; 120 came".
std::string RemarkText(const catalog::Catalog& catalog, const Remark& remark);
// {"remark":"nobody_leaves","segmentation":"lifecycle","segment":"vip","entered":120}
std::string RemarkJson(const catalog::Catalog& catalog, const Remark& remark);

}  // namespace parcours::processor
