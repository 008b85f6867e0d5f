// Summary: what a run of history did, in numbers: members, transitions, journeys, counters,
// digests.
//
// Counted from the records as they are published, not from a scan of customers.
// Threads: owned by one worker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "processor/engine/effects.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

struct PairCount {
  std::uint64_t by_event = 0, by_time = 0;
};

// Of one segmentation with n segments: index n stands for "none".
struct SegmentationTally {
  explicit SegmentationTally(std::size_t segments)
      : size(segments + 1), pairs(size * size), members(size) {}
  void Count(const engine::Transition& transition);

  std::size_t size;
  std::vector<PairCount> pairs;  // [from * size + to]
  std::vector<std::int64_t> members;
};

struct Digests {
  std::string transitions, actions, decisions, customers;
};

struct Summary {
  std::vector<SegmentationTally> segmentations;
  std::vector<engine::JourneyTally> journeys;
  engine::Counters engine;
  std::uint64_t ignored = 0, rejected = 0, after_until = 0;
  std::uint64_t early_pops = 0, customer_loads = 0;
  std::uint64_t transitions = 0, actions = 0, decisions = 0, customers = 0;
  Digests digests;
  // How it went; not part of what must be the same.
  double seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::uint64_t customers_bytes = 0;  // held by customers at the end
  TimeMs clock = 0;                   // the shard's, at the end
};

// For people: tables.
std::string SummaryTable(const catalog::Catalog& catalog, const Summary& summary);
// One JSON object with the keys members, transitions, journeys, counters, digests, run.
std::string SummaryJson(const catalog::Catalog& catalog, const Summary& summary);

}  // namespace parcours::processor
