#include "cli/conformance.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/issue.h"
#include "base/status_macros.h"
#include "cli/conformance_value.h"
#include "rules/expr/messages.h"
#include "rules/expr/parser.h"
#include "rules/expr/program.h"

namespace parcours::cli {
namespace {

using expr::Value;
using simdjson::dom::element;

struct Test {
  std::string file, section, name, expr, container, matcher;
  bool disable_macros = false, disable_check = false, check_only = false, proto_msg = false;
  simdjson::dom::object bindings;
  element expect;
};

enum class Outcome { kPassed, kFailed, kSkipped };
struct Verdict {
  Outcome outcome = Outcome::kPassed;
  std::string reason;
};

Verdict Skipped(std::string reason) { return {Outcome::kSkipped, std::move(reason)}; }
Verdict Failed(std::string reason) { return {Outcome::kFailed, std::move(reason)}; }

template <typename T>
absl::Status Take(const element& json, const char* key, T* value) {
  if (json[key].get(*value) == simdjson::SUCCESS) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", key, "' is missing or of the wrong type"));
}

absl::Status TakeText(const element& json, const char* key, std::string* text) {
  std::string_view view;
  RETURN_IF_ERROR(Take(json, key, &view));
  *text = std::string(view);
  return absl::OkStatus();
}

absl::StatusOr<Test> ReadTest(const element& json) {
  if (!json.is_object()) return absl::InvalidArgumentError("not an object");
  Test test;
  RETURN_IF_ERROR(TakeText(json, "file", &test.file));
  RETURN_IF_ERROR(TakeText(json, "section", &test.section));
  RETURN_IF_ERROR(TakeText(json, "name", &test.name));
  RETURN_IF_ERROR(TakeText(json, "expr", &test.expr));
  RETURN_IF_ERROR(TakeText(json, "container", &test.container));
  RETURN_IF_ERROR(TakeText(json, "matcher", &test.matcher));
  RETURN_IF_ERROR(Take(json, "disable_macros", &test.disable_macros));
  RETURN_IF_ERROR(Take(json, "disable_check", &test.disable_check));
  RETURN_IF_ERROR(Take(json, "check_only", &test.check_only));
  RETURN_IF_ERROR(Take(json, "proto_msg", &test.proto_msg));
  RETURN_IF_ERROR(Take(json, "bindings", &test.bindings));
  if (test.matcher != "eval_error" && test.matcher != "default_true") {
    RETURN_IF_ERROR(Take(json, "expect", &test.expect));
  }
  return test;
}

// The bindings as names of type dyn. Unimplemented: one that is no value we know.
absl::StatusOr<expr::Scope> ScopeOf(const Test& test) {
  expr::Scope scope;
  scope.container = test.container;
  for (const auto binding : test.bindings) {
    element json;
    if (binding.value["value"].get(json) != simdjson::SUCCESS) {
      return absl::UnimplementedError(
          absl::StrCat("the binding '", std::string(binding.key), "' is not a value"));
    }
    expr::Variable variable;
    variable.home = expr::Variable::Home::kBinding;
    ASSIGN_OR_RETURN(variable.binding, ConformanceValue(json));
    scope.Declare(std::string(binding.key), std::move(variable));
  }
  return scope;
}

// The value of an expression; InvalidArgument with the first Issue where it is refused.
absl::StatusOr<Value> Evaluated(const Test& test, const expr::Scope& scope, bool check_types) {
  expr::CompileOptions options;
  options.check_types = check_types;
  options.expand_macros = !test.disable_macros;
  options.allow_running = true;
  std::vector<Issue> issues;
  const auto program = expr::Compile(test.expr, scope, options, &issues);
  if (!program) return absl::InvalidArgumentError(FormatIssue(issues[0]));
  return program->Evaluate(expr::Frame()).value;
}

std::string Shown(const Value& value) {
  return value.is_error() ? absl::StrCat("the error '", value.error(), "'") : value.ToJson();
}

Verdict JudgeError(const Test& test, const expr::Scope& scope) {
  absl::StatusOr<Value> got = Evaluated(test, scope, !test.disable_check);
  // What is refused at load must be an error at run time too.
  if (!got.ok() && !test.disable_check) got = Evaluated(test, scope, false);
  if (!got.ok()) return Failed(absl::StrCat("refused: ", std::string(got.status().message())));
  if (!got->is_error()) return Failed(absl::StrCat("expected an error, got ", Shown(*got)));
  return {};
}

Verdict JudgeValue(const Test& test, const expr::Scope& scope) {
  Value expected = Value::Bool(true);
  if (test.matcher != "default_true") {
    absl::StatusOr<Value> value = ConformanceValue(test.expect);
    if (absl::IsUnimplemented(value.status()))
      return Skipped(std::string(value.status().message()));
    if (!value.ok()) return Failed(std::string(value.status().message()));
    expected = *std::move(value);
  }
  const absl::StatusOr<Value> got = Evaluated(test, scope, !test.disable_check);
  if (!got.ok()) return Failed(absl::StrCat("refused: ", std::string(got.status().message())));
  if (SameAsExpected(*got, expected)) return {};
  return Failed(absl::StrCat("expected ", Shown(expected), ", got ", Shown(*got)));
}

Verdict JudgeEvaluation(const Test& test) {
  const absl::StatusOr<expr::Scope> scope = ScopeOf(test);
  if (absl::IsUnimplemented(scope.status())) return Skipped(std::string(scope.status().message()));
  if (!scope.ok()) return Failed(std::string(scope.status().message()));
  if (test.matcher == "eval_error") return JudgeError(test, *scope);
  const bool value = test.matcher == "default_true" || test.matcher.substr(0, 6) == "value_";
  if (test.check_only || !value) {
    return Skipped(absl::StrCat("what the matcher '", test.matcher, "' asks is not evaluated"));
  }
  return JudgeValue(test, *scope);
}

// A test of messages is skipped if it names one that is not built in; another test only if it
// fails, and names one.
Verdict Judge(const Test& test) {
  std::vector<Issue> issues;
  const std::optional<expr::Tree> tree = expr::Parse(test.expr, &issues);
  const std::string foreign = tree ? expr::ForeignType(*tree, test.container) : "";
  const Verdict skipped = Skipped(absl::StrCat("the message type ", foreign));
  if (test.proto_msg && !foreign.empty()) return skipped;
  Verdict verdict = JudgeEvaluation(test);
  return verdict.outcome == Outcome::kFailed && !foreign.empty() ? skipped : verdict;
}

void Count(const Verdict& verdict, ConformanceTally* tally) {
  ++(verdict.outcome == Outcome::kPassed   ? tally->passed
     : verdict.outcome == Outcome::kFailed ? tally->failed
                                           : tally->skipped);
}

std::string CountsOf(const ConformanceTally& tally) {
  return absl::StrCat("passed ", tally.passed, ", failed ", tally.failed, ", skipped ",
                      tally.skipped);
}

void Tell(const Test& test, const Verdict& verdict, std::string* text) {
  if (verdict.outcome == Outcome::kPassed) return;
  const bool failed = verdict.outcome == Outcome::kFailed;
  absl::StrAppend(text, failed ? "failed " : "skipped ", test.file, "/", test.section, "/",
                  test.name, ": ", failed ? absl::StrCat(test.expr, ": ") : "", verdict.reason,
                  "\n");
}

}  // namespace

absl::StatusOr<ConformanceReport> RunConformance(std::string_view lines, const std::string& name) {
  ConformanceReport report;
  simdjson::dom::parser parser;
  for (int number = 1; !lines.empty(); ++number) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string line(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    element json;
    const auto wrong = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrCat(name, ":", number, ": ", what));
    };
    if (const auto code = parser.parse(line).get(json); code != simdjson::SUCCESS) {
      return wrong(absl::StrCat("not a line of JSON: ", simdjson::error_message(code)));
    }
    const absl::StatusOr<Test> test = ReadTest(json);
    if (!test.ok()) return wrong(std::string(test.status().message()));
    const Verdict verdict = Judge(*test);
    Tell(*test, verdict, &report.text);
    Count(verdict, &report.files[test->file]);
    Count(verdict, &report.all);
  }
  if (report.files.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": there is no test in it"));
  }
  for (const auto& [file, tally] : report.files) {
    absl::StrAppend(&report.text, file, ": ", CountsOf(tally), "\n");
  }
  absl::StrAppend(&report.text, CountsOf(report.all), "\n");
  return report;
}

}  // namespace parcours::cli
