#include "base/decimal.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/cell.h"
#include "base/mutant.h"

namespace parcours {
namespace {

constexpr std::uint64_t kMagnitudeMax = INT64_MAX;  // of a positive cell; a negative one: 1 less

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number as JSON writes it, taken apart: -[whole].[fraction]e[exponent].
struct Parts {
  bool negative = false;
  std::string_view whole, fraction;
  std::int64_t exponent = 0;
};

// Follows the grammar of JSON: no "+1", no "01", no ".5", no "5.".
bool TakeApart(std::string_view text, Parts* parts) {
  std::size_t at = 0;
  const auto digits = [&text, &at] {
    const std::size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  if (at < text.size() && text[at] == '-') {
    parts->negative = true;
    ++at;
  }
  parts->whole = digits();
  if (parts->whole.empty() || (parts->whole.size() > 1 && parts->whole[0] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    parts->fraction = digits();
    if (parts->fraction.empty()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::string_view exponent = digits();
    if (exponent.empty()) return false;
    // Saturates: a text is far shorter than this, so the answer is the same.
    constexpr std::int64_t kExponentMax = 1'000'000'000;
    for (char c : exponent) {
      parts->exponent = std::min(kExponentMax, parts->exponent * 10 + (c - '0'));
    }
    if (down) parts->exponent = -parts->exponent;
  }
  return at == text.size();
}

bool PushDigit(std::uint64_t digit, std::uint64_t* value) {
  return !__builtin_mul_overflow(*value, std::uint64_t{10}, value) &&
         !__builtin_add_overflow(*value, digit, value);
}

absl::Status NotANumber(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a decimal number: \"", std::string(text.substr(0, 40)), "\""));
}
absl::Status TooLarge(std::string_view text) {
  return absl::OutOfRangeError(absl::StrCat("too large: ", std::string(text.substr(0, 40))));
}
absl::Status TooFine(std::string_view text, int decimals) {
  return absl::OutOfRangeError(
      absl::StrCat("more than ", decimals, " decimals: ", std::string(text.substr(0, 40))));
}

// All ISO 4217 codes in use, grouped by their decimals, and those withdrawn in the 2020s (ANG BGN
// CUC HRK SLL ZWL), because histories still hold them. Codes without a minor unit (metals, XDR,
// XTS,
// XXX) are not money a shop could take.
constexpr std::string_view kNoDecimals =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr std::string_view kTwoDecimals =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP "
    "GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT "
    "LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
    "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS "
    "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD "
    "XCD XCG YER ZAR ZMW ZWG ZWL";
constexpr std::string_view kThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view kFourDecimals = "CLF UYW";

bool Lists(std::string_view codes, std::string_view code) {
  for (std::size_t at = 0; at < codes.size(); at += 4) {
    if (codes.substr(at, 3) == code) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::int64_t> ParseDecimal(std::string_view text, int decimals) {
  Parts parts;
  if (!TakeApart(text, &parts)) return NotANumber(text);
  // Of all digits, the first `kept` make the units; those behind must be zeros, and where there are
  // fewer, zeros are added.
  const auto whole = static_cast<std::int64_t>(parts.whole.size());
  const auto written = whole + static_cast<std::int64_t>(parts.fraction.size());
  const std::int64_t kept = whole + parts.exponent + decimals;
  const auto digit_at = [&parts, whole](std::int64_t i) {
    return i < whole ? parts.whole[static_cast<std::size_t>(i)]
                     : parts.fraction[static_cast<std::size_t>(i - whole)];
  };
  std::uint64_t units = 0;
  for (std::int64_t i = 0; i < std::min(kept, written); ++i) {
    if (!PushDigit(static_cast<std::uint64_t>(digit_at(i) - '0'), &units)) return TooLarge(text);
  }
  for (std::int64_t i = std::max<std::int64_t>(kept, 0); i < written; ++i) {
    if (digit_at(i) != '0' && !PARCOURS_MUTANT("decimal-drops-digits")) {
      return TooFine(text, decimals);
    }
  }
  if (units == 0) return 0;
  for (std::int64_t i = written; i < kept; ++i) {
    if (!PushDigit(0, &units)) return TooLarge(text);  // at most 19 rounds: units is not 0
  }
  // The two smallest patterns of a cell are reserved.
  if (units > kMagnitudeMax - (parts.negative ? 1 : 0)) return TooLarge(text);
  const auto value = static_cast<std::int64_t>(units);
  return parts.negative ? -value : value;
}

void AppendDecimal(std::int64_t units, int decimals, std::string* out) {
  char text[32];
  char* const end = text + sizeof text;
  char* p = end;
  // Unsigned, so that the smallest number has a magnitude too.
  std::uint64_t rest =
      units < 0 ? ~static_cast<std::uint64_t>(units) + 1 : static_cast<std::uint64_t>(units);
  int digits = 0;
  do {
    *--p = static_cast<char>('0' + rest % 10);
    rest /= 10;
    if (++digits == decimals) {
      *--p = '.';
      if (rest == 0) *--p = '0';
    }
  } while (rest != 0 || digits < decimals);
  if (units < 0) *--p = '-';
  out->append(p, static_cast<std::size_t>(end - p));
}

std::string FormatDecimal(std::int64_t units, int decimals) {
  std::string text;
  AppendDecimal(units, decimals, &text);
  return text;
}

absl::StatusOr<int> CurrencyDecimals(std::string_view code) {
  if (code.size() == 3 && code.find(' ') == std::string_view::npos) {
    if (Lists(kTwoDecimals, code)) return 2;
    if (Lists(kNoDecimals, code)) return 0;
    if (Lists(kThreeDecimals, code)) return 3;
    if (Lists(kFourDecimals, code)) return 4;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("not a currency code of ISO 4217: \"", std::string(code.substr(0, 40)), "\""));
}

}  // namespace parcours
