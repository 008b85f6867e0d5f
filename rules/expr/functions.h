// Functions: the strict functions and operators of expressions, on values that stand still.
//
// What moves with `now` is told by words.h; here is only what a value is.
// Threads: pure functions. Limits: kTextBytesMax, kListElementsMax. Failure: an error value.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "rules/expr/node.h"

namespace parcours::expr {

// Arguments of a strict function, none of them an error.
struct Arguments {
  const Value* values;
  int count;
  const Value& operator[](int i) const { return values[i]; }
};

// The type of a result, where it is not always one kind.
enum class Gives : std::uint8_t {
  kResult,
  kArguments,  // what the arguments have in common; of a list: its elements
  kOptional,   // an optional of the argument
  kHeld,       // what the first argument, an optional, holds
};

// A function as definitions write it.
struct Function {
  std::string_view name;
  Func func;
  bool global, receiver;             // f(x), x.f()
  int arguments_min, arguments_max;  // the receiver counts
  // Allowed kinds of each argument, as bits 1 << Kind; the last is that of all further ones.
  unsigned kinds[4];
  Kind result;
  std::string_view usage;     // for Issues: "days(int)"
  Kind element = Kind::kDyn;  // of a list that it gives
  Gives gives = Gives::kResult;
  Value (*apply)(Arguments) = nullptr;  // of Func::kLibrary; the kinds hold

  bool Takes(std::size_t argument, Kind kind) const {
    return (kinds[argument < 4 ? argument : 3] >> static_cast<unsigned>(kind)) & 1;
  }
};
using FunctionTable = std::span<const Function>;
// The tables, by theme.
FunctionTable CoreFunctions();
FunctionTable TextFunctions();
FunctionTable MathFunctions();
FunctionTable OptionalFunctions();
// nullptr if there is none.
const Function* FindFunction(std::string_view name);
std::vector<std::string> FunctionNames();

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
bool IsWeekend(CivilDay day);
// The birthday of one born on `birth` that comes next, which may be today.
CivilDay NextBirthday(CivilDay birth, CivilDay today);
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
// The comparison with its sides exchanged: > of <.
Func Mirrored(Func comparison);
Value Element(const Value& container, const Value& key);
// container[?key]: an optional; an error where container[key] is one for another reason than that
// nothing is there.
Value OptionalElement(const Value& container, const Value& key);
// Adds an entry that is not in `map` yet; an error, else null.
Value AddEntry(Value key, Value element, Map* map);

}  // namespace parcours::expr
