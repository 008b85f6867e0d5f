// Program: one expression, checked and compiled, that tells a value and until when it stands.
//
// Text goes through lexer, parser, checker and compiler, one file each. Comparisons of a cell with
// a constant, of `now` or a calendar word with a bound, and their combinations by && || ! ?: become
// fused terms; all else runs on the general machine within kEvaluationStepsMax.
// A horizon is the first whole millisecond after `now` at which the value may differ if no event
// comes; it may be early, never late. kNever if it stands for ever, or until a year that now never
// reaches (kTimeMaxMs).
// Limits: kExpressionBytesMax, kExpressionDepthMax, kEvaluationStepsMax (limits.h).
// Threads: immutable after Compile, share freely; copying shares.
// Failure: an author's mistake becomes Issues; data that makes one evaluation fail is an error
// value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/issue.h"
#include "rules/expr/frame.h"
#include "rules/expr/scope.h"
#include "rules/expr/type.h"
#include "rules/expr/value.h"

namespace parcours::expr {

struct Nodes;

enum class Truth : std::uint8_t { kFalse, kTrue, kError };

// A boolean and its horizon.
struct Verdict {
  Truth truth = Truth::kError;
  TimeMs until = kNever;
};
// A scalar as a cell (kAbsent where the value is an error) and its horizon.
struct Reading {
  Cell cell = kAbsent;
  TimeMs until = kNever;
};
// Any value, errors with their reason, and its horizon.
struct Answer {
  Value value;
  TimeMs until = kNever;
};

// Where an expression stands in its file, for Issues.
struct Origin {
  std::string file;
  int line = 1, column = 1;
  // Column added to lines after the first (a YAML block's indentation); the first starts at
  // `column`.
  int later_columns = 0;
};

struct CompileOptions {
  // The type the place asks for; nullopt: any but one that runs with `now` (see checker.h). A
  // money, date or timestamp mismatch gives the hint that mends it.
  std::optional<Type> expected;
  bool check_types = true;     // false: everything is dyn until evaluated (CEL's disable_check)
  bool expand_macros = true;   // false: all(), exists() ... are unknown functions, but not has()
  bool allow_running = false;  // accept a result that runs with `now` (`parcours eval` only)
  Origin origin;
};

class Program {
 public:
  Program() = default;  // empty; only assignable

  const Type& type() const;
  // Cells and fields the expression reads, ascending, each once. Derived and windowed names count
  // as their own cell.
  const std::vector<int>& cells_read() const;
  const std::vector<int>& fields_read() const;
  bool reads_now() const;
  // The field this expression is, if it is just that (`event.total`), else -1.
  int plain_field() const;
  // What it says, if that is just `cell >= bound` of a window that time alone only lowers. Of two
  // such the one with the greater bound is true of less, and ceases to be true no later.
  struct Threshold {
    int cell = -1;
    Cell bound = 0;
  };
  std::optional<Threshold> threshold() const;
  // Whether it was fused entirely, for tests and the bench.
  bool fused() const;
  std::string text() const;
  // The compiled form for people, one instruction a line.
  std::string Dump() const;
  // The checked parts, for who reasons about them (reach.h).
  const Nodes& nodes() const;

  Verdict Test(const Frame& frame) const;     // REQUIRES: type is bool
  Reading Read(const Frame& frame) const;     // REQUIRES: type fits a cell and is not string
  Answer Evaluate(const Frame& frame) const;  // any type, by the general machine

 private:
  friend std::optional<Program> Compile(std::string_view, const Scope&, const CompileOptions&,
                                        std::vector<Issue>*);
  struct Code;
  std::shared_ptr<const Code> code_;
};

// Compiles `text` against `scope`. On mistakes appends all of them to `issues` and returns nullopt.
std::optional<Program> Compile(std::string_view text, const Scope& scope,
                               const CompileOptions& options, std::vector<Issue>* issues);

// The declared name nearest to `name` (edit distance, at most a third of its length), or empty. For
// "did you mean 'orders'?".
std::string Nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace parcours::expr
