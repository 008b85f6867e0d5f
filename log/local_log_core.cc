#include "log/local_log_core.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "log/local_log_status.h"

namespace parcours::log {
namespace {

absl::Status DamagedSmall(const std::string& folder, std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("open log ", folder, ": damaged: unreadable ", std::string(what)));
}

}  // namespace

LogCore::LogCore(const LocalLogOptions& of)
    : options(of), statistics(rocksdb::CreateDBStatistics()) {
  statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
}

Partition* LogCore::PartitionOf(const PartitionId& id) {
  MutexLock lock(&partitions_mu);
  std::unique_ptr<Partition>& partition = partitions[id];
  if (partition == nullptr) {
    partition = std::make_unique<Partition>();
    partition->id = id;
  }
  return partition.get();
}

absl::Status LogCore::EnsureOpen() {
  {
    ReaderMutexLock lock(&database_mu);
    if (database != nullptr) return absl::OkStatus();
  }
  MutexLock lock(&write_mu);
  return EnsureOpenToWrite();
}

absl::Status LogCore::EnsureOpenToWrite() {
  MutexLock lock(&database_mu);
  if (database != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(database, LogDatabase::Open(options, statistics));
  absl::Status status = LoadRanges();
  if (status.ok()) status = CutFilesBack();
  if (!status.ok()) {
    database = nullptr;
    return status;
  }
  synced = appended.load();  // recovery has put all that it found into synced files
  return absl::OkStatus();
}

absl::Status LogCore::LoadRanges() {
  std::map<PartitionId, StoredRange> ranges;
  std::unique_ptr<rocksdb::Iterator> at(
      database->db()->NewIterator(rocksdb::ReadOptions(), database->family(LogDatabase::kSmall)));
  for (at->Seek(rocksdb::Slice(kRangePrefix)); at->Valid(); at->Next()) {
    const std::string_view key = at->key().ToStringView();
    if (!key.starts_with(kRangePrefix)) break;
    PartitionId id;
    StoredRange range;
    if (!ParseRangeKey(key, &id) || !DecodeRange(at->value().ToStringView(), &range)) {
      return DamagedSmall(options.folder, "range");
    }
    ranges[id] = range;
  }
  RETURN_IF_ERROR(FromRocks("open log", options.folder, at->status()));
  for (const auto& [id, range] : ranges) PartitionOf(id);
  MutexLock lock(&partitions_mu);
  for (auto& [id, partition] : partitions) {
    const StoredRange& range = ranges[id];
    partition->last_time = range.last_time;
    partition->begin.store(range.offsets.begin);
    partition->end.store(range.offsets.end, std::memory_order_release);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> LogCore::CommittedLength(const std::string& path) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, open_database().Small(FileKey(path)));
  std::int64_t length = 0;
  if (stored.has_value() && !DecodeNumber(*stored, &length)) {
    return DamagedSmall(options.folder, "length of a file");
  }
  return length;
}

absl::Status LogCore::CutFilesBack() {
  for (const std::unique_ptr<LineFile>& file : files) {
    if (file == nullptr) continue;
    ASSIGN_OR_RETURN(const std::int64_t length, CommittedLength(file->path()));
    file->Keep(length);
    RETURN_IF_ERROR(file->CutBack());
  }
  return absl::OkStatus();
}

absl::Status LogCore::GetBatch(const PartitionId& id, Offset first, std::string* value) {
  ReaderMutexLock lock(&database_mu);
  value->clear();
  if (database == nullptr) return absl::UnavailableError("read log: it is being opened again");
  const rocksdb::Status status =
      database->db()->Get(rocksdb::ReadOptions(), database->family(LogDatabase::FamilyOf(id.topic)),
                          BatchKey(id, first), value);
  if (status.IsNotFound()) return absl::OkStatus();
  return FromRocks("read log", options.folder, status);
}

absl::StatusOr<Offset> LogCore::BatchAt(const PartitionId& id, Offset offset) {
  ReaderMutexLock lock(&database_mu);
  if (database == nullptr) return absl::UnavailableError("read log: it is being opened again");
  std::unique_ptr<rocksdb::Iterator> at(database->db()->NewIterator(
      rocksdb::ReadOptions(), database->family(LogDatabase::FamilyOf(id.topic))));
  at->SeekForPrev(BatchKey(id, offset));
  RETURN_IF_ERROR(FromRocks("read log", options.folder, at->status()));
  PartitionId found;
  Offset first = 0;
  if (!at->Valid() || !ParseBatchKey(at->key().ToStringView(), &found, &first) || found != id) {
    return absl::DataLossError(absl::StrCat("read log ", options.folder, ", ", FormatPartition(id),
                                            ": damaged: nothing holds offset ", offset));
  }
  return first;
}

absl::Status LogCore::Write(std::string_view doing, PendingWrite* write, bool sync) {
  rocksdb::WriteOptions durable;
  durable.sync = sync && !PARCOURS_MUTANT("log-commit-not-synced");
  const rocksdb::Status status = open_database().db()->Write(durable, write->batch());
  if (!status.ok()) return Settle(doing, status, write);
  write->Publish();
  if (!sync) return absl::OkStatus();
  synced = appended.load();
  open_database().MarkSynced();
  return absl::OkStatus();
}

absl::Status LogCore::SyncWritten() {
  const rocksdb::Status status = open_database().db()->FlushWAL(/*sync=*/true);
  if (!status.ok()) return Settle("sync log", status, nullptr);
  synced = appended.load();
  open_database().MarkSynced();
  return absl::OkStatus();
}

absl::Status LogCore::Settle(std::string_view doing, const rocksdb::Status& status,
                             PendingWrite* write) {
  absl::Status trouble = FromRocks(doing, options.folder, status);
  bool may_be_there = write == nullptr;
  {
    MutexLock lock(&database_mu);
    may_be_there = may_be_there || database->sync_failed();
    database = nullptr;
  }
  const absl::Status opened = EnsureOpenToWrite();
  if (!opened.ok()) {
    // What was cut short while it was written is skipped by recovery; what could only not be synced
    // may be found.
    if (absl::IsResourceExhausted(trouble) && !may_be_there) return trouble;
    return absl::UnknownError(absl::StrCat(
        trouble.message(), "; whether it was done is known once the log can be opened ",
        "again, but: ", opened.message()));
  }
  if (write == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool is_in, write->IsIn(open_database()));
  if (is_in) return absl::OkStatus();
  if (absl::IsResourceExhausted(trouble)) return trouble;
  return absl::UnavailableError(trouble.message());
}

}  // namespace parcours::log
