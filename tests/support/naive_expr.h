// NaiveExpr: a second evaluator of expressions, for values only: what the real ones must agree
// with.
//
// It walks the syntax tree each time, has no types, no horizons and no short cuts, and finds local
// days by asking absl::TimeZone for civil times. It knows the part of the language that random
// expressions are made of. Threads: one test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "rules/expr/ast.h"
#include "rules/expr/scope.h"

namespace parcours::expr::testing {

struct NaiveValue {
  enum class Kind {
    kError,
    kBool,
    kInt,
    kMoney,
    kDuration,
    kTimestamp,
    kDate,
    kText,
    kDouble,
    kList
  };
  Kind kind = Kind::kError;
  Wide number = 0;  // nanoseconds of times, days of dates, minor units, 0 or 1
  double real = 0;
  std::string text;
  std::vector<NaiveValue> list;

  bool operator==(const NaiveValue& other) const;
};
std::string ToString(const NaiveValue& value);

struct NaiveWorld {
  const Tree* tree;
  const Scope* scope;
  const Cell* cells;
  absl::TimeZone zone;
  TimeMs now;
  std::vector<std::pair<std::string, NaiveValue>> locals = {};  // of macros, the innermost last
};
NaiveValue NaiveEvaluate(const NaiveWorld& world);

// The start of local `day`, and the last day that has started at `t`, by civil times alone.
TimeMs NaiveStartOf(CivilDay day, const absl::TimeZone& zone);
CivilDay NaiveDayOf(TimeMs t, const absl::TimeZone& zone);

}  // namespace parcours::expr::testing
