// Optional functions: making optionals and asking what they hold. or, orValue, optMap and
// optFlatMap are macros, a.?b and a[?b] operators.

#include <utility>

#include "rules/expr/function_row.h"
#include "rules/expr/functions.h"

namespace parcours::expr {
namespace {

bool IsZero(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kMoney:
      return value.AsUint() == 0;
    case Kind::kDouble:
      return value.AsDouble() == 0;
    case Kind::kString:
    case Kind::kBytes:
      return value.AsText().empty();
    case Kind::kDuration:
      return value.AsNanos() == 0;
    case Kind::kList:
      return value.AsList().empty();
    case Kind::kMap:
      return value.AsMap().empty();
    case Kind::kOptional:
      return value.AsOptional() == nullptr;
    default:
      return false;
  }
}

Value Of(Arguments a) { return Value::OfOptional(&a[0]); }
Value OfNonZero(Arguments a) { return Value::OfOptional(IsZero(a[0]) ? nullptr : &a[0]); }
Value None(Arguments) { return Value::OfOptional(nullptr); }
Value HasValue(Arguments a) { return Value::Bool(a[0].AsOptional() != nullptr); }

Value Held(Arguments a) {
  if (a[0].AsOptional() == nullptr) return Value::BorrowedError("the optional holds no value");
  return *a[0].AsOptional();
}

// What those of a list hold that hold something.
Value Unwrap(Arguments a) {
  List held;
  for (const Value& optional : a[0].AsList()) {
    if (!optional.Is(Kind::kOptional)) return NoOverload("optional.unwrap()");
    if (optional.AsOptional() != nullptr) held.push_back(*optional.AsOptional());
  }
  return Value::OfList(std::move(held));
}

constexpr unsigned kOptional = Bit(Kind::kOptional);
constexpr unsigned kOptionals = Bit(Kind::kList);

constexpr Function kFunctions[] = {
    Giving(Gives::kOptional,
           Library("optional.of", {kAny}, Kind::kOptional, Of, "optional.of(anything)")),
    Giving(Gives::kOptional, Library("optional.ofNonZeroValue", {kAny}, Kind::kOptional, OfNonZero,
                                     "optional.ofNonZeroValue(anything)")),
    Giving(Gives::kOptional,
           Library("optional.none", {}, Kind::kOptional, None, "optional.none()")),
    Method("hasValue", {kOptional}, Kind::kBool, HasValue, "optional.hasValue()"),
    Giving(Gives::kHeld, Method("value", {kOptional}, Kind::kDyn, Held, "optional.value()")),
    Library("optional.unwrap", {kOptionals}, Kind::kList, Unwrap, "optional.unwrap(list)"),
    Method("unwrapOpt", {kOptionals}, Kind::kList, Unwrap, "list.unwrapOpt()"),
};

}  // namespace

FunctionTable OptionalFunctions() { return kFunctions; }

}  // namespace parcours::expr
