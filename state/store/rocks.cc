#include "state/store/rocks.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace parcours::state {

namespace {

constexpr int kOpenFilesMax = 512;
constexpr std::size_t kBlockBytes = std::size_t{4} << 10;
constexpr std::size_t kManifestBytesMax = std::size_t{4} << 20;
constexpr int kCacheShardBits = 2;  // more shards are each too small for a file's index
constexpr int kBloomBitsAKey = 10;
constexpr double kBufferBloomShare = 0.05;  // of a buffer, for the filter of its keys
constexpr int kFilesBeforeCompaction = 4;

// RocksDB tells what fails in its Status too; its own log would only be files nobody reads.
class NoLog final : public rocksdb::Logger {
 public:
  NoLog() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

rocksdb::BlockBasedTableOptions TableSettings(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsAKey));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

rocksdb::ColumnFamilyOptions ShardSettings(const StoreOptions& options, std::size_t buffer_bytes) {
  rocksdb::ColumnFamilyOptions shard;
  // Half of what all may hold: one shard alone fills one buffer while the other is being written.
  // Smaller ones make inserts cheaper, and merging dearer by more.
  shard.write_buffer_size = buffer_bytes / 2;
  shard.max_write_buffer_number = 2;
  shard.arena_block_size = std::clamp<std::size_t>(
      buffer_bytes / (8 * static_cast<std::size_t>(options.shards)), 64 << 10, 1 << 20);
  // Slices are sorted by key: each insert begins where the one before it, of its kind, ended.
  shard.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  shard.disable_auto_compactions = !options.compaction;
  shard.level0_file_num_compaction_trigger = kFilesBeforeCompaction;
  shard.level_compaction_dynamic_level_bytes = true;
  // Who looks for a customer that is in no buffer need not walk through them.
  shard.memtable_whole_key_filtering = true;
  shard.memtable_prefix_bloom_size_ratio = kBufferBloomShare;
  // Records are compact as they are: a fifth less on disk costs more than it saves.
  shard.compression = rocksdb::kNoCompression;
  return shard;
}

bool InUse(const std::string& said) {
  return absl::StrContains(said, "hold by current process") ||
         absl::StrContains(said, "already held") ||
         absl::StrContains(said, "Resource temporarily unavailable");
}

bool NoSpace(const rocksdb::Status& status, const std::string& said) {
  return status.IsNoSpace() || absl::StrContains(said, "No space left") ||
         absl::StrContains(said, "quota exceeded");
}

// What a folder that lacks one of its files says, too.
bool Damaged(const rocksdb::Status& status, const std::string& said) {
  return status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound() ||
         absl::StrContains(said, "Corruption");
}

}  // namespace

void Background::OnTableFileCreated(const rocksdb::TableFileCreationInfo& file) {
  if (file.status.ok()) bytes_written_ += file.file_size;
}

void Background::OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*flush*/) {
  EndFlush();
}

void Background::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                                   rocksdb::Status* /*status*/) {
  EndFlush();
}

void Background::EndFlush() {
  ++flushes_;
  flushes_.notify_all();
}

rocksdb::DBOptions ReadingSettings(rocksdb::Env* env) {
  rocksdb::DBOptions db;
  if (env != nullptr) db.env = env;
  db.info_log = std::make_shared<NoLog>();
  db.max_open_files = kOpenFilesMax;
  db.max_file_opening_threads = 1;
  db.skip_stats_update_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

Settings SettingsFor(const StoreOptions& options) {
  Settings settings;
  settings.write_buffer_bytes = options.memory_bytes / 2;
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(options.memory_bytes, kCacheShardBits);
  settings.db = ReadingSettings(options.env);
  settings.db.create_if_missing = true;
  settings.db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(settings.write_buffer_bytes, cache);
  settings.db.avoid_flush_during_shutdown = true;       // an end without Flush is as a crash
  settings.db.allow_concurrent_memtable_write = false;  // hints are of one writer
  settings.db.max_background_jobs = 2;
  settings.db.max_manifest_file_size = kManifestBytesMax;
  settings.db.allow_fallocate = false;  // else the log that is not written takes its room
  settings.shard = ShardSettings(options, settings.write_buffer_bytes);
  settings.shard.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableSettings(cache)));
  settings.db.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW);
  return settings;
}

std::string Told(Doing doing, const std::string& folder, std::string_view what) {
  static constexpr std::string_view kVerbs[] = {"open", "read", "write", "check"};
  return absl::StrCat(std::string(kVerbs[static_cast<int>(doing)]), " store ", folder, ": ",
                      std::string(what));
}

absl::Status ToStatus(const rocksdb::Status& status, Doing doing, const std::string& folder) {
  if (status.ok()) return absl::OkStatus();
  const std::string said = status.ToString();
  const auto told = [&](std::string_view what) { return Told(doing, folder, what); };
  if (NoSpace(status, said)) return absl::ResourceExhaustedError(told("no space left"));
  if (Damaged(status, said)) return absl::DataLossError(told(absl::StrCat("is damaged: ", said)));
  if (InUse(said)) return absl::FailedPreconditionError(told("another process uses it"));
  const bool reading = doing == Doing::kRead || doing == Doing::kCheck;
  return absl::FailedPreconditionError(
      told(absl::StrCat(reading ? "cannot be read: " : "cannot be written: ", said)));
}

}  // namespace parcours::state
