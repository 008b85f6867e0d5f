#include "state/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace parcours::state {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kAnyBytes = "\0a\xff/\n"sv;

std::string CustomerKey(std::string_view customer) {
  std::string key = "what was in it";
  SetCustomerKey(customer, &key);
  return key;
}

std::string ContactKey(std::string_view customer) {
  std::string key = "what was in it";
  SetContactKey(customer, &key);
  return key;
}

std::string SeenKey(std::string_view customer, std::uint32_t number) {
  std::string key = "what was in it";
  SetSeenKey(customer, number, &key);
  return key;
}

std::string TimerRow(TimeMs due, std::uint64_t hash, std::string_view customer) {
  std::string key = "what was in it";
  SetTimerKey(due, hash, customer, &key);
  return key;
}

TEST(Keys, AreTheBytesOfTheGrammar) {
  EXPECT_EQ(CustomerKey("42"), "s42");
  EXPECT_EQ(ContactKey("42"), "c42");
  EXPECT_EQ(SeenKey("42", 0x01020304), "d42\x01\x02\x03\x04");
  EXPECT_EQ(TimerRow(0x0102, 0x0A0B, "42"),
            "t\x80\0\0\0\0\0\x01\x02\0\0\0\0\0\0\x0A\x0B"
            "42"sv);
}

TEST(Keys, GiveTheirCustomerBackWhateverItsBytes) {
  EXPECT_EQ(CustomerOfKey(CustomerKey(kAnyBytes)), kAnyBytes);
  EXPECT_EQ(CustomerOfKey(ContactKey(kAnyBytes)), kAnyBytes);
  EXPECT_EQ(CustomerOfKey(SeenKey(kAnyBytes, UINT32_MAX)), kAnyBytes);
}

TEST(Keys, SortTheChunksOfACustomerByNumber) {
  EXPECT_LT(SeenKey("a", 1), SeenKey("a", 2));
  EXPECT_LT(SeenKey("a", 255), SeenKey("a", 256));
  EXPECT_LT(SeenKey("a", 0x7FFFFFFF), SeenKey("a", 0x80000000));
}

TEST(TimerKeys, SortByDueThenHashThenCustomer) {
  std::vector<std::tuple<TimeMs, std::uint64_t, std::string>> timers;
  for (const TimeMs due : {INT64_MIN, TimeMs{-256}, TimeMs{-1}, TimeMs{0}, TimeMs{1}, TimeMs{255},
                           TimeMs{256}, kTimeMaxMs, kNever - 1}) {
    for (const std::uint64_t hash : {std::uint64_t{0}, std::uint64_t{256}, UINT64_MAX}) {
      for (const char* customer : {"a", "aa", "b"}) timers.emplace_back(due, hash, customer);
    }
  }
  ASSERT_TRUE(std::is_sorted(timers.begin(), timers.end()));
  std::vector<std::string> keys;
  for (const auto& [due, hash, customer] : timers) keys.push_back(TimerRow(due, hash, customer));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(TimerKeys, GiveBackWhatTheyAreOf) {
  const std::string key = TimerRow(-5, 0xFEDCBA9876543210, kAnyBytes);
  TimerKey timer;
  ASSERT_TRUE(ParseTimerKey(key, &timer));
  EXPECT_EQ(timer.due, -5);
  EXPECT_EQ(timer.hash, 0xFEDCBA9876543210);
  EXPECT_EQ(timer.customer, kAnyBytes);
}

TEST(TimerKeys, AreNoOtherBytes) {
  TimerKey timer;
  const std::string key = TimerRow(7, 8, "x");
  for (std::size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(ParseTimerKey(key.substr(0, size), &timer)) << size;
  }
  EXPECT_FALSE(ParseTimerKey("s" + key.substr(1), &timer));
  EXPECT_FALSE(ParseTimerKey("t\xff\xff\xff\xff\xff\xff\xff\xff" + key.substr(9), &timer))
      << "kNever";
}

TEST(Grammar, KnowsEveryKindOfKeyAndNothingElse) {
  for (const std::string& key : {CustomerKey("a"), ContactKey("a"), SeenKey("a", 0),
                                 TimerRow(0, 0, "a"), std::string(kMetaKey)}) {
    EXPECT_TRUE(IsKey(key)) << key;
  }
  for (const std::string& key :
       {std::string(), CustomerKey(""), ContactKey(""), SeenKey("", 7), std::string("dabcd"),
        std::string("mm"), std::string("x1"), std::string("tabc")}) {
    EXPECT_FALSE(IsKey(key)) << key;
  }
}

}  // namespace
}  // namespace parcours::state
