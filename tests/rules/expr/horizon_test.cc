// Until when a value stands: known instants, to the millisecond.
#include <gtest/gtest.h>

#include "rules/expr/months.h"
#include "tests/support/expr_fixture.h"

namespace parcours::expr::testing {
namespace {

// "true until 2026-...", the same from Test and Evaluate.
std::string Told(const std::string& text, const Customer& customer, const std::string& now) {
  const Program program = MustCompile(text, CustomerScope());
  const Frame frame = customer.At(testing::At(now));
  const Verdict verdict = program.Test(frame);
  const Answer answer = program.Evaluate(frame);
  EXPECT_EQ(verdict.until, answer.until) << text;
  const std::string value = answer.value.is_error() ? "error" : answer.value.ToJson();
  const char* const truths[] = {"false", "true", "error"};
  EXPECT_EQ(truths[static_cast<int>(verdict.truth)], value) << text;
  return value + " until " + FormatTime(answer.until);
}

class Horizon : public ::testing::Test {
 protected:
  Horizon() {
    customer_.cells[kLastOrderAt] = testing::At("2026-01-01T12:00:00.000Z");
    customer_.cells[kBirthDate] = Day("1985-02-28");
  }
  std::string At(const std::string& now, const std::string& text) {
    return Told(text, customer_, now);
  }
  Customer customer_;
};

TEST_F(Horizon, AStrictBoundFlipsOneMillisecondAfterIt) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now - last_order_at > days(90)"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now - last_order_at >= days(90)"),
            "false until 2026-04-01T12:00:00.000Z");
  EXPECT_EQ(At("2026-04-01T12:00:00Z", "now - last_order_at > days(90)"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At("2026-04-01T12:00:00.001Z", "now - last_order_at > days(90)"), "true until never");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now - last_order_at < days(90)"),
            "true until 2026-04-01T12:00:00.000Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now - last_order_at <= days(90)"),
            "true until 2026-04-01T12:00:00.001Z");
}

TEST_F(Horizon, EverySpellingOfTheSameBoundIsTheSame) {
  for (const char* text :
       {"now > last_order_at + days(90)", "last_order_at + days(90) < now",
        "last_order_at < now - days(90)", "now - days(90) > last_order_at",
        "days(90) < now - last_order_at", "now - last_order_at - days(90) > duration(\"0s\")",
        "now - (last_order_at + days(60)) > days(30)"}) {
    EXPECT_EQ(At("2026-02-01T00:00:00Z", text), "false until 2026-04-01T12:00:00.001Z") << text;
    EXPECT_TRUE(MustCompile(text, CustomerScope()).fused()) << text;
  }
}

TEST_F(Horizon, EqualityOfARunningValueHoldsForOneMillisecond) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now == last_order_at + days(90)"),
            "false until 2026-04-01T12:00:00.000Z");
  EXPECT_EQ(At("2026-04-01T12:00:00Z", "now == last_order_at + days(90)"),
            "true until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At("2026-04-01T12:00:00Z", "now != last_order_at + days(90)"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At("2026-04-01T12:00:01Z", "now == last_order_at + days(90)"), "false until never");
}

TEST_F(Horizon, NanosecondsBetweenMillisecondsAreNeverMet) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now >= timestamp(\"2026-03-01T00:00:00.0005Z\")"),
            "false until 2026-03-01T00:00:00.001Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now == timestamp(\"2026-03-01T00:00:00.0005Z\")"),
            "false until never");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now <= timestamp(\"2026-03-01T00:00:00.0005Z\")"),
            "true until 2026-03-01T00:00:00.001Z");
}

TEST_F(Horizon, ValuesThatRunTwiceAsFastAreSolved) {
  EXPECT_EQ(At("2026-01-02T12:00:00Z", "(now - last_order_at) + (now - last_order_at) > days(3)"),
            "false until 2026-01-03T00:00:00.001Z");
  EXPECT_EQ(At("2026-01-02T12:00:00Z", "last_order_at - now < duration(\"-36h\")"),
            "false until 2026-01-03T00:00:00.001Z");
}

TEST_F(Horizon, CalendarDaysFlipAtALocalMidnight) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(last_order_at, now) > 90"),
            "false until 2026-04-01T22:00:00.000Z");
  EXPECT_EQ(At("2026-04-01T22:00:00Z", "calendar_days(last_order_at, now) > 90"),
            "true until never");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(last_order_at, now) == 40"),
            "false until 2026-02-09T23:00:00.000Z");
  EXPECT_EQ(At("2026-02-10T00:00:00Z", "calendar_days(last_order_at, now) == 40"),
            "true until 2026-02-10T23:00:00.000Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(now, last_order_at) + 90 < 0"),
            "false until 2026-04-01T22:00:00.000Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "90 < calendar_days(last_order_at, now)"),
            "false until 2026-04-01T22:00:00.000Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(last_order_at, now - hours(3)) > 90"),
            "false until 2026-04-02T01:00:00.000Z");
}

TEST_F(Horizon, ABoundMayBeACell) {
  customer_.cells[kVisits] = 90;
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(last_order_at, now) > visits"),
            "false until 2026-04-01T22:00:00.000Z");
}

TEST_F(Horizon, NightsOfDaylightSavingAreExact) {
  customer_.zone = ZoneOf("America/Santiago");  // 2026-09-06 begins at 01:00
  customer_.cells[kLastOrderAt] = testing::At("2026-09-05T12:00:00Z");
  EXPECT_EQ(At("2026-09-06T03:00:00Z", "calendar_days(last_order_at, now) >= 1"),
            "false until 2026-09-06T04:00:00.000Z");
  customer_.cells[kLastOrderAt] = testing::At("2026-04-04T12:00:00Z");  // 24:00 becomes 23:00
  EXPECT_EQ(At("2026-04-05T03:30:00Z", "calendar_days(last_order_at, now) >= 1"),
            "false until 2026-04-05T04:00:00.000Z");
  customer_.zone =
      ZoneOf("Asia/Beirut");  // 2026-03-29 begins at 01:00; on 2026-10-25 midnight comes twice
  customer_.cells[kLastOrderAt] = testing::At("2026-03-28T12:00:00Z");
  EXPECT_EQ(At("2026-03-28T20:00:00Z", "calendar_days(last_order_at, now) >= 1"),
            "false until 2026-03-28T22:00:00.000Z");
  customer_.cells[kLastOrderAt] = testing::At("2026-10-24T12:00:00Z");
  EXPECT_EQ(At("2026-10-24T20:30:00Z", "calendar_days(last_order_at, now) >= 1"),
            "false until 2026-10-24T22:00:00.000Z");
}

TEST_F(Horizon, ADayThatNeverWasIsJumpedOver) {
  customer_.zone = ZoneOf("Pacific/Apia");
  customer_.cells[kLastOrderAt] = testing::At("2011-12-30T00:00:00Z");  // the 29th there
  EXPECT_EQ(At("2011-12-30T00:00:00Z", "calendar_days(last_order_at, now) == 1"),
            "false until never");
  EXPECT_EQ(At("2011-12-30T00:00:00Z", "calendar_days(last_order_at, now) >= 1"),
            "false until 2011-12-30T10:00:00.000Z");
  EXPECT_EQ(At("2011-12-30T00:00:00Z", "calendar_days(last_order_at, now) >= 2"),
            "false until 2011-12-30T10:00:00.000Z");
}

TEST_F(Horizon, BirthdaysFlipAtTheStartOfTheirLocalDay) {
  EXPECT_EQ(At("2025-06-01T00:00:00Z", "age(birth_date) >= 41"),
            "false until 2026-02-27T23:00:00.000Z");
  EXPECT_EQ(At("2025-06-01T00:00:00Z", "age(birth_date) == 40"),
            "true until 2026-02-27T23:00:00.000Z");
  customer_.cells[kBirthDate] = Day("2004-02-29");
  EXPECT_EQ(At("2025-06-01T00:00:00Z", "age(birth_date) > 21"),
            "false until 2026-02-28T23:00:00.000Z");
  EXPECT_EQ(At("2027-06-01T00:00:00Z", "age(birth_date) > 23"),
            "false until 2028-02-28T23:00:00.000Z");
  EXPECT_EQ(At("2026-06-01T00:00:00Z", "months(last_order_at, now) >= 13"),
            "false until 2027-01-31T23:00:00.000Z");
}

TEST_F(Horizon, StartsOfDaysAreSolved) {
  EXPECT_EQ(At("2026-01-10T00:00:00Z", "start_of_day(now) - days(31) > last_order_at"),
            "false until 2026-02-01T23:00:00.000Z");
  EXPECT_EQ(At("2026-01-10T00:00:00Z", "start_of_day(last_order_at) + days(31) <= now"),
            "false until 2026-01-31T23:00:00.000Z");
  EXPECT_EQ(At("2026-01-10T00:00:00Z", "local_date(now) >= date(\"2026-02-14\")"),
            "false until 2026-02-13T23:00:00.000Z");
}

TEST_F(Horizon, LocalTimeFlipsAtItsLocalInstant) {
  EXPECT_EQ(At("2026-03-28T03:00:00Z", "local_time(now) >= hours(9)"),
            "false until 2026-03-28T08:00:00.000Z");
  EXPECT_EQ(At("2026-03-28T09:00:00Z", "local_time(now) >= hours(9)"),
            "true until 2026-03-28T23:00:00.000Z");
  EXPECT_EQ(At("2026-03-28T23:00:00Z", "local_time(now) >= hours(9)"),
            "false until 2026-03-29T07:00:00.000Z");  // summer time began
  EXPECT_EQ(At("2026-03-28T03:00:00Z", "local_time(now) >= hours(30)").substr(0, 11),
            "false until");
}

TEST_F(Horizon, ASeasonStandsUntilTheNextOne) {
  EXPECT_EQ(At("2026-06-15T12:00:00Z", "season(now) == 'summer'"),
            "true until 2026-08-31T22:00:00.000Z");
  EXPECT_EQ(At("2026-06-15T12:00:00Z", "season(now + days(30)) == 'summer'"),
            "true until 2026-08-01T22:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:00:00Z", "season(now) == 'winter'"),
            "false until 2026-11-30T23:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:00:00Z", "season(last_order_at) == 'winter'"), "true until never");
}

TEST_F(Horizon, PeriodicWordsAreLookedAtAgainUntilTheyDiffer) {
  EXPECT_EQ(At("2026-03-02T12:00:00Z", "weekday(now) in [6, 7]"),
            "false until 2026-03-06T23:00:00.000Z");
  EXPECT_EQ(At("2026-03-07T12:00:00Z", "weekday(now) >= 6"), "true until 2026-03-08T23:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:30:00Z", "now.getHours() == 3"),
            "false until 2026-03-03T03:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:30:00Z", "now.getMonth() == 11"),
            "false until 2026-12-01T00:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:30:00Z", "now.getMonth('Europe/Paris') == 11"),
            "false until 2026-11-30T23:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:30:00Z", "now.getFullYear() >= 2030"),
            "false until 2030-01-01T00:00:00.000Z");
  EXPECT_EQ(At("2026-03-02T12:30:00Z", "(now - last_order_at).getHours() >= 2000"),
            "false until 2026-03-25T20:00:00.000Z");
}

TEST_F(Horizon, WeekendsBeginAndEndAtLocalMidnights) {
  EXPECT_EQ(At("2026-06-12T12:00:00Z", "is_weekend(now)"), "false until 2026-06-12T22:00:00.000Z");
  EXPECT_EQ(At("2026-06-12T22:00:00Z", "is_weekend(now)"), "true until 2026-06-14T22:00:00.000Z");
  EXPECT_EQ(At("2026-06-14T22:00:00Z", "is_weekend(now)"), "false until 2026-06-19T22:00:00.000Z");
  EXPECT_EQ(At("2026-06-12T12:00:00Z", "is_weekend(last_order_at)"), "false until never");
  EXPECT_EQ(At("2026-06-12T12:00:00Z", "is_weekend(date(\"2026-06-13\"))"), "true until never");
}

TEST_F(Horizon, DaysUntilABirthdayFallAtLocalMidnights) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "days_until_birthday(birth_date) <= 7"),
            "false until 2026-02-20T23:00:00.000Z");
  EXPECT_EQ(At("2026-02-20T23:00:00Z", "days_until_birthday(birth_date) <= 7"),
            "true until 2026-02-28T23:00:00.000Z");
  EXPECT_EQ(At("2026-02-28T12:00:00Z", "days_until_birthday(birth_date) == 0"),
            "true until 2026-02-28T23:00:00.000Z");
  EXPECT_EQ(At("2026-03-01T12:00:00Z", "days_until_birthday(birth_date) <= 7"),
            "false until 2027-02-20T23:00:00.000Z");
  customer_.cells[kBirthDate] = Day("1984-02-29");
  EXPECT_EQ(At("2026-02-28T12:00:00Z", "days_until_birthday(birth_date) == 1"),
            "true until 2026-02-28T23:00:00.000Z");
  EXPECT_EQ(At("2028-02-29T12:00:00Z", "days_until_birthday(birth_date) == 0"),
            "true until 2028-02-29T23:00:00.000Z");
}

TEST_F(Horizon, CombinationsAreNeverLate) {
  const std::string now = "2026-02-01T00:00:00Z";
  customer_.cells[kOrders] = 1;
  EXPECT_EQ(At(now, "orders == 2 && now - last_order_at > days(90)"), "false until never");
  EXPECT_EQ(At(now, "orders == 1 && now - last_order_at > days(90)"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At(now, "now - last_order_at > days(90) && now - last_order_at > days(40)"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At(now, "now - last_order_at > days(90) || now - last_order_at > days(40)"),
            "false until 2026-02-10T12:00:00.001Z");
  EXPECT_EQ(At(now, "now - last_order_at < days(40) && now - last_order_at < days(90)"),
            "true until 2026-02-10T12:00:00.000Z");
  EXPECT_EQ(At(now, "now - last_order_at < days(90) && now - last_order_at < days(40)"),
            "true until 2026-02-10T12:00:00.000Z");
  EXPECT_EQ(At(now, "now - last_order_at < days(90) || now - last_order_at < days(40)"),
            "true until 2026-04-01T12:00:00.000Z");
  EXPECT_EQ(At(now, "visits > 1 || now - last_order_at > days(40)"),
            "error until 2026-02-10T12:00:00.001Z");
  EXPECT_EQ(At(now, "visits > 1 && now - last_order_at > days(40)"),
            "false until 2026-02-10T12:00:00.001Z");
  EXPECT_EQ(At(now, "(orders == 1 ? last_order_at + days(90) : now) < now"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At(now, "now - last_order_at > (now - last_order_at > days(40) ? days(50) : days(45))"),
            "false until 2026-02-20T12:00:00.001Z");
}

TEST_F(Horizon, TimedCellsStandUntilTheirInstant) {
  customer_.cells[kScore] = 5;
  customer_.cells[kScoreUntil] = testing::At("2026-02-15T00:00:00Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "score >= 4"), "true until 2026-02-15T00:00:00.000Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "score >= 4 && now - last_order_at > days(90)"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(last_order_at, now) > score * 18"),
            "false until 2026-02-15T00:00:00.000Z");
  customer_.cells[kScore] = kAbsent;
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "score >= 4"), "error until 2026-02-15T00:00:00.000Z");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "has(score)"), "false until 2026-02-15T00:00:00.000Z");
}

TEST_F(Horizon, AFallingWindowIsAskedWhenItFallsBelowTheBound) {
  const TimeMs first = testing::At("2026-02-03T00:00:00Z");
  customer_.cells[kViews] = 5;
  customer_.cells[kViewsUntil] = first;
  customer_.windows.Set(0, {{first, 4}, {first + kDayMs, 2}, {first + 2 * kDayMs, 0}});
  const std::string now = "2026-02-01T00:00:00Z";
  EXPECT_EQ(At(now, "views >= 3"), "true until 2026-02-04T00:00:00.000Z");
  EXPECT_EQ(At(now, "views > 3"), "true until 2026-02-04T00:00:00.000Z");
  EXPECT_EQ(At(now, "views >= 5"), "true until 2026-02-03T00:00:00.000Z");
  EXPECT_EQ(At(now, "views >= 6"), "false until never");
  EXPECT_EQ(At(now, "views < 3"), "false until 2026-02-04T00:00:00.000Z");
  EXPECT_EQ(At(now, "views <= 5"), "true until never");
  EXPECT_EQ(At(now, "views == 5"), "true until 2026-02-03T00:00:00.000Z");
  EXPECT_EQ(At(now, "views == 2"), "false until 2026-02-04T00:00:00.000Z");
  EXPECT_EQ(At(now, "views == 3"), "false until never");  // 4, then 2
  EXPECT_EQ(At(now, "views != 4"), "true until 2026-02-03T00:00:00.000Z");
  EXPECT_EQ(At(now, "views + 1 >= 4"), "true until 2026-02-04T00:00:00.000Z");
  EXPECT_EQ(At(now, "-views > -3"), "false until 2026-02-04T00:00:00.000Z");
  customer_.cells[kLowest] = 3;
  customer_.cells[kLowestUntil] = first;
  EXPECT_EQ(At(now, "lowest >= 1"), "true until 2026-02-03T00:00:00.000Z");  // may rise or fall
}

TEST_F(Horizon, InstantsFromTheYear9999OnAreNever) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now > timestamp(\"9999-06-01T00:00:00Z\")"),
            "false until never");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now - last_order_at > days(3640000)"), "false until never");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "calendar_days(last_order_at, now) > 9000000"),
            "false until never");
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "age(birth_date) > 9000"), "false until never");
}

TEST_F(Horizon, ARunningResultChangesAtTheNextMillisecond) {
  const Program program = MustCompile("now - last_order_at", CustomerScope(), true);
  EXPECT_EQ(program.Evaluate(customer_.At(5'000)).until, 5'001);
}

TEST_F(Horizon, AnErrorOfRangeEndsWhenTheValueComesIntoRange) {
  EXPECT_EQ(At("2026-02-01T00:00:00Z", "now - days(3000000) > last_order_at"),
            "error until 8214-09-22T00:00:00.000Z");
}

TEST(Months, AreFoundAsTheCalendarFindsThem) {
  for (CivilDay day = Day("1895-01-01"); day < Day("2110-01-01"); day += 13) {
    for (std::int64_t months : {1, 2, 3, 11, 12, 13, 25, 120, 240, 479, 480, 1200, 2400}) {
      ASSERT_EQ(FirstDayAfterMonths(day, months), AddMonths(day, months))
          << FormatDate(day) << " + " << months;
    }
  }
  for (const char* leap : {"1904-02-29", "1984-02-29", "2000-02-29", "2024-01-31", "2023-12-31"}) {
    for (std::int64_t months = 1; months < 1500; ++months) {
      ASSERT_EQ(FirstDayAfterMonths(Day(leap), months), AddMonths(Day(leap), months))
          << leap << " + " << months;
    }
  }
  EXPECT_EQ(FirstDayAfterMonths(Day("1985-02-28"), 120'000), std::int64_t{kDayMax} + 1);
}

}  // namespace
}  // namespace parcours::expr::testing
