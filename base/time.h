// TimeMs: an instant, or a length of time, in whole milliseconds.
//
// Instants count from 1970-01-01T00:00:00Z, without leap seconds. Event time, log time, `now` and
// due instants are all cut to this resolution at the door; expressions see nanoseconds.
// A plain integer, because a customer's stored values (base/cell.h) are 8-byte integers too.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parcours {

using TimeMs = std::int64_t;

inline constexpr TimeMs kNever = INT64_MAX;  // a horizon or due instant that never comes
inline constexpr TimeMs kTimeMinMs = 0;      // 1970-01-01T00:00:00Z, the first event time accepted
inline constexpr TimeMs kTimeMaxMs =
    253370764800000;  // 9999-01-01T00:00:00Z, the first one refused
inline constexpr TimeMs kSecondMs = 1000;
inline constexpr TimeMs kMinuteMs = 60 * kSecondMs;
inline constexpr TimeMs kHourMs = 60 * kMinuteMs;
inline constexpr TimeMs kDayMs = 24 * kHourMs;

// An instant with the nanoseconds that CEL gives it. `seconds` may be negative; 0 <= nanos < 1e9.
struct FineTime {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
};

// Parses RFC 3339 with a `T` and an offset or `Z` ("2026-03-01T10:15:30.123+01:00"; either letter
// may be small), up to nine decimals, years 0001 to 9999 in UTC. Refuses everything else,
// impossible dates, offsets and leap seconds among them.
absl::StatusOr<FineTime> ParseFineTime(std::string_view text);

// The same, cut to whole milliseconds (towards the past).
absl::StatusOr<TimeMs> ParseTime(std::string_view text);

// "2026-03-01T10:15:30.123Z": always UTC, always three decimals. REQUIRES: year 0001 to 9999;
// kNever prints as "never".
std::string FormatTime(TimeMs time);
// Appends the same 24 bytes; for the hot path.
void AppendTime(TimeMs time, std::string* out);

// Parses a length of time as definitions write it: a whole number and a unit, `ms s m h d w`
// ("7d", "90m"). A day is 24 hours. Refuses more than 8,000 years, so that instants plus lengths
// fit.
absl::StatusOr<TimeMs> ParseLength(std::string_view text);
// "7d", "90m": the largest unit, up to days, that divides it.
std::string FormatLength(TimeMs length);

}  // namespace parcours
