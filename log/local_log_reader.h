// LogReader: reads one partition of a LocalLog, a batch at a time.
//
// Batches lie one behind another, so the next one's key is known: it is looked up, not searched,
// and between two look-ups nothing of RocksDB is held. What is new is seen from the partition's
// end. Threads: owned by one worker. Limits: memory for one batch. Failure: see log.h.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "log/local_log_core.h"

namespace parcours::log {

class LogReader final : public Reader {
 public:
  LogReader(LogCore* core, const Partition* partition, Offset from)
      : core_(core), partition_(partition), next_(from), batch_end_(from), records_({}) {}

  // The first batch, which may begin before `from`.
  absl::Status Begin();
  absl::StatusOr<bool> Next(ReadRecord* record) override;

 private:
  // Has the batch that begins at `first`.
  absl::Status Load(Offset first);
  absl::Status OutOfRange() const;
  absl::Status Damaged(std::string_view what) const;

  LogCore* const core_;
  const Partition* const partition_;
  Offset next_;
  Offset batch_end_;  // behind the batch in bytes_
  TimeMs log_time_ = 0;
  std::string bytes_;
  BatchReader records_;
};

}  // namespace parcours::log
