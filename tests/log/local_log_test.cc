#include "log/local_log.h"

#include <sys/resource.h>

#include <csignal>
#include <random>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "tests/support/faulty_env.h"
#include "tests/support/local_log_fixture.h"

namespace parcours::log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(LocalLogTest, GivesBackWhatWasAppended) {
  LocalLog& log = Open();
  ASSERT_TRUE(log.Append(Topic::kEvents, 3, Of({{"a", "1"}, {"b", "2"}}), 10).ok());
  ASSERT_TRUE(log.Append(Topic::kEvents, 3, Of({{"c", "3"}}), 11).ok());
  ASSERT_TRUE(log.Append(Topic::kEvents, 70'000, Of({{"d", "4"}}), 12).ok());
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 3), ElementsAre("0@10 a=1", "1@10 b=2", "2@11 c=3"));
    EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 3, 1), ElementsAre("1@10 b=2", "2@11 c=3"));
    EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 3, 2), ElementsAre("2@11 c=3"));
    EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 3, 3), ElementsAre());
    EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 70'000), ElementsAre("0@12 d=4"));
    EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 4), ElementsAre());
    EXPECT_THAT(ReadAll(*log_, Topic::kActions, 3), ElementsAre());
    Open();
  }
  EXPECT_TRUE(absl::IsOutOfRange(log_->Read(Topic::kEvents, 3, 4).status()));
}

TEST_F(LocalLogTest, CommitsAllPartsAndTellsTheirOffsets) {
  LocalLog& log = Open();
  Transaction transaction;
  transaction.To(Topic::kChangelog, 1).Add("a", "1");
  transaction.To(Topic::kTransitions, 1).Add("", "line");
  transaction.To(Topic::kChangelog, 2).Add("b", "2");
  transaction.To(Topic::kChangelog, 1).AddTombstone("a");
  transaction.To(Topic::kActions, 5);
  ASSERT_EQ(transaction.parts().size(), 4U);
  std::vector<Offset> ends;
  ASSERT_TRUE(log.Commit(transaction, 7, &ends).ok());
  EXPECT_THAT(ends, ElementsAre(2, 1, 1, 0));
  transaction.Clear();
  EXPECT_TRUE(transaction.empty());
  transaction.To(Topic::kChangelog, 1).Add("c", "3");
  ASSERT_TRUE(log.Commit(transaction, 8, &ends).ok());
  EXPECT_THAT(ends, ElementsAre(3, 1, 1, 0));
  EXPECT_THAT(ReadAll(log, Topic::kChangelog, 1), ElementsAre("0@7 a=1", "1@7 a!", "2@8 c=3"));
  EXPECT_THAT(ReadAll(log, Topic::kChangelog, 2), ElementsAre("0@7 b=2"));
  EXPECT_THAT(ReadAll(log, Topic::kTransitions, 1), ElementsAre("0@7 =line"));
  EXPECT_TRUE(log.Check().ok()) << log.Check();
}

TEST_F(LocalLogTest, AReaderFindsWhatIsAppendedLater) {
  LocalLog& log = Open();
  auto reader = *log.Read(Topic::kEvents, 0, 0);
  ReadRecord record;
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(*reader->Next(&record));
    ASSERT_TRUE(log.Append(Topic::kEvents, 0, Of({{"k", std::to_string(i)}}), i).ok());
    ASSERT_TRUE(*reader->Next(&record));
    EXPECT_EQ(record.offset, i);
    EXPECT_EQ(record.entry.value, std::to_string(i));
  }
}

TEST_F(LocalLogTest, ABatchTooLongIsStoredInPiecesAndReadAsOne) {
  LocalLog& log = Open();
  Batch batch;
  for (int i = 0; i < 5'000; ++i) {
    batch.Add(std::to_string(i), std::string(static_cast<std::size_t>(i % 1'700), 'v'));
  }
  batch.Add("large", std::string(kBatchBytesMax + 5, 'x'));
  batch.Add("last", "one");
  ASSERT_TRUE(log.Append(Topic::kChangelog, 0, batch, 5).ok());
  ASSERT_TRUE(log.Append(Topic::kChangelog, 0, Of({{"next", "batch"}}), 6).ok());
  EXPECT_TRUE(log.Check().ok()) << log.Check();
  const Offset count = batch.count();
  for (const Offset from : {Offset{0}, Offset{1}, Offset{2'500}, count - 2, count - 1}) {
    auto reader = *log.Read(Topic::kChangelog, 0, from);
    ReadRecord record;
    BatchReader expected(batch.bytes());
    Entry entry;
    for (Offset at = 0; at < count; ++at) {
      ASSERT_TRUE(expected.Next(&entry));
      if (at < from) continue;
      ASSERT_TRUE(*reader->Next(&record));
      ASSERT_EQ(record.offset, at);
      ASSERT_EQ(record.entry.key, entry.key);
      ASSERT_EQ(record.entry.value, entry.value);
    }
    ASSERT_TRUE(*reader->Next(&record));
    EXPECT_EQ(Say(record), std::to_string(count) + "@6 next=batch");
  }
  // Pieces, because trimming lets go of some of them.
  ASSERT_TRUE(log.TrimBefore(Topic::kChangelog, 0, count - 1).ok());
  const Offset begin = log.Range(Topic::kChangelog, 0)->begin;
  EXPECT_GT(begin, 1'000);
  EXPECT_LT(begin, count);
}

TEST_F(LocalLogTest, LogTimesNeverGoBack) {
  Open();
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"a", ""}}), 50).ok());
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"b", ""}}), 40).ok());
  ASSERT_TRUE(log_->Append(Topic::kEvents, 1, Of({{"z", ""}}), -3).ok());
  EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 0), ElementsAre("0@50 a=", "1@50 b="));
  EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 1), ElementsAre("0@-3 z="));
  Open();
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"c", ""}}), 45).ok());
  ASSERT_TRUE(log_->TrimBefore(Topic::kEvents, 0, 3).ok());
  Open();
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"d", ""}}), 1).ok());
  EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 0, 3), ElementsAre("3@50 d="));
}

TEST_F(LocalLogTest, LetsGoOfWholeBatchesBelowAnOffset) {
  Open();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"a", ""}, {"b", ""}, {"c", ""}}), i).ok());
    ASSERT_TRUE(log_->Append(Topic::kEvents, 1, Of({{"other", ""}}), i).ok());
  }
  auto early = *log_->Read(Topic::kEvents, 0, 0);
  ReadRecord record;
  ASSERT_TRUE(*early->Next(&record));
  ASSERT_TRUE(log_->TrimBefore(Topic::kEvents, 0, 2).ok());
  EXPECT_EQ(log_->Range(Topic::kEvents, 0)->begin, 0);
  ASSERT_TRUE(log_->TrimBefore(Topic::kEvents, 0, 16).ok());
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(log_->Range(Topic::kEvents, 0)->begin, 15);
    EXPECT_EQ(log_->Range(Topic::kEvents, 0)->end, 30);
    const auto below = log_->Read(Topic::kEvents, 0, 14);
    EXPECT_TRUE(absl::IsOutOfRange(below.status())) << below.status();
    EXPECT_THAT(std::string(below.status().message()), HasSubstr("offset 14 is not kept"));
    EXPECT_EQ(ReadAll(*log_, Topic::kEvents, 0, 15).size(), 15U);
    EXPECT_EQ(ReadAll(*log_, Topic::kEvents, 1).size(), 10U);
    EXPECT_TRUE(log_->Check().ok()) << log_->Check();
    if (opened == 0) {
      // Who was reading keeps its batch and is told then.
      ASSERT_TRUE(*early->Next(&record));
      ASSERT_TRUE(*early->Next(&record));
      EXPECT_TRUE(absl::IsOutOfRange(early->Next(&record).status()));
      early = nullptr;
      Open();
    }
  }
}

TEST_F(LocalLogTest, EndOffsetsSurviveTrimming) {
  Open();
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"a", ""}, {"b", ""}}), 1).ok());
  ASSERT_TRUE(log_->TrimBefore(Topic::kEvents, 0, 1'000).ok());
  Open();
  EXPECT_EQ(log_->Range(Topic::kEvents, 0)->begin, 2);
  EXPECT_EQ(log_->Range(Topic::kEvents, 0)->end, 2);
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"c", ""}}), 1).ok());
  EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 0, 2), ElementsAre("2@1 c="));
}

TEST_F(LocalLogTest, KeepsNotes) {
  Open();
  EXPECT_EQ(*log_->Note("inputs"), std::nullopt);
  ASSERT_TRUE(log_->PutNote("inputs", "abc").ok());
  ASSERT_TRUE(log_->PutNote("empty", "").ok());
  CrashAndOpen(1);
  EXPECT_EQ(*log_->Note("inputs"), "abc");
  EXPECT_EQ(*log_->Note("empty"), "");
  EXPECT_EQ(*log_->Note("format"), std::nullopt);  // the log's own are not the owner's
}

TEST_F(LocalLogTest, WhatWasCommittedSurvivesAPowerLoss) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Open();
    const Offset end = log_->Range(Topic::kChangelog, 0)->end;
    ASSERT_TRUE(Commit("k", std::string(20'000, 'v')).ok());
    CrashAndOpen(seed);
    ASSERT_EQ(log_->Range(Topic::kChangelog, 0)->end, end + 1) << "seed " << seed;
  }
}

TEST_F(LocalLogTest, WhatWasSyncedSurvivesAPowerLoss) {
  Open();
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"a", "1"}}), 1).ok());
  ASSERT_TRUE(log_->Sync().ok());
  ASSERT_TRUE(log_->Sync().ok());
  ASSERT_TRUE(log_->Append(Topic::kEvents, 0, Of({{"b", "2"}}), 1).ok());
  ASSERT_TRUE(Commit("k", "v").ok());  // makes earlier appends durable, too
  ASSERT_TRUE(log_->Sync().ok());
  CrashAndOpen(3);
  EXPECT_THAT(ReadAll(*log_, Topic::kEvents, 0), ElementsAre("0@1 a=1", "1@1 b=2"));
}

TEST_F(LocalLogTest, ASecondOpenerIsRefused) {
  for (const LocalLogOptions& options : {Options(), OnDisk()}) {
    Open(options);
    const auto second = LocalLog::Open(options);
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(second.status().message(),
              "open log " + options.folder + ": another process uses it");
    LocalLogOptions reading = options;
    reading.read_only = true;
    EXPECT_TRUE(LocalLog::Open(reading).ok());
  }
}

TEST_F(LocalLogTest, OpenedToBeReadOnlyItTakesNothing) {
  LocalLogOptions reading = Options();
  reading.read_only = true;
  const auto missing = LocalLog::Open(reading);
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
  Open();
  ASSERT_TRUE(Commit("a", "1").ok());
  Open(reading);
  EXPECT_THAT(ReadAll(*log_, Topic::kChangelog, 0), ElementsAre("0@1 a=1"));
  EXPECT_TRUE(log_->Check().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Commit("b", "2")));
  EXPECT_TRUE(absl::IsFailedPrecondition(log_->PutNote("n", "")));
  EXPECT_TRUE(absl::IsFailedPrecondition(log_->TrimBefore(Topic::kChangelog, 0, 1)));
}

TEST_F(LocalLogTest, ANewerFormatIsRefused) {
  Open();
  log_ = nullptr;
  {
    rocksdb::Options options;
    options.env = &env_;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : {"default", "events", "changelog", "records"}) {
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, "/log", families, &handles, &db).ok());
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "format", "\x02").ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
    delete db;
  }
  const auto opened = LocalLog::Open(Options());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("format 2, newest known 1"));
}

TEST_F(LocalLogTest, AFolderThatCannotBeWrittenIsRefused) {
  std::ofstream(folder_ + "/log") << "a file";
  const auto opened = LocalLog::Open(OnDisk());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition) << opened.status();
}

class FileTopics : public LocalLogTest {
 protected:
  std::string Path() { return folder_ + "/transitions.ndjson"; }
  absl::Status CommitLine(const std::string& line) {
    Transaction transaction;
    transaction.To(Topic::kTransitions, 0).Add("", line);
    transaction.To(Topic::kTransitions, 1).Add("", line + "'");
    transaction.To(Topic::kChangelog, 0).Add("k", line);
    std::vector<Offset> ends;
    return log_->Commit(transaction, 1, &ends);
  }
  LocalLog& OpenWithFile() {
    Open();
    const absl::Status status = log_->SendToFile(Topic::kTransitions, Path());
    EXPECT_TRUE(status.ok()) << status;
    return *log_;
  }
};

TEST_F(FileTopics, HoldTheLinesOfEveryCommitInOrder) {
  OpenWithFile();
  log_->Drop(Topic::kDecisions);
  ASSERT_TRUE(CommitLine("one").ok());
  ASSERT_TRUE(CommitLine("two").ok());
  ASSERT_TRUE(log_->Append(Topic::kDecisions, 0, Of({{"a", "b"}}), 1).ok());
  EXPECT_EQ(FileText(Path()), "one\none'\ntwo\ntwo'\n");
  OpenWithFile();
  ASSERT_TRUE(CommitLine("three").ok());
  EXPECT_EQ(FileText(Path()), "one\none'\ntwo\ntwo'\nthree\nthree'\n");
  EXPECT_FALSE(log_->Read(Topic::kTransitions, 0, 0).ok());
  EXPECT_EQ(log_->Range(Topic::kTransitions, 0)->end, 0);
  EXPECT_EQ(log_->Range(Topic::kDecisions, 0)->end, 0);
  EXPECT_THAT(ReadAll(*log_, Topic::kChangelog, 0),
              ElementsAre("0@1 k=one", "1@1 k=two", "2@1 k=three"));
}

TEST_F(FileTopics, AreCutBackToWhatWasCommitted) {
  std::ofstream(Path()) << "of somebody else";
  OpenWithFile();
  EXPECT_EQ(FileText(Path()), "");
  ASSERT_TRUE(CommitLine("one").ok());
  // Killed between the file and the log: the lines are there, their length is not.
  log_ = nullptr;
  std::ofstream(Path(), std::ios::app) << "two\ntw";
  OpenWithFile();
  EXPECT_EQ(FileText(Path()), "one\none'\n");
  ASSERT_TRUE(CommitLine("three").ok());
  EXPECT_EQ(FileText(Path()), "one\none'\nthree\nthree'\n");
}

TEST_F(FileTopics, FollowTheLogWhenItsWriteFails) {
  OpenWithFile();
  ASSERT_TRUE(CommitLine("one").ok());
  env_.FailAppend(1);
  EXPECT_TRUE(absl::IsUnavailable(CommitLine("lost")));
  EXPECT_EQ(FileText(Path()), "one\none'\n");
  env_.FullDisk(true);  // of the log only
  EXPECT_TRUE(absl::IsResourceExhausted(CommitLine("lost")));
  EXPECT_TRUE(absl::IsResourceExhausted(CommitLine("lost")));
  env_.FullDisk(false);
  ASSERT_TRUE(CommitLine("two").ok());
  EXPECT_EQ(FileText(Path()), "one\none'\ntwo\ntwo'\n");
  env_.FailSync(1);
  ASSERT_TRUE(CommitLine("three").ok());
  EXPECT_EQ(FileText(Path()), "one\none'\ntwo\ntwo'\nthree\nthree'\n");
}

TEST_F(FileTopics, AgreeWithTheLogAfterEveryCrash) {
  std::mt19937_64 random(3);
  OpenWithFile();
  std::string committed;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    env_.CrashAtChange(1 + random() % 12, seed);
    std::string line;
    for (;;) {
      line = std::to_string(random());
      if (!CommitLine(line).ok()) break;
      committed += line + "\n" + line + "'\n";
    }
    log_ = nullptr;
    env_.PowerOn();
    OpenWithFile();
    std::string with_last = committed;
    with_last += line + "\n" + line + "'\n";
    const std::vector<std::string> changelog = ReadAll(*log_, Topic::kChangelog, 0);
    const bool is_in = !changelog.empty() && changelog.back().ends_with("=" + line);
    if (is_in) committed = with_last;
    ASSERT_EQ(FileText(Path()), committed) << "seed " << seed;
  }
}

TEST_F(FileTopics, ChangedFromOutsideAreRefused) {
  OpenWithFile();
  ASSERT_TRUE(CommitLine("one").ok());
  log_ = nullptr;
  std::filesystem::resize_file(Path(), 3);
  for (int i = 0; i < 2; ++i) {
    Open();
    const absl::Status status = log_->SendToFile(Topic::kTransitions, Path());
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(
        std::string(status.message()),
        HasSubstr("was changed from outside; restore it or start over with an empty --state "
                  "and --out"));
    std::filesystem::remove(Path());
  }
}

TEST_F(FileTopics, AFullDiskOfTheFileCommitsNothing) {
  OpenWithFile();
  ASSERT_TRUE(CommitLine("one").ok());
  // A limit on the size of files is the nearest to a full disk that a test can have.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = CommitLine(std::string(200, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(FileText(Path()), "one\none'\n");
  ASSERT_TRUE(CommitLine("two").ok());
  EXPECT_EQ(FileText(Path()), "one\none'\ntwo\ntwo'\n");
  EXPECT_THAT(ReadAll(*log_, Topic::kChangelog, 0), ElementsAre("0@1 k=one", "1@1 k=two"));
}

TEST_F(LocalLogTest, ManyMayWriteAndReadAtOnce) {
  LocalLog& log = Open();
  constexpr int kRecords = 300;
  std::vector<std::thread> threads;
  for (int partition = 0; partition < 3; ++partition) {
    threads.emplace_back([&log, partition] {
      for (int i = 0; i < kRecords; ++i) {
        ASSERT_TRUE(log.Append(Topic::kEvents, partition, Of({{"k", std::to_string(i)}}), i).ok());
        if (i % 10 == 0) {
          ASSERT_TRUE(log.Sync().ok());
        }
      }
    });
    threads.emplace_back([&log, partition] {
      auto reader = *log.Read(Topic::kEvents, partition, 0);
      ReadRecord record;
      for (int i = 0; i < kRecords;) {
        const auto more = reader->Next(&record);
        ASSERT_TRUE(more.ok()) << more.status();
        if (!*more) continue;
        ASSERT_EQ(record.offset, i);
        ASSERT_EQ(record.entry.value, std::to_string(i++));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(log.Check().ok());
}

TEST_F(LocalLogTest, LivesInAFolder) {
  Open(OnDisk());
  ASSERT_TRUE(Commit("a", std::string(10'000, 'x')).ok());
  ASSERT_TRUE(log_->PutNote("n", "1").ok());
  EXPECT_GT(log_->bytes_written(), 10'000U);
  Open(OnDisk());
  EXPECT_TRUE(log_->Check().ok());
  EXPECT_EQ(log_->Range(Topic::kChangelog, 0)->end, 1);
  EXPECT_EQ(*log_->Note("n"), "1");
}

}  // namespace
}  // namespace parcours::log