#include "cli/conformance_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/time.h"
#include "rules/expr/format.h"
#include "rules/expr/names.h"
#include "rules/expr/utf8.h"

namespace parcours::cli {
namespace {

using expr::Kind;
using expr::Value;
using simdjson::dom::element;

absl::Status NoValue(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("no value: ", std::string(what)));
}

// The JSON of messages writes 64-bit numbers as texts; a plain number is taken too.
template <typename T>
absl::StatusOr<T> Whole(const element& json) {
  std::string_view text;
  if (json.get_string().get(text) != simdjson::SUCCESS) {
    T number;
    if (json.get(number) == simdjson::SUCCESS) return number;
    return NoValue(simdjson::minify(json));
  }
  T number;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return NoValue(text);
  return number;
}

absl::StatusOr<Value> Double(const element& json) {
  double number;
  if (json.get(number) == simdjson::SUCCESS) return Value::Double(number);
  std::string_view word;
  if (json.get_string().get(word) != simdjson::SUCCESS) return NoValue(simdjson::minify(json));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (word == "NaN") return Value::Double(std::numeric_limits<double>::quiet_NaN());
  if (word == "Infinity") return Value::Double(kInfinity);
  if (word == "-Infinity") return Value::Double(-kInfinity);
  return NoValue(word);
}

absl::StatusOr<Value> ListOf(const element& json) {
  expr::List list;
  simdjson::dom::array values;
  if (json["values"].get(values) != simdjson::SUCCESS) return Value::OfList({});
  for (const element value : values) {
    ASSIGN_OR_RETURN(Value one, ConformanceValue(value));
    list.push_back(std::move(one));
  }
  return Value::OfList(std::move(list));
}

absl::StatusOr<Value> MapOf(const element& json) {
  expr::Map map;
  simdjson::dom::array entries;
  if (json["entries"].get(entries) != simdjson::SUCCESS) return Value::OfMap({});
  for (const element entry : entries) {
    element key_json, value_json;
    if (entry["key"].get(key_json) != simdjson::SUCCESS ||
        entry["value"].get(value_json) != simdjson::SUCCESS) {
      return NoValue(simdjson::minify(entry));
    }
    ASSIGN_OR_RETURN(Value key, ConformanceValue(key_json));
    ASSIGN_OR_RETURN(Value value, ConformanceValue(value_json));
    map.emplace_back(std::move(key), std::move(value));
  }
  return Value::OfMap(std::move(map));
}

// Plain JSON, as google.protobuf.Value and its like are written.
Value OfJson(const element& json) {
  std::string_view text;
  bool truth;
  double number;
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (json.get(text) == simdjson::SUCCESS) return Value::String(std::string(text));
  if (json.get(truth) == simdjson::SUCCESS) return Value::Bool(truth);
  if (json.get(number) == simdjson::SUCCESS) return Value::Double(number);
  if (json.get(array) == simdjson::SUCCESS) {
    expr::List list;
    for (const element value : array) list.push_back(OfJson(value));
    return Value::OfList(std::move(list));
  }
  if (json.get(object) != simdjson::SUCCESS) return Value::Null();
  expr::Map map;
  for (const auto field : object) {
    map.emplace_back(Value::String(std::string(field.key)), OfJson(field.value));
  }
  return Value::OfMap(std::move(map));
}

// A value of one kind, as the field of that name in cel.expr.Value would be written.
absl::StatusOr<Value> Scalar(std::string_view kind, const element& json) {
  std::string_view text;
  bool truth = false;
  if (kind == "boolValue" && json.get(truth) == simdjson::SUCCESS) return Value::Bool(truth);
  if (kind == "int64Value") {
    ASSIGN_OR_RETURN(const std::int64_t number, Whole<std::int64_t>(json));
    return Value::Int(number);
  }
  if (kind == "uint64Value") {
    ASSIGN_OR_RETURN(const std::uint64_t number, Whole<std::uint64_t>(json));
    return Value::Uint(number);
  }
  if (kind == "doubleValue") return Double(json);
  if (json.get(text) != simdjson::SUCCESS) return NoValue(simdjson::minify(json));
  if (kind == "stringValue") return Value::String(std::string(text));
  std::string bytes;
  if (kind == "bytesValue" && absl::Base64Unescape(std::string(text), &bytes)) {
    return Value::Bytes(std::move(bytes));
  }
  return NoValue(simdjson::minify(json));
}

struct Wrapper {
  std::string_view message, kind;
};
constexpr Wrapper kWrappers[] = {
    {"BoolValue", "boolValue"},     {"BytesValue", "bytesValue"},   {"DoubleValue", "doubleValue"},
    {"FloatValue", "doubleValue"},  {"Int32Value", "int64Value"},   {"Int64Value", "int64Value"},
    {"StringValue", "stringValue"}, {"UInt32Value", "uint64Value"}, {"UInt64Value", "uint64Value"},
};

// {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}: what is built in.
absl::StatusOr<Value> Message(const element& json) {
  std::string_view type;
  if (json["@type"].get(type) != simdjson::SUCCESS) return NoValue(simdjson::minify(json));
  type.remove_prefix(type.rfind('/') + 1);
  const absl::Status unknown =
      absl::UnimplementedError(absl::StrCat("the message type ", std::string(type)));
  constexpr std::string_view kPackage = "google.protobuf.";
  element value;
  if (type.substr(0, kPackage.size()) != kPackage) return unknown;
  if (json["value"].get(value) != simdjson::SUCCESS) return unknown;
  type.remove_prefix(kPackage.size());
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  if (type == "Timestamp" && is_text) {
    ASSIGN_OR_RETURN(const FineTime time, ParseFineTime(text));
    return Value::Timestamp({time.seconds * expr::kNanosPerSecond + time.nanos});
  }
  if (type == "Duration" && is_text) {
    ASSIGN_OR_RETURN(const expr::Nanos length, expr::ParseDuration(text));
    return Value::Duration(length);
  }
  for (const Wrapper& wrapper : kWrappers) {
    if (wrapper.message == type) return Scalar(wrapper.kind, value);
  }
  if (type == "Struct" || type == "Value" || type == "ListValue") return OfJson(value);
  return unknown;
}

// In the data some expected texts keep \u0100, \U0001f62c and \? as their source file writes them.
std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const std::size_t digits = text[i] != '\\' ? 0 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
    std::int32_t code_point = 0;
    const char* first = text.data() + std::min(i + 2, text.size());
    if (digits > 0 && i + 1 + digits < text.size() &&
        std::from_chars(first, first + digits, code_point, 16).ptr == first + digits) {
      expr::AppendUtf8(code_point, &out);
      i += 1 + digits;
    } else if (text[i] != '\\' || next != '?') {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool SameMaps(const expr::Map& got, const expr::Map& expected) {
  if (got.size() != expected.size()) return false;
  for (const auto& entry : expected) {
    bool found = false;
    for (const auto& other : got) {
      found = found || (SameAsExpected(other.first, entry.first) &&
                        SameAsExpected(other.second, entry.second));
    }
    if (!found) return false;
  }
  return true;
}

bool SameLists(const expr::List& got, const expr::List& expected) {
  if (got.size() != expected.size()) return false;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!SameAsExpected(got[i], expected[i])) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Value> ConformanceValue(const element& json) {
  simdjson::dom::object object;
  if (json.get(object) != simdjson::SUCCESS || object.size() != 1) {
    return NoValue(simdjson::minify(json));
  }
  const std::string_view kind = object.begin().key();
  const element value = object.begin().value();
  if (kind == "nullValue") return Value::Null();
  if (kind == "listValue") return ListOf(value);
  if (kind == "mapValue") return MapOf(value);
  if (kind == "objectValue") return Message(value);
  std::string_view text;
  if (kind == "typeValue" && value.get(text) == simdjson::SUCCESS) {
    if (const auto type = expr::TypeNamed(text)) return Value::OfType(*type);
    return absl::UnimplementedError(absl::StrCat("the type ", std::string(text)));
  }
  return Scalar(kind, value);
}

bool SameAsExpected(const Value& got, const Value& expected) {
  if (got.is_error() || got.kind() != expected.kind()) return false;
  switch (got.kind()) {
    case Kind::kDouble: {
      const double a = got.AsDouble(), b = expected.AsDouble();
      if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
      return a == b && std::signbit(a) == std::signbit(b);
    }
    case Kind::kString:
    case Kind::kBytes:
      return got.AsText() == expected.AsText() || got.AsText() == Unescaped(expected.AsText());
    case Kind::kList:
      return SameLists(got.AsList(), expected.AsList());
    case Kind::kMap:
      return SameMaps(got.AsMap(), expected.AsMap());
    default:
      return got.ToJson() == expected.ToJson();
  }
}

}  // namespace parcours::cli
