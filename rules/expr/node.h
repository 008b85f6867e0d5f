// Node: one part of a checked expression, ready for the machine and the compiler.
//
// Names are resolved, overloads chosen, types known (dyn where only evaluation can tell). Children
// come before parents in Nodes, so a loop in order visits children first.
// Threads: immutable once the compiler is done, share freely.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "base/periods.h"
#include "rules/expr/ast.h"
#include "rules/expr/scope.h"
#include "rules/expr/type.h"
#include "rules/expr/value.h"

namespace parcours::expr {

enum class Op : std::uint8_t {
  kConstant,
  kVariable,
  kNow,
  kAnd,
  kOr,
  kNot,
  kIf,
  kHasVariable,
  kHasKey,
  kList,
  kMap,
  kCall,
  kLocal,
  kLoop,
};

// What a macro makes of its steps.
enum class Loop : std::uint8_t {
  kAll,
  kExists,
  kExistsOne,
  kFilter,
  kList,     // map, transformList
  kMap,      // transformMap: values under the same keys
  kEntries,  // transformMapEntry: maps, put together
};

// Strict functions: an error among the arguments is the result.
enum class Func : std::uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kNegate,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kIndex,
  kSelect,
  kSize,
  kStartsWith,
  kEndsWith,
  kContains,
  kToInt,
  kToUint,
  kToDouble,
  kToString,
  kToBytes,
  kToBool,
  kToDyn,
  kToType,
  kTimestamp,
  kDuration,
  kMoney,
  kDate,
  kMinutes,
  kHours,
  kDays,
  kWeeks,
  kCalendarDays,
  kMonths,
  kAge,
  kStartOfDay,
  kWeekday,
  kLocalTime,
  kLocalDate,
  kSeason,
  kIsWeekend,
  kDaysUntilBirthday,
  kFullYear,
  kMonth,
  kDayOfMonth,
  kDateOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kGetHours,
  kGetMinutes,
  kGetSeconds,
  kGetMilliseconds,
  kLibrary,  // by its `apply` in the table
  kMatches,
  kOptionalIndex,  // a[?b], a.?b
  kMessage,        // name, value, name, value ... of a built-in message
  kSegmentName,    // of the number of a segment: its name in variable.names
  kStorePart,      // of the id of a store: variable.part of it
  kPoint,
  kDistanceKm,
  kTop,
  kUnknown,  // a name or function that was not declared, in unchecked mode: an error
};

inline bool IsComparison(Func func) { return func >= Func::kEqual && func <= Func::kGreaterEqual; }
inline bool IsAccessor(Func func) {
  return func >= Func::kFullYear && func <= Func::kGetMilliseconds;
}
// Words that count in the customer's zone.
inline bool IsCalendarWord(Func func) {
  return func >= Func::kCalendarDays && func <= Func::kDaysUntilBirthday;
}

// Words that count to today without naming now.
inline bool ReadsToday(Func func) { return func == Func::kAge || func == Func::kDaysUntilBirthday; }

struct Function;
class Pattern;

struct Node {
  Op op = Op::kConstant;
  Func func = Func::kUnknown;
  Type type;
  Place place;
  std::vector<int> children;
  Value constant;     // kConstant; of kUnknown the error
  Variable variable;  // kVariable, kHasVariable, kHasKey of a store; of kSegmentName, kStorePart
  std::string name;   // kVariable: as declared; kSelect, kHasKey: the key; else the function
  const Function* function = nullptr;      // kLibrary
  std::shared_ptr<const Pattern> pattern;  // kMatches, of a text that stands in the expression
  std::vector<int> optional;               // kList, kMap: entries that may be left out
  Loop loop = Loop::kAll;                  // kLoop: children: range, condition?, result
  int local = -1;                          // kLocal: which; kLoop: the first of its variables
  int variables = 0;  // kLoop: 1: elements, or keys of a map; 2: index or key, and value
  Value absent;       // kVariable: the error of reading nothing
  std::shared_ptr<const Zone> zone;  // of an accessor; unset: UTC

  // How the value moves with now. It runs if a slope is not 0: so many milliseconds a millisecond,
  // the least and the most that its branches allow. It steps if it changes at instants that can be
  // told.
  int slope_min = 0, slope_max = 0;
  bool steps = false;
  bool reads_now = false;
  std::vector<int> timed;  // cells below whose until is at slot + 1

  bool runs() const { return slope_min != 0 || slope_max != 0; }
};

struct Nodes {
  std::vector<Node> nodes;
  int root = -1;
  int decimals = 2;  // of the programme's currency
  std::shared_ptr<const Periods> seasons;
  int locals = 0;  // variables of loops that live at one time

  const Node& at(int id) const { return nodes[static_cast<std::size_t>(id)]; }
  Node& at(int id) { return nodes[static_cast<std::size_t>(id)]; }
};

}  // namespace parcours::expr
