// LocalLog: the log in a folder of this machine, on RocksDB.
//
// (topic, partition, first offset) -> batch; a transaction is one WriteBatch, so it is atomic; its
// commit is a synced write-ahead log, so it is durable. Topics that people read as files
// (SendToFile) hold their records as the lines of a file; how long the file is is part of the
// transaction; what lies beyond, from one that came to nothing, is cut off by SendToFile.
// One process only: a second one is refused.
// Bytes: docs/formats.md#the-embedded-log.   Limits: kBatchBytesMax a stored batch.
// Threads: safe for concurrent use.
// Failure: see log.h. After a failed write the log opens its database again: what it finds decides,
// so that OK is committed and Unavailable is not. Unknown: it cannot be opened now; every later
// call tries again. ResourceExhausted: the disk is full, nothing was committed.
// FailedPrecondition: the folder is in use, cannot be written, or is of a newer format; NotFound:
// to be read only, and not there; DataLoss: what lies there is damaged.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "log/log.h"

namespace rocksdb {
class Env;
}

namespace parcours::log {

inline constexpr int kLocalLogFormat = 1;
// A longer batch is stored in several pieces.
inline constexpr std::size_t kBatchBytesMax = 1 << 20;

struct LocalLogOptions {
  std::string folder;
  bool read_only = false;
  std::size_t write_buffer_bytes = std::size_t{32} << 20;
  bool compaction = true;       // tests turn it off, to have one thread
  rocksdb::Env* env = nullptr;  // null: the machine's files
};

class LocalLog final : public Log {
 public:
  static absl::StatusOr<std::unique_ptr<LocalLog>> Open(const LocalLogOptions& options);
  ~LocalLog() override;

  absl::StatusOr<OffsetRange> Range(Topic topic, int partition) override;
  absl::Status Append(Topic topic, int partition, const Batch& batch, TimeMs log_time) override;
  absl::Status Sync() override;
  absl::Status Commit(const Transaction& transaction, TimeMs log_time,
                      std::vector<Offset>* ends) override;
  absl::StatusOr<std::unique_ptr<Reader>> Read(Topic topic, int partition, Offset from) override;
  absl::Status TrimBefore(Topic topic, int partition, Offset offset) override;

  // From here on the values of `topic`'s records become lines of the file at `path`, in the order
  // of the transactions. A file that an earlier run committed to goes on at its committed length;
  // DataLoss if it is shorter than that. Records of such a topic have no offsets and cannot be read
  // back.
  absl::Status SendToFile(Topic topic, const std::string& path);
  // Records of `topic` are not kept at all.
  void Drop(Topic topic);

  // A few small named values of the log's owner. PutNote is durable when it returns OK.
  absl::StatusOr<std::optional<std::string>> Note(std::string_view name);
  absl::Status PutNote(std::string_view name, std::string_view value);

  // Reads everything and compares checksums. DataLoss names what is damaged.
  absl::Status Check();
  // Bytes written to the write-ahead log, and by flushes and compactions, since Open.
  std::uint64_t bytes_written() const;

 private:
  struct Rep;
  explicit LocalLog(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace parcours::log
