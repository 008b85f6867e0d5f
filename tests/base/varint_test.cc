#include "base/varint.h"

#include <gtest/gtest.h>

#include <string>

namespace parcours {
namespace {

TEST(Varint, ComesBackInAsFewBytesAsItNeeds) {
  for (int bits = 0; bits <= 64; ++bits) {
    for (const std::uint64_t change : {0, 1}) {
      const std::uint64_t value = (bits == 64 ? 0 : std::uint64_t{1} << bits) - change;
      std::string bytes;
      PutVarint(value, &bytes);
      const int needed = value == 0 ? 1 : 64 - __builtin_clzll(value);
      EXPECT_EQ(bytes.size(), static_cast<std::size_t>(needed + 6) / 7);
      bytes += "x";
      std::string_view rest = bytes;
      std::uint64_t again = ~value;
      ASSERT_TRUE(GetVarint(&rest, &again));
      EXPECT_EQ(again, value);
      EXPECT_EQ(rest, "x");
    }
  }
}

TEST(Varint, SignedNumbersNearZeroAreShort) {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-64}, std::int64_t{63},
                                   std::int64_t{64}, INT64_MIN, INT64_MAX}) {
    std::string bytes;
    PutSigned(value, &bytes);
    EXPECT_EQ(bytes.size() == 1, value >= -64 && value < 64);
    std::string_view rest = bytes;
    std::int64_t again = ~value;
    ASSERT_TRUE(GetSigned(&rest, &again));
    EXPECT_EQ(again, value);
  }
}

TEST(Varint, RefusesWhatIsCutOrTooLongOrHasASecondSpelling) {
  using namespace std::string_view_literals;
  const std::string nine(9, '\xff');
  for (const std::string& bad : {std::string(), std::string("\x80"), std::string("\x81\0"sv), nine,
                                 nine + "\2", nine + "\x81\1"}) {
    std::string_view rest = bad;
    std::uint64_t value = 0;
    EXPECT_FALSE(GetVarint(&rest, &value));
  }
  std::string_view most;
  std::uint64_t value = 0;
  const std::string largest = nine + "\1";
  most = largest;
  EXPECT_TRUE(GetVarint(&most, &value));
  EXPECT_EQ(value, UINT64_MAX);
}

TEST(Varint, TextsStandBehindTheirSize) {
  std::string bytes;
  PutText("", &bytes);
  PutText("one", &bytes);
  std::string_view rest = bytes, text;
  ASSERT_TRUE(GetText(&rest, &text));
  EXPECT_EQ(text, "");
  ASSERT_TRUE(GetText(&rest, &text));
  EXPECT_EQ(text, "one");
  rest = std::string_view(bytes).substr(0, bytes.size() - 1);
  ASSERT_TRUE(GetText(&rest, &text));
  EXPECT_FALSE(GetText(&rest, &text));
}

}  // namespace
}  // namespace parcours
