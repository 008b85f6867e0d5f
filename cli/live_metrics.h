// LaneWatch: what a lane shows of itself: its metrics, filled once a round and once a second.
//
// Threads: owned by the lane's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "log/kafka/kafka_log.h"
#include "processor/live_lane.h"
#include "runtime/metrics.h"
#include "state/store/store.h"

namespace parcours::cli {

runtime::BuildInfo BuildOf();

class LaneWatch {
 public:
  LaneWatch(const catalog::Catalog& catalog, runtime::Metrics* metrics, int number,
            processor::LiveLane* lane, log::KafkaLog* log);
  // After each round, from `began_s` to `ended_s`: what is counted as it happens.
  void Round(double began_s, double ended_s);
  // Each second: what is counted elsewhere.
  void Publish();

 private:
  void AddShard(processor::Shard& shard, runtime::Snapshot* snapshot);

  const catalog::Catalog& catalog_;
  runtime::Metrics* const metrics_;
  const int number_;
  processor::LiveLane* const lane_;
  log::KafkaLog* const log_;
  runtime::LaneMetrics& fast_;
  std::uint64_t rebalances_ = 0, events_ = 0, restored_ = 0, loads_ = 0;
  double idle_s_ = 0, since_s_ = -1;  // of the share spent waiting
  double restoring_since_s_ = -1;
};

// TimedLog: the lane's log, and how long its commits take.
class TimedLog final : public log::Log {
 public:
  TimedLog(log::Log* log, runtime::Durations* commit) : log_(log), commit_(commit) {}
  absl::StatusOr<log::OffsetRange> Range(log::Topic topic, int partition) override;
  absl::Status Append(log::Topic topic, int partition, const log::Batch& batch,
                      TimeMs log_time) override;
  absl::Status Sync() override;
  absl::Status Commit(const log::Transaction& transaction, TimeMs log_time,
                      std::vector<log::Offset>* ends) override;
  absl::StatusOr<std::unique_ptr<log::Reader>> Read(log::Topic topic, int partition,
                                                    log::Offset from) override;
  absl::Status TrimBefore(log::Topic topic, int partition, log::Offset offset) override;

 private:
  log::Log* const log_;
  runtime::Durations* const commit_;
};

// What the store tells.
void PublishStore(const state::Store& store, runtime::Metrics* metrics);

}  // namespace parcours::cli
