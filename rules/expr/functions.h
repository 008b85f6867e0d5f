// Functions: the strict functions and operators of expressions, on values that stand still.
//
// What moves with `now` is told by words.h; here is only what a value is.
// Threads: pure functions. Limits: kTextBytesMax, kListElementsMax. Failure: an error value.
#pragma once

#include <optional>
#include <string_view>

#include "rules/expr/node.h"

namespace parcours::expr {

// A function as definitions write it.
struct Function {
  std::string_view name;
  Func func;
  bool global, receiver;             // f(x), x.f()
  int arguments_min, arguments_max;  // the receiver counts
  unsigned kinds[2];                 // allowed kinds of each argument, as bits 1 << Kind
  Kind result;
  std::string_view usage;  // for Issues: "days(int)"
};
// nullptr if there is none.
const Function* FindFunction(std::string_view name);
std::vector<std::string> FunctionNames();
// The sentence that refuses a name CEL or its extensions know and we do not yet, or "".
std::string UnsupportedFunction(std::string_view name, bool receiver);

// Arguments of a strict function, none of them an error.
struct Arguments {
  const Value* values;
  int count;
  const Value& operator[](int i) const { return values[i]; }
};

// `node` tells the function, decimals, zone and key; `zone` is the customer's, `now` in ms.
struct Surroundings {
  const Zone* zone;
  TimeMs now;
  int decimals;
  const Periods* seasons;
};
Value Apply(const Node& node, Arguments arguments, const Surroundings& around);

// The parts of Apply, one file each.
Value Arithmetic(Func func, const Value& a, const Value& b);
Value Negate(const Value& value);
Value Convert(Func func, const Value& value, int decimals);
Value Word(Func func, Arguments arguments, const Surroundings& around);
Value Accessor(const Node& node, const Value& value);
Value Geography(Func func, const Value& a, const Value& b);
// A part of the store with this id; an error where there is no such store, or it has no such part.
Value PartOf(const Stores& stores, StorePart part, const Value& id);
Value Top(const Value& map);
Value NoOverload(std::string_view name);

// CEL's equality: numbers across types, NaN unequal to itself, different kinds unequal.
bool Equal(const Value& a, const Value& b);
// -1, 0, 1; 2 where a NaN makes them unordered; nullopt if the kinds do not compare.
std::optional<int> Order(const Value& a, const Value& b);
// Whether an order (-1, 0, 1, 2) makes the comparison true.
bool Holds(Func comparison, int order);
Value Element(const Value& container, const Value& key);

}  // namespace parcours::expr
