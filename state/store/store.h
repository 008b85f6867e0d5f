// Store: what is known of the customers of all shards of a process, on disk; RocksDB only here.
//
// One column family a shard, so each shard carries its own META and position; a slice (customers,
// timer rows, META of one shard) is one atomic write. There is no write-ahead log: what is lost
// with the process stands in the changelog from the position that META names. All shards share one
// block cache and one bound of what waits in memory to be written. Bytes: keys.h; values stored.h,
// contact.h, seen.h. Threads: safe for concurrent use; a Slice or a Scan is owned by one worker.
// Failure: FailedPrecondition: the folder is in use, cannot be written, or is of a newer format, or
// has another number of shards; DataLoss: damaged; ResourceExhausted: the disk is full. A slice
// that failed changed nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}

namespace parcours::state {

inline constexpr int kStoreFormat = 1;

struct StoreOptions {
  std::string folder;
  int shards = 1;
  bool read_only = false;
  // For block cache and write buffers together.
  std::size_t memory_bytes = std::size_t{256} << 20;
  // A sorted slice of at least so many records becomes a file at once instead of going by way of
  // memory: cheaper a record (bench/store_bench), and durable when Write returns.
  int import_records = 8192;
  bool compaction = true;       // tests turn it off, to have one thread
  rocksdb::Env* env = nullptr;  // null: the machine's files
};

// How many shards the store in `folder` has: 0 if there is no store.
absl::StatusOr<int> ShardsOfStore(const std::string& folder, rocksdb::Env* env = nullptr);

class Store {
 public:
  // Opens, or makes, the store.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Changes to one shard, to be written together. Best sorted by key. Keys and values are viewed,
  // not copied: they must stay where they are until the slice is written.
  class Slice {
   public:
    void Reserve(std::size_t changes) { changes_.reserve(changes); }
    void Put(std::string_view key, std::string_view value) { Add({key, value, false}); }
    void Delete(std::string_view key) { Add({key, {}, true}); }
    int count() const { return static_cast<int>(changes_.size()); }
    std::size_t bytes() const { return bytes_; }  // keys and values

   private:
    friend class Store;
    struct Change {
      std::string_view key, value;
      bool erase;
    };
    void Add(const Change& change) {
      sorted_ = sorted_ && (changes_.empty() || changes_.back().key < change.key);
      bytes_ += change.key.size() + change.value.size();
      changes_.push_back(change);
    }

    std::vector<Change> changes_;
    std::size_t bytes_ = 0;
    bool sorted_ = true;  // each key comes after the one before
  };
  absl::Status Write(int shard, const Slice& slice);

  // False if there is no such key.
  absl::StatusOr<bool> Get(int shard, std::string_view key, std::string* value);
  // The same for many keys, best sorted: `values[i]` is set and `found[i]` true where there is one.
  absl::Status GetMany(int shard, std::span<const std::string> keys,
                       std::vector<std::string>* values, std::vector<bool>* found);

  // The keys from `from` on, in order, as the shard is now.
  class Scan {
   public:
    ~Scan();
    // False at the end. The views are good until the next call. DataLoss: damaged.
    absl::StatusOr<bool> Next(std::string_view* key, std::string_view* value);

   private:
    friend class Store;
    struct Rep;
    explicit Scan(std::unique_ptr<Rep> rep);
    std::unique_ptr<Rep> rep_;
  };
  // Up to, and without, `to`. With `readahead` for a walk over many keys.
  std::unique_ptr<Scan> From(int shard, std::string_view from, std::string_view to, bool readahead);

  // What was written before is on disk when it returns OK.
  absl::Status Flush();
  int shards() const;
  // Reads everything and compares checksums. DataLoss names what is damaged.
  absl::Status Check();
  struct Sizes {
    std::uint64_t keys = 0, bytes = 0;  // estimates
  };
  Sizes SizesOf(int shard) const;
  // RocksDB's own gauges, of all shards together.
  struct Gauges {
    std::uint64_t keys = 0, sst_bytes = 0, live_sst_bytes = 0, pending_compaction_bytes = 0;
    std::uint64_t running_compactions = 0, running_flushes = 0, write_stopped = 0;
    std::uint64_t delayed_write_rate = 0, memtables_bytes = 0, block_cache_bytes = 0;
    std::uint64_t background_errors = 0, live_versions = 0;
  };
  Gauges gauges() const;
  static std::string EngineVersion();
  // Bytes written by flushes and compactions since Open.
  std::uint64_t bytes_written() const;
  // Bytes that callers put, keys and values.
  std::uint64_t bytes_put() const;

 private:
  struct Rep;
  explicit Store(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace parcours::state
