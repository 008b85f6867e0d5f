// LogCore: what a LocalLog holds, and how it opens its database again after a failed write.
//
// A failed write leaves two questions: is it there, and may RocksDB go on. Closing the database and
// opening it again answers both: what recovery finds is what was committed. Locks, in this order:
// write_mu (one writer at a time), database_mu (shared by who uses the database; alone to close
// it), partitions_mu.
// Threads: safe for concurrent use as marked.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "log/line_file.h"
#include "log/local_log.h"
#include "log/local_log_database.h"
#include "log/local_log_writing.h"

namespace parcours::log {

struct LogCore {
  explicit LogCore(const LocalLogOptions& of);

  // Opens the database if it is closed, and reads what is kept of each partition.
  absl::Status EnsureOpen() ABSL_LOCKS_EXCLUDED(write_mu, database_mu);
  absl::Status EnsureOpenToWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu)
      ABSL_LOCKS_EXCLUDED(database_mu);
  // The open database. REQUIRES: EnsureOpenToWrite() was fine. No lock of its own: only who holds
  // write_mu opens and closes it.
  const LogDatabase& open_database()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return *database;
  }
  bool is_open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return database != nullptr;
  }
  // How long the file at `path` is, as far as it was committed.
  absl::StatusOr<std::int64_t> CommittedLength(const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  // Writes all of `write` or nothing, and publishes it.
  absl::Status Write(std::string_view doing, PendingWrite* write, bool sync)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu) ABSL_LOCKS_EXCLUDED(database_mu);
  // Makes everything written so far durable.
  absl::Status SyncWritten() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu)
      ABSL_LOCKS_EXCLUDED(database_mu);
  // The value of the batch that begins at `first`; empty if there is none.
  absl::Status GetBatch(const PartitionId& id, Offset first, std::string* value)
      ABSL_LOCKS_EXCLUDED(database_mu);
  // Where the batch that holds `offset` begins.
  absl::StatusOr<Offset> BatchAt(const PartitionId& id, Offset offset)
      ABSL_LOCKS_EXCLUDED(database_mu);
  Partition* PartitionOf(const PartitionId& id) ABSL_LOCKS_EXCLUDED(partitions_mu);

  const LocalLogOptions options;
  const std::shared_ptr<rocksdb::Statistics> statistics;
  Mutex write_mu;
  SharedMutex database_mu ABSL_ACQUIRED_AFTER(write_mu);
  std::unique_ptr<LogDatabase> database ABSL_GUARDED_BY(database_mu);  // null: closed after trouble
  Mutex partitions_mu ABSL_ACQUIRED_AFTER(database_mu);
  std::map<PartitionId, std::unique_ptr<Partition>> partitions ABSL_GUARDED_BY(partitions_mu);
  std::array<bool, kTopics> dropped ABSL_GUARDED_BY(write_mu) = {};
  std::array<std::unique_ptr<LineFile>, kTopics> files ABSL_GUARDED_BY(write_mu);
  // Appends written, and how many of them are durable: who waits for a sync may find it done.
  std::atomic<std::uint64_t> appended = 0;
  std::uint64_t synced ABSL_GUARDED_BY(write_mu) = 0;

 private:
  absl::Status LoadRanges() ABSL_EXCLUSIVE_LOCKS_REQUIRED(database_mu)
      ABSL_LOCKS_EXCLUDED(partitions_mu);
  absl::Status CutFilesBack() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  // What became of a write that failed with `status`. Null: of a sync.
  absl::Status Settle(std::string_view doing, const rocksdb::Status& status, PendingWrite* write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu) ABSL_LOCKS_EXCLUDED(database_mu);
};

}  // namespace parcours::log
