// LogDatabase: the RocksDB of a LocalLog, open.
//
// Column families by how long records live and how large they are: small values (ranges, notes,
// lengths of files), events, the changelog, the other topics. Batches of kBlobBytesMin and more lie
// in blob files, which compaction never copies and which vanish whole once all of theirs is
// trimmed. Limits: about four write buffers of memory, kWalBuffersMax of them of write-ahead log.
// Threads: safe for concurrent use. Failure: see local_log.h; a failed write leaves the database of
// no use for more writes: it is closed and opened again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/local_log.h"
#include "log/local_log_format.h"
#include "log/local_log_mark.h"
#include "rocksdb/db.h"
#include "rocksdb/statistics.h"

namespace parcours::log {

inline constexpr std::size_t kBlobBytesMin = 4096;
inline constexpr std::size_t kWalBuffersMax = 4;

class LogDatabase {
 public:
  enum Family { kSmall, kEvents, kChangelog, kRecords, kFamilies };
  static Family FamilyOf(Topic topic);

  // Creates what is missing, unless read only, and refuses a newer format. `statistics` counts on.
  static absl::StatusOr<std::unique_ptr<LogDatabase>> Open(
      const LocalLogOptions& options, const std::shared_ptr<rocksdb::Statistics>& statistics);
  ~LogDatabase();

  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* family(Family family) const { return families_[family]; }
  // A small value; nothing if there is none.
  absl::StatusOr<std::optional<std::string>> Small(std::string_view key) const;
  // All that was written so far is durable.
  void MarkSynced() const;
  // Whether making a write durable has ever failed: then the write may be there after all.
  bool sync_failed() const { return sync_failed_->load(); }

 private:
  explicit LogDatabase(std::string folder) : folder_(std::move(folder)) {}
  // Opens what there is, and knows a torn end of the write-ahead log from damage before it.
  absl::Status Recover(const LocalLogOptions& options,
                       const std::shared_ptr<rocksdb::Statistics>& statistics);
  rocksdb::Status OpenFamilies(const LocalLogOptions& options,
                               const std::shared_ptr<rocksdb::Statistics>& statistics,
                               rocksdb::WALRecoveryMode mode);
  bool HasAllThatWasSynced() const;
  // DataLoss: the end of the manifest that was marked is missing.
  absl::Status CheckManifest(rocksdb::Env* env) const;
  void Close();
  absl::Status CheckFormat(bool read_only);

  const std::string folder_;
  std::unique_ptr<SyncedMark> mark_;
  std::shared_ptr<std::atomic<bool>> sync_failed_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_{};
};

}  // namespace parcours::log
