#include "processor/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/support/shop.h"

namespace parcours::processor {
namespace {

using testing::HasSubstr;

// What a history gave, to be compared.
struct Told {
  struct Event {
    std::uint64_t position;
    std::string id;
    friend bool operator==(const Event&, const Event&) = default;
  };
  struct End {  // of a batch
    std::uint64_t judged, position;
    std::size_t events, rejected;  // so far
    std::uint64_t ignored, after_until, repeated;
  };
  std::vector<Event> events;
  std::vector<std::string> rejected;
  std::vector<End> ends;
};

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string name = testing::TempDir() + "/history-XXXXXX";
    folder_ = mkdtemp(name.data());
    options_.temporary_folder = folder_;
    options_.partitions = 4;
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::vector<std::string>& lines) {
    std::ofstream file(folder_ + "/" + name);
    for (const std::string& line : lines) file << line << "\n";
    options_.inputs.push_back(folder_ + "/" + name);
  }
  // Orders with ties, repeated ones, bad lines, types that are not declared; `sorted`: by time.
  void WriteDirty(bool sorted) {
    std::mt19937_64 random(3);
    std::vector<std::string> lines;
    TimeMs time = kStart;
    for (int i = 0; i < 3000; ++i) {
      if (random() % 3 != 0) time += static_cast<TimeMs>(random() % kMinuteMs);
      lines.push_back(OrderLine(absl::StrCat("c", random() % 20), absl::StrCat("o-", i), time));
      if (random() % 10 == 0) lines.push_back(lines.back());
      if (random() % 30 == 0) lines.push_back("{cut");
      if (random() % 30 == 0) {
        std::string other = OrderLine("x", absl::StrCat("x-", i), time);
        lines.push_back(other.replace(other.find("order"), 5, "other"));
      }
      if (random() % 40 == 0) lines.emplace_back();
    }
    if (!sorted) std::shuffle(lines.begin(), lines.end(), random);
    const auto middle = lines.begin() + 1700;
    Write("a.ndjson", {lines.begin(), middle});
    Write("b.ndjson", {middle, lines.end()});
    options_.until = time - kHourMs;
  }
  absl::Status Tell(const HistoryOptions& options, Told* told) {
    History history(*catalog_, options, nullptr);
    Batch batch;
    std::vector<Slot*> order;
    std::uint64_t ignored = 0, after_until = 0, repeated = 0;
    for (bool more = true; more; batch.Clear()) {
      absl::StatusOr<bool> next = history.Next(&batch, &order);
      if (!next.ok()) return next.status();
      more = *next;
      for (const Slot* slot : order) {
        EXPECT_EQ(slot->partition, PartitionOf(slot->event().customer, 4));
        told->events.push_back({slot->position, std::string(slot->event().id)});
      }
      for (const auto& rejected : batch.aside.rejected) {
        told->rejected.push_back(
            absl::StrCat(rejected.file, ":", rejected.line, " ", rejected.reason));
      }
      ignored += batch.aside.ignored;
      after_until += batch.aside.after_until;
      repeated += batch.aside.repeated;
      told->ends.push_back({batch.judged, batch.position, told->events.size(),
                            told->rejected.size(), ignored, after_until, repeated});
    }
    return absl::OkStatus();
  }
  Told Tell(const HistoryOptions& options) {
    Told told;
    const absl::Status status = Tell(options, &told);
    EXPECT_TRUE(status.ok()) << status;
    return told;
  }
  // Wherever a run is cut off, what was told before and what is told then are the whole, once.
  void GoesOnFromEveryBatch() {
    const Told whole = Tell(options_);
    const auto& last = whole.ends.back();
    ASSERT_GT(whole.events.size(), 2000u);
    ASSERT_GT(last.rejected, 50u);
    ASSERT_GT(last.ignored, 50u);
    ASSERT_GT(last.after_until, 10u);
    ASSERT_GT(last.repeated, 50u);
    for (std::size_t cut = 0; cut < whole.ends.size(); ++cut) {
      // The shard that counts what is beside may be ahead of others.
      for (const std::size_t ahead : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
        const std::size_t asides = std::min(cut + ahead, whole.ends.size() - 1);
        HistoryOptions options = options_;
        options.skip = whole.ends[cut].position;
        options.skip_asides = whole.ends[asides].position;
        options.skip_judged = whole.ends[asides].judged;
        const Told rest = Tell(options);
        const auto& before = whole.ends[asides];
        const auto& end = rest.ends.back();
        ASSERT_EQ(rest.events,
                  std::vector<Told::Event>(
                      whole.events.begin() + static_cast<std::ptrdiff_t>(whole.ends[cut].events),
                      whole.events.end()))
            << "cut " << cut;
        ASSERT_EQ(rest.rejected,
                  std::vector<std::string>(
                      whole.rejected.begin() + static_cast<std::ptrdiff_t>(before.rejected),
                      whole.rejected.end()))
            << "cut " << cut << ", asides " << asides;
        ASSERT_EQ(before.ignored + end.ignored, last.ignored) << cut << " " << asides;
        ASSERT_EQ(before.after_until + end.after_until, last.after_until) << cut;
        ASSERT_EQ(before.repeated + end.repeated, last.repeated) << cut << " " << asides;
        ASSERT_EQ(end.position, last.position);
        ASSERT_EQ(end.judged, last.judged);
      }
    }
  }

  std::string folder_;
  const std::shared_ptr<const catalog::Catalog> catalog_ = CompileShop();
  HistoryOptions options_;
};

TEST_F(HistoryTest, GoesOnWhereItWasCutOffInSortedFiles) {
  options_.order = Order::kSorted;
  WriteDirty(true);
  GoesOnFromEveryBatch();
}

TEST_F(HistoryTest, GoesOnWhereItWasCutOffInAnyOrder) {
  options_.order = Order::kSort;
  WriteDirty(false);
  GoesOnFromEveryBatch();
}

TEST_F(HistoryTest, GoesOnWhereItWasCutOffInOrderOfArrival) {
  options_.order = Order::kArrival;
  WriteDirty(true);
  const Told whole = Tell(options_);
  for (std::size_t cut = 0; cut < whole.ends.size(); ++cut) {
    HistoryOptions options = options_;
    options.skip = options.skip_asides = whole.ends[cut].position;
    const Told rest = Tell(options);
    ASSERT_EQ(rest.events.size() + whole.ends[cut].events, whole.events.size()) << cut;
    ASSERT_EQ(rest.rejected.size() + whole.ends[cut].rejected, whole.rejected.size());
    ASSERT_EQ(rest.ends.back().ignored + whole.ends[cut].ignored, whole.ends.back().ignored);
    ASSERT_EQ(rest.ends.back().position, whole.ends.back().position);
  }
}

TEST_F(HistoryTest, NeverEndsABatchInsideAnInstant) {
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i) {
    lines.push_back(OrderLine("anna", absl::StrCat(i), kStart + i / 150));
  }
  Write("a.ndjson", lines);
  options_.order = Order::kSorted;
  const Told told = Tell(options_);
  std::vector<std::uint64_t> positions;
  for (const auto& end : told.ends) positions.push_back(end.position);
  EXPECT_EQ(positions, (std::vector<std::uint64_t>{150, 300, 450, 500}));
}

TEST_F(HistoryTest, PutsTheEventsOfOneInstantInOneOrderAndKeepsOneOfEqualOnes) {
  Write("a.ndjson", {OrderLine("c", "3", kStart), OrderLine("c", "1", kStart),
                     OrderLine("c", "2", kStart), OrderLine("c", "1", kStart)});
  options_.order = Order::kSorted;
  const Told told = Tell(options_);
  ASSERT_EQ(told.events.size(), 3u);
  EXPECT_EQ(told.events[0].id, "1");
  EXPECT_EQ(told.events[2].id, "3");
  EXPECT_EQ(told.ends.back().repeated, 1u);
}

TEST_F(HistoryTest, NamesWhatWasRejectedByFileAndLine) {
  Write("a.ndjson", {OrderLine("c", "1", kStart), "", "{cut"});
  Write("b.ndjson", {std::string(2 << 20, 'x'), OrderLine("c", "2", kStart + 1)});
  for (const Order order : {Order::kSort, Order::kSorted, Order::kArrival}) {
    options_.order = order;
    const Told told = Tell(options_);
    ASSERT_EQ(told.rejected.size(), 2u);
    EXPECT_EQ(told.rejected[0], "0:3 json");
    EXPECT_EQ(told.rejected[1], "1:1 too_long");
    EXPECT_EQ(told.events.size(), 2u);
  }
}

TEST_F(HistoryTest, GivesThousandsOfBadLinesInBoundedBatches) {
  std::vector<std::string> lines(5000, "{cut");
  lines.push_back(OrderLine("c", "1", kStart));
  Write("a.ndjson", lines);
  for (const Order order : {Order::kSort, Order::kSorted}) {
    options_.order = order;
    const Told told = Tell(options_);
    EXPECT_EQ(told.rejected.size(), 5000u);
    EXPECT_EQ(told.events.size(), 1u);
    std::size_t before = 0;
    for (const auto& end : told.ends) {
      EXPECT_LE(end.rejected - before, 5000u / 2);
      before = end.rejected;
    }
  }
}

TEST_F(HistoryTest, TellsAnEmptyInputAsNothing) {
  Write("a.ndjson", {});
  for (const Order order : {Order::kSort, Order::kSorted, Order::kArrival}) {
    options_.order = order;
    EXPECT_EQ(Tell(options_).events.size(), 0u);
  }
}

TEST_F(HistoryTest, RefusesSortedFilesThatGoBack) {
  Write("a.ndjson", {OrderLine("c", "1", kStart + 5), OrderLine("c", "2", kStart)});
  options_.order = Order::kSorted;
  Told told;
  const absl::Status status = Tell(options_, &told);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a.ndjson:2: time goes back"));
}

}  // namespace
}  // namespace parcours::processor
