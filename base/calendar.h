// Calendar: local days and local time, as a retailer's customers live them.
//
// A civil day is a count of days since 1970-01-01 (`CivilDay`). `StartOf(day)` is the first instant
// of that local day: a midnight that does not exist (daylight saving, Apia 2011-12-30) is the first
// instant after the gap, one that exists twice is the first. `DayOf(t)` is the last day whose start
// is <= t, so that it never goes back, even where clocks fall back over midnight.
// A birthday on 29 February falls on 1 March in other years; a month that lacks the day ends on the
// 1st of the next one. Rules come from the system's time zone data through absl::TimeZone.
// Threads: immutable after Load, share freely. Limits: years 1 to 9999.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/time.h"

namespace parcours {

using CivilDay = std::int32_t;  // days since 1970-01-01, proleptic Gregorian

struct YearMonthDay {
  int year, month, day;  // month 1-12, day 1-31
};
CivilDay DayOfDate(YearMonthDay date);  // REQUIRES: a date that exists
YearMonthDay DateOfDay(CivilDay day);
bool DateExists(YearMonthDay date);
// "1985-02-29" -> error; "1984-02-29" -> 5172. Years 0001 to 9999.
absl::StatusOr<CivilDay> ParseDate(std::string_view text);
std::string FormatDate(CivilDay day);

// Whole months from `from` to `to` (negative if `to` is earlier: -MonthsBetween(to, from)).
std::int64_t MonthsBetween(CivilDay from, CivilDay to);
// The first day on which MonthsBetween(from, day) >= months, which may be negative. REQUIRES: the
// result is in 1..9999.
CivilDay AddMonths(CivilDay from, std::int64_t months);
// ISO: 1 Monday .. 7 Sunday.
int WeekdayOf(CivilDay day);

// Zone: one IANA time zone, with its offsets laid out in a table for fast look-up.
class Zone {
 public:
  // Loads "Europe/Paris", "UTC", or a fixed offset "+05:30". An unknown name is InvalidArgument.
  // Builds the whole table (some 700 us): keep the zone, do not load it for each event.
  static absl::StatusOr<std::shared_ptr<const Zone>> Load(std::string_view name);
  static const Zone& Utc();

  const std::string& name() const { return name_; }

  CivilDay DayOf(TimeMs t) const;
  TimeMs StartOf(CivilDay day) const;
  // Local wall time of `t` as milliseconds since 1970-01-01T00:00 on the local calendar.
  TimeMs LocalOf(TimeMs t) const;
  // The first instant after `t` at which the zone's offset changes, or kNever.
  TimeMs NextOffsetChange(TimeMs t) const;

 private:
  explicit Zone(std::string name, absl::TimeZone zone);
  struct Span {
    TimeMs begin;      // from this instant on ...
    TimeMs offset;     // ... local = utc + offset
    CivilDay reached;  // the last local day that had begun before `begin`
  };
  void BuildSpans();
  void BuildIndex();
  // How many times 400 years (after which the calendar and all rules repeat) to go back from `t` so
  // that the table covers it.
  TimeMs CyclesBeyond(TimeMs t) const;
  std::size_t SpanOf(TimeMs t) const;  // REQUIRES: CyclesBeyond(t) == 0

  std::string name_;
  absl::TimeZone zone_;
  std::vector<Span> spans_;           // sorted; the first begins at INT64_MIN
  std::vector<std::uint16_t> index_;  // by slice of time: the last span that begins at or before it
  TimeMs cycle_end_ = kNever;         // the table's last change, if the rules go on for ever
};

// The version of the time zone data in use ("2025b"), or "unknown".
std::string TimeZoneDataVersion();

}  // namespace parcours
