#include "rules/expr/format.h"

#include <charconv>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

// The nine digits of `nanos`, cut to 3 or 6 where the rest are zeros.
std::string Fraction(std::int64_t nanos) {
  if (nanos == 0) return "";
  if (nanos % 1'000'000 == 0) return absl::StrFormat(".%03d", nanos / 1'000'000);
  if (nanos % 1'000 == 0) return absl::StrFormat(".%06d", nanos / 1'000);
  return absl::StrFormat(".%09d", nanos);
}

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
// Longer names before those that begin alike.
constexpr Unit kUnits[] = {
    {"ms", 1'000'000},        {"us", 1'000},         {"ns", 1},
    {"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000},
};

absl::Status BadDuration(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(text.substr(0, 40)), "' is not a duration like \"1h30m\""));
}

// Takes digits; adds unit_ns times their number, the fraction cut to nanoseconds.
bool TakeNumber(std::string_view* text, Wide* whole, Wide* fraction, Wide* scale) {
  std::size_t digits = 0, i = 0;
  bool point = false;
  *whole = 0, *fraction = 0, *scale = 1;
  for (; i < text->size(); ++i) {
    const char c = (*text)[i];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    ++digits;
    if (point) {
      if (*scale >= 1'000'000'000'000'000) continue;
      *fraction = *fraction * 10 + (c - '0');
      *scale *= 10;
    } else {
      *whole = *whole * 10 + (c - '0');
      if (*whole > kDurationMaxNs) return false;
    }
  }
  text->remove_prefix(i);
  return digits > 0;
}

}  // namespace

std::string FormatTimestamp(Wide ns) {
  const Wide seconds = FloorDiv(ns, kNanosPerSecond);
  const auto day = static_cast<CivilDay>(FloorDiv(seconds, 86'400));
  const auto rest = static_cast<int>(seconds - Wide{day} * 86'400);
  return absl::StrCat(FormatDate(day),
                      absl::StrFormat("T%02d:%02d:%02d", rest / 3600, rest / 60 % 60, rest % 60),
                      Fraction(static_cast<std::int64_t>(ns - seconds * kNanosPerSecond)), "Z");
}

std::string FormatDuration(Wide ns) {
  const bool negative = ns < 0;
  const Wide size = negative ? -ns : ns;
  std::string fraction =
      absl::StrFormat(".%09d", static_cast<std::int64_t>(size % kNanosPerSecond));
  while (fraction.back() == '0') fraction.pop_back();
  if (fraction == ".") fraction.clear();
  return absl::StrCat(negative ? "-" : "", static_cast<std::int64_t>(size / kNanosPerSecond),
                      fraction, "s");
}

std::string FormatDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end.ptr);
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    const std::string_view bytes = text.substr(0, static_cast<std::size_t>(point.bytes));
    text.remove_prefix(bytes.size());
    switch (point.value) {
      case -1:
        out->append("\xEF\xBF\xBD");
        continue;
      case '"':
        out->append("\\\"");
        continue;
      case '\\':
        out->append("\\\\");
        continue;
      case '\n':
        out->append("\\n");
        continue;
      case '\r':
        out->append("\\r");
        continue;
      case '\t':
        out->append("\\t");
        continue;
      default:
        break;
    }
    if (point.value < 0x20) {
      absl::StrAppendFormat(out, "\\u%04x", point.value);
    } else {
      out->append(bytes);
    }
  }
  out->push_back('"');
}

absl::StatusOr<Nanos> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return Nanos{0};
  if (rest.empty()) return BadDuration(text);
  Wide total = 0;
  while (!rest.empty()) {
    Wide whole, fraction, scale;
    if (!TakeNumber(&rest, &whole, &fraction, &scale)) return BadDuration(text);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.substr(0, candidate.name.size()) == candidate.name) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return BadDuration(text);
    rest.remove_prefix(unit->name.size());
    if (whole > kDurationMaxNs / unit->ns) whole = kDurationMaxNs / unit->ns + 1;
    total += whole * unit->ns + fraction * unit->ns / scale;
    if (total > kDurationMaxNs) break;
  }
  if (total > kDurationMaxNs) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the duration '", std::string(text.substr(0, 40)), "' is longer than 3,650,000 days"));
  }
  return Nanos{negative ? -total : total};
}

}  // namespace parcours::expr
