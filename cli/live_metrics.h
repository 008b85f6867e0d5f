// LaneWatch: what a lane shows of itself: its metrics, filled once a round and once a second.
//
// Threads: owned by the lane's.
#pragma once

#include <string>

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
  // After each round: what is counted as it happens.
  void Round();
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
  std::uint64_t rebalances_ = 0, events_ = 0;
};

// What the store tells.
void PublishStore(const state::Store& store, runtime::Metrics* metrics);

}  // namespace parcours::cli
