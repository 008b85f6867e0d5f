// Replay: a history from files, through the lanes of one process, to records, digests and a
// summary.
//
// History gives the events in one agreed order; each finds every due of its shard up to its own
// instant fired: the reader inserts the ticks. With a state folder every lane commits as it goes,
// and a run that was cut off goes on where it was when the same words are said again; further input
// goes on with what is known. Without one nothing is kept. Limits: memory_bytes bounds what the
// sort, the customers and the store hold. Threads: one, and one for each lane where there are
// several. Time: events bring it; a clock only paces commits. Failure: InvalidArgument for input
// that breaks its promise; everything else is the machine's. What is committed stays.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "processor/history.h"
#include "processor/summary.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

inline constexpr int kShardsMax = 256, kLanesMax = 64;

struct ReplayOptions {
  std::vector<std::string> inputs;  // files; "-" is standard input
  Order order = Order::kSort;
  std::optional<TimeMs> until;  // exclusive; by default 1 ms after the last event
  std::string out;              // folder for records; empty: none are written
  std::string state;            // folder that keeps what is known; empty: nothing is kept
  int shards = 1, lanes = 1;
  std::uint64_t commit_events = 0;  // commit after so many events; 0: as LaneOptions
  std::size_t memory_bytes = std::size_t{4} << 30;
  std::string temporary_folder = "/tmp";  // for what the memory cannot hold
};

// `notice` is told, in a sentence, what an operator should know.
absl::StatusOr<Summary> Replay(const std::shared_ptr<const catalog::Catalog>& catalog,
                               const ReplayOptions& options, const ProgressFn& progress,
                               const std::function<void(const std::string&)>& notice);

}  // namespace parcours::processor
