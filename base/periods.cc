#include "base/periods.h"

#include <tuple>

namespace parcours {

Periods Periods::Months() {
  std::vector<PeriodStart> starts;
  for (int month = 1; month <= 12; ++month) starts.push_back({month, 1, ""});
  return Periods(std::move(starts));
}

Periods Periods::Years() { return Periods({{1, 1, ""}}); }

Periods Periods::Seasons() {
  return Periods({{3, 1, "spring"}, {6, 1, "summer"}, {9, 1, "autumn"}, {12, 1, "winter"}});
}

std::int64_t Periods::Of(CivilDay day) const {
  const YearMonthDay date = DateOfDay(day);
  std::int64_t begun = 0;  // of the year's own
  for (const PeriodStart& start : starts_) {
    if (std::tie(start.month, start.day) <= std::tie(date.month, date.day)) ++begun;
  }
  return date.year * static_cast<std::int64_t>(starts_.size()) + begun - 1;
}

CivilDay Periods::FirstDay(std::int64_t period) const {
  const std::size_t place = PlaceOf(period);
  const auto year = static_cast<int>((period - static_cast<std::int64_t>(place)) /
                                     static_cast<std::int64_t>(starts_.size()));
  return DayOfDate({year, starts_[place].month, starts_[place].day});
}

}  // namespace parcours
