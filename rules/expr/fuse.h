// Fuse: a checked expression to terms, as far as its shapes are known.
//
// Threads: pure function; terms keep pointers to `nodes`, which must not move.
#pragma once

#include "rules/expr/term.h"

namespace parcours::expr {

void Fuse(const Nodes& nodes, Fused* fused);

}  // namespace parcours::expr
