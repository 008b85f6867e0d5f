#include "base/time.h"

#include <array>
#include <bit>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace parcours {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

// Days since 1970-01-01 of a civil date, and back. Years are counted from March, so that the leap
// day comes last; an era is 400 years of 146,097 days.
constexpr std::int64_t DaysOf(int year, int month, int day) {
  const int y = year - (month <= 2 ? 1 : 0);
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int of_era = y - era * 400;
  const int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return std::int64_t{era} * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}
static_assert(DaysOf(1970, 1, 1) == 0);
static_assert(DaysOf(9999, 1, 1) * kDayMs == kTimeMaxMs);

struct Civil {
  unsigned year, month, day;
};
constexpr Civil CivilOf(std::int64_t days) {  // REQUIRES: year 0 or later
  const auto z = static_cast<std::uint32_t>(days + 719'468);
  const std::uint32_t era = z / 146'097;
  const std::uint32_t of_era = z - era * 146'097;
  const std::uint32_t y = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::uint32_t of_year = of_era - (365 * y + y / 4 - y / 100);
  const std::uint32_t m = (5 * of_year + 2) / 153;
  const std::uint32_t month = m < 10 ? m + 3 : m - 9;
  return {y + era * 400 + (month <= 2 ? 1 : 0), month, of_year - (153 * m + 2) / 5 + 1};
}
static_assert(CivilOf(0).year == 1970 && CivilOf(0).month == 1 && CivilOf(0).day == 1);
static_assert(CivilOf(DaysOf(2000, 2, 29)).day == 29);

constexpr bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
constexpr int DaysIn(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Eight characters at once. A picture such as "0000-00-" says where digits and separators stand; in
// what is left when it is taken away, digits are 0 to 9 and separators 0.
constexpr std::uint64_t Word(const char (&picture)[9]) {
  std::uint64_t word = 0;
  for (int i = 7; i >= 0; --i) word = word << 8 | static_cast<unsigned char>(picture[i]);
  return word;
}
// What must be added to a byte so that bit 7 shows whether it was too large.
constexpr std::uint64_t Slack(const char (&picture)[9]) {
  std::uint64_t slack = 0;
  for (int i = 7; i >= 0; --i) slack = slack << 8 | (picture[i] == '0' ? 0x76U : 0x7FU);
  return slack;
}
inline std::uint64_t Load(const char* p) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t text;
  std::memcpy(&text, p, sizeof text);
  return text;
}
// Byte i of the result is the number of two digits that begins at character i. Sets *bad where the
// text does not look like the picture.
template <std::uint64_t picture, std::uint64_t slack>
inline std::uint64_t TwoDigitNumbers(std::uint64_t text, std::uint64_t* bad) {
  const std::uint64_t digits = text ^ picture;
  *bad |= (digits | (digits + slack)) & 0x8080808080808080U;
  return digits * 10 + (digits >> 8);
}
inline int NumberAt(std::uint64_t numbers, int i) {
  return static_cast<int>(numbers >> (8 * i) & 0xFF);
}

// Reads "Z", "+01:00" or "-09:30" at [p, end) as seconds east of UTC.
inline bool ParseOffset(const char* p, const char* end, std::int64_t* offset) {
  if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
    *offset = 0;
    return true;
  }
  if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') return false;
  for (int i : {1, 2, 4, 5}) {
    if (p[i] < '0' || p[i] > '9') return false;
  }
  const int hours = (p[1] - '0') * 10 + p[2] - '0';
  const int minutes = (p[4] - '0') * 10 + p[5] - '0';
  if (hours > 23 || minutes > 59) return false;
  *offset = (*p == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

// The whole of RFC 3339 as we accept it; no status is built here, because events come this way.
inline bool Parse(std::string_view text, FineTime* out) {
  if (text.size() < 20 || text.size() > 35) return false;
  const char* p = text.data();
  const char* const end = p + text.size();
  std::uint64_t bad = 0;
  const std::uint64_t months = TwoDigitNumbers<Word("0000-00-"), Slack("0000-00-")>(Load(p), &bad);
  const std::uint64_t small_t = Load(p + 5) | std::uint64_t{0x20} << 40;  // T or t
  const std::uint64_t days = TwoDigitNumbers<Word("00-00t00"), Slack("00-00t00")>(small_t, &bad);
  const std::uint64_t times =
      TwoDigitNumbers<Word("00:00:00"), Slack("00:00:00")>(Load(p + 11), &bad);
  if (bad != 0) return false;
  const int year = NumberAt(months, 0) * 100 + NumberAt(months, 2);
  const int month = NumberAt(months, 5), day = NumberAt(days, 3);
  const int hour = NumberAt(times, 0), minute = NumberAt(times, 3), second = NumberAt(times, 6);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  p += 19;
  std::int32_t nanos = 0;
  if (*p == '.') {
    const char* const first = ++p;
    while (p < end && *p >= '0' && *p <= '9' && p - first < 9) nanos = nanos * 10 + (*p++ - '0');
    if (p == first) return false;
    for (auto digits = p - first; digits < 9; ++digits) nanos *= 10;
  }
  std::int64_t offset = 0;
  if (!ParseOffset(p, end, &offset)) return false;
  const std::int64_t seconds =
      DaysOf(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset;
  if (seconds < kFirstSecond || seconds > kLastSecond) return false;
  *out = {seconds, nanos};
  return true;
}

absl::Status NotATime(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("not an RFC 3339 time such as 2026-03-01T10:15:30Z: \"",
                   std::string(text.substr(0, 40)), "\""));
}

struct Pairs {
  char text[200];
};
constexpr Pairs MakePairs() {
  Pairs pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs.text[2 * i] = static_cast<char>('0' + i / 10);
    pairs.text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr Pairs kPairs = MakePairs();

inline void PutPair(char* to, std::uint32_t value) { std::memcpy(to, kPairs.text + 2 * value, 2); }

struct Unit {
  const char* name;
  TimeMs length;
};
constexpr std::array<Unit, 6> kUnits = {{{"w", 7 * kDayMs},
                                         {"d", kDayMs},
                                         {"h", kHourMs},
                                         {"m", kMinuteMs},
                                         {"s", kSecondMs},
                                         {"ms", 1}}};

}  // namespace

absl::StatusOr<FineTime> ParseFineTime(std::string_view text) {
  FineTime time;
  if (!Parse(text, &time)) return NotATime(text);
  return time;
}

absl::StatusOr<TimeMs> ParseTime(std::string_view text) {
  FineTime time;
  if (!Parse(text, &time)) return NotATime(text);
  return time.seconds * kSecondMs + time.nanos / 1'000'000;
}

void AppendTime(TimeMs time, std::string* out) {
  if (time == kNever) {
    out->append("never");
    return;
  }
  std::int64_t days = time / kDayMs;
  std::int64_t rest = time - days * kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --days;
  }
  const Civil date = CivilOf(days);
  const auto of_day = static_cast<std::uint32_t>(rest);
  const std::uint32_t second = of_day / 1000, minute = second / 60;
  const std::uint32_t ms = of_day - second * 1000;
  char text[24];
  PutPair(text, date.year / 100);
  PutPair(text + 2, date.year % 100);
  text[4] = '-';
  PutPair(text + 5, date.month);
  text[7] = '-';
  PutPair(text + 8, date.day);
  text[10] = 'T';
  PutPair(text + 11, minute / 60);
  text[13] = ':';
  PutPair(text + 14, minute % 60);
  text[16] = ':';
  PutPair(text + 17, second % 60);
  text[19] = '.';
  text[20] = static_cast<char>('0' + ms / 100);
  PutPair(text + 21, ms % 100);
  text[23] = 'Z';
  out->append(text, sizeof text);
}

std::string FormatTime(TimeMs time) {
  std::string text;
  AppendTime(time, &text);
  return text;
}

absl::StatusOr<TimeMs> ParseLength(std::string_view text) {
  std::size_t digits = 0;
  TimeMs count = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    // Saturates: a number of this size is refused below, whatever its unit.
    if (count < kTimeMaxMs) count = count * 10 + (text[digits] - '0');
    ++digits;
  }
  for (const Unit& unit : kUnits) {
    if (digits == 0 || text.substr(digits) != unit.name) continue;
    if (count > kTimeMaxMs / unit.length) {
      return absl::InvalidArgumentError(
          absl::StrCat("longer than 8,000 years: \"", std::string(text.substr(0, 40)), "\""));
    }
    return count * unit.length;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("not a length of time such as 90m or 7d (units ms s m h d w): \"",
                   std::string(text.substr(0, 40)), "\""));
}

std::string FormatLength(TimeMs length) {
  if (length == 0) return "0s";
  for (const Unit& unit : kUnits) {
    // Weeks are read but not written: people count 28d, not 4w.
    if (unit.length <= kDayMs && length % unit.length == 0) {
      return absl::StrCat(length / unit.length, unit.name);
    }
  }
  return absl::StrCat(length, "ms");
}

}  // namespace parcours
