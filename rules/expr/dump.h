// Dump: the compiled form of an expression, for people.
//
// Threads: pure function.
#pragma once

#include <string>

#include "rules/expr/term.h"

namespace parcours::expr {

// One term a line, children indented below.
std::string DumpOf(const Nodes& nodes, const Fused& fused);

}  // namespace parcours::expr
