// Format: how the values of expressions are written as text, and durations read from it.
//
// Threads: pure functions. Failure: ParseDuration returns InvalidArgument with a reason for people.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rules/expr/value.h"

namespace parcours::expr {

// "2026-03-01T00:00:00Z"; with 3, 6 or 9 decimals where they are needed.
std::string FormatTimestamp(Wide ns);
// "5400s", "1.5s", "-0.000000001s": seconds, without trailing zeros.
std::string FormatDuration(Wide ns);
// The shortest text that reads back as the same number; "NaN", "Infinity", "-Infinity".
std::string FormatDouble(double value);
// JSON: in double quotes, with escapes. Bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string* out);

// "1h30m", "-1.5s", "10ms", "0": CEL's durations, units h m s ms us ns.
absl::StatusOr<Nanos> ParseDuration(std::string_view text);

}  // namespace parcours::expr
