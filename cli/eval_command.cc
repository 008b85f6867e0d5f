// parcours eval EXPR: one expression's value and horizon, as JSON. eval --tests FILE: CEL's
// conformance tests.

#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/calendar.h"
#include "base/issue.h"
#include "base/status_macros.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/conformance.h"
#include "processor/engine/records.h"
#include "rules/expr/program.h"
#include "runtime/clock.h"

namespace parcours::cli {

namespace {

using expr::Value;

struct Request {
  std::string expression, bindings, now, zone = "UTC", tests;
};

// A JSON value as CEL sees it. REQUIRES: nested at most as deep as the parser allowed.
Value ValueOf(const simdjson::dom::element& json) {
  switch (json.type()) {
    case simdjson::dom::element_type::ARRAY: {
      expr::List list;
      for (const auto element : simdjson::dom::array(json)) list.push_back(ValueOf(element));
      return Value::OfList(std::move(list));
    }
    case simdjson::dom::element_type::OBJECT: {
      expr::Map map;
      for (const auto field : simdjson::dom::object(json)) {
        map.emplace_back(Value::String(std::string(field.key)), ValueOf(field.value));
      }
      return Value::OfMap(std::move(map));
    }
    case simdjson::dom::element_type::INT64:
      return Value::Int(std::int64_t(json));
    case simdjson::dom::element_type::UINT64:
      return Value::Uint(std::uint64_t(json));
    case simdjson::dom::element_type::DOUBLE:
      return Value::Double(double(json));
    case simdjson::dom::element_type::STRING:
      return Value::String(std::string(std::string_view(json)));
    case simdjson::dom::element_type::BOOL:
      return Value::Bool(bool(json));
    case simdjson::dom::element_type::NULL_VALUE:
      return Value::Null();
  }
  return Value::Null();
}

absl::Status DeclareBindings(const std::string& text, expr::Scope* scope) {
  simdjson::dom::parser parser;
  simdjson::dom::object bindings;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(bindings) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("--bindings: not a JSON object");
  }
  for (const auto field : bindings) {
    expr::Variable variable;
    variable.home = expr::Variable::Home::kBinding;
    variable.binding = ValueOf(field.value);
    scope->Declare(std::string(field.key), std::move(variable));
  }
  return absl::OkStatus();
}

// The answer as a line of JSON, or the reason why there is none.
absl::StatusOr<std::string> Evaluate(const Request& request) {
  expr::Scope scope;
  scope.currency_decimals = 2;
  if (!request.bindings.empty()) RETURN_IF_ERROR(DeclareBindings(request.bindings, &scope));
  TimeMs now = runtime::WallTime();
  if (!request.now.empty()) {
    ASSIGN_OR_RETURN(now, ParseTime(request.now));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const Zone> zone, Zone::Load(request.zone));
  std::vector<Issue> issues;
  expr::CompileOptions options;
  options.allow_running = true;
  const auto program = expr::Compile(request.expression, scope, options, &issues);
  if (!program.has_value()) {
    std::string reasons;
    for (const Issue& issue : issues) {
      absl::StrAppend(&reasons, reasons.empty() ? "" : "\n", FormatIssue(issue));
    }
    return absl::InvalidArgumentError(reasons);
  }
  expr::Frame frame;
  frame.zone = zone.get();
  frame.now = now;
  const expr::Answer answer = program->Evaluate(frame);
  if (answer.value.is_error()) return absl::InvalidArgumentError(answer.value.error());
  return absl::StrCat(
      "{\"value\": ", answer.value.ToJson(), ", \"horizon\": ",
      answer.until == kNever ? "null" : absl::StrCat("\"", FormatTime(answer.until), "\""), "}");
}

absl::Status RunTests(const std::string& path, int* exit_code) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    return absl::InvalidArgumentError(absl::StrCat("--tests: cannot read ", path));
  }
  const std::string lines{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSIGN_OR_RETURN(const ConformanceReport report, RunConformance(lines, path));
  std::fputs(report.text.c_str(), stdout);
  if (report.all.failed > 0) *exit_code = kExitInput;
  return absl::OkStatus();
}

}  // namespace

void AddEval(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("eval", "Evaluate one expression");
  auto request = std::make_shared<Request>();
  CLI::Option* expression = command->add_option("EXPR", request->expression, "The expression");
  command
      ->add_option("--tests", request->tests,
                   "Run a file of CEL's conformance tests instead, one JSON object a line")
      ->excludes(expression);
  command->add_option("--bindings", request->bindings, "Names and values, a JSON object");
  command->add_option("--now", request->now,
                      "The instant of now (RFC 3339); the clock's if absent");
  command->add_option("--zone", request->zone, "Time zone of calendar words (UTC if absent)");
  command->callback([request, expression, exit_code] {
    if (request->tests.empty() && expression->empty()) {
      std::fprintf(stderr, "parcours: eval needs EXPR or --tests FILE; see eval --help\n");
      *exit_code = kExitUsage;
      return;
    }
    if (!request->tests.empty()) {
      const absl::Status status = RunTests(request->tests, exit_code);
      if (!status.ok()) *exit_code = Fail(status);
      return;
    }
    const absl::StatusOr<std::string> answer = Evaluate(*request);
    if (answer.ok()) {
      std::printf("%s\n", answer->c_str());
      return;
    }
    std::string line = "{\"error\": ";
    engine::AppendJsonText(std::string(answer.status().message()), &line);
    std::printf("%s}\n", line.c_str());
    *exit_code = kExitInput;
  });
}

}  // namespace parcours::cli
