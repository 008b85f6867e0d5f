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

#include "processor/meta.h"
#include "processor/overlaps.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

struct Summary {
  explicit Summary(const catalog::Catalog& catalog) : totals(catalog) {}
  // Takes over what was counted of all customers.
  void Take(const Census& census);

  Totals totals;
  std::uint64_t customers = 0;
  Digest::Sum customers_digest{};
  std::vector<Overlap> overlaps;     // pairs of segments above kOverlapPercent
  std::uint64_t events_resumed = 0;  // applied before this call
  // How it went; not part of what must be the same.
  double seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
  std::uint64_t customers_bytes = 0;  // held by customers at the end
  TimeMs clock = 0;                   // the shards', at the end
  std::uint64_t commits = 0, store_loads = 0;
  // Bytes: put into the changelog, into the store; written to disk by both and all that they do.
  std::uint64_t changelog_bytes = 0, store_bytes = 0, written_bytes = 0;
};

// For people: tables.
std::string SummaryTable(const catalog::Catalog& catalog, const Summary& summary);
// One JSON object with the keys members, transitions, journeys, remarks, counters,
// digests, run.
std::string SummaryJson(const catalog::Catalog& catalog, const Summary& summary);

}  // namespace parcours::processor
