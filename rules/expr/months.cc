#include "rules/expr/months.h"

#include <algorithm>

namespace parcours::expr {
namespace {

constexpr CivilDay kMarch1900 = -25'508;  // 1900-03-01
constexpr std::int64_t kYears = 200;      // from there, every fourth is a leap year

}  // namespace

std::int64_t FirstDayAfterMonths(CivilDay from, std::int64_t months) {
  const auto day = static_cast<std::uint32_t>(from - kMarch1900);
  const std::uint32_t year = (4 * day + 3) / 1461;  // since March 1900
  if (from < kMarch1900 || year + static_cast<std::uint64_t>(months) / 12 + 1 >= kYears) {
    if (DateOfDay(from).year + months / 12 + 1 > 9'998) return std::int64_t{kDayMax} + 1;
    return AddMonths(from, months);
  }
  const std::uint32_t day_of_year = day - 1461 * year / 4;
  const auto add = static_cast<std::uint32_t>(months);
  if (add % 12 == 0) {
    // 29 February is the last day of its year; one day later than the last of a common year is 1
    // March.
    return std::int64_t{kMarch1900} + 1461 * (year + add / 12) / 4 + day_of_year;
  }
  const std::uint32_t month = (5 * day_of_year + 2) / 153;  // since March
  const std::uint32_t day_of_month = day_of_year - (153 * month + 2) / 5;
  const std::uint32_t then = month + add % 12;
  const std::uint32_t then_year = year + add / 12 + then / 12, then_month = then % 12;
  const std::uint32_t year_start = 1461 * then_year / 4;
  const std::uint32_t next_month =
      then_month == 11 ? 1461 * (then_year + 1) / 4 : year_start + (153 * (then_month + 1) + 2) / 5;
  // A month that lacks the day ends on the first of the next.
  const std::uint32_t found =
      std::min(year_start + (153 * then_month + 2) / 5 + day_of_month, next_month);
  return std::int64_t{kMarch1900} + found;
}

}  // namespace parcours::expr
