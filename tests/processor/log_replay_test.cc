#include "processor/log_replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processor/follower.h"
#include "tests/support/lane_fixture.h"

namespace parcours::processor {
namespace {

using log::Topic;

class LogReplayTest : public LaneTest {
 protected:
  LogReplayTest() : LaneTest(2) {}

  void Append(const std::string& key, const std::string& value, TimeMs time) {
    log::Batch batch;
    batch.Add(key, value);
    Ok(local_->Append(Topic::kEvents, PartitionOf(key, 2), batch, time));
  }
  // What a live lane makes of the log, with ticks as time goes on.
  void Live() {
    live_ = MakeLane(Patient({0, 1}));
    Follower follower(*catalog_, live_.get(), log_.get(), {});
    Ok(follower.Start());
    double now_s = 0;
    for (TimeMs clock = kStart; clock < kStart + 60 * kDayMs; clock += kDayMs) {
      Ok(follower.Tick(clock));
      for (int i = 0; i < 3; ++i) Ok(follower.Round(now_s += 1).status());
    }
    Ok(follower.Commit(now_s));
  }
  Summary Replay() {
    const auto summary =
        ReplayLog(catalog_, {.partitions = 2, .temporary_folder = "/tmp"}, local_.get());
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.value_or(Summary(*catalog_));
  }
  void ExpectSame() {
    const Totals live = live_->totals();
    const Summary again = Replay();
    EXPECT_EQ(again.totals.digests, live.digests);
    EXPECT_EQ(again.totals.records, live.records);
    EXPECT_EQ(again.totals.rejected, live.rejected);
    EXPECT_EQ(again.totals.engine.events, live.engine.events);
  }

  std::unique_ptr<Lane> live_;
};

TEST_F(LogReplayTest, PublishesTheVeryLinesThatWerePublishedLive) {
  for (int i = 0; i < 40; ++i) {
    const std::string customer = "c" + std::to_string(i % 7);
    Append(customer, OrderLine(customer, std::to_string(i), kStart + i * kHourMs),
           kStart + i * kHourMs);
  }
  Append("anna", "{", kStart + 41 * kHourMs);
  Live();
  ASSERT_GT(live_->totals().records[kTransitionRecord], 7u);
  ASSERT_EQ(live_->totals().rejected, 1u);
  ExpectSame();
}

TEST_F(LogReplayTest, SetsAsideWhatProcessesDiedOf) {
  Append("anna", OrderLine("anna", "1", kStart), kStart);
  Append("anna", OrderLine("anna", "2", kStart), kStart);
  log::Transaction transaction;
  const int home = PartitionOf("anna", 2);
  transaction.To(Topic::kDeadLetters, 0)
      .Add("anna", absl::StrCat("{\"partition\":", home,
                                ",\"offset\":1,\"reason\":\"crashes\",\"detail\":\"\"}"));
  std::vector<log::Offset> ends;
  Ok(local_->Commit(transaction, kStart, &ends));
  const Summary summary = Replay();
  EXPECT_EQ(summary.totals.engine.events, 1u);
  EXPECT_EQ(summary.totals.rejected, 1u);
}

TEST(ParseCrash, KnowsItsLinesAlone) {
  Place place;
  EXPECT_TRUE(ParseCrash("{\"partition\":3,\"offset\":77,\"reason\":\"crashes\",\"x\":1}", &place));
  EXPECT_EQ(place, Place(3, 77));
  for (const char* other :
       {"", "{", "{\"partition\":3,\"offset\":77,\"reason\":\"json\"}",
        "{\"partition\":,\"offset\":77,\"reason\":\"crashes\"}",
        "{\"partition\":99999999999999999999,\"offset\":7,\"reason\":\"crashes\"}"}) {
    EXPECT_FALSE(ParseCrash(other, &place)) << other;
  }
}

}  // namespace
}  // namespace parcours::processor
