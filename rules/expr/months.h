// Months: the day on which so many months have passed, by a few additions.
//
// Between March 1900 and February 2100 every fourth year is a leap year, and a year that begins in
// March has its leap day last, so that a day a year (or a month) later is found without looking at
// a calendar. Days outside go to AddMonths. Threads: pure function.
#pragma once

#include <cstdint>

#include "base/calendar.h"

namespace parcours::expr {

inline constexpr CivilDay kDayMin = -719'162;   // 0001-01-01
inline constexpr CivilDay kDayMax = 2'932'896;  // 9999-12-31

// The first day on which MonthsBetween(from, day) >= months; kDayMax + 1 if it is past year 9998.
// REQUIRES: months > 0; `from` in the years 1 to 9999
std::int64_t FirstDayAfterMonths(CivilDay from, std::int64_t months);

}  // namespace parcours::expr
