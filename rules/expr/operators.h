// Operators: which types the operators take, what they give, and the hints where they do not fit.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>

#include "rules/expr/node.h"

namespace parcours::expr {

// The type of `a OP b`, or nullopt if it has none. dyn fits everywhere.
std::optional<Type> BinaryType(Func func, const Type& a, const Type& b);
// Whether a value of type `b` may stand where `a` is expected.
bool Fits(const Type& a, const Type& b);
// The type of a list or branch that holds both: theirs if they agree, else dyn.
Type Joined(const Type& a, const Type& b);

// What to write instead of `given`, of a type that does not go with `other`: money("250.00") for
// 250 beside money, days(90) for 90 beside a duration; or "".
std::string ConversionHint(const Node& given, const Type& other, int decimals);

}  // namespace parcours::expr
