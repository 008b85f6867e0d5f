// Moving: the strict functions whose arguments move with `now`, and how their results move.
//
// Threads: pure functions. Failure: error values. Arguments are never errors.
#pragma once

#include "rules/expr/motion.h"

namespace parcours::expr {

// Tells what `node`, a strict function that is not a comparison, makes of its arguments.
Outcome ApplyMoving(const Node& node, const Outcome* arguments, int count,
                    const Surroundings& around);

// A value that stands until `until`.
Outcome Still(Value value, TimeMs until);

}  // namespace parcours::expr
