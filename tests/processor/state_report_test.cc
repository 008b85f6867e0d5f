#include "processor/state_report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/varint.h"
#include "log/local_log.h"
#include "processor/replay.h"
#include "state/keys.h"
#include "state/store/store.h"
#include "state/stored.h"
#include "tests/support/shop.h"

namespace parcours::processor {
namespace {

constexpr int kCustomers = 60, kShards = 2;

// A finished run of a small history.
class StateReportTest : public testing::Test {
 protected:
  StateReportTest() {
    std::string name = absl::StrCat(testing::TempDir(), "/state-report-XXXXXX");
    folder_ = mkdtemp(name.data());
    state_ = absl::StrCat(folder_, "/state");
    std::ofstream file(absl::StrCat(folder_, "/events.ndjson"));
    for (int i = 0; i < 3 * kCustomers; ++i) {
      file << OrderLine(absl::StrCat("c", i % kCustomers), absl::StrCat("o", i),
                        kStart + i * kHourMs)
           << "\n";
    }
    file.close();
    ReplayOptions options;
    options.inputs = {absl::StrCat(folder_, "/events.ndjson")};
    options.state = state_;
    options.out = absl::StrCat(folder_, "/out put");
    options.shards = kShards;
    options.temporary_folder = folder_;
    const auto summary = Replay(CompileShop(), options, nullptr, [](const std::string&) {});
    EXPECT_TRUE(summary.ok()) << summary.status();
  }
  ~StateReportTest() override { std::filesystem::remove_all(folder_); }

  StateReport Look(bool check) const {
    auto report = ReportState(state_, check);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : StateReport();
  }
  std::unique_ptr<state::Store> OpenStore() const {
    state::StoreOptions options;
    options.folder = StoreFolder(state_);
    options.shards = kShards;
    auto store = state::Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  void Change(int shard, const state::Store::Slice& slice) const {
    const auto store = OpenStore();
    ASSERT_TRUE(store->Write(shard, slice).ok());
    ASSERT_TRUE(store->Flush().ok());
  }
  // Good as long as the test: a slice views its keys.
  const std::string& RowOf(TimeMs due, const std::string& customer) {
    std::string& key = rows_.emplace_back();
    state::SetTimerKey(due, Hash64(customer), customer, &key);
    return key;
  }
  // When a stored customer is due.
  TimeMs DueOf(const std::string& customer) const {
    std::string key, value;
    state::SetCustomerKey(customer, &key);
    EXPECT_TRUE(*OpenStore()->Get(ShardOf(customer), key, &value));
    return *state::StoredNextDue(value);
  }
  static int ShardOf(const std::string& customer) { return PartitionOf(customer, kShards); }
  void ExpectDamage(const StateReport& report, const std::string& words) const {
    for (const std::string& damage : report.damages) {
      if (absl::StrContains(damage, words)) return;
    }
    ADD_FAILURE() << "no damage is told as: " << words << "\n" << StateTable(report);
  }

  std::string folder_, state_;
  std::deque<std::string> rows_;
};

TEST_F(StateReportTest, TellsWhatMadeItAndHowFarEachShardIs) {
  const StateReport report = Look(false);
  ASSERT_EQ(report.runs.size(), 1u);
  EXPECT_EQ(report.runs[0].words.out, absl::StrCat(folder_, "/out put"));
  EXPECT_EQ(report.runs[0].words.inputs[0].bytes,
            std::filesystem::file_size(absl::StrCat(folder_, "/events.ndjson")));
  ASSERT_TRUE(report.runs[0].end.has_value());
  EXPECT_EQ(report.runs[0].end->customers, kCustomers);
  ASSERT_EQ(report.shards.size(), static_cast<std::size_t>(kShards));
  std::uint64_t events = 0, actions = 0;
  for (const StateReport::Shard& shard : report.shards) {
    ASSERT_TRUE(shard.meta.has_value());
    EXPECT_EQ(shard.meta->run, 1u);
    EXPECT_EQ(shard.meta->clock, kStart + (3 * kCustomers - 1) * kHourMs + 1);
    EXPECT_EQ(shard.needed_from, shard.changelog.end) << "a clean end leaves nothing to be written";
    EXPECT_GT(shard.keys, 10u);
    events += shard.meta->totals.engine.events;
    actions += shard.meta->totals.records[kActionRecord];
  }
  EXPECT_EQ(events, 3u * kCustomers);
  EXPECT_GT(actions, 0u);
  EXPECT_FALSE(report.checked);
  EXPECT_TRUE(absl::StrContains(StateJson(report), "\"check\":null"));
}

TEST_F(StateReportTest, CountsEverybodyAndFindsNoDamageWhereThereIsNone) {
  const StateReport report = Look(true);
  std::uint64_t customers = 0, rows = 0;
  for (const StateReport::Shard& shard : report.shards) {
    customers += shard.counts.customers;
    rows += shard.counts.timer_rows;
  }
  EXPECT_EQ(customers, static_cast<std::uint64_t>(kCustomers));
  EXPECT_EQ(rows, static_cast<std::uint64_t>(kCustomers));
  EXPECT_EQ(report.damage_count, 0u) << StateTable(report);
  EXPECT_TRUE(
      absl::StrContains(StateTable(report), "\nchecked: 60 customers, 60 timer rows, no damage\n"));
}

TEST_F(StateReportTest, NamesATimerRowThatStandsElsewhereThanItsCustomer) {
  const TimeMs due = DueOf("c7");
  state::Store::Slice slice;
  slice.Delete(RowOf(due, "c7"));
  slice.Put(RowOf(due + 1, "c7"), {});
  Change(ShardOf("c7"), slice);
  const StateReport report = Look(true);
  EXPECT_EQ(report.damage_count, 2u);
  ExpectDamage(report, absl::StrCat("timer row of customer 'c7' at ", FormatTime(due + 1),
                                    ": the customer's next due is ", FormatTime(due)));
  ExpectDamage(report, absl::StrCat("customer 'c7': due at ", FormatTime(due)));
}

TEST_F(StateReportTest, NamesAMissingRowAndARowOfNobodyThoughTheirNumbersAgree) {
  const TimeMs due = DueOf("c3");
  state::Store::Slice slice;
  slice.Delete(RowOf(due, "c3"));
  slice.Put(RowOf(due, "nobody"), {});
  Change(ShardOf("c3"), slice);
  const StateReport report = Look(true);
  EXPECT_EQ(report.damage_count, 2u);
  ExpectDamage(report, "customer 'c3': due at ");
  ExpectDamage(report, "timer row of customer 'nobody' at ");
}

TEST_F(StateReportTest, TellsTheFirstDamagesAndCountsTheOthers) {
  state::Store::Slice slice;
  for (int i = 0; i < 50; ++i) slice.Put(RowOf(kStart + i, "nobody"), {});
  Change(0, slice);
  const StateReport report = Look(true);
  EXPECT_EQ(report.damage_count, 50u);
  EXPECT_EQ(report.damages.size(), kDamagesTold);
  EXPECT_TRUE(absl::StrContains(StateTable(report), "damages: 50\n"));
}

TEST_F(StateReportTest, NamesACustomerWhoseBytesAreOfNoKnownFormat) {
  state::Store::Slice slice;
  slice.Put("sc9", "\x7f");
  slice.Put("cc9", "\x7f");
  Change(ShardOf("c9"), slice);
  const StateReport report = Look(true);
  ExpectDamage(report, "customer 'c9': ");
  ExpectDamage(report, "contact data of customer 'c9': ");
}

TEST_F(StateReportTest, NamesAChangelogThatDoesNotReachBackToTheStore) {
  state::Store::Slice slice;
  std::string value, meta;
  {
    const auto store = OpenStore();
    ASSERT_TRUE(*store->Get(1, state::kMetaKey, &meta));
  }
  std::string_view rest = meta;
  std::uint64_t next = 0;
  ASSERT_TRUE(GetVarint(&rest, &next));
  PutVarint(next + 5, &value);
  value.append(rest);
  slice.Put(state::kMetaKey, value);
  Change(1, slice);
  ExpectDamage(Look(true), "shard 1: the store needs the changelog from ");
}

TEST_F(StateReportTest, RefusesWhatIsNoStateAndWhatIsInUse) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReportState(folder_, false).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReportState(folder_ + "/none", false).status()));
  log::LocalLogOptions options;
  options.folder = LogFolder(state_);
  {
    const auto log = log::LocalLog::Open(options);
    ASSERT_TRUE(log.ok());
    const absl::Status status = ReportState(state_, false).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status));
    EXPECT_TRUE(absl::StrContains(status.message(), "another process uses it")) << status;
  }
  EXPECT_EQ(Look(true).damage_count, 0u);
}

TEST_F(StateReportTest, RefusesARunsFileOfANewerVersionInOneSentence) {
  std::ofstream(absl::StrCat(state_, "/runs")) << "parcours runs 2\n";
  const absl::Status status = ReportState(state_, false).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_TRUE(absl::StrContains(status.message(), "newer version")) << status;
}

}  // namespace
}  // namespace parcours::processor
