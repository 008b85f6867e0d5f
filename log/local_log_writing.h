// PendingWrite: one transaction on its way into the log's database.
//
// Threads: owned by one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/batch.h"
#include "log/local_log_database.h"
#include "log/local_log_format.h"
#include "rocksdb/write_batch.h"

namespace parcours::log {

// What is known in memory of one partition. It stays where it is as long as the log lives.
struct Partition {
  PartitionId id;
  // Read by anyone; changed by the one who writes.
  std::atomic<Offset> begin{0}, end{0};
  // The rest belongs to the one who writes.
  TimeMs last_time = INT64_MIN;
  StoredRange staged;  // as it will be once the pending write is done
  bool is_staged = false;
};

class PendingWrite {
 public:
  // `bytes`: about how many will be added.
  PendingWrite(const LogDatabase& database, std::size_t bytes);
  ~PendingWrite();
  PendingWrite(const PendingWrite&) = delete;
  PendingWrite& operator=(const PendingWrite&) = delete;

  // Adds the records behind those of `partition`; returns the first's offset. InvalidArgument: the
  // batch is not what Batch makes.
  absl::StatusOr<Offset> AddBatch(Partition* partition, const Batch& batch, TimeMs log_time);
  void AddTrim(Partition* partition, Offset begin);
  void AddSmall(std::string_view key, std::string_view value);
  // Call it last: adds what is now kept of the partitions.
  void AddRanges();
  bool empty() const { return batch_.Count() == 0; }
  rocksdb::WriteBatch* batch() { return &batch_; }
  // After the write: the partitions are as they were staged.
  void Publish();
  // After a write whose outcome is unknown: whether `database`, opened again, has it.
  absl::StatusOr<bool> IsIn(const LogDatabase& database) const;

 private:
  StoredRange& Stage(Partition* partition);
  absl::Status AddPieces(Partition* partition, const Batch& batch, TimeMs log_time);
  void AddPiece(const Partition& partition, Offset first, std::uint32_t count, TimeMs log_time,
                std::string_view records);

  const LogDatabase& database_;  // to be written to; it may be closed by the time of IsIn
  rocksdb::WriteBatch batch_;
  std::vector<Partition*> staged_;
  std::string key_, value_;  // one that the write puts, to know it by
};

}  // namespace parcours::log
