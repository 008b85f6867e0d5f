#include "state/store/store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table_properties.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "state/keys.h"
#include "state/store/rocks.h"

namespace parcours::state {

namespace {

constexpr char kFormatKey[] = "format", kShardsKey[] = "shards";  // in the default column family
constexpr std::size_t kReadaheadBytes = std::size_t{2} << 20;
constexpr std::size_t kBatchBytesARecord = 16;  // type, column family and lengths
constexpr char kImportPrefix[] = "import-";     // the file being made of a slice, by shard
constexpr int kFilesBeforeImportStops = 12;     // then slices wait as writes do, for compaction

rocksdb::Slice ToRocks(std::string_view text) { return {text.data(), text.size()}; }
std::string_view FromRocks(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

std::string ShardName(int shard) { return absl::StrFormat("shard-%03d", shard); }

std::vector<std::string> ShardNames(int shards) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(shards) + 1);
  for (int shard = 0; shard < shards; ++shard) names.push_back(ShardName(shard));
  return names;
}

rocksdb::WriteOptions Unlogged() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;  // what is lost stands in the changelog
  return write;
}

rocksdb::Env* EnvOf(rocksdb::Env* env) { return env != nullptr ? env : rocksdb::Env::Default(); }

// Whether there are more table files than the one that making a store leaves, which may lie there
// before the store knows of it.
bool HasTables(const std::string& folder, rocksdb::Env* env) {
  std::vector<std::string> files;
  if (!env->GetChildren(folder, &files).ok()) return false;
  const auto tables = std::count_if(files.begin(), files.end(), [](const std::string& file) {
    return absl::EndsWith(file, ".sst");
  });
  return tables > 1;
}

// Reads one row of the default column family as a number: 0 if there is none.
absl::StatusOr<int> ReadNumber(rocksdb::DB* db, const char* key, const std::string& folder) {
  std::string text;
  const rocksdb::Status status = db->Get({}, key, &text);
  if (status.IsNotFound()) return 0;
  RETURN_IF_ERROR(ToStatus(status, Doing::kOpen, folder));
  int number = 0;
  if (absl::SimpleAtoi(text, &number) && number > 0) return number;
  return absl::DataLossError(
      Told(Doing::kOpen, folder,
           absl::StrCat("is damaged: ", key, " is \"", absl::CHexEscape(text), "\"")));
}

bool HasRows(rocksdb::DB* db) {
  const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator({}));
  rows->SeekToFirst();
  return rows->Valid();
}

absl::Status SomethingElse(const std::string& folder) {
  return absl::FailedPreconditionError(
      Told(Doing::kOpen, folder, "something else than a store lies there"));
}

// The folders above `folder` and itself, where they are missing.
absl::Status MakeFolders(const std::string& folder, rocksdb::Env* env) {
  for (std::size_t end = folder.find('/', 1);; end = folder.find('/', end + 1)) {
    const std::string part = folder.substr(0, end);
    if (!env->FileExists(part).ok()) {
      RETURN_IF_ERROR(ToStatus(env->CreateDirIfMissing(part), Doing::kOpen, folder));
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

// Whether another one has the store open; asked first, because its files change while we read them.
absl::Status CheckUnused(const std::string& folder, rocksdb::Env* env) {
  rocksdb::FileLock* lock = nullptr;
  RETURN_IF_ERROR(ToStatus(env->LockFile(folder + "/LOCK", &lock), Doing::kOpen, folder));
  return ToStatus(env->UnlockFile(lock), Doing::kOpen, folder);
}

}  // namespace

absl::StatusOr<int> ShardsOfStore(const std::string& folder, rocksdb::Env* env) {
  if (!EnvOf(env)->FileExists(folder + "/CURRENT").ok()) return 0;
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  RETURN_IF_ERROR(ToStatus(
      rocksdb::DB::OpenForReadOnly(ReadingSettings(env), folder,
                                   {{rocksdb::kDefaultColumnFamilyName, {}}}, &handles, &opened),
      Doing::kOpen, folder));
  const std::unique_ptr<rocksdb::DB> db(opened);
  const std::unique_ptr<rocksdb::ColumnFamilyHandle> handle(handles.front());
  ASSIGN_OR_RETURN(const int format, ReadNumber(opened, kFormatKey, folder));
  if (format == 0 && HasRows(opened)) return SomethingElse(folder);
  if (format > kStoreFormat) {
    return absl::FailedPreconditionError(
        Told(Doing::kOpen, folder,
             absl::StrCat("was written by a newer version (format ", format, ", newest known ",
                          kStoreFormat, ")")));
  }
  ASSIGN_OR_RETURN(const int shards, ReadNumber(opened, kShardsKey, folder));
  // The two rows are the last step of making a store, so before them there is nothing to lose.
  if (shards == 0 && HasTables(folder, EnvOf(env))) {
    return absl::DataLossError(
        Told(Doing::kOpen, folder, "is damaged: it does not say how many shards it has"));
  }
  return shards;
}

struct Store::Rep {
  std::string folder;
  Settings settings;
  std::shared_ptr<Background> background = std::make_shared<Background>();
  std::atomic<std::uint64_t> put = 0, imported = 0;
  int import_records = 0;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles;  // the default one last
  int shards = 0;

  ~Rep() { handles.clear(); }  // before their database

  rocksdb::ColumnFamilyHandle* HandleOf(int shard) const {
    return handles[static_cast<std::size_t>(shard)].get();
  }
  absl::Status OpenWith(const std::vector<std::string>& names, bool read_only);
  absl::Status Create();
  // Calls put(key, value) or erase(key) for each change, until one does not return OK.
  template <typename Put, typename Erase>
  static rocksdb::Status Each(const Slice& slice, const Put& put, const Erase& erase) {
    rocksdb::Status status;
    for (std::size_t i = 0; i < slice.changes_.size() && status.ok(); ++i) {
      const Slice::Change& change = slice.changes_[i];
      status = change.erase ? erase(ToRocks(change.key))
                            : put(ToRocks(change.key), ToRocks(change.value));
    }
    return status;
  }
  rocksdb::WriteBatch BatchOf(int shard, const Slice& slice) const;
  bool WorthImporting(int shard, const Slice& slice) const;
  rocksdb::Status Import(int shard, const Slice& slice);
  rocksdb::Status FlushShard(int shard);
  bool Full() const;
  absl::Status CheckShard(int shard);

  // Runs `work`, and once more if what stopped RocksDB, a full disk say, may be over.
  template <typename Work>
  absl::Status Try(const Work& work) {
    rocksdb::Status status = work();
    if (!status.ok() && !status.IsCorruption()) {
      status = db->Resume();
      if (status.ok()) status = work();
    }
    return ToStatus(status, Doing::kWrite, folder);
  }
};

// Opens what is there, or a new database; `names` are its column families, the default one last.
absl::Status Store::Rep::OpenWith(const std::vector<std::string>& names, bool read_only) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names) families.emplace_back(name, settings.shard);
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> raw;
  const rocksdb::Status status =
      read_only ? rocksdb::DB::OpenForReadOnly(settings.db, folder, families, &raw, &opened)
                : rocksdb::DB::Open(settings.db, folder, families, &raw, &opened);
  if (status.IsInvalidArgument()) {  // its column families are not those it says it has
    return absl::DataLossError(
        Told(Doing::kOpen, folder, absl::StrCat("is damaged: ", status.ToString())));
  }
  RETURN_IF_ERROR(ToStatus(status, Doing::kOpen, folder));
  db.reset(opened);
  for (rocksdb::ColumnFamilyHandle* handle : raw) handles.emplace_back(handle);
  return absl::OkStatus();
}

// Makes the store, or goes on where a process that made it ended: its shards are all empty then.
absl::Status Store::Rep::Create() {
  std::vector<std::string> names;
  if (EnvOf(settings.db.env)->FileExists(folder + "/CURRENT").ok()) {
    RETURN_IF_ERROR(ToStatus(rocksdb::DB::ListColumnFamilies(settings.db, folder, &names),
                             Doing::kOpen, folder));
    names.erase(std::remove(names.begin(), names.end(), rocksdb::kDefaultColumnFamilyName),
                names.end());
    std::sort(names.begin(), names.end());
  }
  std::vector<std::string> missing = ShardNames(shards);
  if (names.size() > missing.size() || !std::equal(names.begin(), names.end(), missing.begin())) {
    return SomethingElse(folder);
  }
  missing.erase(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(names.size()));
  names.push_back(rocksdb::kDefaultColumnFamilyName);
  RETURN_IF_ERROR(OpenWith(names, /*read_only=*/false));
  std::vector<rocksdb::ColumnFamilyHandle*> made;
  const rocksdb::Status status = db->CreateColumnFamilies(settings.shard, missing, &made);
  for (rocksdb::ColumnFamilyHandle* handle : made) handles.emplace(handles.end() - 1, handle);
  RETURN_IF_ERROR(ToStatus(status, Doing::kOpen, folder));
  rocksdb::WriteBatch mark;
  RETURN_IF_ERROR(ToStatus(mark.Put(kFormatKey, absl::StrCat(kStoreFormat)), Doing::kOpen, folder));
  RETURN_IF_ERROR(ToStatus(mark.Put(kShardsKey, absl::StrCat(shards)), Doing::kOpen, folder));
  RETURN_IF_ERROR(ToStatus(db->Write(Unlogged(), &mark), Doing::kOpen, folder));
  return ToStatus(db->Flush({}), Doing::kOpen, folder);
}

Store::Store(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options) {
  const std::string& folder = options.folder;
  rocksdb::Env* const env = EnvOf(options.env);
  if (!options.read_only) {
    RETURN_IF_ERROR(MakeFolders(folder, env));
    RETURN_IF_ERROR(CheckUnused(folder, env));
  }
  ASSIGN_OR_RETURN(const int shards, ShardsOfStore(folder, options.env));
  if (shards == 0 && options.read_only) {
    return absl::FailedPreconditionError(Told(Doing::kOpen, folder, "there is none"));
  }
  if (shards != 0 && shards != options.shards) {
    return absl::FailedPreconditionError(
        Told(Doing::kOpen, folder,
             absl::StrCat("has ", shards, " shards, ", options.shards, " were asked for")));
  }
  auto rep = std::make_unique<Rep>();
  rep->folder = folder;
  rep->shards = options.shards;
  rep->import_records = options.import_records;
  rep->settings = SettingsFor(options);
  rep->settings.db.listeners.push_back(rep->background);
  if (shards == 0) {
    RETURN_IF_ERROR(rep->Create());
  } else {
    std::vector<std::string> names = ShardNames(shards);
    names.push_back(rocksdb::kDefaultColumnFamilyName);
    RETURN_IF_ERROR(rep->OpenWith(names, options.read_only));
  }
  return std::unique_ptr<Store>(new Store(std::move(rep)));
}

rocksdb::WriteBatch Store::Rep::BatchOf(int shard, const Slice& slice) const {
  rocksdb::ColumnFamilyHandle* const handle = HandleOf(shard);
  rocksdb::WriteBatch batch(slice.bytes() +
                            kBatchBytesARecord * static_cast<std::size_t>(slice.count()));
  const rocksdb::Status status = Each(
      slice,
      [&](const rocksdb::Slice& key, const rocksdb::Slice& value) {
        return batch.Put(handle, key, value);
      },
      [&](const rocksdb::Slice& key) { return batch.Delete(handle, key); });
  assert(status.ok());  // fails only past 4 GiB a batch
  return batch;
}

// Why the loop: after a disk that was full, RocksDB 7.8 may return OK from a flush it has not done.
rocksdb::Status Store::Rep::FlushShard(int shard) {
  rocksdb::FlushOptions flush;
  flush.allow_write_stall = true;  // else it waits until compaction has caught up
  while (true) {
    const std::uint64_t seen = background->flushes();
    rocksdb::Status status = db->Flush(flush, HandleOf(shard));
    std::uint64_t waiting = 0;
    db->GetIntProperty(HandleOf(shard), rocksdb::DB::Properties::kNumImmutableMemTable, &waiting);
    if (!status.ok() || waiting == 0) return status;
    background->AwaitFlush(seen);
  }
}

// Whether more waits in memory than may. A scan's memory, which no flush frees, does not count.
bool Store::Rep::Full() const {
  const std::size_t bound = settings.write_buffer_bytes;
  if (settings.db.write_buffer_manager->memory_usage() <= bound) return false;
  std::uint64_t waiting = 0;
  return db->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &waiting) &&
         waiting > bound;
}

// Whether a slice is better written as a file of its own than by way of memory.
bool Store::Rep::WorthImporting(int shard, const Slice& slice) const {
  if (!slice.sorted_ || slice.count() < import_records) return false;
  std::string files;  // each import adds one that only compaction takes away
  db->GetProperty(HandleOf(shard), rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &files);
  return std::atoi(files.c_str()) < kFilesBeforeImportStops;
}

// A sorted slice as a table file that becomes part of the shard at once, whole or not at all. What
// the shard still has in memory is flushed first, so nothing newer is on disk than what is older.
rocksdb::Status Store::Rep::Import(int shard, const Slice& slice) {
  const std::string file = absl::StrCat(folder, "/", kImportPrefix, shard);
  const rocksdb::Options options(settings.db, settings.shard);
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, HandleOf(shard));
  rocksdb::Status status = writer.Open(file);
  if (status.ok()) {
    status = Each(
        slice,
        [&](const rocksdb::Slice& key, const rocksdb::Slice& value) {
          return writer.Put(key, value);
        },
        [&](const rocksdb::Slice& key) { return writer.Delete(key); });
  }
  rocksdb::ExternalSstFileInfo made;
  if (status.ok()) status = writer.Finish(&made);
  if (status.ok()) {
    rocksdb::IngestExternalFileOptions ingest;
    ingest.move_files = true;
    ingest.write_global_seqno = false;
    status = db->IngestExternalFile(HandleOf(shard), {file}, ingest);
  }
  if (status.ok()) {
    imported += made.file_size;
  } else {
    EnvOf(settings.db.env)->DeleteFile(file).PermitUncheckedError();
  }
  return status;
}

absl::Status Store::Write(int shard, const Slice& slice) {
  if (slice.count() == 0) return absl::OkStatus();
  if (rep_->WorthImporting(shard, slice)) {
    RETURN_IF_ERROR(rep_->Try([&] { return rep_->Import(shard, slice); }));
    rep_->put += slice.bytes();
    return absl::OkStatus();
  }
  // RocksDB flushes on its own well before this; we wait here when the disk is slower than we are.
  if (rep_->Full()) RETURN_IF_ERROR(rep_->Try([&] { return rep_->FlushShard(shard); }));
  rocksdb::WriteBatch batch = rep_->BatchOf(shard, slice);
  RETURN_IF_ERROR(rep_->Try([&] { return rep_->db->Write(Unlogged(), &batch); }));
  rep_->put += slice.bytes();
  return absl::OkStatus();
}

absl::StatusOr<bool> Store::Get(int shard, std::string_view key, std::string* value) {
  const rocksdb::Status status = rep_->db->Get({}, rep_->HandleOf(shard), ToRocks(key), value);
  if (status.IsNotFound()) return false;
  RETURN_IF_ERROR(ToStatus(status, Doing::kRead, rep_->folder));
  return true;
}

absl::Status Store::GetMany(int shard, std::span<const std::string> keys,
                            std::vector<std::string>* values, std::vector<bool>* found) {
  const std::size_t count = keys.size();
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> read(count);
  std::vector<rocksdb::Status> statuses(count);
  rep_->db->MultiGet({}, rep_->HandleOf(shard), count, slices.data(), read.data(), statuses.data(),
                     std::is_sorted(keys.begin(), keys.end()));
  values->resize(count);
  found->assign(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    if (statuses[i].IsNotFound()) continue;
    RETURN_IF_ERROR(ToStatus(statuses[i], Doing::kRead, rep_->folder));
    (*values)[i].assign(read[i].data(), read[i].size());
    (*found)[i] = true;
  }
  return absl::OkStatus();
}

struct Store::Scan::Rep {
  std::string folder;
  std::string to;
  rocksdb::Slice bound;  // of `to`; the iterator holds a pointer to it
  std::unique_ptr<rocksdb::Iterator> rows;
  bool begun = false;
};

Store::Scan::Scan(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Store::Scan::~Scan() = default;

std::unique_ptr<Store::Scan> Store::From(int shard, std::string_view from, std::string_view to,
                                         bool readahead) {
  auto rep = std::make_unique<Scan::Rep>();
  rep->folder = rep_->folder;
  rep->to = to;
  rep->bound = rep->to;
  rocksdb::ReadOptions read;
  read.iterate_upper_bound = &rep->bound;
  if (readahead) {
    read.readahead_size = kReadaheadBytes;
    read.fill_cache = false;  // a long walk would drive out what is read often
  }
  rep->rows.reset(rep_->db->NewIterator(read, rep_->HandleOf(shard)));
  rep->rows->Seek(ToRocks(from));
  return std::unique_ptr<Scan>(new Scan(std::move(rep)));
}

absl::StatusOr<bool> Store::Scan::Next(std::string_view* key, std::string_view* value) {
  rocksdb::Iterator& rows = *rep_->rows;
  if (rep_->begun && rows.Valid()) rows.Next();
  rep_->begun = true;
  if (!rows.Valid()) {
    RETURN_IF_ERROR(ToStatus(rows.status(), Doing::kRead, rep_->folder));
    return false;
  }
  *key = FromRocks(rows.key());
  *value = FromRocks(rows.value());
  return true;
}

absl::Status Store::Flush() {
  const int count = PARCOURS_MUTANT("store-flush-skips-last-shard") ? shards() - 1 : shards();
  for (int shard = 0; shard < count; ++shard) {  // of an empty one it writes nothing
    RETURN_IF_ERROR(rep_->Try([&] { return rep_->FlushShard(shard); }));
  }
  return absl::OkStatus();
}

int Store::shards() const { return rep_->shards; }

absl::Status Store::Rep::CheckShard(int shard) {
  rocksdb::ReadOptions read;
  read.readahead_size = kReadaheadBytes;
  read.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator(read, HandleOf(shard)));
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    if (IsKey(FromRocks(rows->key()))) continue;
    return absl::DataLossError(
        Told(Doing::kCheck, folder,
             absl::StrCat("is damaged: ", ShardName(shard), " has an unknown key \"",
                          absl::CHexEscape(rows->key().ToString()), "\"")));
  }
  return ToStatus(rows->status(), Doing::kCheck, folder);
}

absl::Status Store::Check() {
  RETURN_IF_ERROR(ToStatus(rep_->db->VerifyChecksum(), Doing::kCheck, rep_->folder));
  for (int shard = 0; shard < shards(); ++shard) RETURN_IF_ERROR(rep_->CheckShard(shard));
  return absl::OkStatus();
}

Store::Sizes Store::SizesOf(int shard) const {
  using Properties = rocksdb::DB::Properties;
  const auto read = [&](const std::string& name) {
    std::uint64_t number = 0;
    return rep_->db->GetIntProperty(rep_->HandleOf(shard), name, &number) ? number : 0;
  };
  // RocksDB's own estimate knows nothing of the files of a store that was just opened.
  rocksdb::TablePropertiesCollection files;
  rep_->db->GetPropertiesOfAllTables(rep_->HandleOf(shard), &files).PermitUncheckedError();
  std::uint64_t puts =
      read(Properties::kNumEntriesActiveMemTable) + read(Properties::kNumEntriesImmMemTables);
  std::uint64_t deletes =
      read(Properties::kNumDeletesActiveMemTable) + read(Properties::kNumDeletesImmMemTables);
  for (const auto& [name, file] : files) {
    puts += file->num_entries;
    deletes += file->num_deletions;
  }
  puts -= std::min(puts, deletes);  // entries count deletions too
  return {.keys = puts - std::min(puts, deletes),
          .bytes = read(Properties::kLiveSstFilesSize) + read(Properties::kCurSizeAllMemTables)};
}

Store::Gauges Store::gauges() const {
  using Properties = rocksdb::DB::Properties;
  Gauges sum;
  // Those of the whole database are told by any family; the others are added up.
  const std::pair<const std::string*, std::uint64_t*> of_each[] = {
      {&Properties::kEstimateNumKeys, &sum.keys},
      {&Properties::kTotalSstFilesSize, &sum.sst_bytes},
      {&Properties::kLiveSstFilesSize, &sum.live_sst_bytes},
      {&Properties::kEstimatePendingCompactionBytes, &sum.pending_compaction_bytes},
      {&Properties::kCurSizeAllMemTables, &sum.memtables_bytes},
      {&Properties::kNumLiveVersions, &sum.live_versions}};
  const std::pair<const std::string*, std::uint64_t*> of_all[] = {
      {&Properties::kNumRunningCompactions, &sum.running_compactions},
      {&Properties::kNumRunningFlushes, &sum.running_flushes},
      {&Properties::kIsWriteStopped, &sum.write_stopped},
      {&Properties::kActualDelayedWriteRate, &sum.delayed_write_rate},
      {&Properties::kBlockCacheUsage, &sum.block_cache_bytes},
      {&Properties::kBackgroundErrors, &sum.background_errors}};
  for (const auto& [name, number] : of_all) {
    rep_->db->GetIntProperty(rep_->HandleOf(0), *name, number);
  }
  for (int shard = 0; shard < shards(); ++shard) {
    for (const auto& [name, total] : of_each) {
      std::uint64_t number = 0;
      if (rep_->db->GetIntProperty(rep_->HandleOf(shard), *name, &number)) *total += number;
    }
  }
  return sum;
}

std::string Store::EngineVersion() { return rocksdb::GetRocksVersionAsString(); }

std::uint64_t Store::bytes_written() const {
  return rep_->background->bytes_written() + rep_->imported;
}

std::uint64_t Store::bytes_put() const { return rep_->put; }

}  // namespace parcours::state
