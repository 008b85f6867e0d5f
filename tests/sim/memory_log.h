// MemoryLog: a log that is nothing but vectors: what the undisturbed run works on.
//
// It shares no code with LocalLog, has no faults and keeps everything. Threads: one run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/log.h"

namespace parcours::sim {

class MemoryLog final : public log::Log {
 public:
  struct Kept {
    std::string key, value;
    bool tombstone = false;
    TimeMs log_time = 0;
  };
  using Records = std::vector<Kept>;

  Records& records(log::Topic topic, int partition) { return records_[{topic, partition}]; }

  absl::StatusOr<log::OffsetRange> Range(log::Topic topic, int partition) override;
  absl::Status Append(log::Topic topic, int partition, const log::Batch& batch,
                      TimeMs log_time) override;
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status Commit(const log::Transaction& transaction, TimeMs log_time,
                      std::vector<log::Offset>* ends) override;
  absl::StatusOr<std::unique_ptr<log::Reader>> Read(log::Topic topic, int partition,
                                                    log::Offset from) override;
  absl::Status TrimBefore(log::Topic /*topic*/, int /*partition*/,
                          log::Offset /*offset*/) override {
    return absl::OkStatus();
  }

 private:
  std::map<std::pair<log::Topic, int>, Records> records_;
};

}  // namespace parcours::sim
