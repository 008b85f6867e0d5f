// Checker: resolves names, chooses overloads, infers types, and refuses what cannot work.
//
// Also tells how each part moves with `now`, and refuses a use whose next change cannot be computed
// (now in a list, getSeconds of now, now as a result). All mistakes are told, each once: what
// follows from a mistake has the type dyn and is not complained about again. Threads: pure
// function. Limits: kEvaluationStepsMax nodes. Failure: Issues, then nullopt.
#pragma once

#include <optional>
#include <vector>

#include "base/issue.h"
#include "rules/expr/ast.h"
#include "rules/expr/node.h"
#include "rules/expr/program.h"

namespace parcours::expr {

std::optional<Nodes> Check(const Tree& tree, const Scope& scope, const CompileOptions& options,
                           std::vector<Issue>* issues);

}  // namespace parcours::expr
