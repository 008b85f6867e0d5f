// Parser: tokens to the tree of an expression, by CEL's grammar, all of it.
//
// Recursive descent; macros come out as calls. After a mistake it goes on at the next place where
// an expression may start or end, so that one pass tells several. Threads: pure function. Limits:
// kExpressionBytesMax, kExpressionDepthMax (refused with one Issue before the stack is in danger).
// Failure: Issues, places counted inside `text`; then nullopt.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/issue.h"
#include "rules/expr/ast.h"

namespace parcours::expr {

std::optional<Tree> Parse(std::string_view text, std::vector<Issue>* issues);

}  // namespace parcours::expr
