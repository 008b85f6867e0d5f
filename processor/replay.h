// Replay: a history from files, through one shard, to records, digests and a summary.
//
// Lines become events (sources), stand in one agreed order, and each finds every customer's dues up
// to its own instant fired: the reader inserts the ticks. kSort puts all inputs into one order by
// (time, source, id) with an external merge sort; kSorted trusts the files and sorts only ties;
// kArrival keeps the files' order, with the highest event time read so far as log time.
// Limits: memory_bytes bounds what the sort and the customers hold; a batch of kBatchEvents is read
// ahead. Threads: one. Time: events bring it.
// Failure: InvalidArgument for input that breaks its promise; everything else is the machine's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "processor/summary.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

inline constexpr std::size_t kBatchEvents = 64;

enum class Order { kSort, kSorted, kArrival };

struct ReplayOptions {
  std::vector<std::string> inputs;  // files; "-" is standard input
  Order order = Order::kSort;
  std::optional<TimeMs> until;  // exclusive; by default 1 ms after the last event
  std::string out;              // folder for records; empty: none are written
  std::size_t memory_bytes = std::size_t{4} << 30;
  std::string temporary_folder = "/tmp";  // for what the sort cannot hold in memory
};

// What is told while it runs, every few thousand lines.
struct Progress {
  const char* phase;          // "sorting", "replaying"
  std::uint64_t done, total;  // bytes of input; total 0: not known
  std::uint64_t events;
};
using ProgressFn = std::function<void(const Progress&)>;

absl::StatusOr<Summary> Replay(std::shared_ptr<const catalog::Catalog> catalog,
                               const ReplayOptions& options, const ProgressFn& progress);

}  // namespace parcours::processor
