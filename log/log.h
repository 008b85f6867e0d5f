// Log: the whole truth: records in, one transaction out.
//
// Everything that influences a shard is a record of its partition of kEvents; everything that a
// lane does is a transaction: records of other topics, all of them or none. What is committed is
// durable and is read by others; nothing else ever is.
// Threads: safe for concurrent use; a Reader is owned by one worker.
// Failure: Unavailable: nothing was committed, the same call may be made again. Aborted: nothing
// was committed, the transaction is void. Anything else leaves it open whether it was committed:
// the caller forgets what it has in memory and reads the log again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/time.h"
#include "log/batch.h"

namespace parcours::log {

using Offset = std::int64_t;

enum class Topic : std::uint8_t {
  kEvents,       // what happened, and the ticks: what a shard reads
  kChangelog,    // customers as they became, by key; META last
  kTransitions,  // the lines that are published
  kActions,
  kDecisions,
  kDeadLetters,  // events that could not be applied, with the reason
};
inline constexpr int kTopics = 6;
const char* TopicName(Topic topic);  // "events", "changelog", ...

// Which offsets are kept: begin <= offset < end.
struct OffsetRange {
  Offset begin = 0, end = 0;
};

// What one lane wants committed: a batch for each partition it has something for, and how far it
// has read of kEvents.
class Transaction {
 public:
  struct Progress {
    int partition;
    Offset next;
  };
  struct Part {
    Topic topic;
    int partition;
    Batch batch;
  };
  // The batch for `partition` of `topic`; good until the next To().
  Batch& To(Topic topic, int partition);
  std::vector<Part>& parts() { return parts_; }
  const std::vector<Part>& parts() const { return parts_; }
  void HasRead(int partition, Offset next) { progress_.push_back({partition, next}); }
  const std::vector<Progress>& progress() const { return progress_; }
  bool empty() const;
  std::size_t bytes() const;
  // Empties every batch; the parts stay, and so does the memory of small batches.
  void Clear();

 private:
  std::vector<Part> parts_;
  std::vector<Progress> progress_;
  std::size_t last_ = 0;  // the part that To() gave last
};

struct ReadRecord {
  Offset offset = 0;
  TimeMs log_time = 0;  // when the log took it
  Entry entry;          // good until the next Next()
};

class Reader {
 public:
  virtual ~Reader() = default;
  // The next committed record. False at the end as it was when last looked at; later calls find
  // what was appended since. DataLoss: damaged; OutOfRange: the log no longer keeps that offset.
  virtual absl::StatusOr<bool> Next(ReadRecord* record) = 0;
};

class Log {
 public:
  virtual ~Log() = default;
  virtual absl::StatusOr<OffsetRange> Range(Topic topic, int partition) = 0;
  // Appends `batch` as one transaction of its own, stamped with `log_time` but never before the
  // partition's last. For those who write events and ticks. Durable only with the next Commit or
  // Sync: who must know calls Sync.
  virtual absl::Status Append(Topic topic, int partition, const Batch& batch, TimeMs log_time) = 0;
  virtual absl::Status Sync() = 0;
  // All parts or none, and the progress, durable before it returns OK; `ends` then holds the offset
  // behind the last record of each part, in the order of parts(); -1 where the log does not tell.
  virtual absl::Status Commit(const Transaction& transaction, TimeMs log_time,
                              std::vector<Offset>* ends) = 0;
  // Reads from `from` on.
  virtual absl::StatusOr<std::unique_ptr<Reader>> Read(Topic topic, int partition, Offset from) = 0;
  // Lets go of records below `offset`, now or later; whole batches only.
  virtual absl::Status TrimBefore(Topic topic, int partition, Offset offset) = 0;
};

}  // namespace parcours::log
