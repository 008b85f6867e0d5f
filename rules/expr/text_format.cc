#include "rules/expr/text_format.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/decimal.h"
#include "base/status_macros.h"
#include "rules/expr/format.h"
#include "rules/expr/limits.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

constexpr int kPrecisionMax = 100;
constexpr std::size_t kBytesMax = kTextBytesMax;

using Text = absl::StatusOr<std::string>;

absl::Status Unfit(const char* verb, const Value& value) {
  return absl::InvalidArgumentError(absl::StrCat("%", verb, " cannot write a value of type ",
                                                 std::string(KindName(value.kind()))));
}

absl::Status TooLong() { return absl::InvalidArgumentError("a text would have more than 64 KiB"); }

// Bytes that are no text become U+FFFD.
std::string Readable(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const CodePoint point = FirstCodePoint(bytes);
    AppendUtf8(point.value < 0 ? 0xFFFD : point.value, &out);
    bytes.remove_prefix(static_cast<std::size_t>(point.bytes));
  }
  return out;
}

Text Plain(const Value& value);

Text PlainList(const List& list) {
  std::string out = "[";
  for (const Value& element : list) {
    ASSIGN_OR_RETURN(const std::string text, Plain(element));
    absl::StrAppend(&out, out.size() > 1 ? ", " : "", text);
    if (out.size() > kBytesMax) return TooLong();
  }
  return out + "]";
}

// Entries in the order of their keys' texts: the same map is always the same text.
Text PlainMap(const Map& map) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::size_t bytes = 0;
  for (const auto& [key, element] : map) {
    ASSIGN_OR_RETURN(std::string key_text, Plain(key));
    ASSIGN_OR_RETURN(std::string text, Plain(element));
    bytes += key_text.size() + text.size();
    if (bytes > kBytesMax) return TooLong();
    entries.emplace_back(std::move(key_text), std::move(text));
  }
  std::sort(entries.begin(), entries.end());
  std::string out = "{";
  for (const auto& [key, text] : entries) {
    absl::StrAppend(&out, out.size() > 1 ? ", " : "", key, ": ", text);
  }
  return out + "}";
}

// %s
Text Plain(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return std::string("null");
    case Kind::kBool:
      return std::string(value.AsBool() ? "true" : "false");
    case Kind::kInt:
      return absl::StrCat(value.AsInt());
    case Kind::kUint:
      return absl::StrCat(value.AsUint());
    case Kind::kDouble:
      return FormatDouble(value.AsDouble());
    case Kind::kString:
    case Kind::kBytes:
      return Readable(value.AsText());
    case Kind::kTimestamp:
      return FormatTimestamp(value.AsNanos());
    case Kind::kDuration:
      return FormatDuration(value.AsNanos());
    case Kind::kMoney:
      return FormatDecimal(value.AsMoney(), value.decimals());
    case Kind::kDate:
      return FormatDate(value.AsDate());
    case Kind::kType:
      return std::string(KindName(value.AsType().kind));
    case Kind::kList:
      return PlainList(value.AsList());
    case Kind::kMap:
      return PlainMap(value.AsMap());
    default:
      return Unfit("s", value);
  }
}

bool IsEndless(const Value& value) {
  return value.Is(Kind::kDouble) && !std::isfinite(value.AsDouble());
}

// %d
Text Whole(const Value& value) {
  if (value.Is(Kind::kInt)) return absl::StrCat(value.AsInt());
  if (value.Is(Kind::kUint)) return absl::StrCat(value.AsUint());
  if (IsEndless(value)) return FormatDouble(value.AsDouble());
  return Unfit("d", value);
}

// %f %e
Text Real(char verb, int precision, const Value& value) {
  if (IsEndless(value)) return FormatDouble(value.AsDouble());
  double number;
  if (value.Is(Kind::kDouble)) {
    number = value.AsDouble();
  } else if (value.Is(Kind::kInt)) {
    number = static_cast<double>(value.AsInt());
  } else if (value.Is(Kind::kUint)) {
    number = static_cast<double>(value.AsUint());
  } else {
    return Unfit(verb == 'f' ? "f" : "e", value);
  }
  return verb == 'f' ? absl::StrFormat("%.*f", precision, number)
                     : absl::StrFormat("%.*e", precision, number);
}

std::string Digits(std::uint64_t number, unsigned base) {
  std::string digits;
  do {
    digits.push_back("0123456789abcdef"[number % base]);
    number /= base;
  } while (number > 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// %b %o %x
Text InBase(const char* verb, unsigned base, const Value& value) {
  if (value.Is(Kind::kUint)) return Digits(value.AsUint(), base);
  if (value.Is(Kind::kInt)) {
    const std::int64_t number = value.AsInt();
    const auto size = static_cast<std::uint64_t>(number);
    return number < 0 ? "-" + Digits(0 - size, base) : Digits(size, base);
  }
  if (base == 2 && value.Is(Kind::kBool)) return std::string(value.AsBool() ? "1" : "0");
  if (base != 16 || (!value.Is(Kind::kString) && !value.Is(Kind::kBytes)))
    return Unfit(verb, value);
  std::string out;
  for (const char byte : value.AsText()) {
    absl::StrAppendFormat(&out, "%02x", static_cast<unsigned char>(byte));
  }
  return out;
}

Text Written(char verb, int precision, const Value& value) {
  switch (verb) {
    case 's':
      return Plain(value);
    case 'd':
      return Whole(value);
    case 'f':
    case 'e':
      return Real(verb, precision, value);
    case 'b':
      return InBase("b", 2, value);
    case 'o':
      return InBase("o", 8, value);
    case 'x':
      return InBase("x", 16, value);
    default: {
      ASSIGN_OR_RETURN(std::string text, InBase("X", 16, value));
      for (char& c : text) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
      return text;
    }
  }
}

// Takes ".3" off the front; -1 if it is no precision.
int TakePrecision(std::string_view* rest) {
  if (rest->empty() || rest->front() != '.') return 6;
  rest->remove_prefix(1);
  int precision = 0;
  std::size_t digits = 0;
  for (; digits < rest->size() && (*rest)[digits] >= '0' && (*rest)[digits] <= '9'; ++digits) {
    precision = std::min(precision * 10 + ((*rest)[digits] - '0'), kPrecisionMax + 1);
  }
  rest->remove_prefix(digits);
  return digits == 0 || precision > kPrecisionMax ? -1 : precision;
}

Text Filled(std::string_view rest, const List& values) {
  std::string out;
  std::size_t next = 0;
  while (!rest.empty()) {
    const std::size_t percent = std::min(rest.find('%'), rest.size());
    out.append(rest.substr(0, percent));
    rest.remove_prefix(percent);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    const int precision = TakePrecision(&rest);
    if (precision < 0)
      return absl::InvalidArgumentError("a precision has digits, and is at most 100");
    if (rest.empty()) return absl::InvalidArgumentError("the format ends after %");
    const char verb = rest.front();
    rest.remove_prefix(1);
    if (verb == '%') {
      out.push_back('%');
      continue;
    }
    if (std::string_view("sdfeboxX").find(verb) == std::string_view::npos) {
      return absl::InvalidArgumentError("the format has an unknown verb after %");
    }
    if (next >= values.size()) {
      return absl::InvalidArgumentError(absl::StrCat("index ", next, " out of range"));
    }
    ASSIGN_OR_RETURN(const std::string text, Written(verb, precision, values[next++]));
    out.append(text);
    if (out.size() > kBytesMax) return TooLong();
  }
  return out;
}

}  // namespace

Value FormatText(std::string_view pattern, const List& values) {
  Text text = Filled(pattern, values);
  if (!text.ok()) return Value::Error(std::string(text.status().message()));
  return Value::String(*std::move(text));
}

}  // namespace parcours::expr
