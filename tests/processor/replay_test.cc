#include "processor/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/time.h"

namespace parcours::processor {
namespace {

constexpr char kShop[] = R"(
programme: {currency: EUR, time_zone: Europe/Paris}
events: {order: {fields: {total: money, label: string}}}
features:
  orders: {on: order, aggregate: count}
  orders_7d: {on: order, aggregate: count, window: 7d}
  spend: {on: order, aggregate: sum, of: event.total, keep: true}
  last_order_at: {on: order, aggregate: last, of: event.time}
  last_label: {on: order, aggregate: last, of: event.label, keep: true}
segmentations:
  lifecycle:
    segments:
      lapsing: calendar_days(last_order_at, now) > 30
      busy: orders_7d >= 2
      new: orders == 1
      known: orders >= 2
journeys:
  nudge:
    enter: {event: order, when: orders == 1}
    exit_when: orders >= 2
    goal: {when: orders >= 2, within: 10d, from: send}
    steps: [wait: 3d, send: {channel: email, template: nudge}]
)";

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    std::string name = absl::StrCat(testing::TempDir(), "/replay-XXXXXX");
    folder_ = mkdtemp(name.data());
    std::vector<Issue> issues;
    catalog_ = catalog::CompileCatalog({{"definitions.yaml", kShop}}, &issues);
    EXPECT_TRUE(issues.empty());
    options_.inputs = {Path("events.ndjson")};
    options_.temporary_folder = folder_;
  }
  ~ReplayTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Write(const std::vector<std::string>& lines) const {
    std::ofstream file(Path("events.ndjson"));
    for (const std::string& line : lines) file << line << "\n";
  }
  static std::string Line(TimeMs time, int customer, const std::string& id, int cents = 1000) {
    return absl::StrCat(R"({"specversion":"1.0","id":")", id,
                        R"(","source":"web","type":"order","time":")", FormatTime(time),
                        R"(","subject":"c)", customer, R"(","data":{"total":)", cents / 100, ".",
                        cents % 100 / 10, cents % 10, R"(,"label":"label of )", id, "\"}}");
  }
  // Orders of 40 customers over 100 days, several an instant.
  static std::vector<std::string> History() {
    std::mt19937_64 random(3);
    std::vector<std::string> lines;
    TimeMs time = 1'760'000'000'000;
    for (int i = 0; i < 2000; ++i) {
      if (random() % 4 != 0) time += static_cast<TimeMs>(random() % (6 * kHourMs));
      lines.push_back(Line(time, static_cast<int>(random() % 40), absl::StrCat("o-", 10000 + i)));
    }
    return lines;
  }
  Summary Run() {
    absl::StatusOr<Summary> summary = Replay(catalog_, options_, nullptr, Notice());
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : Summary(*catalog_);
  }
  std::function<void(const std::string&)> Notice() {
    return [this](const std::string& words) { notices_.push_back(words); };
  }
  // All four digests.
  static std::string All(const Summary& summary) {
    std::string all = Digest::Hex(summary.customers_digest);
    for (const Digest::Sum& sum : summary.totals.digests) all += Digest::Hex(sum);
    return all;
  }

  std::string folder_;
  std::shared_ptr<const catalog::Catalog> catalog_;
  ReplayOptions options_;
  std::vector<std::string> notices_;
};

TEST_F(ReplayTest, GivesTheSameDigestsShuffledAndTwiceOverAsInOrder) {
  std::vector<std::string> lines = History();
  Write(lines);
  options_.order = Order::kSorted;
  const Summary sorted = Run();
  EXPECT_EQ(sorted.totals.engine.events, 2000u);
  EXPECT_GT(sorted.totals.records[kTransitionRecord], 100u);
  EXPECT_GT(sorted.totals.records[kActionRecord], 5u);

  const std::vector<std::string> once = lines;
  for (std::size_t i = 0; i < once.size(); i += 10) lines.push_back(once[i]);
  std::shuffle(lines.begin(), lines.end(), std::mt19937_64(4));
  Write(lines);
  options_.order = Order::kSort;
  const Summary shuffled = Run();
  EXPECT_EQ(All(shuffled), All(sorted));
  EXPECT_EQ(shuffled.totals.engine.duplicates, 200u);
  EXPECT_EQ(shuffled.totals.engine.events, 2000u);
}

TEST_F(ReplayTest, GivesTheSameDigestsWhenTheSortDoesNotFitInMemory) {
  std::vector<std::string> lines;
  for (int repeat = 0; repeat < 10; ++repeat) {
    for (int i = 0; i < 2000; ++i) {
      lines.push_back(Line(1'760'000'000'000 + i * kHourMs + repeat, i % 50,
                           absl::StrCat("o-", repeat, "-", i)));
    }
  }
  std::shuffle(lines.begin(), lines.end(), std::mt19937_64(4));
  Write(lines);
  const Summary roomy = Run();
  options_.memory_bytes = 4 << 20;
  const Summary tight = Run();
  EXPECT_EQ(All(tight), All(roomy));
  EXPECT_EQ(tight.totals.engine.events, 20000u);
}

TEST_F(ReplayTest, SortsTheEventsOfOneInstantHoweverMany) {
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i) {
    lines.push_back(Line(1'760'000'000'000, 1, absl::StrCat("o-", 1000 + i)));
  }
  options_.order = Order::kSorted;
  Write(lines);
  const Summary forwards = Run();
  std::reverse(lines.begin(), lines.end());
  lines.push_back(lines[7]);
  Write(lines);
  const Summary backwards = Run();
  EXPECT_EQ(All(backwards), All(forwards));
  EXPECT_EQ(backwards.totals.engine.duplicates, 1u);
}

TEST_F(ReplayTest, RefusesSortedInputThatGoesBackAndNamesTheLine) {
  std::vector<std::string> lines = History();
  lines.push_back(Line(1'760'000'000'000, 1, "late"));
  Write(lines);
  options_.order = Order::kSorted;
  const absl::StatusOr<Summary> summary = Replay(catalog_, options_, nullptr, Notice());
  ASSERT_TRUE(absl::IsInvalidArgument(summary.status()));
  EXPECT_NE(std::string(summary.status().message()).find("events.ndjson:2001"), std::string::npos)
      << summary.status();
}

TEST_F(ReplayTest, LeavesOutWhatIsAtUntilOrAfterAndTicksToTheMillisecondBefore) {
  const TimeMs time = 1'760'000'000'000;
  Write({Line(time, 1, "o-1"), Line(time + 3 * kDayMs, 2, "o-2")});
  options_.until = time + 3 * kDayMs;
  const Summary before = Run();
  EXPECT_EQ(before.totals.engine.events, 1u);
  EXPECT_EQ(before.totals.after_until, 1u);
  EXPECT_EQ(before.clock, time + 3 * kDayMs - 1);
  EXPECT_EQ(before.totals.records[kActionRecord], 0u);
  options_.until = time + 3 * kDayMs + 1;
  const Summary after = Run();
  EXPECT_EQ(after.totals.engine.events, 2u);
  EXPECT_EQ(after.totals.records[kActionRecord], 1u);
}

TEST_F(ReplayTest, EndsOneMillisecondAfterTheLastEventWhereNothingElseIsAsked) {
  Write({Line(1'760'000'000'000, 1, "o-1")});
  EXPECT_EQ(Run().clock, 1'760'000'000'001);
}

TEST_F(ReplayTest, GivesTheSameFeaturesAndMembersInOrderOfArrival) {
  std::vector<std::string> lines = History();
  Write(lines);
  options_.until = 1'790'000'000'000;
  const Summary sorted = Run();
  std::mt19937_64 random(9);
  for (std::size_t first = 0; first + 8 <= lines.size(); first += 8) {  // at most 48 h
    std::shuffle(lines.begin() + static_cast<std::ptrdiff_t>(first),
                 lines.begin() + static_cast<std::ptrdiff_t>(first) + 8, random);
  }
  Write(lines);
  options_.order = Order::kArrival;
  const Summary arrival = Run();
  EXPECT_GT(arrival.totals.engine.late, 10u);
  for (std::size_t segment = 0; segment < 4; ++segment) {
    EXPECT_EQ(arrival.totals.segmentations[0].Members(segment),
              sorted.totals.segmentations[0].Members(segment));
  }
}

TEST_F(ReplayTest, RejectsBadLinesWithTheirNumbersAndLosesNothingElse) {
  const TimeMs time = 1'760'000'000'000;
  Write({Line(time, 1, "o-1"), "{\"specversion\":", std::string(2 << 20, 'x'),
         std::string(100'000, '['), Line(time + 1, 2, "o-2", -500), Line(time + 2, 1, "o-3")});
  options_.out = Path("out");
  const Summary summary = Run();
  EXPECT_EQ(summary.totals.engine.events, 2u);
  EXPECT_EQ(summary.totals.rejected, 4u);
  std::ifstream rejected(Path("out/rejected.ndjson"));
  std::vector<std::string> found;
  for (std::string line; std::getline(rejected, line);) found.push_back(line);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_NE(found[0].find("\"line\":2,\"reason\":\"json\""), std::string::npos) << found[0];
  EXPECT_NE(found[1].find("\"line\":3,\"reason\":\"too_long\""), std::string::npos) << found[1];
  EXPECT_NE(found[2].find("\"line\":4,"), std::string::npos) << found[2];
  EXPECT_NE(found[3].find("\"line\":5,\"reason\":\"amount\""), std::string::npos) << found[3];
}

TEST_F(ReplayTest, GivesTheSameDigestsWhenCustomersDoNotFitInMemory) {
  std::vector<std::string> lines;
  for (int i = 0; i < 30'000; ++i) {
    lines.push_back(Line(1'760'000'000'000 + i * 10, i * 7919 % 15'000, absl::StrCat("o-", i)));
  }
  Write(lines);
  options_.order = Order::kSorted;
  options_.until = 1'760'000'000'000 + 40 * kDayMs;
  const Summary roomy = Run();
  EXPECT_EQ(roomy.store_loads, 0u);
  options_.memory_bytes = 4 << 20;
  const Summary tight = Run();
  EXPECT_GT(tight.store_loads, 1000u);
  EXPECT_EQ(All(tight), All(roomy));
  EXPECT_GT(tight.totals.engine.dues_fired, 15'000u);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().filename(), "events.ndjson") << "the store goes with the run";
  }
}

TEST_F(ReplayTest, SaysInOneSentenceThatAFolderCannotBeWritten) {
  Write(History());
  options_.out = "/proc/nowhere";
  const absl::StatusOr<Summary> summary = Replay(catalog_, options_, nullptr, Notice());
  EXPECT_TRUE(absl::IsFailedPrecondition(summary.status())) << summary.status();
}

}  // namespace
}  // namespace parcours::processor
