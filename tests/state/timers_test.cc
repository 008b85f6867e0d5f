#include "state/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace parcours::state {
namespace {

std::vector<Timers::Entry> PopAll(Timers& timers, TimeMs until) {
  std::vector<Timers::Entry> popped;
  Timers::Entry entry;
  while (timers.Pop(until, &entry)) popped.push_back(entry);
  return popped;
}

TEST(Timers, PopInOrderOfDueThenCustomer) {
  Timers timers;
  timers.Book(50 * kDayMs, 1);
  timers.Book(20, 9);
  timers.Book(20, 3);
  timers.Book(10, 7);
  const auto popped = PopAll(timers, 100 * kDayMs);
  ASSERT_EQ(popped.size(), 4u);
  EXPECT_EQ(popped[0].customer, 7u);
  EXPECT_EQ(popped[1].customer, 3u);
  EXPECT_EQ(popped[2].customer, 9u);
  EXPECT_EQ(popped[3].customer, 1u);
}

TEST(Timers, GiveWhatIsDueAtTheInstantAndNothingLater) {
  Timers timers;
  timers.Book(1000, 1);
  Timers::Entry entry;
  EXPECT_FALSE(timers.Pop(999, &entry));
  EXPECT_TRUE(timers.Pop(1000, &entry));
  EXPECT_EQ(entry.due, 1000);
  EXPECT_FALSE(timers.Pop(1000, &entry));
}

TEST(Timers, GiveADueBookedBehindTheLastOnePopped) {
  Timers timers;
  timers.Book(40 * kDayMs, 1);
  timers.Book(41 * kDayMs, 2);
  Timers::Entry entry;
  ASSERT_TRUE(timers.Pop(50 * kDayMs, &entry));
  timers.Book(3 * kDayMs, 5);
  EXPECT_LE(timers.NotBefore(), 3 * kDayMs);
  ASSERT_TRUE(timers.Pop(50 * kDayMs, &entry));
  EXPECT_EQ(entry.customer, 5u);
  ASSERT_TRUE(timers.Pop(50 * kDayMs, &entry));
  EXPECT_EQ(entry.customer, 2u);
}

TEST(Timers, AgreeWithASortedListWhateverTheMixOfBookingsAndTicks) {
  std::mt19937_64 random(7);
  Timers timers;
  std::vector<Timers::Entry> expected;
  TimeMs clock = 0;
  for (int round = 0; round < 3000; ++round) {
    for (std::uint64_t i = random() % 4; i > 0; --i) {
      const TimeMs due = clock + 1 + static_cast<TimeMs>(random() % (5 * kDayMs));
      const auto customer = static_cast<std::uint32_t>(random() % 50);
      timers.Book(due, customer);
      expected.push_back({due, customer});
    }
    clock += static_cast<TimeMs>(random() % kDayMs);
    std::sort(expected.begin(), expected.end());
    Timers::Entry entry;
    while (!expected.empty() && expected.front().due <= clock) {
      EXPECT_LE(timers.NotBefore(), expected.front().due);
      ASSERT_TRUE(timers.Pop(clock, &entry));
      EXPECT_EQ(entry.due, expected.front().due);
      EXPECT_EQ(entry.customer, expected.front().customer);
      expected.erase(expected.begin());
    }
    ASSERT_FALSE(timers.Pop(clock, &entry));
    ASSERT_EQ(timers.size(), expected.size());
  }
}

}  // namespace
}  // namespace parcours::state
