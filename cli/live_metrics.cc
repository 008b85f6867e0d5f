#include "cli/live_metrics.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "log/kafka/names.h"
#include "runtime/clock.h"

namespace parcours::cli {

using runtime::Metric;

namespace {

constexpr int kAllShards = -1;  // of what the lane counts, not a shard

}  // namespace

runtime::BuildInfo BuildOf() {
  return {.version = kVersion,
          .commit = PARCOURS_COMMIT,
          .rocksdb = state::Store::EngineVersion(),
          .rdkafka = log::KafkaVersion()};
}

LaneWatch::LaneWatch(const catalog::Catalog& catalog, runtime::Metrics* metrics, int number,
                     processor::LiveLane* lane, log::KafkaLog* log)
    : catalog_(catalog),
      metrics_(metrics),
      number_(number),
      lane_(lane),
      log_(log),
      fast_(metrics->lane(number)) {
  lane->committed = [this](TimeMs oldest, TimeMs oldest_due) {
    const TimeMs now = runtime::WallTime();
    const auto since = [now](TimeMs then) { return static_cast<double>(now - then) / 1000; };
    if (oldest != 0) fast_.event_to_transition.Observe(since(oldest));
    if (oldest_due != kNever) fast_.timer_lateness.Observe(since(oldest_due));
  };
  lane->failed = [this](absl::StatusCode code) { fast_.CommitFailed(code); };
}

void LaneWatch::Round(double began_s, double ended_s) {
  fast_.rebalances.Add(lane_->rebalances() - std::exchange(rebalances_, lane_->rebalances()));
  const std::uint64_t events = lane_->consumed() - std::exchange(events_, lane_->consumed());
  fast_.events_consumed.Add(events);
  const std::uint64_t restored = lane_->lane().restored_records();
  fast_.restore_records.Add(restored - std::exchange(restored_, restored));
  const std::uint64_t loads = lane_->lane().loads();
  // Less than before: a shard has left, and its count with it.
  if (const std::uint64_t before = std::exchange(loads_, loads); loads > before) {
    fast_.store_loads.Add(loads - before);
  }
  if (events > 0) {
    fast_.process_batch.Observe(ended_s - began_s);
  } else {
    idle_s_ += ended_s - began_s;
  }
  if (lane_->owned() > 0 && !lane_->ready()) {
    if (restoring_since_s_ < 0) restoring_since_s_ = began_s;
  } else if (restoring_since_s_ >= 0) {
    fast_.restore_duration_s.Set(ended_s - std::exchange(restoring_since_s_, -1));
  }
}

absl::StatusOr<log::OffsetRange> TimedLog::Range(log::Topic topic, int partition) {
  return log_->Range(topic, partition);
}
absl::Status TimedLog::Append(log::Topic topic, int partition, const log::Batch& batch,
                              TimeMs log_time) {
  return log_->Append(topic, partition, batch, log_time);
}
absl::Status TimedLog::Sync() { return log_->Sync(); }
absl::Status TimedLog::Commit(const log::Transaction& transaction, TimeMs log_time,
                              std::vector<log::Offset>* ends) {
  const double began_s = runtime::MonotonicSeconds();
  const absl::Status status = log_->Commit(transaction, log_time, ends);
  commit_->Observe(runtime::MonotonicSeconds() - began_s);
  return status;
}
absl::StatusOr<std::unique_ptr<log::Reader>> TimedLog::Read(log::Topic topic, int partition,
                                                            log::Offset from) {
  return log_->Read(topic, partition, from);
}
absl::Status TimedLog::TrimBefore(log::Topic topic, int partition, log::Offset offset) {
  return log_->TrimBefore(topic, partition, offset);
}

void LaneWatch::AddShard(processor::Shard& shard, runtime::Snapshot* snapshot) {
  const int number = shard.number();
  const processor::Totals& totals = shard.meta().totals;
  const engine::Counters& counters = shard.effects().counters;
  snapshot->SetTotal(Metric::kDlqRecords, number, {}, totals.rejected);
  snapshot->SetTotal(Metric::kLateEvents, number, {}, counters.late);
  snapshot->SetTotal(Metric::kDuplicatesDropped, number, {}, counters.duplicates);
  snapshot->Set(Metric::kTimersPending, {}, static_cast<double>(shard.overlay().timers().size()));
  const auto end = log_->KnownEnd(number);
  snapshot->Set(Metric::kConsumerLagRecords,
                {log::KafkaTopic(log_->application(), log::Topic::kEvents), absl::StrCat(number)},
                static_cast<double>(std::max<log::Offset>(
                    end - static_cast<log::Offset>(shard.meta().position), 0)));
  for (std::size_t i = 0; i < catalog_.segmentations.size(); ++i) {
    const auto& segments = catalog_.segmentations[i].segments;
    const processor::SegmentationTally& tally = totals.segmentations[i];
    const auto name = [&](std::size_t segment) {
      return segment < segments.size() ? segments[segment].name : std::string("none");
    };
    for (std::size_t from = 0; from < tally.size; ++from) {
      if (from < segments.size()) {
        snapshot->Set(Metric::kSegmentMembers, {catalog_.segmentations[i].name, name(from)},
                      static_cast<double>(tally.Members(from)));
      }
      for (std::size_t to = 0; to < tally.size; ++to) {
        const processor::PairCount& pair = tally.pairs[from * tally.size + to];
        if (pair.by_event + pair.by_time == 0) continue;
        snapshot->SetTotal(Metric::kSegmentTransitions, number,
                           {catalog_.segmentations[i].name, name(from), name(to)},
                           pair.by_event + pair.by_time);
      }
    }
  }
  const auto& journeys = shard.effects().journeys;
  for (std::size_t i = 0; i < journeys.size(); ++i) {
    for (std::size_t step = 0; step < journeys[i].steps.size(); ++step) {
      const engine::StepTally& tally = journeys[i].steps[step];
      const std::string& step_name = catalog_.journeys[i].steps[step].name;
      const std::pair<const char*, std::uint64_t> counts[] = {{"entered", tally.entered},
                                                              {"sent", tally.sent},
                                                              {"exited", tally.exited},
                                                              {"converted", tally.converted}};
      for (const auto& [what, count] : counts) {
        snapshot->SetTotal(Metric::kJourneySteps, number,
                           {catalog_.journeys[i].name, step_name, what}, count);
      }
    }
  }
}

void LaneWatch::Publish() {
  runtime::Snapshot snapshot;
  // Told from the start, so that the first of them is seen as a rise.
  constexpr const char* kReasons[] = {"crashes", "empty", "future", "json", "misrouted", "tick"};
  std::map<std::string, std::uint64_t> rejected = lane_->buried();
  for (const char* reason : kReasons) rejected.try_emplace(reason, 0);
  for (const auto& [reason, count] : rejected) {
    snapshot.SetTotal(Metric::kEventsRejected, kAllShards, {reason}, count);
  }
  for (const auto& shard : lane_->lane().shards()) AddShard(*shard, &snapshot);
  const double now_s = runtime::MonotonicSeconds();
  if (since_s_ >= 0) {
    fast_.poll_idle_ratio.Set(std::clamp(idle_s_ / (now_s - since_s_), 0.0, 1.0));
  }
  since_s_ = now_s;
  idle_s_ = 0;
  fast_.assigned_partitions.Set(static_cast<double>(lane_->owned()));
  fast_.restore_remaining.Set(static_cast<double>(lane_->lane().RestoreRemaining()));
  metrics_->Publish(number_, std::move(snapshot));
}

void PublishStore(const state::Store& store, runtime::Metrics* metrics) {
  runtime::Snapshot snapshot;
  const state::Store::Gauges gauges = store.gauges();
  const std::pair<Metric, std::uint64_t> levels[] = {
      {Metric::kRocksdbEstimateNumKeys, gauges.keys},
      {Metric::kRocksdbTotalSstFilesBytes, gauges.sst_bytes},
      {Metric::kRocksdbLiveSstFilesBytes, gauges.live_sst_bytes},
      {Metric::kRocksdbPendingCompactionBytes, gauges.pending_compaction_bytes},
      {Metric::kRocksdbRunningCompactions, gauges.running_compactions},
      {Metric::kRocksdbRunningFlushes, gauges.running_flushes},
      {Metric::kRocksdbWriteStopped, gauges.write_stopped},
      {Metric::kRocksdbDelayedWriteRateBytes, gauges.delayed_write_rate},
      {Metric::kRocksdbMemtablesBytes, gauges.memtables_bytes},
      {Metric::kRocksdbBlockCacheBytes, gauges.block_cache_bytes},
      {Metric::kRocksdbBackgroundErrors, gauges.background_errors},
      {Metric::kRocksdbLiveVersions, gauges.live_versions}};
  for (const auto& [metric, value] : levels) {
    snapshot.Set(metric, {}, static_cast<double>(value));
  }
  metrics->Publish(-1, std::move(snapshot));
}

}  // namespace parcours::cli
