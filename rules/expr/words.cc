// Words: calendar words and accessors of time, on values that stand still.
#include <algorithm>

#include "base/mutant.h"
#include "rules/expr/functions.h"

namespace parcours::expr {
namespace {

constexpr Wide kNanosPerDay = 86'400 * kNanosPerSecond;

TimeMs MsOf(const Value& timestamp) {
  return static_cast<TimeMs>(FloorDiv(timestamp.AsNanos(), kNanosPerMs));
}

bool IsDayOrInstant(const Value& value) {
  return value.Is(Kind::kTimestamp) || value.Is(Kind::kDate);
}

CivilDay LocalDay(const Value& value, const Zone& zone) {
  return value.Is(Kind::kDate) ? value.AsDate() : zone.DayOf(MsOf(value));
}

Value StartOfDay(const Value& value, const Zone& zone) {
  const Wide ns = zone.StartOf(LocalDay(value, zone)) * kNanosPerMs;
  if (!InTimestampRange(ns)) {
    return Value::BorrowedError("the timestamp leaves the years 1 to 9999");
  }
  return Value::Timestamp({ns});
}

Value LocalTime(const Value& value, const Zone& zone) {
  const TimeMs ms = MsOf(value);
  const Wide local = zone.LocalOf(ms) * kNanosPerMs + (value.AsNanos() - ms * kNanosPerMs);
  return Value::Duration({local - FloorDiv(local, kNanosPerDay) * kNanosPerDay});
}

Value LocalDate(const Value& value, const Zone& zone) {
  const CivilDay day = LocalDay(value, zone);
  const int year = DateOfDay(day).year;
  if (year < 1 || year > 9999) return Value::BorrowedError("the date leaves the years 1 to 9999");
  return Value::Date(day);
}

Value OfDuration(Func func, Wide ns) {
  const auto in = [ns](Wide unit) { return Value::Int(static_cast<std::int64_t>(ns / unit)); };
  switch (func) {
    case Func::kGetHours:
      return in(3600 * kNanosPerSecond);
    case Func::kGetMinutes:
      return in(60 * kNanosPerSecond);
    case Func::kGetSeconds:
      return in(kNanosPerSecond);
    // CEL's own: the milliseconds within the second, not of the whole.
    case Func::kGetMilliseconds:
      return Value::Int(static_cast<std::int64_t>(ns % kNanosPerSecond / kNanosPerMs));
    default:
      return NoOverload("an accessor of a duration");
  }
}

Value OfLocalDay(Func func, CivilDay day) {
  const YearMonthDay date = DateOfDay(day);
  switch (func) {
    case Func::kFullYear:
      return Value::Int(date.year);
    case Func::kMonth:
      return Value::Int(date.month - 1);
    case Func::kDayOfMonth:
      return Value::Int(date.day - 1);
    case Func::kDateOfMonth:
      return Value::Int(date.day);
    case Func::kDayOfWeek:
      return Value::Int(WeekdayOf(day) % 7);  // CEL: 0 is Sunday
    default:
      return Value::Int(day - DayOfDate({date.year, 1, 1}));
  }
}

}  // namespace

bool IsWeekend(CivilDay day) { return WeekdayOf(day) >= 6; }

CivilDay NextBirthday(CivilDay birth, CivilDay today) {
  const YearMonthDay born = DateOfDay(birth);
  const int year = DateOfDay(today).year;
  // 29 February is the day after the 28th, whichever it is.
  const auto in = [&](int y) {
    const int early = std::min(born.day, 28);
    return DayOfDate({y, born.month, early}) + (born.day - early);
  };
  const bool over = PARCOURS_MUTANT("expr-birthday-over") ? in(year) <= today : in(year) < today;
  return over ? in(year + 1) : in(year);
}

Value Word(Func func, Arguments arguments, const Surroundings& around) {
  const Zone& zone = *around.zone;
  for (int i = 0; i < arguments.count; ++i) {
    if (!IsDayOrInstant(arguments[i])) return NoOverload("a calendar word");
  }
  const Value& first = arguments[0];
  switch (func) {
    case Func::kCalendarDays:
      return Value::Int(LocalDay(arguments[1], zone) - LocalDay(first, zone));
    case Func::kMonths:
      return Value::Int(MonthsBetween(LocalDay(first, zone), LocalDay(arguments[1], zone)));
    case Func::kAge:
      if (!first.Is(Kind::kDate)) return NoOverload("age()");
      return Value::Int(MonthsBetween(first.AsDate(), zone.DayOf(around.now)) / 12);
    case Func::kStartOfDay:
      return StartOfDay(first, zone);
    case Func::kWeekday:
      return Value::Int(WeekdayOf(LocalDay(first, zone)));
    case Func::kLocalDate:
      return LocalDate(first, zone);
    case Func::kSeason: {
      const std::int64_t season = around.seasons->Of(LocalDay(first, zone));
      return Value::Borrowed(Kind::kString, around.seasons->NameOf(season));
    }
    case Func::kIsWeekend:
      return Value::Bool(IsWeekend(LocalDay(first, zone)));
    case Func::kDaysUntilBirthday: {
      if (!first.Is(Kind::kDate)) return NoOverload("days_until_birthday()");
      const CivilDay today = zone.DayOf(around.now);
      return Value::Int(NextBirthday(first.AsDate(), today) - today);
    }
    default:
      if (!first.Is(Kind::kTimestamp)) return NoOverload("local_time()");
      return LocalTime(first, zone);
  }
}

Value Accessor(const Node& node, const Value& value) {
  if (value.Is(Kind::kDuration)) return OfDuration(node.func, value.AsNanos());
  if (!value.Is(Kind::kTimestamp)) return NoOverload("an accessor of time");
  const TimeMs ms = MsOf(value);
  const TimeMs local = node.zone == nullptr ? ms : node.zone->LocalOf(ms);
  const auto day = static_cast<CivilDay>(FloorDiv(local, kDayMs));
  const TimeMs in_day = local - TimeMs{day} * kDayMs;
  switch (node.func) {
    case Func::kGetHours:
      return Value::Int(in_day / kHourMs);
    case Func::kGetMinutes:
      return Value::Int(in_day / kMinuteMs % 60);
    case Func::kGetSeconds:
      return Value::Int(in_day / kSecondMs % 60);
    case Func::kGetMilliseconds:
      return Value::Int(in_day % kSecondMs);
    default:
      return OfLocalDay(node.func, day);
  }
}

}  // namespace parcours::expr
