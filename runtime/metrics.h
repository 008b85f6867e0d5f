// Metrics: what this process measures, as Prometheus reads it.
//
// Three ways in. LaneMetrics: counted by a lane as it works, a few relaxed atomics, no lock, no
// memory. Snapshot: what is counted elsewhere, put together by a lane each second and handed in
// whole. And what the process knows of itself, read when it is asked for. Series that differ only
// in who told them are added up.
// Names and labels: docs/operating.md#metrics.   Limits: kMetricSeriesMax; further ones are counted
// in series_dropped. Threads: Metrics is safe for concurrent use; a LaneMetrics is written by its
// lane alone, read by all; a Snapshot is owned by who fills it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/mutex.h"

namespace parcours::runtime {

inline constexpr std::size_t kMetricSeriesMax = 20'000;

// Each is written by one thread.
class Count {
 public:
  void Add(std::uint64_t more = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Seconds, in buckets from 1 ms to 60 s.
class Durations {
 public:
  static constexpr std::array<double, 15> kBounds = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

  // A length below 0, as between two machines' clocks, counts as 0.
  void Observe(double seconds);
  // How many were at most kBounds[i] and more than the bound before; the last: more than all.
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].value(); }
  double sum() const { return sum_.value(); }

 private:
  std::array<Count, kBounds.size() + 1> buckets_;
  Gauge sum_;
};

// What a lane counts as it works.
struct LaneMetrics {
  Count events_consumed;
  Durations event_to_transition;  // log time of the event to the commit of what came of it
  Durations timer_lateness;       // from the instant someone was due to the commit of what it did
  Durations process_batch;        // one round with events in it, its commit included
  Durations commit;
  Gauge poll_idle_ratio;  // share of the last seconds that was spent waiting for records
  Count rebalances;
  Gauge assigned_partitions;
  Gauge restore_remaining;  // records of the changelog between here and its end
  Count restore_records;
  Count store_loads;         // customers that were not in memory
  Gauge restore_duration_s;  // of the last one

  // A commit that came to nothing, by its status.
  void CommitFailed(absl::StatusCode code);
  static constexpr std::array<std::string_view, 4> kCommitErrors = {"aborted", "unavailable",
                                                                    "failed_precondition", "other"};
  std::array<Count, kCommitErrors.size()> commit_errors;
};

// What a Snapshot may hold. The comment names its labels, in the order of their values.
enum class Metric : std::uint8_t {
  // Totals, each kept by a shard
  kEventsRejected,      // reason
  kDlqRecords,          //
  kLateEvents,          //
  kDuplicatesDropped,   //
  kSegmentTransitions,  // segmentation, from, to
  kJourneySteps,        // journey, step, what
  // Levels
  kConsumerLagRecords,  // topic, partition
  kSegmentMembers,      // segmentation, segment
  kTimersPending,       //
  kRocksdbEstimateNumKeys,
  kRocksdbTotalSstFilesBytes,
  kRocksdbLiveSstFilesBytes,
  kRocksdbPendingCompactionBytes,
  kRocksdbRunningCompactions,
  kRocksdbRunningFlushes,
  kRocksdbWriteStopped,
  kRocksdbDelayedWriteRateBytes,
  kRocksdbMemtablesBytes,
  kRocksdbBlockCacheBytes,
  kRocksdbBackgroundErrors,
  kRocksdbLiveVersions,
};

class Snapshot {
 public:
  using Labels = std::vector<std::string>;

  // Levels that are set twice are added up. REQUIRES, of both: as many labels as the metric has.
  void Set(Metric metric, Labels labels, double value);
  // The total that `shard` has come to, perhaps in years and on other machines. What it had come to
  // when this lane first told of the shard is not this process's work, and is not counted.
  void SetTotal(Metric metric, int shard, Labels labels, std::uint64_t value);

 private:
  friend class Metrics;
  using Series = std::pair<Metric, Labels>;
  std::map<Series, double> levels_;
  std::map<int, std::map<Series, std::uint64_t>> totals_;
  std::size_t totals_held_ = 0, dropped_ = 0;
};

// What is running.
struct BuildInfo {
  std::string version, commit, rocksdb, rdkafka;
};

class Metrics {
 public:
  Metrics(int lanes, BuildInfo build);

  LaneMetrics& lane(int lane) { return *lanes_[static_cast<std::size_t>(lane)]; }
  // Puts `snapshot` in the place of the one before of the same lane: what it does not have is gone,
  // but what its totals counted stays. Lane -1: the process as a whole.
  void Publish(int lane, Snapshot snapshot);

  // The text exposition, version 0.0.4 (kMetricsContentType).
  std::string Text() const;

 private:
  using Series = Snapshot::Series;
  struct Told {
    std::map<Series, double> levels;
    // The most that each shard's totals have come to, as far as they are counted.
    std::map<int, std::map<Series, std::uint64_t>> counted;
    std::size_t dropped = 0;
  };

  const BuildInfo build_;
  std::vector<std::unique_ptr<LaneMetrics>> lanes_;
  mutable Mutex mutex_;
  std::map<int, Told> told_ ABSL_GUARDED_BY(mutex_);
  std::map<Series, std::uint64_t> totals_ ABSL_GUARDED_BY(mutex_);  // of this process's work
};

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace parcours::runtime
