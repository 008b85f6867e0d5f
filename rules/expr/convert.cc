// Convert: from one type to another: int(x), string(x), timestamp(x), money(x), days(x).
#include <charconv>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/decimal.h"
#include "base/time.h"
#include "rules/expr/format.h"
#include "rules/expr/functions.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Value Bad(std::string_view text, const char* what) {
  return Value::Error(absl::StrCat("'", std::string(text.substr(0, 40)), "' is not ", what));
}
Value OutOfRange() { return Value::BorrowedError("the number leaves its range"); }

template <typename T>
bool ReadWhole(std::string_view text, T* number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), *number);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && !text.empty();
}

Value ToInt(const Value& value) {
  switch (value.kind()) {
    case Kind::kInt:
      return value;
    case Kind::kUint:
      if (value.AsUint() > INT64_MAX) return OutOfRange();
      return Value::Int(static_cast<std::int64_t>(value.AsUint()));
    case Kind::kDouble: {
      const double number = value.AsDouble();
      // The ends themselves are refused: a double near them cannot tell which integer it meant.
      if (!(number > -9223372036854775808.0 && number < 9223372036854775808.0)) return OutOfRange();
      return Value::Int(static_cast<std::int64_t>(number));
    }
    case Kind::kString: {
      std::int64_t number;
      if (!ReadWhole(value.AsText(), &number)) return Bad(value.AsText(), "an int");
      return Value::Int(number);
    }
    case Kind::kTimestamp:
      return Value::Int(static_cast<std::int64_t>(FloorDiv(value.AsNanos(), kNanosPerSecond)));
    default:
      return NoOverload("int()");
  }
}

Value ToUint(const Value& value) {
  switch (value.kind()) {
    case Kind::kUint:
      return value;
    case Kind::kInt:
      if (value.AsInt() < 0) return OutOfRange();
      return Value::Uint(static_cast<std::uint64_t>(value.AsInt()));
    case Kind::kDouble: {
      const double number = value.AsDouble();
      if (!(number >= 0 && number < 18446744073709551616.0)) return OutOfRange();
      return Value::Uint(static_cast<std::uint64_t>(number));
    }
    case Kind::kString: {
      std::uint64_t number;
      if (!ReadWhole(value.AsText(), &number)) return Bad(value.AsText(), "a uint");
      return Value::Uint(number);
    }
    default:
      return NoOverload("uint()");
  }
}

Value ToDouble(const Value& value) {
  switch (value.kind()) {
    case Kind::kDouble:
      return value;
    case Kind::kInt:
      return Value::Double(static_cast<double>(value.AsInt()));
    case Kind::kUint:
      return Value::Double(static_cast<double>(value.AsUint()));
    case Kind::kString: {
      const std::string_view text = value.AsText();
      if (text == "Infinity" || text == "-Infinity") {
        return Value::Double(text[0] == '-' ? -kInfinity : kInfinity);
      }
      double number;
      const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
      if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
        return Bad(text, "a double");
      }
      return Value::Double(number);
    }
    default:
      return NoOverload("double()");
  }
}

Value ToString(const Value& value) {
  switch (value.kind()) {
    case Kind::kString:
      return value;
    case Kind::kBool:
      return Value::String(value.AsBool() ? "true" : "false");
    case Kind::kInt:
      return Value::String(absl::StrCat(value.AsInt()));
    case Kind::kUint:
      return Value::String(absl::StrCat(value.AsUint()));
    case Kind::kDouble:
      return Value::String(FormatDouble(value.AsDouble()));
    case Kind::kBytes:
      if (!IsUtf8(value.AsText())) return Value::BorrowedError("the bytes are not valid UTF-8");
      return Value::String(std::string(value.AsText()));
    case Kind::kTimestamp:
      return Value::String(FormatTimestamp(value.AsNanos()));
    case Kind::kDuration:
      return Value::String(FormatDuration(value.AsNanos()));
    case Kind::kMoney:
      return Value::String(FormatDecimal(value.AsMoney(), value.decimals()));
    case Kind::kDate:
      return Value::String(FormatDate(value.AsDate()));
    default:
      return NoOverload("string()");
  }
}

Value ToBool(const Value& value) {
  if (value.kind() == Kind::kBool) return value;
  if (value.kind() != Kind::kString) return NoOverload("bool()");
  const std::string_view text = value.AsText();
  for (std::string_view yes : {"true", "True", "TRUE", "t", "1"}) {
    if (text == yes) return Value::Bool(true);
  }
  for (std::string_view no : {"false", "False", "FALSE", "f", "0"}) {
    if (text == no) return Value::Bool(false);
  }
  return Bad(text, "a bool");
}

Value ToBytes(const Value& value) {
  if (value.kind() == Kind::kBytes) return value;
  if (value.kind() != Kind::kString) return NoOverload("bytes()");
  return Value::Bytes(std::string(value.AsText()));
}

Value ToTimestamp(const Value& value) {
  if (value.kind() == Kind::kTimestamp) return value;
  Wide ns = 0;
  if (value.kind() == Kind::kInt) {
    ns = value.AsInt() * kNanosPerSecond;
  } else if (value.kind() == Kind::kString) {
    const absl::StatusOr<FineTime> time = ParseFineTime(value.AsText());
    if (!time.ok()) return Bad(value.AsText(), "a timestamp like \"2026-03-01T00:00:00Z\"");
    ns = time->seconds * kNanosPerSecond + time->nanos;
  } else {
    return NoOverload("timestamp()");
  }
  if (!InTimestampRange(ns)) {
    return Value::BorrowedError("the timestamp leaves the years 1 to 9999");
  }
  return Value::Timestamp({ns});
}

Value ToDuration(const Value& value) {
  if (value.kind() == Kind::kDuration) return value;
  if (value.kind() != Kind::kString) return NoOverload("duration()");
  const absl::StatusOr<Nanos> length = ParseDuration(value.AsText());
  if (!length.ok()) return Value::Error(std::string(length.status().message()));
  return Value::Duration(*length);
}

Value ToMoney(const Value& value, int decimals) {
  if (value.kind() == Kind::kMoney) return value;
  if (value.kind() != Kind::kString) return NoOverload("money()");
  const absl::StatusOr<std::int64_t> units = ParseDecimal(value.AsText(), decimals);
  if (!units.ok()) {
    return Value::Error(absl::StrCat("'", std::string(value.AsText().substr(0, 40)),
                                     "' is not an amount with at most ", decimals, " decimals"));
  }
  return Value::Money(*units, decimals);
}

Value ToDate(const Value& value) {
  if (value.kind() == Kind::kDate) return value;
  if (value.kind() != Kind::kString) return NoOverload("date()");
  const absl::StatusOr<CivilDay> day = ParseDate(value.AsText());
  if (!day.ok()) return Bad(value.AsText(), "a date like \"1985-02-28\"");
  return Value::Date(*day);
}

Value Length(const Value& value, std::int64_t seconds) {
  if (value.kind() != Kind::kInt) return NoOverload("a length of time");
  const Wide ns = Wide{value.AsInt()} * seconds * kNanosPerSecond;
  if (!InDurationRange(ns)) {
    return Value::BorrowedError("the duration is longer than 3,650,000 days");
  }
  return Value::Duration({ns});
}

}  // namespace

Value Convert(Func func, const Value& value, int decimals) {
  switch (func) {
    case Func::kToInt:
      return ToInt(value);
    case Func::kToUint:
      return ToUint(value);
    case Func::kToDouble:
      return ToDouble(value);
    case Func::kToString:
      return ToString(value);
    case Func::kToBytes:
      return ToBytes(value);
    case Func::kToBool:
      return ToBool(value);
    case Func::kToDyn:
      return value;
    case Func::kToType:
      return Value::OfType(TypeOf(value));
    case Func::kTimestamp:
      return ToTimestamp(value);
    case Func::kDuration:
      return ToDuration(value);
    case Func::kMoney:
      return ToMoney(value, decimals);
    case Func::kDate:
      return ToDate(value);
    case Func::kMinutes:
      return Length(value, 60);
    case Func::kHours:
      return Length(value, 3600);
    case Func::kDays:
      return Length(value, 86'400);
    case Func::kWeeks:
      return Length(value, 7 * 86'400);
    default:
      return NoOverload("conversion");
  }
}

}  // namespace parcours::expr
