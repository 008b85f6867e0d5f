#include "base/periods.h"

#include <gtest/gtest.h>

namespace parcours {
namespace {

CivilDay Day(const char* text) { return *ParseDate(text); }

TEST(Periods, MonthsFollowEachOtherThroughTheYears) {
  const Periods months = Periods::Months();
  const std::int64_t december = months.Of(Day("1999-12-31"));
  EXPECT_EQ(months.Of(Day("2000-01-01")), december + 1);
  EXPECT_EQ(months.FirstDay(december), Day("1999-12-01"));
  EXPECT_EQ(months.FirstDay(december + 3), Day("2000-03-01"));
  EXPECT_EQ(months.Of(Day("2000-02-29")), december + 2);
}

TEST(Periods, ADayBeforeTheFirstSeasonIsOfTheLastOneOfTheYearBefore) {
  const Periods seasons = Periods::Seasons();
  const std::int64_t winter = seasons.Of(Day("2026-12-01"));
  EXPECT_EQ(seasons.Of(Day("2027-02-28")), winter);
  EXPECT_EQ(seasons.NameOf(winter), "winter");
  EXPECT_EQ(seasons.NameOf(winter + 1), "spring");
  EXPECT_EQ(seasons.FirstDay(winter), Day("2026-12-01"));
  EXPECT_EQ(seasons.FirstDay(winter + 1), Day("2027-03-01"));
}

TEST(Periods, EachDayLiesBetweenTheFirstDaysOfItsOwnAndTheNext) {
  const Periods all[] = {Periods::Months(), Periods::Years(), Periods::Seasons(),
                         Periods({{4, 15, "wet"}, {11, 2, "dry"}})};
  for (const Periods& periods : all) {
    for (CivilDay day = Day("1968-01-01"); day < Day("1974-01-01"); ++day) {
      const std::int64_t period = periods.Of(day);
      ASSERT_LE(periods.FirstDay(period), day);
      ASSERT_GT(periods.FirstDay(period + 1), day);
    }
  }
}

}  // namespace
}  // namespace parcours
