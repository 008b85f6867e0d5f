#include "log/local_log_database.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "log/local_log_status.h"
#include "log/output_file.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"
#include "rocksdb/table.h"

namespace parcours::log {
namespace {

constexpr std::string_view kOpening = "open log";
constexpr std::size_t kBlockCacheBytes = std::size_t{8} << 20;
constexpr int kOpenFilesMax = 256;

// RocksDB's own log files tell an operator nothing that our sentences do not.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Notes failed syncs, and leaves it to us to recover: RocksDB would wait for space in a thread.
class Listener final : public rocksdb::EventListener {
 public:
  explicit Listener(std::shared_ptr<std::atomic<bool>> sync_failed)
      : sync_failed_(std::move(sync_failed)) {}
  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnIOError(const rocksdb::IOErrorInfo& info) override {
    using rocksdb::FileOperationType;
    if (info.operation == FileOperationType::kSync || info.operation == FileOperationType::kFsync) {
      sync_failed_->store(true);
    }
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* recover) override {
    *recover = false;
  }

 private:
  const std::shared_ptr<std::atomic<bool>> sync_failed_;
};

rocksdb::Options DatabaseOptions(const LocalLogOptions& options) {
  rocksdb::Options to;
  if (options.env != nullptr) to.env = options.env;
  to.create_if_missing = to.create_missing_column_families = !options.read_only;
  to.info_log = std::make_shared<SilentLogger>();
  to.stats_dump_period_sec = 0;
  to.stats_persist_period_sec = 0;
  to.track_and_verify_wals_in_manifest = true;
  to.max_total_wal_size = kWalBuffersMax * options.write_buffer_bytes;
  to.db_write_buffer_size = 3 * options.write_buffer_bytes;
  to.avoid_flush_during_shutdown = true;
  to.max_open_files = kOpenFilesMax;
  to.max_file_opening_threads = 1;
  to.skip_stats_update_on_db_open = true;
  // Written-back in the background, so that a flush does not make the next commit's sync wait.
  to.bytes_per_sync = std::size_t{1} << 20;
  return to;
}

rocksdb::ColumnFamilyOptions FamilyOptions(LogDatabase::Family family,
                                           const LocalLogOptions& options,
                                           const std::shared_ptr<rocksdb::TableFactory>& table) {
  rocksdb::ColumnFamilyOptions to;
  to.table_factory = table;
  to.write_buffer_size = options.write_buffer_bytes;
  to.max_write_buffer_number = 3;
  to.disable_auto_compactions = !options.compaction;
  // Files of level 0 hold little but keys: many of them are no reason to make writers wait.
  to.level0_slowdown_writes_trigger = 64;
  to.level0_stop_writes_trigger = 128;
  // The changelog is read once, if ever, and trimmed soon.
  const auto compression =
      family == LogDatabase::kChangelog ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  to.compression = compression;
  if (family != LogDatabase::kSmall) {
    to.enable_blob_files = true;
    to.min_blob_size = kBlobBytesMin;
    to.blob_compression_type = compression;
  }
  return to;
}

// RocksDB would begin anew where its first file is gone, and delete the others.
absl::Status CheckFolder(rocksdb::Env* env, const LocalLogOptions& options) {
  const std::string& folder = options.folder;
  if (env->FileExists(folder + "/CURRENT").ok()) return absl::OkStatus();
  if (options.read_only) {
    return absl::NotFoundError(absl::StrCat("open log ", folder, ": there is none"));
  }
  std::vector<std::string> files;
  if (!env->GetChildren(folder, &files).ok()) return absl::OkStatus();
  for (const std::string& file : files) {
    if (absl::EndsWith(file, ".sst") || absl::EndsWith(file, ".log") ||
        absl::EndsWith(file, ".blob")) {
      return absl::DataLossError(
          absl::StrCat("open log ", folder, ": damaged: CURRENT is missing"));
    }
  }
  return absl::OkStatus();
}

// "MANIFEST-000018", perhaps behind a slash. False: it is not one.
bool ManifestNumber(std::string_view file, std::uint64_t* number) {
  constexpr std::string_view kName = "MANIFEST-";
  if (file.starts_with('/')) file.remove_prefix(1);
  return file.starts_with(kName) &&
         absl::SimpleAtoi(std::string(file.substr(kName.size())), number);
}

absl::Status CreateLogFolder(rocksdb::Env* env, const LocalLogOptions& options) {
  if (options.read_only) return absl::OkStatus();
  if (options.env == nullptr) return CreateFolder(options.folder);
  return FromRocks(kOpening, options.folder, env->CreateDirIfMissing(options.folder));
}

}  // namespace

LogDatabase::Family LogDatabase::FamilyOf(Topic topic) {
  if (topic == Topic::kEvents) return kEvents;
  return topic == Topic::kChangelog ? kChangelog : kRecords;
}

absl::StatusOr<std::unique_ptr<LogDatabase>> LogDatabase::Open(
    const LocalLogOptions& options, const std::shared_ptr<rocksdb::Statistics>& statistics) {
  rocksdb::Env* const env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  RETURN_IF_ERROR(CreateLogFolder(env, options));
  RETURN_IF_ERROR(CheckFolder(env, options));
  std::unique_ptr<LogDatabase> database(new LogDatabase(options.folder));
  database->mark_ = std::make_unique<SyncedMark>(env, options.folder);
  RETURN_IF_ERROR(database->CheckManifest(env));
  RETURN_IF_ERROR(database->Recover(options, statistics));
  RETURN_IF_ERROR(database->CheckFormat(options.read_only));
  if (!options.read_only) database->MarkSynced();  // recovery syncs what it found
  return database;
}

bool LogDatabase::HasAllThatWasSynced() const {
  if (PARCOURS_MUTANT("log-mark-not-read")) return true;
  const std::uint64_t found = db_->GetLatestSequenceNumber();
  // Without a mark nothing is known, unless the log had not been opened for the first time yet.
  return mark_->read().sequence > 0 ? found >= mark_->read().sequence : found == 0;
}

void LogDatabase::MarkSynced() const {
  SyncedMark::Mark mark{.sequence = db_->GetLatestSequenceNumber()};
  std::vector<std::string> files;
  std::uint64_t bytes = 0;
  // The size is that of the last sync: it is never too large.
  if (db_->GetLiveFiles(files, &bytes, /*flush_memtable=*/false).ok()) {
    for (const std::string& file : files) {
      if (ManifestNumber(file, &mark.manifest)) mark.manifest_bytes = bytes;
    }
  }
  mark_->Write(mark);
}

absl::Status LogDatabase::CheckManifest(rocksdb::Env* env) const {
  std::string current;
  std::uint64_t number = 0, bytes = 0;
  if (PARCOURS_MUTANT("log-manifest-not-measured") || mark_->read().manifest == 0 ||
      !rocksdb::ReadFileToString(env, folder_ + "/CURRENT", &current).ok()) {
    return absl::OkStatus();
  }
  while (!current.empty() && current.back() == '\n') current.pop_back();
  if (!ManifestNumber(current, &number) || number != mark_->read().manifest) {
    return absl::OkStatus();  // a later one, or one that RocksDB will not find either
  }
  if (!env->GetFileSize(absl::StrCat(folder_, "/", current), &bytes).ok() ||
      bytes >= mark_->read().manifest_bytes) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat("open log ", folder_, ": damaged: the end of ", current, " is missing"));
}

absl::Status LogDatabase::Recover(const LocalLogOptions& options,
                                  const std::shared_ptr<rocksdb::Statistics>& statistics) {
  using rocksdb::WALRecoveryMode;
  // A write cut short by a crash passes here; any other damage does not.
  rocksdb::Status status =
      OpenFamilies(options, statistics, WALRecoveryMode::kTolerateCorruptedTailRecords);
  if (status.IsCorruption() && !PARCOURS_MUTANT("log-torn-end-is-damage")) {
    // Power loss may leave any bytes in the unsynced end: look, without changing anything, whether
    // all that was synced lies before the first bad byte.
    LocalLogOptions looking = options;
    looking.read_only = true;
    const bool is_torn_end =
        OpenFamilies(looking, statistics, WALRecoveryMode::kPointInTimeRecovery).ok() &&
        HasAllThatWasSynced();
    if (is_torn_end && options.read_only) return absl::OkStatus();
    Close();
    if (is_torn_end) {
      status = OpenFamilies(options, statistics, WALRecoveryMode::kPointInTimeRecovery);
    }
  }
  if (status.ok() && db_->GetLatestSequenceNumber() < mark_->read().sequence) {
    return absl::DataLossError(
        absl::StrCat("open log ", folder_, ": damaged: the end of the write-ahead log is missing"));
  }
  if (status.IsInvalidArgument() && absl::StrContains(status.ToString(), "not opened")) {
    return absl::FailedPreconditionError(
        absl::StrCat("open log ", folder_, ": it is of a newer format"));
  }
  absl::Status trouble = FromRocks(kOpening, folder_, status);
  if (absl::IsNotFound(trouble)) return absl::DataLossError(trouble.message());
  return trouble;
}

rocksdb::Status LogDatabase::OpenFamilies(const LocalLogOptions& options,
                                          const std::shared_ptr<rocksdb::Statistics>& statistics,
                                          rocksdb::WALRecoveryMode mode) {
  rocksdb::Options database_options = DatabaseOptions(options);
  database_options.wal_recovery_mode = mode;
  database_options.statistics = statistics;
  database_options.listeners.push_back(std::make_shared<Listener>(sync_failed_));
  rocksdb::BlockBasedTableOptions table_options;
  table_options.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  table_options.block_size = std::size_t{16} * 1024;
  const std::shared_ptr<rocksdb::TableFactory> table(
      rocksdb::NewBlockBasedTableFactory(table_options));
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
  wanted.reserve(kFamilies);
  const char* const names[kFamilies] = {"default", "events", "changelog", "records"};
  for (int family = 0; family < kFamilies; ++family) {
    wanted.emplace_back(names[family], FamilyOptions(static_cast<Family>(family), options, table));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::Status status =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(database_options, folder_, wanted, &handles, &db)
          : rocksdb::DB::Open(database_options, folder_, wanted, &handles, &db);
  if (!status.ok()) return status;
  db_.reset(db);
  std::copy(handles.begin(), handles.end(), families_.begin());
  return status;
}

LogDatabase::~LogDatabase() { Close(); }

void LogDatabase::Close() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  db_->Close().PermitUncheckedError();
  db_ = nullptr;
}

absl::StatusOr<std::optional<std::string>> LogDatabase::Small(std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), families_[kSmall], rocksdb::Slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  RETURN_IF_ERROR(FromRocks("read log", folder_, status));
  return value;
}

absl::Status LogDatabase::CheckFormat(bool read_only) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, Small(kFormatKey));
  std::int64_t format = 0;
  if (stored.has_value() && !DecodeNumber(*stored, &format)) {
    return absl::DataLossError(absl::StrCat("open log ", folder_, ": damaged: unreadable format"));
  }
  if (format > kLocalLogFormat) {
    return absl::FailedPreconditionError(absl::StrCat("open log ", folder_, ": it is of format ",
                                                      format, ", newest known ", kLocalLogFormat));
  }
  if (stored.has_value() || read_only) return absl::OkStatus();
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return FromRocks(kOpening, folder_,
                   db_->Put(durable, families_[kSmall], rocksdb::Slice(kFormatKey),
                            EncodeNumber(kLocalLogFormat)));
}

}  // namespace parcours::log
