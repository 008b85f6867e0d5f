#include "processor/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/support/lane_fixture.h"

namespace parcours::processor {
namespace {

using log::Topic;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FollowerTest : public LaneTest {
 protected:
  FollowerTest() : LaneTest(2) { Open(Patient({0, 1})); }

  // A lane and a follower that go on from what is committed.
  void Open(LaneOptions options, const FollowerOptions& follower = {}) {
    follower_ = nullptr;
    lane_ = MakeLane(options);
    follower_ = std::make_unique<Follower>(*catalog_, lane_.get(), log_.get(), follower);
    Ok(follower_->Start());
  }
  void Append(int partition, const std::string& key, const std::string& value, TimeMs log_time) {
    log::Batch batch;
    batch.Add(key, value);
    Ok(local_->Append(Topic::kEvents, partition, batch, log_time));
  }
  void AppendOrder(const std::string& customer, const std::string& id, TimeMs time) {
    Append(PartitionOf(customer, 2), customer, OrderLine(customer, id, time), time);
  }
  log::Offset EventsEnd(int partition) { return local_->Range(Topic::kEvents, partition)->end; }
  // Rounds until there is nothing to do, and all is committed.
  void Settle() {
    for (int quiet = 0; quiet < 3; now_s_ += 0.05) {
      const absl::StatusOr<bool> busy = follower_->Round(now_s_);
      ASSERT_TRUE(busy.ok()) << busy.status();
      quiet = *busy ? 0 : quiet + 1;
    }
  }
  // So many customers are due at once, and the first of them has fired.
  void BeginCrowd(int customers) {
    for (int i = 0; i < customers; ++i) AppendOrder(absl::StrCat("c", i), absl::StrCat(i), kStart);
    Settle();
    for (const int shard : {0, 1}) {
      Append(shard, "", TickRecord(kStart + 3 * kDayMs), kStart + 3 * kDayMs);
    }
    ASSERT_TRUE(*follower_->Round(now_s_));
  }
  std::uint64_t dues_fired() { return lane_->totals().engine.dues_fired; }

  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Follower> follower_;
  double now_s_ = 1000;
  const int home_ = PartitionOf("anna", 2);
};

TEST_F(FollowerTest, AppliesWhatItReadsAndCommitsIt) {
  AppendOrder("anna", "1", kStart);
  Settle();
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  EXPECT_EQ(lane_->totals().engine.events, 1u);
  const int commits = log_->commits();
  Settle();
  EXPECT_EQ(log_->commits(), commits) << "nothing happened";
}

TEST_F(FollowerTest, CommitsSoonOnceEverythingIsRead) {
  AppendOrder("anna", "1", kStart);
  ASSERT_TRUE(*follower_->Round(now_s_));
  EXPECT_TRUE(follower_->drained());
  EXPECT_EQ(log_->commits(), 0) << "more may come";
  AppendOrder("anna", "2", kStart + 1);
  ASSERT_TRUE(*follower_->Round(now_s_ += 0.021));
  EXPECT_EQ(log_->commits(), 1) << "with what came meanwhile";
}

TEST_F(FollowerTest, UnderLoadGathersForOneCommit) {
  Open(Patient({0, 1}), {.records_at_once = 1});
  for (int i = 0; i < 5; ++i) AppendOrder("anna", absl::StrCat(i), kStart + i);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(*follower_->Round(now_s_ += 0.021));
  EXPECT_FALSE(follower_->drained());
  EXPECT_EQ(log_->commits(), 0) << "more is there";
  ASSERT_TRUE(*follower_->Round(now_s_ += 0.1));
  EXPECT_EQ(log_->commits(), 1);
}

TEST_F(FollowerTest, ABacklogIsGatheredLongerUntilAllOfItIsRead) {
  Open(Patient({0, 1}), {.records_at_once = 1});
  for (int i = 0; i < 10; ++i) AppendOrder("anna", absl::StrCat(i), kStart + i);
  const auto round = [&](double after) { ASSERT_TRUE(*follower_->Round(now_s_ += after)); };
  round(0);
  round(0.11);
  ASSERT_EQ(log_->commits(), 1) << "it may be a burst";
  round(0.01);
  for (int i = 0; i < 4; ++i) round((kCatchUpCommitSeconds - 0.01) / 4);
  EXPECT_EQ(log_->commits(), 1) << "all through the last transaction there was more";
  round(0.011);
  EXPECT_EQ(log_->commits(), 2);
  round(0.01);
  round(0.01);  // the last one
  ASSERT_FALSE(*follower_->Round(now_s_ += 0.01));
  EXPECT_TRUE(follower_->drained());
  for (int i = 10; i < 15; ++i) AppendOrder("anna", absl::StrCat(i), kStart + i);
  round(0.01);
  EXPECT_FALSE(follower_->drained());
  round(0.1);
  EXPECT_EQ(log_->commits(), 3) << "somebody may be waiting for these";
}

TEST_F(FollowerTest, DuesAreCommittedAfterAsLongAsTheLastCommitTook) {
  Open(Patient({0, 1}), {.dues_at_once = 1});
  BeginCrowd(20);
  const int commits = log_->commits();
  const auto round = [&](double after) { ASSERT_TRUE(*follower_->Round(now_s_ += after)); };
  round(0.051);  // as Settle() waited
  ASSERT_EQ(log_->commits(), commits + 1);
  round(0.07);  // so long it took
  round(0.06);
  EXPECT_EQ(log_->commits(), commits + 1) << "half of the time is for dues";
  round(0.011);
  EXPECT_EQ(log_->commits(), commits + 2);
  round(0.5);
  round(0.19);
  EXPECT_EQ(log_->commits(), commits + 2);
  round(0.011);
  EXPECT_EQ(log_->commits(), commits + 3) << "events wait for it";
  EXPECT_LT(dues_fired(), 20u);
}

TEST_F(FollowerTest, ALargeCrowdThatIsDueFillsSmallCommits) {
  Open(Patient({0, 1}), {.dues_at_once = 1, .crowd_max = 8});
  BeginCrowd(20);
  const int commits = log_->commits();
  const auto round = [&](double after) { ASSERT_TRUE(*follower_->Round(now_s_ += after)); };
  round(0.02);
  EXPECT_EQ(log_->commits(), commits) << "more is due";
  round(0.011);
  EXPECT_EQ(log_->commits(), commits + 1) << "the next event would wait for it";
  round(0.07);  // so long it took
  round(0.031);
  EXPECT_EQ(log_->commits(), commits + 2) << "the next event would wait for it";
  EXPECT_LT(dues_fired(), 20u);
}

TEST_F(FollowerTest, ACommitThatTookLongIsFollowedByALongerWait) {
  AppendOrder("anna", "1", kStart);
  ASSERT_TRUE(*follower_->Round(now_s_));
  ASSERT_FALSE(*follower_->Round(now_s_ += 0.021));
  ASSERT_EQ(log_->commits(), 1);
  AppendOrder("anna", "2", kStart + 1);
  ASSERT_TRUE(*follower_->Round(now_s_ += 0.03));  // so long it took
  ASSERT_FALSE(*follower_->Round(now_s_ += 0.05));
  EXPECT_EQ(log_->commits(), 1) << "half of the time is for events";
  ASSERT_FALSE(*follower_->Round(now_s_ += 0.011));
  EXPECT_EQ(log_->commits(), 2);
}

TEST_F(FollowerTest, OnlyTicksMoveTheClockAndNoFurtherThanTheirOwnLogTime) {
  AppendOrder("anna", "1", kStart);
  AppendOrder("anna", "2", kStart + 1);
  Append(home_, "", TickRecord(kStart + 10 * kDayMs), kStart + kDayMs);  // a clock that is ahead
  Settle();
  EXPECT_EQ(lane_->shard(home_)->clock(), kStart + kDayMs);
  EXPECT_EQ(dues_fired(), 0u);
  EXPECT_EQ(lane_->shard(1 - home_)->clock(), 0);
  Append(home_, "", TickRecord(kStart + 3 * kDayMs), kStart + 4 * kDayMs);
  Settle();
  EXPECT_EQ(lane_->shard(home_)->clock(), kStart + 3 * kDayMs);
  EXPECT_THAT(Committed(Topic::kActions), SizeIs(1));
  Append(home_, "", TickRecord(kStart), kStart + 5 * kDayMs);
  Settle();
  EXPECT_EQ(lane_->shard(home_)->clock(), kStart + 3 * kDayMs) << "never back";
}

TEST_F(FollowerTest, AppliesWhatStandsBeforeATickBeforeIt) {
  AppendOrder("anna", "1", kStart);
  Append(home_, "", TickRecord(kStart + 3 * kDayMs), kStart + 3 * kDayMs);
  AppendOrder("anna", "2", kStart + 3 * kDayMs);
  AppendOrder("anna", "3", kStart + 3 * kDayMs);
  Settle();
  EXPECT_THAT(Committed(Topic::kActions), SizeIs(1)) << "due before the event of its instant";
}

TEST_F(FollowerTest, WritesATickOnlyWhereSomethingIsDueAndNoneIsUnread) {
  AppendOrder("anna", "1", kStart);
  Settle();
  const log::Offset end = EventsEnd(home_);
  Ok(follower_->Tick(kStart + 2 * kDayMs));
  EXPECT_EQ(EventsEnd(home_), end) << "nothing is due";
  Ok(follower_->Tick(kStart + 3 * kDayMs));
  EXPECT_EQ(EventsEnd(home_), end + 1);
  EXPECT_EQ(EventsEnd(1 - home_), 0);
  Ok(follower_->Tick(kStart + 3 * kDayMs + 200));
  EXPECT_EQ(EventsEnd(home_), end + 1) << "one is unread";
  Settle();
  EXPECT_EQ(dues_fired(), 1u);
  Ok(follower_->Tick(kStart + 3 * kDayMs + 400));
  EXPECT_EQ(EventsEnd(home_), end + 1) << "nothing is due any more";
  Ok(follower_->Tick(kStart + 40 * kDayMs));
  EXPECT_EQ(EventsEnd(home_), end + 2);
}

TEST_F(FollowerTest, FiresManyDuesBetweenRecordsAFewAtATime) {
  for (int i = 0; i < 3000; ++i) AppendOrder(absl::StrCat("c", i), absl::StrCat(i), kStart);
  Settle();
  Ok(follower_->Tick(kStart + 3 * kDayMs));
  ASSERT_TRUE(*follower_->Round(now_s_ += 1));
  EXPECT_LE(dues_fired(), 1000u) << "500 a shard";
  Settle();
  EXPECT_EQ(dues_fired(), 3000u);
  EXPECT_THAT(Committed(Topic::kActions), SizeIs(3000));
}

TEST_F(FollowerTest, DuesKeepPaceWithTheRecordsTheyComeWith) {
  Open(Patient({0, 1}), {.dues_at_once = 1});
  for (int i = 0; i < 20; ++i) AppendOrder(absl::StrCat("c-", i), absl::StrCat(i), kStart);
  for (int shard : {0, 1}) Append(shard, "", TickRecord(kStart + 3 * kDayMs), kStart + 3 * kDayMs);
  ASSERT_TRUE(*follower_->Round(now_s_));
  EXPECT_GE(dues_fired(), 20u) << "in the round that read them";
}

TEST_F(FollowerTest, BuriesWhatItCannotApplyWithItsBytesAndTheReason) {
  const std::string odd_bytes("\xff\0{cut", 6);
  const std::string anna = OrderLine("anna", "1", kStart);
  const std::string future = OrderLine("anna", "2", kStart + 11 * kMinuteMs);
  Append(home_, "anna", odd_bytes, kStart);
  Append(1 - home_, "anna", anna, kStart);  // another partition than the key's
  Append(home_, "someone else", anna, kStart);
  Append(home_, "anna", future, kStart);
  Append(home_, "", "no tick", kStart);
  Append(home_, "anna",
         R"({"specversion":"1.0","type":"unknown","id":"x","source":"y",)"
         R"("time":"2026-01-01T00:00:00Z","subject":"anna"})",
         kStart);
  Append(home_, "anna", OrderLine("anna", "3", kStart), kStart);
  Settle();
  const std::vector<std::string> buried = Committed(Topic::kDeadLetters);
  ASSERT_THAT(buried, SizeIs(5));
  EXPECT_EQ(lane_->totals().rejected, 5u);
  EXPECT_EQ(lane_->totals().ignored, 1u);
  EXPECT_EQ(lane_->totals().engine.events, 1u) << "what comes behind them is applied";
  const auto count = [&](const std::string& reason, const std::string& bytes) {
    const std::string value = absl::Base64Escape(bytes);
    int found = 0;
    for (const std::string& line : buried) {
      found += line.find(absl::StrCat("\"reason\":\"", reason, "\"")) != std::string::npos &&
               line.find(absl::StrCat("\"value\":\"", value, "\"}")) != std::string::npos;
    }
    return found;
  };
  EXPECT_EQ(count("misrouted", anna), 2);
  EXPECT_EQ(count("future", future), 1);
  EXPECT_EQ(count("tick", "no tick"), 1);
  EXPECT_EQ(count("json", odd_bytes) + count("utf8", odd_bytes), 1) << buried.front();
  EXPECT_THAT(buried, testing::Each(HasSubstr("\"offset\":")));
  Open(Patient({0, 1}));
  Settle();
  EXPECT_THAT(Committed(Topic::kDeadLetters), SizeIs(5)) << "once";
  EXPECT_EQ(lane_->totals().rejected, 5u);
}

TEST_F(FollowerTest, TakesAnEventALittleAheadOfItsLogTime) {
  Append(home_, "anna", OrderLine("anna", "1", kStart + 9 * kMinuteMs), kStart);
  Settle();
  EXPECT_EQ(lane_->totals().engine.events, 1u);
  EXPECT_EQ(lane_->totals().engine.times_cut, 1u);
}

TEST_F(FollowerTest, DoesAgainWhatWasNotCommitted) {
  for (const absl::Status& failure :
       {absl::AbortedError("planted"), absl::UnavailableError("planted"),
        absl::ResourceExhaustedError("planted")}) {
    const std::string id = failure.ToString();
    AppendOrder("anna", id, kStart);
    log_->FailCommit(1, failure);
    Settle();
    EXPECT_EQ(lane_->totals().engine.duplicates, 0u) << failure;
  }
  EXPECT_EQ(lane_->totals().engine.events, 3u);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(2));
  Append(home_, "", TickRecord(kStart + 3 * kDayMs), kStart + 3 * kDayMs);
  Append(home_, "anna", "{", kStart + 3 * kDayMs);
  log_->FailCommit(1, absl::AbortedError("planted"));
  Settle();
  EXPECT_THAT(Committed(Topic::kDeadLetters), SizeIs(1));
}

TEST_F(FollowerTest, DoesAgainWhatALaneCouldNotCommitForItsOwnBounds) {
  LaneOptions eager = Patient({0, 1});
  eager.commit_events = 1;  // as bytes would
  Open(eager);
  AppendOrder("anna", "1", kStart);
  log_->FailCommit(1, absl::UnavailableError("planted"));
  Settle();
  EXPECT_EQ(lane_->totals().engine.events, 1u);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
}

TEST_F(FollowerTest, StopsWhereNobodyKnowsWhatIsCommitted) {
  AppendOrder("anna", "1", kStart);
  log_->FailCommit(1, absl::DataLossError("planted"));
  absl::Status status;
  for (int i = 0; i < 5 && status.ok(); ++i) status = follower_->Round(now_s_ += 1).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  Open(Patient({0, 1}));
  Settle();
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
}

TEST_F(FollowerTest, GoesOnFromWhatIsCommittedAndRepeatsNoOutput) {
  for (int i = 0; i < 50; ++i) {
    AppendOrder(absl::StrCat("c", i % 10), absl::StrCat(i), kStart + i);
  }
  Settle();
  const std::size_t lines = Committed(Topic::kTransitions).size();
  AppendOrder("late", "late", kStart + 60);
  ASSERT_TRUE(*follower_->Round(now_s_ += 0.001));  // read, not committed
  Open(Patient({0, 1}));
  EXPECT_EQ(lane_->totals().engine.events, 50u);
  Settle();
  EXPECT_EQ(lane_->totals().engine.events, 51u);
  EXPECT_EQ(lane_->totals().engine.duplicates, 0u);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(lines + 1));
}

TEST(Ticks, AreReadAsTheyWereWrittenAndNothingElseIs) {
  TimeMs clock = 0;
  for (const TimeMs time : {TimeMs{0}, TimeMs{-1}, kStart}) {
    EXPECT_TRUE(ParseTick(TickRecord(time), &clock));
    EXPECT_EQ(clock, time);
  }
  for (const std::string& wrong : {std::string(), std::string("tick"), std::string("tick "),
                                   TickRecord(kStart) + "x", TickRecord(kStart).substr(0, 7)}) {
    EXPECT_FALSE(ParseTick(wrong, &clock)) << wrong;
  }
}

}  // namespace
}  // namespace parcours::processor
