// Decimal: exact numbers as text, to and from integers of minor units.
//
// Money and fixed-point fields never pass through a double: JSON numbers are read as decimal text.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parcours {

inline constexpr int kDecimalsMax = 6;

// "12.30", "-3", "1.2e2" with `decimals` 2 -> 1230, -300, 12000. Digits beyond the decimals are
// refused unless they are zeros; so is what does not fit in a cell. 0 <= decimals <= kDecimalsMax.
// The text is a number as JSON writes it (no "+1", "01", ".5"); anything else is InvalidArgument, a
// number that is too large or has too many decimals OutOfRange.
absl::StatusOr<std::int64_t> ParseDecimal(std::string_view text, int decimals);

// 1230 with 2 decimals -> "12.30".
std::string FormatDecimal(std::int64_t units, int decimals);
void AppendDecimal(std::int64_t units, int decimals, std::string* out);

// The decimals ISO 4217 gives a currency code ("EUR" 2, "JPY" 0, "KWD" 3), or an error for a code
// that it does not know.
absl::StatusOr<int> CurrencyDecimals(std::string_view code);

}  // namespace parcours
