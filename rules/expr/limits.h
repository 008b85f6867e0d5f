// The bounds of one expression. Past them an expression is refused at load, or, where only data
// decides, its value is an error.
#pragma once

namespace parcours::expr {

inline constexpr int kExpressionBytesMax = 16 * 1024;
inline constexpr int kExpressionDepthMax = 64;      // of the syntax tree
inline constexpr int kEvaluationStepsMax = 10'000;  // nodes one evaluation may visit
inline constexpr int kTextBytesMax = 64 * 1024;     // of a string or bytes made while evaluating
inline constexpr int kListElementsMax = 10'000;     // of a list or map made while evaluating

}  // namespace parcours::expr
