// ConformanceValue: the values of CEL's conformance tests, which are written in the JSON of the
// message cel.expr.Value.
//
// Threads: pure functions.
#pragma once

#include <simdjson.h>

#include "absl/status/statusor.h"
#include "rules/expr/value.h"

namespace parcours::cli {

// {"int64Value": "1"}, {"listValue": {"values": [...]}} ... Unimplemented: a message that is not
// built in. InvalidArgument: not such a value.
absl::StatusOr<expr::Value> ConformanceValue(const simdjson::dom::element& json);

// Whether an evaluation gave what was expected: kinds agree, doubles agree bit by bit, entries of
// maps stand in any order, types are compared by name.
bool SameAsExpected(const expr::Value& got, const expr::Value& expected);

}  // namespace parcours::cli
