#include "rules/expr/program.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/expr/checker.h"
#include "rules/expr/code.h"
#include "rules/expr/dump.h"
#include "rules/expr/fold.h"
#include "rules/expr/fuse.h"
#include "rules/expr/leaves.h"
#include "rules/expr/machine.h"
#include "rules/expr/parser.h"

namespace parcours::expr {
namespace {

// Adds where the expression stands in its file.
void Locate(const Origin& origin, Issue* issue) {
  issue->file = origin.file;
  issue->column += issue->line == 1 ? origin.column - 1 : origin.later_columns;
  issue->line += origin.line - 1;
}

std::vector<int> SlotsOf(const Nodes& nodes, bool fields) {
  std::vector<int> slots;
  for (const Node& node : nodes.nodes) {
    if (node.op != Op::kVariable && node.op != Op::kHasVariable) continue;
    if ((node.variable.home == Variable::Home::kField) == fields)
      slots.push_back(node.variable.slot);
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

// A scalar as a cell; kAbsent where it is an error or has no room in one.
Cell CellOf(const Value& value) {
  if (value.is_error()) return kAbsent;
  Cell cell = kAbsent;
  switch (value.kind()) {
    case Kind::kBool:
      return value.AsBool() ? 1 : 0;
    case Kind::kInt:
      cell = value.AsInt();
      break;
    case Kind::kMoney:
      cell = value.AsMoney();
      break;
    case Kind::kDate:
      return value.AsDate();
    case Kind::kPoint:
      return CellOfPoint(value.AsPoint());
    case Kind::kDouble:
      cell = CellOfDouble(value.AsDouble());
      break;
    case Kind::kTimestamp:
    case Kind::kDuration:
      cell = static_cast<Cell>(FloorDiv(value.AsNanos(), kNanosPerMs));
      break;
    default:
      break;
  }
  return IsValue(cell) ? cell : kAbsent;
}

}  // namespace

std::optional<Program> Compile(std::string_view text, const Scope& scope,
                               const CompileOptions& options, std::vector<Issue>* issues) {
  std::vector<Issue> found;
  std::optional<Nodes> nodes;
  if (const std::optional<Tree> tree = Parse(text, &found)) {
    nodes = Check(*tree, scope, options, &found);
  }
  for (Issue& issue : found) {
    Locate(options.origin, &issue);
    issues->push_back(std::move(issue));
  }
  if (!nodes) return std::nullopt;
  auto code = std::make_shared<Program::Code>();
  code->text = std::string(text);
  code->type = nodes->at(nodes->root).type;
  code->cells_read = SlotsOf(*nodes, false);
  code->fields_read = SlotsOf(*nodes, true);
  code->reads_now = nodes->at(nodes->root).reads_now;
  code->nodes = *std::move(nodes);
  Fold(&code->nodes);
  const Node& root = code->nodes.at(code->nodes.root);
  if (root.op == Op::kVariable && root.variable.home == Variable::Home::kField) {
    code->plain_field = root.variable.slot;
  }
  Fuse(code->nodes, &code->fused);
  Program program;
  program.code_ = std::move(code);
  return program;
}

const Type& Program::type() const { return code_->type; }
const std::vector<int>& Program::cells_read() const { return code_->cells_read; }
const std::vector<int>& Program::fields_read() const { return code_->fields_read; }
bool Program::reads_now() const { return code_->reads_now; }
int Program::plain_field() const { return code_->plain_field; }
std::optional<Program::Threshold> Program::threshold() const {
  const Term& root = code_->fused.root;
  if (!IsWindowLeaf(root)) return std::nullopt;
  return Threshold{root.slot, root.a};
}
bool Program::fused() const { return code_->fused.whole; }
std::string Program::text() const { return code_->text; }
std::string Program::Dump() const { return DumpOf(code_->nodes, code_->fused); }
const Nodes& Program::nodes() const { return code_->nodes; }

Verdict Program::Test(const Frame& frame) const {
  const Term& root = code_->fused.root;
  return root.test(root, frame);
}

Reading Program::Read(const Frame& frame) const {
  const FusedReading& reading = code_->fused.reading;
  if (reading.read != nullptr) return reading.read(reading, frame);
  const Outcome outcome = Machine(code_->nodes, frame).Evaluate(code_->nodes.root);
  return {CellOf(outcome.value), outcome.until};
}

Answer Program::Evaluate(const Frame& frame) const {
  const Outcome outcome = Machine(code_->nodes, frame).Evaluate(code_->nodes.root);
  return {outcome.value.Owned(), outcome.until};
}

}  // namespace parcours::expr
