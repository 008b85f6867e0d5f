#include "processor/log_replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "processor/follower.h"
#include "processor/lane.h"
#include "processor/spill_store.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::processor {

namespace {

constexpr std::size_t kStoreBytes = std::size_t{64} << 20;

LaneOptions OptionsOf(const LogReplayOptions& replay) {
  LaneOptions options;
  for (int shard = 0; shard < replay.partitions; ++shard) options.shards.push_back(shard);
  options.partitions = replay.partitions;
  options.memory_bytes = replay.memory_bytes - std::min(replay.memory_bytes / 2, kStoreBytes);
  options.publish = !replay.out.empty();
  return options;
}

// The records that processes died of.
absl::StatusOr<std::set<Place>> ReadCrashes(log::Log* log, int partitions) {
  std::set<Place> crashes;
  log::ReadRecord record;
  Place place;
  for (int partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const auto reader, log->Read(log::Topic::kDeadLetters, partition, 0));
    for (bool ended = false; !ended;) {
      const absl::StatusOr<bool> more = reader->Next(&record);
      if (!more.ok() && !absl::IsUnavailable(more.status())) return more.status();
      ended = more.ok() && !*more;
      if (more.value_or(false) && ParseCrash(record.entry.value, &place)) crashes.insert(place);
    }
  }
  return crashes;
}

}  // namespace

absl::StatusOr<Summary> ReplayLog(const std::shared_ptr<const catalog::Catalog>& catalog,
                                  const LogReplayOptions& options, log::Log* log) {
  const double began_s = runtime::MonotonicSeconds();
  std::unique_ptr<RecordFiles> files;
  if (!options.out.empty()) {
    ASSIGN_OR_RETURN(files, RecordFiles::Open(options.out));
  }
  SpillStore spill(options.temporary_folder, options.partitions, kStoreBytes);
  Lane lane(catalog, OptionsOf(options), nullptr, files.get(), [&spill] { return spill.Get(); });
  FollowerOptions following;
  ASSIGN_OR_RETURN(following.crashes, ReadCrashes(log, options.dead_letter_partitions));
  Follower follower(*catalog, &lane, log, following);
  RETURN_IF_ERROR(follower.Start());
  for (bool busy = true; busy;) {
    const absl::StatusOr<bool> round = follower.Round(runtime::MonotonicSeconds());
    if (!round.ok() && !absl::IsUnavailable(round.status())) return round.status();
    busy = !round.ok() || *round;
  }
  RETURN_IF_ERROR(lane.Commit(runtime::MonotonicSeconds()));
  RETURN_IF_ERROR(lane.WriteBackAll());
  if (files != nullptr) RETURN_IF_ERROR(files->Close());

  Summary summary(*catalog);
  ASSIGN_OR_RETURN(const auto customers, CustomerFile::Open(options.out));
  Census census(*catalog);
  RETURN_IF_ERROR(lane.WriteCustomers(customers.get(), &census));
  RETURN_IF_ERROR(customers->Close());
  summary.Take(census);
  summary.totals.Add(lane.totals());
  summary.customers_bytes = lane.customers_bytes();
  summary.store_loads = lane.loads();
  for (const auto& shard : lane.shards()) summary.clock = std::max(summary.clock, shard->clock());
  summary.seconds = runtime::MonotonicSeconds() - began_s;
  summary.peak_memory_bytes = runtime::PeakMemoryBytes();
  return summary;
}

}  // namespace parcours::processor
