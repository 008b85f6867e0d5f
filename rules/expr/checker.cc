#include "rules/expr/checker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/checking.h"
#include "rules/expr/limits.h"
#include "rules/expr/messages.h"
#include "rules/expr/operators.h"

namespace parcours::expr {
namespace {

constexpr std::size_t kIssuesMax = 20;

// Whether an entry of a list or map is written with `?`.
bool IsOptional(const Ast& ast, std::size_t entry) {
  return std::find(ast.optional.begin(), ast.optional.end(), static_cast<int>(entry)) !=
         ast.optional.end();
}

}  // namespace

std::string Quoted(std::string_view name) { return absl::StrCat("'", std::string(name), "'"); }

Nodes Checker::Run() {
  nodes_.root = Check(tree_.root);
  const Extent extent = extents_[static_cast<std::size_t>(nodes_.root)];
  if (extent.parts > kEvaluationStepsMax) {
    Complain({1, 1}, absl::StrCat("the expression has more than ", kEvaluationStepsMax, " parts"));
  } else if (extent.depth > kUnfoldedDepthMax) {
    Complain({1, 1}, absl::StrCat("the expression is nested deeper than ", kUnfoldedDepthMax,
                                  " levels where cel.bind is written out"));
  }
  if (extent.loops > kMacrosMax) {
    Complain({1, 1}, absl::StrCat("the expression has more than ", kMacrosMax, " macros"));
  }
  CheckResult();
  return std::move(nodes_);
}

void Checker::Complain(Place place, std::string message, std::string hint) {
  ++mistakes_;
  if (issues_->size() >= kIssuesMax) return;
  issues_->push_back(Issue{"", place.line, place.column, std::move(message), std::move(hint)});
}

int Checker::Add(Node node) {
  Extent extent;
  for (int child : node.children) {
    const Node& part = at(child);
    const Extent& inner = extents_[static_cast<std::size_t>(child)];
    extent.parts = std::min(extent.parts + inner.parts, kEvaluationStepsMax + 1);
    extent.depth = std::max(extent.depth, inner.depth + 1);
    extent.loops = std::min(extent.loops + inner.loops, kMacrosMax + 1);
    node.reads_now = node.reads_now || part.reads_now;
    node.steps = node.steps || part.steps || part.runs();
    node.timed.insert(node.timed.end(), part.timed.begin(), part.timed.end());
  }
  std::sort(node.timed.begin(), node.timed.end());
  node.timed.erase(std::unique(node.timed.begin(), node.timed.end()), node.timed.end());
  if (node.op == Op::kLoop) ++extent.loops;
  extents_.push_back(extent);
  nodes_.nodes.push_back(std::move(node));
  return static_cast<int>(nodes_.nodes.size()) - 1;
}

Node Checker::Made(const Ast& ast, Op op, Type type) const {
  Node node;
  node.op = op;
  node.place = ast.place;
  node.type = options_.check_types ? std::move(type) : Type();
  return node;
}

int Checker::Constant(const Ast& ast, Value value, Type type) {
  Node node = Made(ast, Op::kConstant, std::move(type));
  node.constant = std::move(value);
  return Add(std::move(node));
}

int Checker::Fail(const Ast& ast, std::string message, std::string hint) {
  if (options_.check_types) {
    Complain(ast.place, std::move(message), std::move(hint));
    return Mistaken(ast);
  }
  return Constant(ast, Value::Error(std::move(message)), Type());
}

int Checker::Refuse(const Ast& ast, std::string message, std::string hint) {
  Complain(ast.place, std::move(message), std::move(hint));
  return Mistaken(ast);
}

int Checker::Check(int id) {
  const Ast& ast = tree_.at(id);
  switch (ast.kind) {
    case Ast::Kind::kLiteral:
      return Constant(ast, ast.literal, TypeOf(ast.literal));
    case Ast::Kind::kName:
      return CheckName(id);
    case Ast::Kind::kSelect:
      return CheckSelect(id);
    case Ast::Kind::kCall:
      return CheckCall(ast);
    case Ast::Kind::kList:
      return CheckList(ast);
    case Ast::Kind::kMap:
      return CheckMap(ast);
    case Ast::Kind::kMessage:
      return CheckMessage(ast);
  }
  return Mistaken(ast);
}

Type Checker::EntryType(int id, bool optional) {
  const Type type = TypeAt(id);
  if (!optional || type.kind == Kind::kDyn) return type;
  if (type.kind == Kind::kOptional) return type.element == nullptr ? Type() : *type.element;
  Complain(at(id).place, absl::StrCat("'?' takes an optional, found ", TypeName(type)),
           "write optional.of(x), or a[?b]");
  return Type();
}

int Checker::CheckMessage(const Ast& ast) {
  const std::string message = MessageNamed(ast.text, scope_.container);
  if (message.empty()) {
    return Refuse(ast, absl::StrCat("unknown message type ", Quoted(ast.text)),
                  "only those of google.protobuf that CEL builds in are known");
  }
  if (!ast.optional.empty()) return Refuse(ast, "a field of a message is not optional");
  Node node = Made(ast, Op::kCall, MessageType(message));
  node.func = Func::kMessage;
  node.name = message;
  for (std::size_t i = 0; i < ast.children.size(); ++i) {
    if (!HasField(message, ast.fields[i])) {
      return Fail(ast, absl::StrCat(Quoted(ast.text), " has no field ", Quoted(ast.fields[i])));
    }
    node.children.push_back(Constant(ast, Value::String(ast.fields[i]), Type::Of(Kind::kString)));
    node.children.push_back(Check(ast.children[i]));
    RefuseRunning(node.children.back(), "cannot be kept in a message");
  }
  return Add(std::move(node));
}

int Checker::CheckList(const Ast& ast) {
  Node node = Made(ast, Op::kList, Type());
  node.optional = ast.optional;
  std::optional<Type> element;
  for (int child : ast.children) {
    node.children.push_back(Check(child));
    RefuseRunning(node.children.back(), "cannot be kept in a list");
    const bool optional = IsOptional(ast, node.children.size() - 1);
    const Type type = EntryType(node.children.back(), optional);
    element = element ? Joined(*element, type) : type;
  }
  if (options_.check_types) node.type = Type::ListOf(element.value_or(Type()));
  return Add(std::move(node));
}

int Checker::CheckMap(const Ast& ast) {
  Node node = Made(ast, Op::kMap, Type());
  node.optional = ast.optional;
  std::optional<Type> types[2];
  for (std::size_t i = 0; i < ast.children.size(); ++i) {
    node.children.push_back(Check(ast.children[i]));
    RefuseRunning(node.children.back(), "cannot be kept in a map");
    const bool optional = i % 2 == 1 && IsOptional(ast, i / 2);
    const Type type = EntryType(node.children.back(), optional);
    types[i % 2] = types[i % 2] ? Joined(*types[i % 2], type) : type;
  }
  if (options_.check_types) {
    node.type = Type::MapOf(types[0].value_or(Type()), types[1].value_or(Type()));
  }
  return Add(std::move(node));
}

void Checker::RefuseRunning(int id, const char* why) {
  if (!at(id).runs()) return;
  Complain(at(id).place, absl::StrCat("a value that runs with now ", why),
           "compare it (now - last_order_at > days(90)), or count days with calendar_days");
  StandStill(id);
}

void Checker::StandStill(int id) {
  nodes_.at(id).slope_min = nodes_.at(id).slope_max = 0;
  nodes_.at(id).steps = true;
}

void Checker::CheckResult() {
  Node& root = nodes_.at(nodes_.root);
  if (mistakes_ > 0) return;
  if (root.runs() && !options_.allow_running) {
    const bool stamp = root.type.kind == Kind::kTimestamp;
    Complain(root.place, "the result runs with now",
             stamp ? "compare it with a timestamp, or use start_of_day(now) or local_date(now)"
                   : "compare it (now - last_order_at > days(90)), or count days: "
                     "calendar_days(last_order_at, now)");
    return;
  }
  if (!options_.expected || !options_.check_types) return;
  const Type& expected = *options_.expected;
  const bool fits =
      root.type.kind == Kind::kDyn || expected.kind == Kind::kDyn || expected == root.type;
  if (fits) return;
  std::string hint = ConversionHint(root, expected, nodes_.decimals);
  if (expected.kind == Kind::kBool && hint.empty() && root.type.kind == Kind::kInt)
    hint = "compare it: orders > 0";
  Complain(root.place,
           absl::StrCat("expected ", TypeName(expected), ", found ", TypeName(root.type)), hint);
}

std::optional<Nodes> Check(const Tree& tree, const Scope& scope, const CompileOptions& options,
                           std::vector<Issue>* issues) {
  std::vector<Issue> found;
  Nodes nodes = Checker(tree, scope, options, &found).Run();
  if (found.empty()) return nodes;
  std::stable_sort(found.begin(), found.end(), [](const Issue& a, const Issue& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  issues->insert(issues->end(), found.begin(), found.end());
  return std::nullopt;
}

}  // namespace parcours::expr
