// Rocks: how the store uses RocksDB: its settings, and its errors in our words.
//
// The settings are measured, see bench/store_bench.cc: hints for sorted slices in the memtable, few
// and large level-0 files, nothing compressed. RocksDB writes no log of its own. Threads: pure, but
// Background, which is safe for concurrent use.
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "state/store/store.h"

namespace parcours::state {

// What RocksDB's own threads have done.
class Background final : public rocksdb::EventListener {
 public:
  void OnTableFileCreated(const rocksdb::TableFileCreationInfo& file) override;
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& flush) override;
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;

  std::uint64_t bytes_written() const { return bytes_written_; }  // files of flush and compaction
  std::uint64_t flushes() const { return flushes_; }              // that ended well or badly
  // Until flushes() is more than `seen`.
  void AwaitFlush(std::uint64_t seen) const { flushes_.wait(seen); }

 private:
  void EndFlush();

  std::atomic<std::uint64_t> bytes_written_ = 0, flushes_ = 0;
};

// What all shards of a process share.
struct Settings {
  rocksdb::DBOptions db;
  rocksdb::ColumnFamilyOptions shard;
  std::size_t write_buffer_bytes = 0;  // for all shards together
};
Settings SettingsFor(const StoreOptions& options);
// Enough to look into a store without changing it.
rocksdb::DBOptions ReadingSettings(rocksdb::Env* env);

enum class Doing { kOpen, kRead, kWrite, kCheck };
// `status` for an operator: the codes of store.h.
absl::Status ToStatus(const rocksdb::Status& status, Doing doing, const std::string& folder);
// "open store FOLDER: WHAT".
std::string Told(Doing doing, const std::string& folder, std::string_view what);

}  // namespace parcours::state
