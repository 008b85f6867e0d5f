// The CEL project's own conformance tests, as far as they lie in what is supported: each case that
// is left out names the feature that is missing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rules/expr/program.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr const char* kCases = "../shared/data/cel/conformance.ndjson";

std::string Text(element e) { return std::string(e.get_string().value()); }

Value ValueOfJson(object v) {
  for (auto [key, e] : v) {
    const std::string kind(key);
    if (kind == "int64Value") return Value::Int(std::stoll(Text(e)));
    if (kind == "uint64Value") return Value::Uint(std::stoull(Text(e)));
    if (kind == "boolValue") return Value::Bool(e.get_bool().value());
    if (kind == "stringValue") return Value::String(Text(e));
    if (kind == "nullValue") return Value();
    if (kind == "doubleValue") {
      if (!e.is_string()) return Value::Double(e.get_double().value());
      const std::string word = Text(e);
      return Value::Double(word == "NaN" ? NAN : word[0] == '-' ? -INFINITY : INFINITY);
    }
    if (kind == "bytesValue") {
      std::string bytes;
      absl::Base64Unescape(Text(e), &bytes);
      return Value::Bytes(bytes);
    }
    if (kind == "listValue") {
      List list;
      simdjson::dom::array values;
      if (e["values"].get_array().get(values) == simdjson::SUCCESS) {
        for (element one : values) list.push_back(ValueOfJson(one.get_object().value()));
      }
      return Value::OfList(std::move(list));
    }
    if (kind == "mapValue") {
      Map map;
      simdjson::dom::array entries;
      if (e["entries"].get_array().get(entries) == simdjson::SUCCESS) {
        for (element one : entries) {
          map.emplace_back(ValueOfJson(one["key"].get_object().value()),
                           ValueOfJson(one["value"].get_object().value()));
        }
      }
      return Value::OfMap(std::move(map));
    }
    if (kind == "typeValue") return Value::String(Text(e));
  }
  return Value::Error("a kind of value this test does not know");
}

// A double is compared bit by bit: -0.0 is not 0.0, NaN is NaN. Types are compared by name.
std::string Shown(const Value& value) {
  if (value.is_error()) return "error";
  if (value.Is(Kind::kDouble)) {
    return absl::StrCat(std::signbit(value.AsDouble()) ? "-" : "", "double ", value.ToJson());
  }
  static const std::map<Kind, std::string> kProtoNames = {
      {Kind::kTimestamp, "google.protobuf.Timestamp"},
      {Kind::kDuration, "google.protobuf.Duration"}};
  if (value.Is(Kind::kType)) {
    const Kind kind = value.AsType().kind;
    const auto named = kProtoNames.find(kind);
    if (named != kProtoNames.end()) return absl::StrCat("\"", named->second, "\"");
    if (kind == Kind::kList || kind == Kind::kMap)
      return kind == Kind::kList ? "\"list\"" : "\"map\"";
    return value.ToJson();
  }
  return absl::StrCat(static_cast<int>(value.kind()), " ", value.ToJson());
}

// In the data some expected texts keep \u0100, \U0001f62c and \? as their source file writes them.
std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const std::size_t digits = text[i] != '\\' ? 0 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
    if (digits > 0 && i + 1 + digits < text.size()) {
      AppendUtf8(static_cast<std::int32_t>(
                     std::stol(std::string(text.substr(i + 2, digits)), nullptr, 16)),
                 &out);
      i += 1 + digits;
    } else if (text[i] != '\\' || next != '?') {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool Same(const Value& got, const Value& expected) {
  if (got.is_error()) return false;
  const bool text = got.Is(Kind::kString) || got.Is(Kind::kBytes);
  if (text && got.kind() == expected.kind() && got.AsText() == Unescaped(expected.AsText()))
    return true;
  if (got.Is(Kind::kMap) && expected.Is(Kind::kMap)) {  // in any order
    if (got.AsMap().size() != expected.AsMap().size()) return false;
    for (const auto& entry : expected.AsMap()) {
      bool found = false;
      for (const auto& other : got.AsMap()) {
        found = found || (Same(other.first, entry.first) && Same(other.second, entry.second));
      }
      if (!found) return false;
    }
    return true;
  }
  if (got.Is(Kind::kType)) return Shown(got) == expected.ToJson();
  return Shown(got) == Shown(expected);
}

// The feature that a case needs and is not supported, or "".
std::string MissingFeature(element test, const std::vector<Issue>& issues) {
  if (test["proto_msg"].get_bool().value()) return "message types";
  for (const Issue& issue : issues) {
    for (const char* feature :
         {"the macro", "'matches'", "the string function", "message types", "optionals"}) {
      if (issue.message.find(feature) != std::string::npos &&
          issue.message.find("not yet supported") != std::string::npos) {
        return feature;
      }
    }
  }
  if (test["disable_macros"].get_bool().value()) return "macros switched off";
  return "";
}

struct Tally {
  int passed = 0, failed = 0;
  std::map<std::string, int> skipped;
};

void RunCase(element test, Tally* tally) {
  const std::string text = Text(test["expr"]), matcher = Text(test["matcher"]);
  const std::string name =
      absl::StrCat(Text(test["file"]), "/", Text(test["section"]), "/", Text(test["name"]));
  Scope scope;
  scope.container = Text(test["container"]);
  const object bindings = test["bindings"].get_object().value();
  for (auto [key, binding] : bindings) {
    object value;
    if (binding["value"].get_object().get(value) != simdjson::SUCCESS) continue;
    Variable variable;
    variable.home = Variable::Home::kBinding;
    variable.binding = ValueOfJson(value);
    scope.Declare(std::string(key), variable);
  }
  CompileOptions options;
  options.check_types = !test["disable_check"].get_bool().value();
  std::vector<Issue> issues;
  const auto program = Compile(text, scope, options, &issues);
  if (const std::string feature = MissingFeature(test, issues); !feature.empty()) {
    ++tally->skipped[feature];
    return;
  }
  const std::string issue = issues.empty() ? "" : FormatIssue(issues[0]);
  const Value got = program ? program->Evaluate(Frame()).value : Value::Error(issue);
  bool ok = got.is_error();
  std::string expected = "error";
  if (matcher == "default_true") {
    expected = "true";
    ok = got.Is(Kind::kBool) && got.AsBool();
  } else if (matcher != "eval_error") {
    const Value value = ValueOfJson(test["expect"].get_object().value());
    expected = Shown(value);
    ok = Same(got, value);
  }
  (ok ? tally->passed : tally->failed) += 1;
  if (!ok) {
    ADD_FAILURE() << name << ": " << text << "\n  expected " << expected << ", got " << Shown(got)
                  << (got.is_error() ? " (" + got.error() + ")" : "");
  }
}

TEST(Conformance, CasesInTheSupportedPartGiveTheExpectedValue) {
  std::ifstream file(kCases);
  if (!file) GTEST_SKIP() << kCases << " is not there";
  Tally tally;
  std::string line;
  simdjson::dom::parser parser;
  while (std::getline(file, line)) {
    element test;
    ASSERT_EQ(parser.parse(line).get(test), simdjson::SUCCESS) << line;
    RunCase(test, &tally);
  }
  std::printf("conformance: %d passed, %d failed\n", tally.passed, tally.failed);
  for (const auto& [feature, count] : tally.skipped) {
    std::printf("  skipped %d: %s not yet supported\n", count, feature.c_str());
  }
  EXPECT_GT(tally.passed, 800);
}

}  // namespace
}  // namespace parcours::expr
