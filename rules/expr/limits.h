// The bounds of one expression. Past them an expression is refused at load, or, where only data
// decides, its value is an error.
#pragma once

namespace parcours::expr {

inline constexpr int kExpressionBytesMax = 16 * 1024;
inline constexpr int kExpressionDepthMax = 64;      // of the syntax tree
inline constexpr int kUnfoldedDepthMax = 256;       // of what it stands for, cel.bind written out
inline constexpr int kEvaluationStepsMax = 10'000;  // nodes one evaluation may visit, macros aside
inline constexpr int kMacrosMax = 32;               // loops of one expression
inline constexpr int kLoopStepsMax = 20'000;     // nodes one of them may visit, with all inside it
inline constexpr int kTextBytesMax = 64 * 1024;  // of a string or bytes made while evaluating
inline constexpr int kListElementsMax = 10'000;  // of a list or map made while evaluating
inline constexpr int kPatternBytesMax = 1'024;   // of a regular expression
inline constexpr int kPatternMemoryMax = 1 << 20;  // bytes that RE2 may use for one
inline constexpr int kArgumentsMax = 64;           // of math.greatest and math.least

}  // namespace parcours::expr
