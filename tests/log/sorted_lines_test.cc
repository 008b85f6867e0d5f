#include "log/sorted_lines.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parcours::log {
namespace {

using ::testing::HasSubstr;

// A record that owns its texts.
struct Owned {
  TimeMs time = 0;
  std::string source, id, payload;
  std::uint32_t file = 0;
  std::int64_t line = 0;

  Record View() const { return {time, source, id, payload, file, line}; }
  bool operator==(const Owned&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Owned& record) {
  return out << record.time << " " << record.source << " " << record.id << " "
             << record.payload.substr(0, 20) << " " << record.file << ":" << record.line;
}

struct Sorted {
  std::vector<Owned> records;
  std::int64_t duplicates = 0, runs = 0;
  absl::Status status;
};

Sorted Sort(const std::vector<Owned>& input, SorterOptions options, std::size_t batch = 64) {
  Sorted sorted;
  LineSorter sorter(std::move(options));
  for (const Owned& record : input) {
    sorted.status = sorter.Add(record.View());
    if (!sorted.status.ok()) return sorted;
  }
  for (;;) {
    const auto records = sorter.NextBatch(batch);
    if (!records.ok()) {
      sorted.status = records.status();
      return sorted;
    }
    if (records->empty()) break;
    EXPECT_LE(records->size(), batch);
    for (const Record& record : *records) {
      sorted.records.push_back({record.time, std::string(record.source), std::string(record.id),
                                std::string(record.payload), record.file, record.line});
    }
  }
  sorted.duplicates = sorter.duplicates();
  sorted.runs = sorter.runs_written();
  return sorted;
}

// The order and the rule of duplicates, told in the plainest way.
std::vector<Owned> Naive(std::vector<Owned> input, std::int64_t* duplicates) {
  const auto all = [](const Owned& r) {
    return std::tie(r.time, r.source, r.id, r.payload, r.file, r.line);
  };
  std::sort(input.begin(), input.end(),
            [&](const Owned& a, const Owned& b) { return all(a) < all(b); });
  std::vector<Owned> out;
  for (const Owned& r : input) {
    if (!out.empty() && std::tie(out.back().time, out.back().source, out.back().id) ==
                            std::tie(r.time, r.source, r.id)) {
      ++*duplicates;
    } else {
      out.push_back(r);
    }
  }
  return out;
}

std::vector<Owned> RandomRecords(int count, unsigned seed, std::size_t payload_max) {
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return random() % n; };
  const std::string sources[] = {"", "segment", "web", "web2", "we", "\xff", "segment-eu"};
  std::vector<Owned> records;
  for (int i = 0; i < count; ++i) {
    Owned record;
    record.time = static_cast<TimeMs>(below(static_cast<std::size_t>(count) / 4)) - 5;
    record.source = sources[below(7)];
    record.id = std::string(below(10), 'i') + std::to_string(below(4));
    record.payload = std::string(below(payload_max), static_cast<char>('a' + below(3)));
    record.file = static_cast<std::uint32_t>(below(3));
    record.line = i;
    records.push_back(std::move(record));
    if (below(10) == 0) records.push_back(records[below(records.size())]);
  }
  return records;
}

class Sorter : public ::testing::Test {
 protected:
  Sorter() {
    std::string name = ::testing::TempDir() + "sort-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~Sorter() override {
    chmod(folder_.c_str(), 0700);
    EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "something was left behind";
    std::filesystem::remove_all(folder_);
  }

  SorterOptions Memory(std::size_t bytes) const { return {bytes, folder_}; }

  std::string folder_;
};

TEST_F(Sorter, OrdersByTimeThenSourceThenIdAsBytes) {
  const std::vector<Owned> input = {{2, "a", "a", "1", 0, 1},
                                    {1, "b", "a", "2", 0, 2},
                                    {1, "a", "b", "3", 0, 3},
                                    {1, "a", "a", "4", 0, 4},
                                    {1, "ab", "", "5", 0, 5},
                                    {1, "a", "\xff", "6", 0, 6},
                                    {-1, "z", "z", "7", 0, 7},
                                    {1, "a", "aaaaaaaaaaaa2", "8", 0, 8},
                                    {1, "a", "aaaaaaaaaaaa1", "9", 0, 9}};
  const Sorted sorted = Sort(input, Memory(1 << 20));
  std::string order;
  for (const Owned& record : sorted.records) order += record.payload;
  EXPECT_EQ(order, "749836521");
  EXPECT_EQ(sorted.runs, 0);
}

TEST_F(Sorter, OfOneEventToldTwiceTheSmallestBytesStay) {
  const std::vector<Owned> input = {{1, "web", "1", "bb", 0, 1}, {1, "web", "1", "ab", 1, 7},
                                    {1, "web", "1", "b", 0, 3},  {1, "web", "1", "ab", 0, 9},
                                    {1, "app", "1", "bb", 0, 5}, {2, "web", "1", "bb", 0, 6}};
  const Sorted sorted = Sort(input, Memory(1 << 20));
  EXPECT_THAT(sorted.records, ::testing::ElementsAre(Owned{1, "app", "1", "bb", 0, 5},
                                                     Owned{1, "web", "1", "ab", 0, 9},
                                                     Owned{2, "web", "1", "bb", 0, 6}));
  EXPECT_EQ(sorted.duplicates, 3);
}

TEST_F(Sorter, GivesTheSameWhateverItsMemoryAndBatches) {
  const std::vector<Owned> input = RandomRecords(20'000, 1, 60);
  std::int64_t duplicates = 0;
  const std::vector<Owned> expected = Naive(input, &duplicates);
  struct Case {
    std::size_t memory;
    std::size_t batch;
    std::int64_t runs_min, runs_max;
  };
  for (const Case& c : {Case{64 << 20, 64, 0, 0}, Case{512 << 10, 1, 2, 31},
                        Case{64 << 10, 1000, 33, 99}, Case{1000, 64, 1100, 9999}}) {
    const Sorted sorted = Sort(input, Memory(c.memory), c.batch);
    ASSERT_TRUE(sorted.status.ok()) << sorted.status;
    EXPECT_EQ(sorted.records == expected, true) << c.memory;
    EXPECT_EQ(sorted.duplicates, duplicates) << c.memory;
    EXPECT_GE(sorted.runs, c.runs_min) << c.memory;
    EXPECT_LE(sorted.runs, c.runs_max) << c.memory;
  }
}

TEST_F(Sorter, KeepsRecordsLargerThanItsBuffers) {
  std::vector<Owned> input = RandomRecords(60, 2, 1 << 20);
  std::int64_t duplicates = 0;
  const std::vector<Owned> expected = Naive(input, &duplicates);
  const Sorted sorted = Sort(input, Memory(1 << 20));
  EXPECT_EQ(sorted.records == expected, true);
  EXPECT_GT(sorted.runs, 10);
}

TEST_F(Sorter, TakesWhatCameInOrderAsItIs) {
  std::vector<Owned> input;
  for (int i = 0; i < 1000; ++i)
    input.push_back({i / 3, "web", std::to_string(1000 + i), "x", 0, i});
  const Sorted sorted = Sort(input, Memory(1 << 20));
  EXPECT_EQ(sorted.records == input, true);
}

TEST_F(Sorter, GivesNothingForNothing) {
  const Sorted sorted = Sort({}, Memory(1 << 20));
  EXPECT_TRUE(sorted.status.ok());
  EXPECT_TRUE(sorted.records.empty());
}

TEST_F(Sorter, TellsInOneSentenceThatTheFolderCannotBeUsed) {
  const std::vector<Owned> input = RandomRecords(5'000, 3, 60);
  const Sorted sorted = Sort(input, {64 << 10, folder_ + "/missing"});
  EXPECT_EQ(sorted.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(sorted.status.message(), "sort: cannot use " + folder_ +
                                         "/missing for temporary files: No such file or directory");
}

TEST_F(Sorter, NeedsNoFolderWhileAllFitsInMemory) {
  const Sorted sorted = Sort(RandomRecords(100, 4, 60), {1 << 20, folder_ + "/missing"});
  EXPECT_TRUE(sorted.status.ok());
}

// A limit on the size of files stands for a full disk: both refuse a write midway.
TEST_F(Sorter, TellsThatNoSpaceIsLeftAndLeavesNothingBehind) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Sorted sorted = Sort(RandomRecords(20'000, 5, 60), Memory(512 << 10));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(sorted.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(sorted.status.message()), HasSubstr("no space left"));
  EXPECT_THAT(std::string(sorted.status.message()), HasSubstr(folder_));
}

}  // namespace
}  // namespace parcours::log
