#include "base/time.h"

#include <random>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parcours {
namespace {

TimeMs At(std::string_view text) {
  const auto time = ParseTime(text);
  EXPECT_TRUE(time.ok()) << text << ": " << time.status();
  return time.value_or(-1);
}

TEST(Time, ReadsRfc3339AndCutsToMilliseconds) {
  EXPECT_EQ(At("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(At("2026-03-01T10:15:30.123Z"), 1'772'360'130'123);
  EXPECT_EQ(At("2026-03-01T10:15:30.123999999Z"), 1'772'360'130'123);
  EXPECT_EQ(At("2026-03-01T10:15:30.1Z"), 1'772'360'130'100);
  EXPECT_EQ(At("2026-03-01t10:15:30z"), 1'772'360'130'000);
  EXPECT_EQ(At("9999-01-01T00:00:00Z"), kTimeMaxMs);
}

TEST(Time, CutsTowardsThePastBefore1970) {
  EXPECT_EQ(At("1969-12-31T23:59:59.9999Z"), -1);
  EXPECT_EQ(At("1969-12-31T23:59:59.0001Z"), -1000);
}

TEST(Time, OffsetsAreSubtracted) {
  EXPECT_EQ(At("2026-03-01T11:15:30.123+01:00"), At("2026-03-01T10:15:30.123Z"));
  EXPECT_EQ(At("2026-03-01T00:45:30-09:30"), At("2026-03-01T10:15:30Z"));
  EXPECT_EQ(At("2026-03-01T23:59:00+23:59"), At("2026-03-01T00:00:00Z"));
  EXPECT_EQ(At("2026-03-01T00:00:00-00:00"), At("2026-03-01T00:00:00Z"));
}

TEST(Time, KeepsNanosecondsForExpressions) {
  const auto time = ParseFineTime("1969-12-31T23:59:58.000000001Z");
  ASSERT_TRUE(time.ok());
  EXPECT_EQ(time->seconds, -2);
  EXPECT_EQ(time->nanos, 1);
}

TEST(Time, EveryDayOfFourCenturiesAgreesWithAbseil) {
  absl::CivilDay day(1899, 12, 31);
  for (; day < absl::CivilDay(2301, 1, 1); ++day) {
    const absl::Time midnight = absl::FromCivil(day, absl::UTCTimeZone());
    const std::string text =
        absl::FormatTime("%E4Y-%m-%dT00:00:00.000Z", midnight, absl::UTCTimeZone());
    ASSERT_EQ(At(text), absl::ToUnixMillis(midnight)) << text;
    ASSERT_EQ(FormatTime(absl::ToUnixMillis(midnight)), text);
  }
}

TEST(Time, WhatIsWrittenIsReadBack) {
  std::mt19937_64 random(1);
  const TimeMs first = At("0001-01-01T00:00:00Z"), last = At("9999-12-31T23:59:59.999Z");
  std::uniform_int_distribution<TimeMs> any(first, last);
  for (int i = 0; i < 20'000; ++i) {
    const TimeMs time = any(random);
    ASSERT_EQ(At(FormatTime(time)), time);
  }
  EXPECT_EQ(FormatTime(first), "0001-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(last), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTime(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTime(kNever), "never");
}

TEST(Time, RefusesWhatIsNotATime) {
  for (std::string_view text : {"",
                                "lunchtime",
                                "2026-03-01",
                                "2026-03-01T10:15Z",
                                "2026-03-01T10:15:30",
                                "2026-03-01 10:15:30Z",
                                "2026-03-01T10:15:30X",
                                "2026-03-01T10:15:30+05",
                                "2026-03-01T10:15:30+0500",
                                "2026-03-01T10:15:30+25:00",
                                "2026-03-01T10:15:30+24:00",
                                "2026-03-01T10:15:30+05:60",
                                "2026-03-01T10:15:30+xx:00",
                                "2026-03-01T10:15:30.Z",
                                "2026-03-01T10:15:30.1234567891Z",
                                "2026-03-01T10:15:30,5Z",
                                "2026-13-01T10:15:30Z",
                                "2026-00-01T10:15:30Z",
                                "2026-02-29T10:15:30Z",
                                "1900-02-29T10:15:30Z",
                                "2026-04-31T10:15:30Z",
                                "2026-03-00T10:15:30Z",
                                "2026-03-01T24:00:00Z",
                                "2026-03-01T10:60:00Z",
                                "2016-12-31T23:59:60Z",
                                "0000-01-01T00:00:00Z",
                                "0001-01-01T00:00:00+00:01",
                                "9999-12-31T23:59:59-00:01",
                                "2026-03-01T10:15:30Z ",
                                " 2026-03-01T10:15:30Z",
                                "2026-03-01T10:15:30ZZ",
                                "-026-03-01T10:15:30Z",
                                "2026-03-01T10:15:30.123456789+01:000",
                                "2026-03-01T10:15:30.123"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
    EXPECT_FALSE(ParseFineTime(text).ok()) << text;
  }
  EXPECT_TRUE(ParseTime("2000-02-29T10:15:30Z").ok());
}

TEST(Length, IsAWholeNumberAndAUnit) {
  EXPECT_EQ(ParseLength("500ms").value(), 500);
  EXPECT_EQ(ParseLength("30s").value(), 30'000);
  EXPECT_EQ(ParseLength("90m").value(), 90 * kMinuteMs);
  EXPECT_EQ(ParseLength("12h").value(), 12 * kHourMs);
  EXPECT_EQ(ParseLength("7d").value(), 7 * kDayMs);
  EXPECT_EQ(ParseLength("2w").value(), 14 * kDayMs);
  EXPECT_EQ(ParseLength("0s").value(), 0);
}

TEST(Length, RefusesEverythingElse) {
  for (std::string_view text : {"", "7", "d", "7 d", "-7d", "7D", "1.5h", "7days", "7dd", "1y",
                                "99999999999999999999d", "9223372036854775807w"}) {
    EXPECT_FALSE(ParseLength(text).ok()) << text;
  }
}

TEST(Length, IsWrittenInItsLargestUnitUpToDays) {
  EXPECT_EQ(FormatLength(7 * kDayMs), "7d");
  EXPECT_EQ(FormatLength(90 * kMinuteMs), "90m");
  EXPECT_EQ(FormatLength(36 * kHourMs), "36h");
  EXPECT_EQ(FormatLength(1500), "1500ms");
  EXPECT_EQ(FormatLength(0), "0s");
}

}  // namespace
}  // namespace parcours
