#include "base/calendar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/mutant.h"

namespace parcours {
namespace {

constexpr std::int64_t kDaysOf400Years = 146097;
// Days from 0000-03-01 to 1970-01-01. Years that begin in March put the leap day last.
constexpr std::int64_t kEpochFromMarch0 = 719468;

// The Gregorian calendar repeats after 400 years, weekdays and all; so do the zones' lasting rules.
// absl lists one whole cycle of changes after the last that is not by rule (some lie in 2086).
constexpr TimeMs kCycleMs = kDaysOf400Years * kDayMs;
constexpr TimeMs kRulesLastMs = 13569465600000;  // 2400-01-01T00:00:00Z: later changes are by rule
// Slices of the index: 2^33 ms = 99 days from 1890 on. A slice holds few changes.
constexpr TimeMs kIndexBeginMs = -2524608000000;  // 1890-01-01T00:00:00Z
constexpr int kIndexShift = 33;
// No zone ever was further from UTC than 16 hours (Manila and Alaska before 1867).
constexpr TimeMs kOffsetMaxMs = 24 * kHourMs;

constexpr TimeMs FloorDiv(TimeMs value, TimeMs by) { return value / by - (value % by < 0 ? 1 : 0); }

CivilDay DayOfLocal(TimeMs local) { return static_cast<CivilDay>(FloorDiv(local, kDayMs)); }

TimeMs MsOf(absl::Time time) { return absl::ToUnixMillis(time); }

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Months since year 0, and back.
std::int64_t MonthNumber(const YearMonthDay& date) {
  return std::int64_t{date.year} * 12 + date.month - 1;
}
YearMonthDay DateInMonth(std::int64_t number, int day) {
  const std::int64_t year = FloorDiv(number, 12);
  return {static_cast<int>(year), static_cast<int>(number - year * 12) + 1, day};
}

// The day itself, or where its month lacks it the first of the next month.
CivilDay DayOrNextFirst(std::int64_t month_number, int day) {
  const YearMonthDay date = DateInMonth(month_number, day);
  if (date.day <= DaysInMonth(date.year, date.month)) return DayOfDate(date);
  return DayOfDate(DateInMonth(month_number + 1, 1));
}

// "+05:30" and the like; hours to 23, minutes to 59.
bool ParseFixedOffset(std::string_view name, int* seconds) {
  if (name.size() != 6 || (name[0] != '+' && name[0] != '-') || name[3] != ':') return false;
  for (int i : {1, 2, 4, 5}) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(name[static_cast<std::size_t>(i)]))) {
      return false;
    }
  }
  const int hours = (name[1] - '0') * 10 + (name[2] - '0');
  const int minutes = (name[4] - '0') * 10 + (name[5] - '0');
  if (hours > 23 || minutes > 59) return false;
  *seconds = (hours * 60 + minutes) * 60 * (name[0] == '-' ? -1 : 1);
  return true;
}

std::string ZoneFolder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// Names come from customers too, so that only what looks like an IANA name reaches the file system;
// and absl remembers every name it was asked for, so that unknown ones are not asked for.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 64 ||
      !absl::ascii_isupper(static_cast<unsigned char>(name[0]))) {
    return false;
  }
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isalnum(byte) && c != '_' && c != '-' && c != '+' && c != '/') return false;
  }
  const std::string folder = ZoneFolder();
  return access(folder.c_str(), F_OK) != 0 ||
         access(absl::StrCat(folder, "/", std::string(name)).c_str(), R_OK) == 0;
}

}  // namespace

CivilDay DayOfDate(YearMonthDay date) {
  const std::int64_t year = std::int64_t{date.year} - (date.month <= 2 ? 1 : 0);
  const int months = (date.month + 9) % 12;  // since March
  const std::int64_t leap_days = FloorDiv(year, 4) - FloorDiv(year, 100) + FloorDiv(year, 400);
  return static_cast<CivilDay>(year * 365 + leap_days + (153 * months + 2) / 5 + date.day - 1 -
                               kEpochFromMarch0);
}

YearMonthDay DateOfDay(CivilDay day) {
  const std::int64_t days = std::int64_t{day} + kEpochFromMarch0;
  const std::int64_t cycles = FloorDiv(days, kDaysOf400Years);
  std::int64_t rest = days - cycles * kDaysOf400Years;
  // The last century of four and the last year of four are a day longer: hence the minima.
  const std::int64_t centuries = std::min<std::int64_t>(rest / 36524, 3);
  rest -= centuries * 36524;
  const std::int64_t fours = rest / 1461;
  rest -= fours * 1461;
  const std::int64_t years = std::min<std::int64_t>(rest / 365, 3);
  rest -= years * 365;
  const int months = static_cast<int>((rest * 5 + 2) / 153);  // since March
  const int month = months < 10 ? months + 3 : months - 9;
  const std::int64_t year = cycles * 400 + centuries * 100 + fours * 4 + years;
  return {static_cast<int>(year) + (month <= 2 ? 1 : 0), month,
          static_cast<int>(rest) - (153 * months + 2) / 5 + 1};
}

bool DateExists(YearMonthDay date) {
  return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
         date.day >= 1 && date.day <= DaysInMonth(date.year, date.month);
}

absl::StatusOr<CivilDay> ParseDate(std::string_view text) {
  bool well_formed = text.size() == 10 && text[4] == '-' && text[7] == '-';
  for (std::size_t i = 0; well_formed && i < text.size(); ++i) {
    if (i != 4 && i != 7) well_formed = text[i] >= '0' && text[i] <= '9';
  }
  if (!well_formed) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a date as YYYY-MM-DD: '", std::string(text.substr(0, 40)), "'"));
  }
  const auto number = [&](std::size_t from, std::size_t count) {
    int value = 0;
    for (char c : text.substr(from, count)) value = value * 10 + (c - '0');
    return value;
  };
  const YearMonthDay date{number(0, 4), number(5, 2), number(8, 2)};
  if (!DateExists(date)) {
    return absl::InvalidArgumentError(absl::StrCat("no such date: '", std::string(text), "'"));
  }
  return DayOfDate(date);
}

std::string FormatDate(CivilDay day) {
  const YearMonthDay date = DateOfDay(day);
  return absl::StrCat(absl::Dec(date.year, absl::kZeroPad4), "-",
                      absl::Dec(date.month, absl::kZeroPad2), "-",
                      absl::Dec(date.day, absl::kZeroPad2));
}

std::int64_t MonthsBetween(CivilDay from, CivilDay to) {
  if (to < from) return -MonthsBetween(to, from);
  const YearMonthDay first = DateOfDay(from), last = DateOfDay(to);
  return MonthNumber(last) - MonthNumber(first) - (last.day < first.day ? 1 : 0);
}

CivilDay AddMonths(CivilDay from, std::int64_t months) {
  const YearMonthDay date = DateOfDay(from);
  if (months > 0) return DayOrNextFirst(MonthNumber(date) + months, date.day);
  // Counted backwards, `-months` whole months have passed from any day after the same day of the
  // month before: 15 March less 0 months is 16 February.
  return DayOrNextFirst(MonthNumber(date) + months - 1, date.day + 1);
}

int WeekdayOf(CivilDay day) {
  const std::int64_t since_monday = std::int64_t{day} + 3;  // 1970-01-01 was a Thursday
  return static_cast<int>(since_monday - FloorDiv(since_monday, 7) * 7) + 1;
}

absl::StatusOr<std::shared_ptr<const Zone>> Zone::Load(std::string_view name) {
  absl::TimeZone zone;
  int seconds = 0;
  if (ParseFixedOffset(name, &seconds)) {
    zone = absl::FixedTimeZone(seconds);
  } else if (name == "UTC") {
    zone = absl::UTCTimeZone();
  } else if (!IsZoneName(name) || !absl::LoadTimeZone(std::string(name), &zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown time zone '", std::string(name.substr(0, 80)), "'"));
  }
  return std::shared_ptr<const Zone>(new Zone(std::string(name), zone));
}

const Zone& Zone::Utc() {
  static const Zone* const utc = new Zone("UTC", absl::UTCTimeZone());
  return *utc;
}

Zone::Zone(std::string name, absl::TimeZone zone) : name_(std::move(name)), zone_(zone) {
  BuildSpans();
  BuildIndex();
}

void Zone::BuildSpans() {
  const auto offset_at = [this](absl::Time t) { return zone_.At(t).offset * kSecondMs; };
  // Year 1, not the infinite past, whose offset absl calls 0.
  absl::Time t = absl::FromUnixSeconds(-62135596800);
  spans_.push_back({INT64_MIN, offset_at(t), INT32_MIN});
  absl::TimeZone::CivilTransition change;
  while (zone_.NextTransition(t, &change)) {
    t = zone_.At(change.to).trans;
    const TimeMs begin = MsOf(t);
    const Span& last = spans_.back();
    const TimeMs offset = offset_at(t);
    if (offset == last.offset) continue;  // only the abbreviation changed
    const CivilDay reached = std::max(last.reached, DayOfLocal(begin - 1 + last.offset));
    spans_.push_back({begin, offset, reached});
  }
  if (spans_.back().begin > kRulesLastMs) cycle_end_ = spans_.back().begin;
}

void Zone::BuildIndex() {
  std::size_t span = 0;
  TimeMs slice = kIndexBeginMs;
  do {
    while (span + 1 < spans_.size() && spans_[span + 1].begin <= slice) ++span;
    index_.push_back(static_cast<std::uint16_t>(span));
    slice += TimeMs{1} << kIndexShift;
  } while (slice <= spans_.back().begin);
}

TimeMs Zone::CyclesBeyond(TimeMs t) const {
  return t < cycle_end_ ? 0 : (t - cycle_end_) / kCycleMs + 1;
}

std::size_t Zone::SpanOf(TimeMs t) const {
  std::size_t span = 0;
  if (t >= kIndexBeginMs) {
    const auto slice = static_cast<std::size_t>((t - kIndexBeginMs) >> kIndexShift);
    span = index_[std::min(slice, index_.size() - 1)];
  }
  while (span + 1 < spans_.size() && spans_[span + 1].begin <= t) ++span;
  return span;
}

CivilDay Zone::DayOf(TimeMs t) const {
  const TimeMs cycles = CyclesBeyond(t);
  t -= cycles * kCycleMs;
  const Span& span = spans_[SpanOf(t)];
  const CivilDay local = DayOfLocal(t + span.offset);
  const CivilDay day =
      PARCOURS_MUTANT("calendar-day-goes-back") ? local : std::max(local, span.reached);
  return day + static_cast<CivilDay>(cycles * kDaysOf400Years);
}

TimeMs Zone::StartOf(CivilDay day) const {
  const TimeMs cycles = CyclesBeyond(day * kDayMs);
  const TimeMs midnight = day * kDayMs - cycles * kCycleMs;
  // The first instant whose local time is at or past midnight: in the first span that gets so far.
  std::size_t span = SpanOf(midnight - kOffsetMaxMs);
  while (span + 1 < spans_.size() && spans_[span + 1].begin + spans_[span].offset <= midnight) {
    ++span;
  }
  TimeMs start = midnight - spans_[span].offset;
  if (!PARCOURS_MUTANT("calendar-start-before-gap")) start = std::max(start, spans_[span].begin);
  return start + cycles * kCycleMs;
}

TimeMs Zone::LocalOf(TimeMs t) const {
  return t + spans_[SpanOf(t - CyclesBeyond(t) * kCycleMs)].offset;
}

TimeMs Zone::NextOffsetChange(TimeMs t) const {
  const TimeMs shift = CyclesBeyond(t) * kCycleMs;
  const std::size_t next = SpanOf(t - shift) + 1;
  return next < spans_.size() ? spans_[next].begin + shift : kNever;
}

std::string TimeZoneDataVersion() {
  std::string line;
  std::ifstream zones(absl::StrCat(ZoneFolder(), "/tzdata.zi"));
  constexpr std::string_view kPrefix = "# version ";
  if (std::getline(zones, line) && line.size() > kPrefix.size() &&
      line.compare(0, kPrefix.size(), kPrefix) == 0) {
    return line.substr(kPrefix.size());
  }
  std::ifstream version(absl::StrCat(ZoneFolder(), "/+VERSION"));
  if (std::getline(version, line) && !line.empty()) return line;
  return "unknown";
}

}  // namespace parcours
