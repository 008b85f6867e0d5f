// Fold: computes at load what does not depend on cells, fields, now or a customer's zone.
//
// Threads: pure function. Failure: a part whose value is an error is left as it is.
#pragma once

#include "rules/expr/node.h"

namespace parcours::expr {

void Fold(Nodes* nodes);

}  // namespace parcours::expr
