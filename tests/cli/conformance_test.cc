// CEL's conformance tests: our own file, which is always there, and the CEL project's, if it is.
#include "cli/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace parcours::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Content(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Line(const std::string& expr, const std::string& matcher, const std::string& expect) {
  return R"({"file":"f","section":"s","name":"n","expr":")" + expr +
         R"(","container":"","disable_macros":false,"disable_check":false,"check_only":false,)" +
         R"("proto_msg":false,"bindings":{},"matcher":")" + matcher + R"(","expect":)" + expect +
         "}\n";
}

ConformanceReport ReportOf(const std::string& lines) {
  absl::StatusOr<ConformanceReport> report = RunConformance(lines, "tests.ndjson");
  EXPECT_TRUE(report.ok()) << report.status();
  return *std::move(report);
}

TEST(Conformance, OurOwnTestsPass) {
  const ConformanceReport report = ReportOf(Content("tests/cel/ours.ndjson"));
  EXPECT_GT(report.all.passed, 200);
  EXPECT_EQ(report.all.failed, 0) << report.text;
  EXPECT_THAT(report.text, HasSubstr("skipped unsupported/message/01: the message type "
                                     "TestAllTypes\n"));
}

TEST(Conformance, TheTestsOfTheCelProjectPass) {
  const char* path = "../shared/data/cel/conformance.ndjson";
  const std::string lines = Content(path);
  if (lines.empty()) GTEST_SKIP() << path << " is not there";
  const ConformanceReport report = ReportOf(lines);
  EXPECT_GT(report.all.passed, 1'200);
  EXPECT_EQ(report.all.failed, 0) << report.text;
}

TEST(Conformance, TellsWhatFailedAndCounts) {
  const ConformanceReport report =
      ReportOf(Line("1 + 1", "value_int64", R"({"int64Value":"3"})") +
               Line("1 + 1", "value_int64", R"({"int64Value":"2"})") +
               Line("1 / 0", "default_true", "{}") + Line("1 +", "eval_error", "{}") +
               Line("1 / 0", "eval_error", "{}") + Line("1", "typed_result", "{}"));
  EXPECT_EQ(report.text,
            "failed f/s/n: 1 + 1: expected 3, got 2\n"
            "failed f/s/n: 1 / 0: expected true, got the error 'a division by zero'\n"
            "failed f/s/n: 1 +: refused: 1:4: the expression ends too early\n"
            "skipped f/s/n: what the matcher 'typed_result' asks is not evaluated\n"
            "f: passed 2, failed 3, skipped 1\n"
            "passed 2, failed 3, skipped 1\n");
}

TEST(Conformance, ValuesAreComparedByKindAndBitByBit) {
  EXPECT_EQ(ReportOf(Line("1u", "value_int64", R"({"int64Value":"1"})")).all.failed, 1);
  EXPECT_EQ(ReportOf(Line("-0.0", "value_double", R"({"doubleValue":0.0})")).all.failed, 1);
  EXPECT_EQ(ReportOf(Line("0.0 / 0.0", "value_double", R"({"doubleValue":"NaN"})")).all.passed, 1);
}

// What is refused as a mistake but would give a value is not an error of the evaluation.
TEST(Conformance, ARefusalAloneIsNoError) {
  EXPECT_EQ(ReportOf(Line("1 == '1'", "eval_error", "{}")).all.failed, 1);
  EXPECT_EQ(ReportOf(Line("'a'.matches('(')", "eval_error", "{}")).all.passed, 1);
}

TEST(Conformance, ABrokenLineIsTold) {
  const auto told = [](const std::string& lines) {
    return std::string(RunConformance(lines, "x.ndjson").status().message());
  };
  EXPECT_THAT(told("\n{"), StartsWith("x.ndjson:2: not a line of JSON: "));
  EXPECT_EQ(told("\n"), "x.ndjson: there is no test in it");
  EXPECT_EQ(told("[]"), "x.ndjson:1: not an object");
  EXPECT_EQ(told("{\"file\": 1}"), "x.ndjson:1: 'file' is missing or of the wrong type");
}

}  // namespace
}  // namespace parcours::cli
