// Periods: what divides every year in the same way: months, the year itself, seasons.
//
// Periods are numbered through all years, so that the one before n is n - 1. One begins with its
// first day and ends where the next one begins; the last of a year may reach into the next year.
// Threads: immutable, share freely.   Limits: kPeriodsMax a year.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/calendar.h"

namespace parcours {

inline constexpr int kPeriodsMax = 12;

struct PeriodStart {
  int month = 1, day = 1;
  std::string name;  // of a season
};

class Periods {
 public:
  // REQUIRES: `starts` are 1 to kPeriodsMax days that every year has, in their order.
  explicit Periods(std::vector<PeriodStart> starts) : starts_(std::move(starts)) {}
  static Periods Months();
  static Periods Years();
  // Spring, summer, autumn, winter of the northern half, by the first of a month.
  static Periods Seasons();

  std::int64_t Of(CivilDay day) const;
  CivilDay FirstDay(std::int64_t period) const;
  const std::string& NameOf(std::int64_t period) const { return starts_[PlaceOf(period)].name; }
  const std::vector<PeriodStart>& starts() const { return starts_; }

 private:
  std::size_t PlaceOf(std::int64_t period) const {
    const auto count = static_cast<std::int64_t>(starts_.size());
    return static_cast<std::size_t>((period % count + count) % count);
  }

  std::vector<PeriodStart> starts_;
};

}  // namespace parcours
