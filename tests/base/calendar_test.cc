#include "base/calendar.h"

#include <random>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parcours {
namespace {

const std::vector<std::string> kZones = {
    "UTC",
    "Europe/Paris",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Asuncion",
    "America/Juneau",
    "America/Godthab",
    "America/Mexico_City",
    "Asia/Beirut",
    "Asia/Amman",
    "Asia/Tehran",
    "Asia/Gaza",
    "Asia/Kolkata",
    "Asia/Manila",
    "Asia/Pyongyang",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Africa/Monrovia",
    "Antarctica/Troll",
    "Atlantic/Azores",
    "Europe/Lisbon",
    "Europe/Istanbul",
};

std::shared_ptr<const Zone> Load(const std::string& name) {
  auto zone = Zone::Load(name);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return zone.ok() ? *zone : nullptr;
}
absl::TimeZone AbslZone(const std::string& name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}
TimeMs At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << error;
  return absl::ToUnixMillis(time);
}
CivilDay Day(const char* text) {
  auto day = ParseDate(text);
  EXPECT_TRUE(day.ok()) << day.status();
  return *day;
}
std::string Utc(TimeMs t) { return absl::FormatTime(absl::FromUnixMillis(t)); }

// Local time as absl tells it, in milliseconds.
TimeMs NaiveLocal(const absl::TimeZone& zone, TimeMs t) {
  return t + zone.At(absl::FromUnixMillis(t)).offset * kSecondMs;
}

// The first instant whose local time is at or past midnight of `day`: by looking at all of them.
TimeMs NaiveStart(const absl::TimeZone& zone, CivilDay day) {
  const TimeMs midnight = day * kDayMs;
  constexpr TimeMs kCoarse = 15 * kSecondMs;
  TimeMs t = midnight - 27 * kHourMs;
  while (NaiveLocal(zone, t) < midnight) t += kCoarse;
  t -= kCoarse;
  while (NaiveLocal(zone, t) < midnight) t += kSecondMs;
  return t;
}

CivilDay NaiveDay(const absl::TimeZone& zone, TimeMs t) {
  auto day = static_cast<CivilDay>(t / kDayMs) + 3;
  while (NaiveStart(zone, day) > t) --day;
  return day;
}

TEST(CivilDays, CountFromTheEpochAndBack) {
  EXPECT_EQ(DayOfDate({1970, 1, 1}), 0);
  EXPECT_EQ(DayOfDate({1969, 12, 31}), -1);
  EXPECT_EQ(Day("1984-02-29"), 5172);
  EXPECT_EQ(FormatDate(5172), "1984-02-29");
  EXPECT_EQ(FormatDate(DayOfDate({1, 1, 1})), "0001-01-01");
  EXPECT_EQ(FormatDate(DayOfDate({9999, 12, 31})), "9999-12-31");
}

TEST(CivilDays, AgreeWithAbslOnEveryDayOfTheCalendar) {
  absl::CivilDay expected(1, 1, 1);
  for (CivilDay day = DayOfDate({1, 1, 1}); day <= DayOfDate({9999, 12, 31}); ++day, ++expected) {
    const YearMonthDay date = DateOfDay(day);
    ASSERT_TRUE(date.year == expected.year() && date.month == expected.month() &&
                date.day == expected.day())
        << FormatDate(day);
    ASSERT_EQ(DayOfDate(date), day);
    ASSERT_EQ(WeekdayOf(day), static_cast<int>(absl::GetWeekday(expected)) + 1);
  }
}

TEST(ParseDate, RefusesWhatIsNotADate) {
  for (const char* text : {"1985-02-29", "1900-02-29", "2000-13-01", "2000-00-01", "2000-01-00",
                           "0000-01-01", "2000-04-31", "2000-1-01", "2000-01-01T", "20000101", "",
                           "+200-01-01", "2000/01/01", "200a-01-01"}) {
    EXPECT_FALSE(ParseDate(text).ok()) << text;
  }
  EXPECT_TRUE(ParseDate("2000-02-29").ok());
}

TEST(Months, AreWholeOnlyWhenTheSameDayHasBegun) {
  EXPECT_EQ(MonthsBetween(Day("2026-01-15"), Day("2026-02-14")), 0);
  EXPECT_EQ(MonthsBetween(Day("2026-01-15"), Day("2026-02-15")), 1);
  EXPECT_EQ(MonthsBetween(Day("2026-02-15"), Day("2026-01-15")), -1);
  EXPECT_EQ(MonthsBetween(Day("2026-02-15"), Day("2026-01-16")), 0);
}

TEST(Months, OfADayThatTheMonthLacksEndOnTheFirstOfTheNext) {
  EXPECT_EQ(FormatDate(AddMonths(Day("2026-01-31"), 1)), "2026-03-01");
  EXPECT_EQ(FormatDate(AddMonths(Day("1984-02-29"), 12)), "1985-03-01");
  EXPECT_EQ(FormatDate(AddMonths(Day("1984-02-29"), 48)), "1988-02-29");
  EXPECT_EQ(MonthsBetween(Day("1984-02-29"), Day("1985-02-28")), 11);
  EXPECT_EQ(MonthsBetween(Day("1984-02-29"), Day("1985-03-01")), 12);
}

TEST(Months, AddMonthsIsTheFirstDayThatHasThatMany) {
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    const CivilDay from = static_cast<CivilDay>(random() % 60'000);
    const auto months = static_cast<std::int64_t>(random() % 100) - 50;
    const CivilDay day = AddMonths(from, months);
    ASSERT_GE(MonthsBetween(from, day), months) << FormatDate(from) << " " << months;
    ASSERT_LT(MonthsBetween(from, day - 1), months) << FormatDate(from) << " " << months;
  }
}

TEST(Zone, LoadsNamesAndFixedOffsets) {
  EXPECT_EQ(Load("Europe/Paris")->name(), "Europe/Paris");
  EXPECT_EQ(Load("+05:30")->LocalOf(0), 19'800'000);
  EXPECT_EQ(Load("-23:59")->LocalOf(0), -86'340'000);
  EXPECT_EQ(Load("America/Argentina/Buenos_Aires")->LocalOf(At("2026-01-01T03:00:00Z")),
            At("2026-01-01T00:00:00Z"));
  EXPECT_EQ(Zone::Utc().LocalOf(5), 5);
}

TEST(Zone, RefusesWhatIsNoZone) {
  for (const char* name :
       {"", "Europe/Pariss", "/etc/passwd", "../zoneinfo/UTC", "localtime", "Europe/../UTC",
        "+24:00", "+5:30", "tzdata.zi", "Europe", "europe/paris", "Europe/Paris\n"}) {
    EXPECT_FALSE(Zone::Load(name).ok()) << name;
  }
}

TEST(Zone, MidnightThatDoesNotExistIsTheFirstInstantAfterTheGap) {
  const auto santiago = Load("America/Santiago");
  EXPECT_EQ(Utc(santiago->StartOf(Day("2023-09-03"))), Utc(At("2023-09-03T04:00:00Z")));
  EXPECT_EQ(santiago->DayOf(At("2023-09-03T03:59:59.999Z")), Day("2023-09-02"));
  EXPECT_EQ(santiago->DayOf(At("2023-09-03T04:00:00Z")), Day("2023-09-03"));
  const auto beirut = Load("Asia/Beirut");
  EXPECT_EQ(Utc(beirut->StartOf(Day("2022-03-27"))), Utc(At("2022-03-26T22:00:00Z")));
}

TEST(Zone, MidnightThatExistsTwiceIsTheFirst) {
  // Until 2011 Newfoundland went from 00:01 back to 23:01 of the day before.
  const auto st_johns = Load("America/St_Johns");
  const TimeMs start = st_johns->StartOf(Day("2010-11-07"));
  EXPECT_EQ(Utc(start), Utc(At("2010-11-07T02:30:00Z")));
  EXPECT_EQ(st_johns->DayOf(start - 1), Day("2010-11-06"));
  EXPECT_EQ(st_johns->DayOf(start), Day("2010-11-07"));
  // 23:30 of the 6th again: the day does not go back.
  const TimeMs again = At("2010-11-07T03:00:00Z");
  EXPECT_EQ(Utc(st_johns->LocalOf(again)), Utc(At("2010-11-06T23:30:00Z")));
  EXPECT_EQ(st_johns->DayOf(again), Day("2010-11-07"));
}

TEST(Zone, ADayThatWasSkippedBeginsAndEndsAtOnce) {
  const auto apia = Load("Pacific/Apia");
  const TimeMs jump = At("2011-12-30T10:00:00Z");
  EXPECT_EQ(apia->StartOf(Day("2011-12-30")), jump);
  EXPECT_EQ(apia->StartOf(Day("2011-12-31")), jump);
  EXPECT_EQ(apia->DayOf(jump - 1), Day("2011-12-29"));
  EXPECT_EQ(apia->DayOf(jump), Day("2011-12-31"));
}

TEST(Zone, ADayLivedTwiceDoesNotGoBack) {
  // Alaska crossed the date line with its sale in 1867.
  const absl::TimeZone naive = AbslZone("America/Juneau");
  const auto juneau = Load("America/Juneau");
  CivilDay last = INT32_MIN;
  for (TimeMs t = At("1867-10-15T00:00:00Z"); t < At("1867-10-23T00:00:00Z"); t += kHourMs) {
    ASSERT_GE(juneau->DayOf(t), last) << Utc(t);
    last = juneau->DayOf(t);
    ASSERT_EQ(last, NaiveDay(naive, t)) << Utc(t);
  }
}

TEST(Zone, LocalMeanTimeCountsBeforeZonesWereAgreed) {
  EXPECT_EQ(Load("Europe/Paris")->LocalOf(At("1880-01-01T00:00:00Z")), At("1880-01-01T00:09:21Z"));
}

TEST(Zone, OffsetChangesAreFoundInOrderAndEndWhereTheyEnd) {
  const auto paris = Load("Europe/Paris");
  EXPECT_EQ(paris->NextOffsetChange(At("2026-03-29T00:59:59.999Z")), At("2026-03-29T01:00:00Z"));
  EXPECT_EQ(paris->NextOffsetChange(At("2026-03-29T01:00:00Z")), At("2026-10-25T01:00:00Z"));
  EXPECT_EQ(paris->NextOffsetChange(At("2437-12-01T00:00:00Z")), At("2438-03-28T01:00:00Z"));
  EXPECT_EQ(Zone::Utc().NextOffsetChange(0), kNever);
  EXPECT_EQ(Load("Asia/Kolkata")->NextOffsetChange(At("2026-01-01T00:00:00Z")), kNever);
}

TEST(Zone, AgreesWithTheNaiveDefinitionAroundChanges) {
  std::mt19937_64 random(11);
  for (const std::string& name : kZones) {
    SCOPED_TRACE(name);
    const auto zone = Load(name);
    const absl::TimeZone naive = AbslZone(name);
    std::vector<TimeMs> changes = {At("1700-01-01T00:00:00Z")};
    while (changes.back() < At("2040-01-01T00:00:00Z")) {
      const TimeMs next = zone->NextOffsetChange(changes.back());
      if (next == kNever) break;
      changes.push_back(next);
    }
    for (int i = 0; i < 12; ++i) {
      const TimeMs change = changes[random() % changes.size()];
      const auto day =
          static_cast<CivilDay>(change / kDayMs) - 1 + static_cast<CivilDay>(random() % 3);
      ASSERT_EQ(Utc(zone->StartOf(day)), Utc(NaiveStart(naive, day))) << FormatDate(day);
      const TimeMs t = change - 2 * kHourMs + static_cast<TimeMs>(random() % (4 * kHourMs));
      ASSERT_EQ(zone->DayOf(t), NaiveDay(naive, t)) << Utc(t);
    }
  }
}

// absl's own civil conversion is quicker than looking at all instants, and as independent.
TimeMs AbslStart(const absl::TimeZone& zone, CivilDay day) {
  const auto info = zone.At(absl::CivilSecond(absl::CivilDay(1970, 1, 1) + day));
  return absl::ToUnixMillis(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

TEST(Zone, AgreesWithAbslFromTheYear1To9998) {
  std::mt19937_64 random(13);
  const CivilDay first = DayOfDate({1, 2, 1}), last = DayOfDate({9998, 12, 1});
  for (const std::string& name : kZones) {
    SCOPED_TRACE(name);
    const auto zone = Load(name);
    const absl::TimeZone naive = AbslZone(name);
    for (int i = 0; i < 20'000; ++i) {
      const bool modern = i % 2 == 0;
      const CivilDay day =
          modern
              ? static_cast<CivilDay>(random() % 30'000)
              : first + static_cast<CivilDay>(random() % static_cast<std::uint64_t>(last - first));
      ASSERT_EQ(Utc(zone->StartOf(day)), Utc(AbslStart(naive, day))) << FormatDate(day);
      const TimeMs t = day * kDayMs + static_cast<TimeMs>(random() % kDayMs);
      ASSERT_EQ(zone->LocalOf(t), NaiveLocal(naive, t)) << Utc(t);
      const CivilDay local = zone->DayOf(t);
      ASSERT_LE(AbslStart(naive, local), t) << Utc(t);
      ASSERT_GT(AbslStart(naive, local + 1), t) << Utc(t);
      const TimeMs next = zone->NextOffsetChange(t);
      if (next == kNever) continue;
      ASSERT_GT(next, t);
      ASSERT_EQ(NaiveLocal(naive, next - 1) - (next - 1), NaiveLocal(naive, t) - t) << Utc(t);
      ASSERT_NE(NaiveLocal(naive, next) - next, NaiveLocal(naive, t) - t) << Utc(next);
    }
  }
}

TEST(TimeZoneDataVersion, IsKnownOrSaysSo) { EXPECT_FALSE(TimeZoneDataVersion().empty()); }

}  // namespace
}  // namespace parcours
