#include "state/store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/keys.h"

namespace parcours::state {
namespace {

using std::string_view_literals::operator""sv;
using testing::ElementsAre;
using testing::HasSubstr;

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr char kFolder[] = "/parcours/store";

// A disk that is full when told so.
class FullDisk final : public rocksdb::EnvWrapper {
 public:
  explicit FullDisk(rocksdb::Env* base) : EnvWrapper(base) {}
  const char* Name() const override { return "FullDisk"; }
  rocksdb::Status NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* file,
                                  const rocksdb::EnvOptions& options) override {
    std::unique_ptr<rocksdb::WritableFile> inner;
    const rocksdb::Status status = target()->NewWritableFile(name, &inner, options);
    if (status.ok()) *file = std::make_unique<File>(this, std::move(inner));
    return status;
  }

  bool full = false;

 private:
  class File final : public rocksdb::WritableFileWrapper {
   public:
    File(FullDisk* disk, std::unique_ptr<rocksdb::WritableFile> inner)
        : WritableFileWrapper(inner.get()), disk_(*disk), inner_(std::move(inner)) {}
    using WritableFileWrapper::Append;
    rocksdb::Status Append(const rocksdb::Slice& data) override {
      return disk_.full ? rocksdb::Status::NoSpace("disk full") : inner_->Append(data);
    }

   private:
    FullDisk& disk_;
    std::unique_ptr<rocksdb::WritableFile> inner_;
  };
};

class StoreTest : public testing::Test {
 protected:
  StoreOptions Options(int shards) {
    return {.folder = kFolder, .shards = shards, .compaction = false, .env = &disk_};
  }
  // Ends the store's process, if there is one, without a flush, and opens it again.
  void Reopen(const StoreOptions& options) {
    store_.reset();
    auto store = Store::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Reopen() { Reopen(Options(2)); }
  void SetUp() override { Reopen(); }

  absl::Status Put(int shard, const Rows& rows) {
    Store::Slice slice;
    for (const auto& [key, value] : rows) slice.Put(key, value);
    return store_->Write(shard, slice);
  }
  // "none" where there is nothing.
  std::string Get(int shard, std::string_view key) {
    std::string value;
    const absl::StatusOr<bool> found = store_->Get(shard, key, &value);
    if (!found.ok()) return found.status().ToString();
    return *found ? value : "none";
  }
  absl::StatusOr<Rows> Read(int shard, std::string_view from = "", std::string_view to = "\xff",
                            bool readahead = false) {
    return ReadAll(*store_, shard, from, to, readahead);
  }
  static absl::StatusOr<Rows> ReadAll(Store& store, int shard, std::string_view from = "",
                                      std::string_view to = "\xff", bool readahead = false) {
    Rows rows;
    std::string_view key, value;
    const auto scan = store.From(shard, from, to, readahead);
    while (true) {
      const absl::StatusOr<bool> more = scan->Next(&key, &value);
      if (!more.ok()) return more.status();
      if (!*more) return rows;
      rows.emplace_back(key, value);
    }
  }
  std::vector<std::string> FilesLike(std::string_view part) {
    std::vector<std::string> all, some;
    EXPECT_TRUE(disk_.GetChildren(kFolder, &all).ok());
    for (const std::string& file : all) {
      if (file.find(part) != std::string::npos) some.push_back(std::string(kFolder) + "/" + file);
    }
    return some;
  }
  std::string ReadFile(const std::string& file) {
    std::string data;
    EXPECT_TRUE(rocksdb::ReadFileToString(&disk_, file, &data).ok());
    return data;
  }
  void WriteFile(const std::string& file, const std::string& data) {
    ASSERT_TRUE(rocksdb::WriteStringToFile(&disk_, data, file).ok());
  }
  std::unique_ptr<rocksdb::DB> OpenRaw(const std::string& folder) {
    rocksdb::Options options;
    options.env = &disk_;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, folder, &db).ok());
    return std::unique_ptr<rocksdb::DB>(db);
  }

  std::unique_ptr<rocksdb::Env> memory_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  FullDisk disk_{memory_.get()};
  std::unique_ptr<Store> store_;
};

absl::StatusCode CodeOf(const absl::StatusOr<std::unique_ptr<Store>>& store) {
  return store.status().code();
}

TEST_F(StoreTest, GivesBackWhatASlicePutAndNotWhatItDeleted) {
  ASSERT_TRUE(Put(0, {{"sa", "1"}, {"sb", "2"}}).ok());
  Store::Slice slice;
  slice.Delete("sa");
  slice.Put("sc", "");
  ASSERT_TRUE(store_->Write(0, slice).ok());
  EXPECT_EQ(Get(0, "sa"), "none");
  EXPECT_EQ(Get(0, "sb"), "2");
  EXPECT_EQ(Get(0, "sc"), "");
  EXPECT_EQ(Get(1, "sb"), "none") << "another shard";
}

TEST_F(StoreTest, KeepsKeysAndValuesOfAnyBytes) {
  const std::string key("s\0\xff\n", 4), value("\0\0x", 3);
  ASSERT_TRUE(Put(0, {{key, value}, {std::string("s\0", 2), "short"}, {"s", "no"}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  Reopen();
  EXPECT_EQ(Get(0, key), value);
  EXPECT_EQ(Get(0, "s\0"sv), "short");
}

TEST_F(StoreTest, ASliceCountsItsRowsAndTheirBytes) {
  Store::Slice slice;
  slice.Put("sa", "123");
  slice.Delete("sb");
  EXPECT_EQ(slice.count(), 2);
  EXPECT_EQ(slice.bytes(), 7u);
  ASSERT_TRUE(store_->Write(0, {}).ok()) << "nothing is to be written";
  EXPECT_TRUE(Read(0).value().empty());
}

TEST_F(StoreTest, GetsManyInAnyOrderAndSaysWhichAreMissing) {
  Rows rows;
  std::vector<std::string> keys, values = {"left from before"};
  for (int i = 399; i >= 100; --i) {
    keys.push_back("s" + std::to_string(i));
    if (i % 3 != 0) rows.emplace_back(keys.back(), std::to_string(i));
  }
  ASSERT_TRUE(Put(1, rows).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(Put(1, {{"s101", "newer"}}).ok());
  std::vector<bool> found;
  ASSERT_TRUE(store_->GetMany(1, keys, &values, &found).ok());
  for (int i = 399; i >= 100; --i) {
    const auto at = static_cast<std::size_t>(399 - i);
    ASSERT_EQ(found[at], i % 3 != 0) << i;
    if (found[at]) {
      ASSERT_EQ(values[at], i == 101 ? "newer" : std::to_string(i));
    }
  }
}

TEST_F(StoreTest, ScansInOrderFromAKeyUpToAnotherWithoutIt) {
  ASSERT_TRUE(Put(0, {{"sc", "3"}, {"sa", "1"}, {"sd", "4"}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(Put(0, {{"sb", "2"}, {"tx", ""}}).ok());
  for (const bool readahead : {false, true}) {
    EXPECT_EQ(Read(0, "sb", "sd", readahead).value(), Rows({{"sb", "2"}, {"sc", "3"}}));
    EXPECT_EQ(Read(0, "s", "t", readahead).value().size(), 4u);
    EXPECT_TRUE(Read(0, "sb1", "sb2", readahead).value().empty());
  }
}

TEST_F(StoreTest, AScanSeesTheShardAsItWasWhenItBegan) {
  ASSERT_TRUE(Put(0, {{"sa", "1"}, {"sc", "3"}}).ok());
  const auto scan = store_->From(0, "s", "t", false);
  ASSERT_TRUE(Put(0, {{"sb", "2"}, {"sc", "later"}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  std::string_view key, value;
  ASSERT_TRUE(scan->Next(&key, &value).value());
  EXPECT_EQ(key, "sa");
  ASSERT_TRUE(scan->Next(&key, &value).value());
  EXPECT_EQ(value, "3");
  EXPECT_FALSE(scan->Next(&key, &value).value());
}

TEST_F(StoreTest, ScansTimerRowsEarliestFirst) {
  Store::Slice slice;
  const TimeMs dues[] = {1000, -3, 256, 0, 255, 1};
  std::string keys[std::size(dues)];
  for (std::size_t i = 0; i < std::size(dues); ++i) {
    SetTimerKey(dues[i], 9, "c", &keys[i]);
    slice.Put(keys[i], "");
  }
  ASSERT_TRUE(store_->Write(0, slice).ok());
  const Rows rows = Read(0, "t", "u").value();
  std::vector<TimeMs> read;
  TimerKey timer;
  for (const auto& row : rows) {
    if (ParseTimerKey(row.first, &timer)) read.push_back(timer.due);
  }
  EXPECT_THAT(read, ElementsAre(-3, 0, 1, 255, 256, 1000));
}

TEST_F(StoreTest, LosesWhatWasNotFlushedWithItsProcess) {
  ASSERT_TRUE(Put(0, {{"sa", "1"}}).ok());
  ASSERT_TRUE(Put(1, {{"sb", "2"}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(Put(0, {{"sa", "later"}}).ok());
  ASSERT_TRUE(Put(1, {{"sc", "3"}}).ok());
  Reopen();
  EXPECT_EQ(Get(0, "sa"), "1");
  EXPECT_EQ(Get(1, "sb"), "2") << "every shard is flushed";
  EXPECT_EQ(Get(1, "sc"), "none");
}

// Slice number i of a shard: META says i, and so does a row that each slice overwrites.
TEST_F(StoreTest, AfterACrashAShardHasItsFirstSlicesWholeAndNothingOfTheRest) {
  constexpr int kSlices = 600;
  StoreOptions options = Options(2);
  options.memory_bytes = 1 << 20;  // flushes on its own, somewhere
  Reopen(options);
  for (int i = 1; i <= kSlices; ++i) {
    const std::string number = std::to_string(i);
    for (int shard = 0; shard < 2; ++shard) {
      ASSERT_TRUE(Put(shard, {{std::string(kMetaKey), number},
                              {"s" + number, std::string(4000, 'x')},
                              {"slast", number},
                              {"t" + number, ""}})
                      .ok());
    }
  }
  Reopen();
  for (int shard = 0; shard < 2; ++shard) {
    const int kept = std::stoi(Get(shard, kMetaKey));
    EXPECT_GT(kept, 0);
    EXPECT_LT(kept, kSlices);
    EXPECT_EQ(Get(shard, "slast"), std::to_string(kept));
    for (int i = 1; i <= kSlices; ++i) {
      ASSERT_EQ(Get(shard, "s" + std::to_string(i)) != "none", i <= kept) << i << " of " << kept;
      ASSERT_EQ(Get(shard, "t" + std::to_string(i)) != "none", i <= kept) << i << " of " << kept;
    }
  }
}

TEST_F(StoreTest, CompactsWithoutLosingARow) {
  StoreOptions options = Options(1);
  options.folder = "/compacted";
  options.compaction = true;
  Reopen(options);
  for (int round = 0; round < 12; ++round) {
    Rows rows;
    for (int i = 0; i < 500; ++i) rows.emplace_back("s" + std::to_string(i), std::to_string(round));
    ASSERT_TRUE(Put(0, rows).ok());
    ASSERT_TRUE(store_->Flush().ok());
  }
  const Rows rows = Read(0).value();
  EXPECT_EQ(rows.size(), 500u);
  EXPECT_TRUE(std::all_of(rows.begin(), rows.end(), [](auto& row) { return row.second == "11"; }));
  EXPECT_TRUE(store_->Check().ok());
}

TEST_F(StoreTest, CountsWhatIsPutAndWhatIsWritten) {
  const std::uint64_t written = store_->bytes_written();
  ASSERT_TRUE(Put(0, {{"sa", std::string(5000, 'x')}}).ok());
  EXPECT_EQ(store_->bytes_put(), 5002u);
  EXPECT_EQ(store_->bytes_written(), written);
  EXPECT_EQ(store_->SizesOf(0).keys, 1u);
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_GT(store_->bytes_written(), written + 5000);
  EXPECT_GT(store_->SizesOf(0).bytes, 0u);
  EXPECT_EQ(store_->SizesOf(1).keys, 0u);
}

TEST_F(StoreTest, SaysHowManyShardsAFolderHas) {
  store_.reset();
  EXPECT_EQ(ShardsOfStore(kFolder, &disk_).value(), 2);
  EXPECT_EQ(ShardsOfStore("/nothing/here", &disk_).value(), 0);
}

TEST_F(StoreTest, RefusesAnotherNumberOfShards) {
  store_.reset();
  for (const int asked : {1, 3}) {
    const auto store = Store::Open(Options(asked));
    EXPECT_EQ(CodeOf(store), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(store.status().message()),
                HasSubstr("has 2 shards, " + std::to_string(asked) + " were asked for"));
  }
}

TEST_F(StoreTest, RefusesANewerFormat) {
  StoreOptions options = Options(2);
  options.folder = "/newer";
  ASSERT_TRUE(OpenRaw("/newer")->Put({}, "format", "3").ok());
  const auto store = Store::Open(options);
  EXPECT_EQ(CodeOf(store), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()),
              HasSubstr("was written by a newer version (format 3, newest known 1)"));
  EXPECT_TRUE(absl::IsFailedPrecondition(ShardsOfStore("/newer", &disk_).status()));
}

TEST_F(StoreTest, RefusesASecondOpener) {
  const auto store = Store::Open(Options(2));
  EXPECT_EQ(CodeOf(store), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("another process uses it"));
  ASSERT_TRUE(Put(0, {{"sa", "1"}}).ok()) << "the first one is not disturbed";
}

TEST_F(StoreTest, ReadOnlyReadsAndWritesNothing) {
  ASSERT_TRUE(Put(0, {{"sa", "1"}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  StoreOptions options = Options(2);
  options.read_only = true;
  Reopen(options);
  EXPECT_EQ(Get(0, "sa"), "1");
  EXPECT_TRUE(store_->Check().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Put(0, {{"sa", "2"}})));
  options.folder = "/nothing/here";
  EXPECT_EQ(CodeOf(Store::Open(options)), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(disk_.FileExists("/nothing/here").ok());
}

TEST_F(StoreTest, LeavesAnothersDatabaseAlone) {
  std::unique_ptr<rocksdb::DB> db = OpenRaw("/other");
  ASSERT_TRUE(db->Put({}, "theirs", "1").ok());
  db.reset();
  StoreOptions options = Options(2);
  options.folder = "/other";
  EXPECT_EQ(CodeOf(Store::Open(options)), absl::StatusCode::kFailedPrecondition);
  std::string value;
  EXPECT_TRUE(OpenRaw("/other")->Get({}, "theirs", &value).ok());
}

TEST_F(StoreTest, IsMadeToTheEndAfterACrashWhileItWasMade) {
  std::unique_ptr<rocksdb::DB> db = OpenRaw("/half");
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  ASSERT_TRUE(db->CreateColumnFamily({}, "shard-000", &handle).ok());
  delete handle;
  db.reset();
  WriteFile("/half/000099.sst", "its first table, of which the MANIFEST does not know yet");
  EXPECT_EQ(ShardsOfStore("/half", &disk_).value(), 0);
  StoreOptions options = Options(2);
  options.folder = "/half";
  Reopen(options);
  ASSERT_TRUE(Put(0, {{"sa", "0"}}).ok());
  ASSERT_TRUE(Put(1, {{"sa", "1"}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  Reopen(options);
  EXPECT_EQ(Get(0, "sa"), "0");
  EXPECT_EQ(Get(1, "sa"), "1");
}

TEST_F(StoreTest, AFullDiskFailsTheFlushAndLaterWritesUntilThereIsSpace) {
  ASSERT_TRUE(Put(0, {{"sa", "1"}}).ok());
  disk_.full = true;
  const absl::Status status = store_->Flush();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no space left"));
  EXPECT_TRUE(absl::IsResourceExhausted(Put(0, {{"sb", "2"}})));
  EXPECT_EQ(Get(0, "sb"), "none") << "a slice that failed changed nothing";
  EXPECT_EQ(Get(0, "sa"), "1");
  disk_.full = false;
  EXPECT_TRUE(Put(0, {{"sc", "3"}}).ok());
  EXPECT_TRUE(store_->Flush().ok());
  Reopen();
  EXPECT_EQ(Read(0).value(), Rows({{"sa", "1"}, {"sc", "3"}}));
}

TEST_F(StoreTest, AFullDiskBoundsWhatWaitsInMemory) {
  StoreOptions options = Options(2);
  options.memory_bytes = 1 << 20;
  Reopen(options);
  disk_.full = true;
  absl::Status status;
  int written = 0;
  for (; status.ok() && written < 1000; ++written) {
    status = Put(written % 2, {{"s" + std::to_string(written), std::string(4000, 'x')}});
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_LT(written, 300);
}

class DamageTest : public StoreTest {
 protected:
  void SetUp() override {
    Reopen(Options(1));
    for (int i = 1000; i < 3000; ++i) {
      rows_.emplace_back("s" + std::to_string(i), std::to_string(i) + std::string(100, 'v'));
    }
    ASSERT_TRUE(Put(0, rows_).ok());
    ASSERT_TRUE(store_->Flush().ok());
    store_.reset();
    const std::vector<std::string> tables = FilesLike(".sst");
    file_ = *std::max_element(tables.begin(), tables.end(), [&](auto& a, auto& b) {
      return ReadFile(a).size() < ReadFile(b).size();
    });
    whole_ = ReadFile(file_);
    ASSERT_GT(whole_.size(), 200'000u);
  }
  absl::StatusOr<std::unique_ptr<Store>> OpenFlipped(std::size_t at) {
    std::string data = whole_;
    data[at] = static_cast<char>(data[at] ^ 0x10);
    WriteFile(file_, data);
    StoreOptions options = Options(1);
    options.read_only = true;
    return Store::Open(options);
  }

  Rows rows_;
  std::string file_, whole_;
};

TEST_F(DamageTest, AFlippedByteOfARowIsToldByCheckGetAndScan) {
  for (std::size_t at = 0; at < whole_.size() * 9 / 10; at += 20'011) {
    auto store = OpenFlipped(at);
    ASSERT_TRUE(store.ok()) << at << ": " << store.status();
    const absl::Status checked = (*store)->Check();
    EXPECT_TRUE(absl::IsDataLoss(checked)) << at << ": " << checked;
    EXPECT_THAT(std::string(checked.message()), HasSubstr("is damaged: "));
    EXPECT_TRUE(absl::IsDataLoss(ReadAll(**store, 0).status())) << at;
    int lost = 0;
    std::string value;
    for (const auto& [key, expected] : rows_) {
      const absl::StatusOr<bool> found = (*store)->Get(0, key, &value);
      lost += absl::IsDataLoss(found.status());
      ASSERT_TRUE(absl::IsDataLoss(found.status()) || (*found && value == expected)) << key;
    }
    EXPECT_TRUE(lost > 0 && lost < 100) << lost;
  }
}

TEST_F(DamageTest, AFlippedByteAnywhereIsToldOrDoesNoHarm) {
  for (std::size_t at = whole_.size() - 8000; at < whole_.size(); at += 17) {
    auto store = OpenFlipped(at);
    const absl::Status status = store.ok() ? (*store)->Check() : store.status();
    EXPECT_TRUE(status.ok() ? ReadAll(**store, 0).value() == rows_ : absl::IsDataLoss(status))
        << at << ": " << status;
  }
}

TEST_F(DamageTest, AShortManifestIsToldOrGivesWhatWasBefore) {
  const std::string file = FilesLike("MANIFEST").at(0), manifest = ReadFile(file);
  StoreOptions options = Options(1);
  options.read_only = true;
  int told = 0;
  for (std::size_t size = 0; size < manifest.size(); size += 3) {
    WriteFile(file, manifest.substr(0, size));
    const auto store = Store::Open(options);
    if (!store.ok()) {
      ASSERT_EQ(CodeOf(store), absl::StatusCode::kDataLoss) << size << ": " << store.status();
      ++told;
    } else {
      const Rows rows = ReadAll(**store, 0).value();
      ASSERT_TRUE(rows.empty() || rows == rows_) << size;
    }
  }
  EXPECT_GT(told, 10);
}

TEST_F(DamageTest, AMissingFileAndADamagedCurrentAreTold) {
  ASSERT_TRUE(disk_.DeleteFile(file_).ok());
  EXPECT_EQ(CodeOf(Store::Open(Options(1))), absl::StatusCode::kDataLoss);
  WriteFile(std::string(kFolder) + "/CURRENT", "MANIFEST-9999\n");
  EXPECT_EQ(CodeOf(Store::Open(Options(1))), absl::StatusCode::kDataLoss);
  WriteFile(std::string(kFolder) + "/CURRENT", "");
  EXPECT_EQ(CodeOf(Store::Open(Options(1))), absl::StatusCode::kDataLoss);
}

TEST_F(StoreTest, CheckNamesAKeyThatIsOfNoKind) {
  Store::Slice slice;
  std::string key;
  SetTimerKey(5, 6, "a", &key);
  slice.Put(key, "");
  slice.Put(kMetaKey, "x");
  slice.Put("sa", "1");
  ASSERT_TRUE(store_->Write(1, slice).ok());
  ASSERT_TRUE(store_->Check().ok());
  ASSERT_TRUE(Put(1, {{"z\x01", "?"}}).ok());
  const absl::Status status = store_->Check();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("shard-001 has an unknown key \"z\\x01\""));
}

// On the machine's own files.
class StoreFiles : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override {
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(folder_);
  }
  StoreOptions Options() {
    return {.folder = folder_ + "/deep/store", .shards = 3, .compaction = false};
  }

  std::string folder_ = testing::TempDir() + "/parcours_store_" + std::to_string(getpid());
};

TEST_F(StoreFiles, AreReopenedAndRefusedToASecondOne) {
  Store::Slice slice;
  slice.Put("sa", "1");
  {
    auto store = Store::Open(Options());
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->Write(2, slice).ok());
    ASSERT_TRUE((*store)->Flush().ok());
    EXPECT_EQ(CodeOf(Store::Open(Options())), absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_EQ(ShardsOfStore(Options().folder).value(), 3);
  auto store = Store::Open(Options());
  ASSERT_TRUE(store.ok()) << store.status();
  std::string value;
  EXPECT_TRUE((*store)->Get(2, "sa", &value).value());
  EXPECT_FALSE(std::filesystem::exists(Options().folder + "/LOG"));
}

// Holds the lock of the store as another process that has it open does, until it is gone.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& lock_file) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    child_ = fork();
    if (child_ == 0) {
      struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
      const bool held = fcntl(open(lock_file.c_str(), O_RDWR), F_SETLK, &lock) == 0;
      if (held && write(ready[1], "y", 1) == 1) pause();
      _exit(0);
    }
    close(ready[1]);
    char held = 0;
    EXPECT_EQ(read(ready[0], &held, 1), 1);
    close(ready[0]);
  }
  ~OtherProcess() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_ = 0;
};

TEST_F(StoreFiles, OfAnotherProcessAreRefusedUntilItEnds) {
  ASSERT_TRUE(Store::Open(Options()).ok());
  {
    const OtherProcess other(Options().folder + "/LOCK");
    const auto store = Store::Open(Options());
    EXPECT_EQ(std::string(store.status().message()),
              "open store " + Options().folder + ": another process uses it");
  }
  EXPECT_TRUE(Store::Open(Options()).ok());
}

TEST_F(StoreFiles, InAFolderThatCannotBeWrittenAreRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(
      folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto store = Store::Open(Options());
  EXPECT_EQ(CodeOf(store), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace parcours::state
