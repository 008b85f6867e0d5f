// Conformance: runs a file of the CEL project's conformance tests, one JSON object a line.
//
// A test names an expression, what its names mean, and what must come of it: a value, bit by bit,
// or an error. An expression that is refused at load counts as an error only if it is one when it
// is evaluated unchecked. What needs message types that are not built in is skipped, with the
// reason. Threads: one call. Failure: InvalidArgument names the line that is no test.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parcours::cli {

struct ConformanceTally {
  int passed = 0, failed = 0, skipped = 0;
};

struct ConformanceReport {
  std::map<std::string, ConformanceTally> files;  // by the name each test gives its file
  ConformanceTally all;
  std::string text;  // a line for each test that failed or was skipped, then the counts
};

// `lines`: the content of the file; `name`: its name, for what is wrong with it.
absl::StatusOr<ConformanceReport> RunConformance(std::string_view lines, const std::string& name);

}  // namespace parcours::cli
