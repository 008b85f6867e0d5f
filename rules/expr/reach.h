// Reach: whether a rule can be true of anybody, judged by its constants alone.
//
// A comparison of something with a constant says what that something may be; where the parts of a
// rule leave it no value, the rule cannot be true. What is not understood may be anything, so that
// "cannot" is certain and "can" is not.
// Limits: kReachStepsMax a question, past which the answer is "can".   Threads: pure functions.
#pragma once

#include <vector>

#include "rules/expr/program.h"

namespace parcours::expr {

inline constexpr int kReachStepsMax = 5'000;

// Whether there can be a customer of whom `rule` is true and none of `others` is. `rule` may be
// nullptr: whether there can be one of whom none is. REQUIRES: all are bool.
bool CanBeTrue(const Program* rule, const std::vector<const Program*>& others);

// Whether both are the same expression but for spaces, and for how constants are written.
bool SameRule(const Program& a, const Program& b);

}  // namespace parcours::expr
