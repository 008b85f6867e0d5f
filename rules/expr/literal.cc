#include "rules/expr/literal.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

absl::Status Bad(std::string_view text, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat("'", std::string(text.substr(0, 40)), "' ", why));
}

absl::StatusOr<Value> ReadDouble(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isinf(value)) {
    return Bad(text, "is not a number that a double can hold");
  }
  return Value::Double(value);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The `count` digits at the start of `text` in base 16 or 8, or nullopt.
std::optional<std::int64_t> Digits(std::string_view text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::int64_t value = 0;
  for (char c : text.substr(0, count)) {
    const int digit = HexDigit(c);
    if (digit < 0 || digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

// The character that backslash and `c` stand for, or -1.
int SimpleEscape(char c) {
  switch (c) {
    case 'a':
      return 7;
    case 'b':
      return 8;
    case 'f':
      return 12;
    case 'n':
      return 10;
    case 'r':
      return 13;
    case 't':
      return 9;
    case 'v':
      return 11;
    case '\\':
    case '\'':
    case '"':
    case '`':
    case '?':
      return c;
    default:
      return -1;
  }
}

// Reads the escape that follows a backslash at the start of `rest` and takes it off.
absl::Status TakeEscape(bool bytes, std::string_view* rest, std::string* out) {
  if (rest->empty()) return absl::InvalidArgumentError("a text ends in a lone backslash");
  const char c = rest->front();
  if (const int simple = SimpleEscape(c); simple >= 0) {
    out->push_back(static_cast<char>(simple));
    rest->remove_prefix(1);
    return absl::OkStatus();
  }
  const std::string shown = "\\" + std::string(rest->substr(0, 1));
  std::optional<std::int64_t> value;
  std::size_t taken = 0;
  if (c >= '0' && c <= '3') {
    value = Digits(*rest, 3, 8);
    taken = 3;
  } else if (c == 'x' || c == 'X') {
    value = Digits(rest->substr(1), 2, 16);
    taken = 3;
  } else if (!bytes && (c == 'u' || c == 'U')) {
    taken = c == 'u' ? 5 : 9;
    value = Digits(rest->substr(1), taken - 1, 16);
    if (value && (*value > 0x10FFFF || (*value >= 0xD800 && *value <= 0xDFFF))) value.reset();
  } else {
    return Bad(shown, "is not an escape; write a backslash as \\\\, or put r before the quote");
  }
  if (!value) return Bad(shown, "is not followed by the digits of a character");
  if (bytes) {
    out->push_back(static_cast<char>(*value));
  } else {
    AppendUtf8(static_cast<std::int32_t>(*value), out);
  }
  rest->remove_prefix(taken);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Value> ReadNumber(std::string_view text) {
  std::string_view digits = text;
  const bool negative = !digits.empty() && digits[0] == '-';
  if (negative) digits.remove_prefix(1);
  const bool hex = digits.size() > 2 && digits[0] == '0' && (digits[1] | 0x20) == 'x';
  if (!hex && digits.find_first_of(".eE") != std::string_view::npos) return ReadDouble(text);
  const bool is_uint = !digits.empty() && (digits.back() | 0x20) == 'u';
  if (is_uint) digits.remove_suffix(1);
  if (hex) digits.remove_prefix(2);
  std::uint64_t size = 0;
  const auto end =
      std::from_chars(digits.data(), digits.data() + digits.size(), size, hex ? 16 : 10);
  if (end.ptr != digits.data() + digits.size() || digits.empty()) {
    return Bad(text, "is not a number");
  }
  if (end.ec != std::errc()) return Bad(text, "does not fit in 64 bits");
  if (is_uint) {
    if (negative) return Bad(text, "has both a sign and u");
    return Value::Uint(size);
  }
  constexpr std::uint64_t kMax = INT64_MAX;
  if (size > kMax + (negative ? 1 : 0)) return Bad(text, "does not fit in 64 bits");
  return Value::Int(static_cast<std::int64_t>(negative ? 0 - size : size));
}

absl::StatusOr<Value> ReadText(const TextLiteral& literal) {
  std::string out;
  std::string_view rest = literal.inside;
  while (!rest.empty()) {
    const std::size_t plain = literal.raw ? rest.size() : std::min(rest.find('\\'), rest.size());
    out.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    absl::Status status = TakeEscape(literal.bytes, &rest, &out);
    if (!status.ok()) return status;
  }
  return literal.bytes ? Value::Bytes(std::move(out)) : Value::String(std::move(out));
}

}  // namespace parcours::expr
