// Cells: what a customer's cell or an event's field is as a value of CEL.
//
// A list or a map lies in a text cell (base/collection.h) and is read entry by entry each time.
// Threads: pure functions. Texts are borrowed from where they lie.   Limits: kListElementsMax.
#pragma once

#include "base/cell.h"
#include "rules/expr/node.h"

namespace parcours::expr {

// REQUIRES: IsValue(*cell), and a variable that is no binding; `decimals` are the currency's.
Value ValueOfCell(const Type& type, const Variable& variable, const Cell* cell, int decimals);
// The same for a field of an event, lists among them.
Value ValueOfField(const Node& node, const Field& field, int decimals);

}  // namespace parcours::expr
