// What becomes of a LocalLog when power, disk or bytes fail.
#include <map>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log/local_log.h"
#include "tests/support/faulty_env.h"
#include "tests/support/local_log_fixture.h"

namespace parcours::log {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What a log should hold: for each partition its values, in order.
using Model = std::map<std::pair<Topic, int>, std::vector<std::string>>;

class Crashes : public LocalLogTest {
 protected:
  // One random transaction, in the log and, as if it were committed, in `model`.
  absl::Status CommitRandom(std::mt19937_64& random, Model* model) {
    Transaction transaction;
    const std::uint64_t parts = 1 + random() % 5;
    for (std::uint64_t i = 0; i < parts; ++i) {
      const Topic topic = random() % 2 == 0 ? Topic::kChangelog : Topic::kActions;
      const int partition = static_cast<int>(random() % 3);
      for (std::uint64_t records = 1 + random() % 4; records > 0; --records) {
        const std::string value = std::to_string(random()) +
                                  std::string(random() % (random() % 50 == 0 ? 9'000 : 90), 'v');
        transaction.To(topic, partition).Add("k", value);
        (*model)[{topic, partition}].push_back(value);
      }
    }
    std::vector<Offset> ends;
    return log_->Commit(transaction, 1, &ends);
  }

  bool Holds(const Model& model) {
    for (const Topic topic : {Topic::kChangelog, Topic::kActions}) {
      for (int partition = 0; partition < 3; ++partition) {
        const auto expected = model.find({topic, partition});
        std::vector<std::string> values;
        for (const std::string& said : ReadAll(*log_, topic, partition)) {
          values.push_back(said.substr(said.find('=') + 1));
        }
        if (values != (expected == model.end() ? std::vector<std::string>{} : expected->second)) {
          return false;
        }
      }
    }
    return true;
  }
};

TEST_F(Crashes, LeaveEveryCommitWholeAndTheLastOneWholeOrNotAtAll) {
  int there = 0, not_there = 0;
  std::mt19937_64 random(42);
  Model model;
  for (std::uint64_t seed = 0; seed < 240; ++seed) {
    if (seed % 20 == 0) {  // begin anew now and then
      log_ = nullptr;
      env_.PowerOn();
      std::vector<std::string> files;
      ASSERT_TRUE(env_.GetChildren("/log", &files).ok() || seed == 0);
      for (const auto& file : files) (void)env_.DeleteFile("/log/" + file);
      model.clear();
    }
    if (log_ == nullptr) Open();
    env_.CrashAtChange(1 + random() % 40, seed);
    Model with_last = model;
    while (CommitRandom(random, &with_last).ok()) model = with_last;
    ASSERT_TRUE(env_.crashed());
    log_ = nullptr;
    env_.PowerOn();
    Open();
    ASSERT_TRUE(log_->Check().ok()) << log_->Check() << ", seed " << seed;
    const bool has_last = Holds(with_last);
    ASSERT_TRUE(has_last || Holds(model)) << "seed " << seed;
    (has_last ? there : not_there)++;
    if (has_last) model = with_last;
  }
  // Both outcomes were tried.
  EXPECT_GT(there, 20);
  EXPECT_GT(not_there, 20);
}

TEST_F(Crashes, WhileOpeningLoseNothing) {
  std::mt19937_64 random(7);
  Model model;
  Open();
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    ASSERT_TRUE(CommitRandom(random, &model).ok());
    env_.Crash(seed);
    log_ = nullptr;
    env_.PowerOn();
    env_.CrashAtChange(1 + random() % 30, seed);
    auto opened = LocalLog::Open(Options());
    if (opened.ok()) env_.Crash(seed);
    opened = absl::CancelledError();
    env_.PowerOn();
    Open();
    ASSERT_TRUE(Holds(model)) << "seed " << seed;
  }
}

TEST_F(Crashes, TearLargeUnsyncedWritesAndNothingElse) {
  int torn = 0;
  Open();
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    ASSERT_TRUE(Commit("k", std::to_string(seed)).ok());
    const Offset end = log_->Range(Topic::kEvents, 0)->end;
    const Batch large = Of({{"a", std::string(200'000, 'x')}});
    ASSERT_TRUE(log_->Append(Topic::kEvents, 0, large, 1).ok());
    CrashAndOpen(seed);
    ASSERT_TRUE(log_->Check().ok()) << log_->Check() << ", seed " << seed;
    ASSERT_EQ(log_->Range(Topic::kChangelog, 0)->end, static_cast<Offset>(seed) + 1);
    torn += log_->Range(Topic::kEvents, 0)->end == end ? 1 : 0;
  }
  EXPECT_GT(torn, 20);
}

TEST_F(Crashes, WhileItIsCreatedLeaveALogThatOpens) {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    FaultyEnv env;
    const LocalLogOptions options{.folder = "/log", .env = &env};
    env.CrashAtChange(1 + seed / 2, seed);
    auto opened = LocalLog::Open(options);
    if (opened.ok()) env.Crash(seed);
    opened = absl::CancelledError();
    env.PowerOn();
    opened = LocalLog::Open(options);
    ASSERT_TRUE(opened.ok()) << opened.status() << ", seed " << seed;
  }
}

class FailedWrites : public LocalLogTest {};

TEST_F(FailedWrites, AFullDiskCommitsNothingAndWorksAgainOnceThereIsSpace) {
  Open();
  ASSERT_TRUE(Commit("a", "1").ok());
  for (int i = 0; i < 3; ++i) {
    env_.FullDisk(true);
    for (int tried = 0; tried < 2; ++tried) {
      const absl::Status status = Commit("lost", std::string(300, 'x'));
      EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("the disk is full"));
    }
    env_.FullDisk(false);
    ASSERT_TRUE(Commit("b", "2").ok());
  }
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_THAT(ReadAll(*log_, Topic::kChangelog, 0),
                ElementsAre("0@1 a=1", "1@1 b=2", "2@1 b=2", "3@1 b=2"));
    CrashAndOpen(1);
  }
}

TEST_F(FailedWrites, AFailedAppendOfTheDeviceCommitsNothing) {
  Open();
  for (int i = 0; i < 10; ++i) {
    env_.FailAppend(1);
    const absl::Status status = Commit("lost", std::string(300, 'x'));
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    if (i % 2 == 0) {
      ASSERT_TRUE(Commit("b", std::to_string(i)).ok());
    }
  }
  EXPECT_EQ(log_->Range(Topic::kChangelog, 0)->end, 5);
  CrashAndOpen(2);
  EXPECT_THAT(ReadAll(*log_, Topic::kChangelog, 0),
              ElementsAre("0@1 b=0", "1@1 b=2", "2@1 b=4", "3@1 b=6", "4@1 b=8"));
}

TEST_F(FailedWrites, AFailedSyncIsSettledByWhatRecoveryFinds) {
  Open();
  ASSERT_TRUE(Commit("a", "1").ok());
  auto reader = *log_->Read(Topic::kChangelog, 0, 1);
  env_.FailSync(1);
  // It is in the write-ahead log, so recovery finds it and makes it durable: it is committed.
  ASSERT_TRUE(Commit("b", "2").ok());
  ReadRecord record;
  ASSERT_TRUE(*reader->Next(&record));
  EXPECT_EQ(Say(record), "1@1 b=2");
  ASSERT_TRUE(Commit("c", "3").ok());
  CrashAndOpen(5);
  EXPECT_THAT(ReadAll(*log_, Topic::kChangelog, 0), ElementsAre("0@1 a=1", "1@1 b=2", "2@1 c=3"));
}

TEST_F(FailedWrites, AFailedSyncOfALogThatCannotBeOpenedAgainLeavesItOpen) {
  Open();
  ASSERT_TRUE(Commit("a", "1").ok());
  const std::uint64_t before = env_.changes();
  ASSERT_TRUE(Commit("b", "2").ok());
  const std::uint64_t changes = env_.changes() - before;
  env_.CrashAtChange(changes, 11);  // at the sync, its last change
  const absl::Status status = Commit("c", "3");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("whether it was done is known once"));
  EXPECT_FALSE(log_->Range(Topic::kChangelog, 0).ok());  // not even a guess
}

class DamagedLog : public LocalLogTest {
 protected:
  // Fills a log so that it has files of every kind, and closes it.
  void Fill() {
    Open();
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(Commit("k" + std::to_string(i), std::string(6'000, 'v')).ok());
      ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"a", std::string(500, 'e')}}), 1).ok());
    }
    Open();  // recovery has put all into table and blob files
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(Commit("k", std::string(300, 'v')).ok());
    log_ = nullptr;
  }
  // The file that lists the others.
  std::string Manifest() {
    std::string current;
    EXPECT_TRUE(rocksdb::ReadFileToString(&env_, "/log/CURRENT", &current).ok());
    return "/log/" + current.substr(0, current.find('\n'));
  }
  // What opening, or else checking, says.
  absl::Status OpenAndCheck() {
    auto log = LocalLog::Open(Options());
    return log.ok() ? (*log)->Check() : log.status();
  }
};

TEST_F(DamagedLog, IsToldFromASoundOne) {
  Fill();
  EXPECT_TRUE(OpenAndCheck().ok());
  struct Damage {
    const char* ending;
    std::int64_t place;
  };
  for (const Damage& damage : {Damage{".sst", 20}, {".blob", 3'000}, {".log", 2'000}}) {
    Fill();
    const std::string file = env_.LastFile(damage.ending);
    ASSERT_TRUE(env_.FlipByte(file, damage.place)) << damage.ending;
    const absl::Status status = OpenAndCheck();
    EXPECT_TRUE(absl::IsDataLoss(status)) << damage.ending << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("/log: damaged"));
    ASSERT_TRUE(env_.FlipByte(file, damage.place));  // mended
    ASSERT_TRUE(OpenAndCheck().ok());
  }
}

TEST_F(DamagedLog, IsToldWhereCommitsAreMissingAtItsEnd) {
  Fill();
  ASSERT_TRUE(env_.CutEnd(".log", 50));
  const absl::Status status = OpenAndCheck();
  EXPECT_EQ(status, absl::DataLossError("open log /log: damaged: the end of the write-ahead log is "
                                        "missing"));
  EXPECT_EQ(OpenAndCheck(), status);
}

TEST_F(DamagedLog, IsToldWhereAFileIsMissingOrHasNoSense) {
  Fill();
  const std::string manifest = Manifest();
  ASSERT_TRUE(env_.FlipByte(manifest, 100));
  EXPECT_TRUE(absl::IsDataLoss(OpenAndCheck())) << OpenAndCheck();
  ASSERT_TRUE(env_.FlipByte(manifest, 100));
  ASSERT_TRUE(env_.RenameFile(manifest, "/log/elsewhere").ok());
  EXPECT_TRUE(absl::IsDataLoss(OpenAndCheck())) << OpenAndCheck();
  ASSERT_TRUE(env_.RenameFile("/log/elsewhere", manifest).ok());
  ASSERT_TRUE(env_.RenameFile("/log/CURRENT", "/log/elsewhere").ok());
  const absl::Status status = OpenAndCheck();
  EXPECT_EQ(status, absl::DataLossError("open log /log: damaged: CURRENT is missing"));
}

TEST_F(DamagedLog, IsToldWhereItsListOfFilesWasCut) {
  Fill();
  ASSERT_TRUE(OpenAndCheck().ok());  // files, and a manifest that begins with them
  for (const std::uint64_t bytes : {1, 30, 200}) {
    ASSERT_TRUE(env_.CutEnd(Manifest(), bytes));
    const absl::Status status = OpenAndCheck();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("the end of MANIFEST-"), HasSubstr("is missing")));
  }
}

TEST_F(DamagedLog, IsToldByItsReader) {
  Fill();
  ASSERT_TRUE(env_.FlipByte(".blob", 3'000));
  Open();
  EXPECT_TRUE(absl::IsDataLoss(TryReadAll(*log_, Topic::kChangelog, 0, 0).status()));
}

}  // namespace
}  // namespace parcours::log
