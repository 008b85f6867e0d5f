// Operators: && || ! ?: and those that take two values of fitting types.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/checking.h"
#include "rules/expr/operators.h"

namespace parcours::expr {
namespace {

struct NamedOperator {
  std::string_view symbol;
  Func func;
};
constexpr NamedOperator kBinary[] = {
    {"+", Func::kAdd},       {"-", Func::kSubtract},      {"*", Func::kMultiply},
    {"/", Func::kDivide},    {"%", Func::kModulo},        {"==", Func::kEqual},
    {"!=", Func::kNotEqual}, {"<", Func::kLess},          {"<=", Func::kLessEqual},
    {">", Func::kGreater},   {">=", Func::kGreaterEqual}, {"in", Func::kIn},
    {"[]", Func::kIndex},
};

}  // namespace

int Checker::CheckCall(const Ast& ast) {
  if (ast.is_operator) {
    if (ast.text == "&&" || ast.text == "||") return CheckLogic(ast);
    if (ast.text == "!") return CheckNot(ast);
    if (ast.text == "?:") return CheckIf(ast);
    if (ast.text == "[?]") return CheckOptionalIndex(ast);
    if (ast.text == "-" && ast.children.size() == 1) return CheckNegate(ast);
    return CheckBinary(ast);
  }
  if (ast.text == "has" && !ast.receiver) return CheckHas(ast);
  if (const int macro = options_.expand_macros ? CheckMacro(ast) : -1; macro >= 0) return macro;
  if (ast.text == "in_segment" && !ast.receiver) return CheckInSegment(ast);
  if (ast.text == "since" && !ast.receiver) return CheckSince(ast);
  return CheckFunction(ast);
}

void Checker::ExpectBool(int id, std::string_view where) {
  const Kind kind = TypeAt(id).kind;
  if (kind == Kind::kBool || kind == Kind::kDyn) return;
  Complain(at(id).place,
           absl::StrCat(std::string(where), " takes bool, found ", TypeName(TypeAt(id))),
           kind == Kind::kInt ? "compare it: orders > 0" : "");
}

int Checker::CheckLogic(const Ast& ast) {
  Node node = Made(ast, ast.text == "&&" ? Op::kAnd : Op::kOr, Type::Of(Kind::kBool));
  for (int child : ast.children) {
    node.children.push_back(Check(child));
    ExpectBool(node.children.back(), Quoted(ast.text));
    RefuseRunning(node.children.back(), "is neither true nor false");
  }
  return Add(std::move(node));
}

int Checker::CheckNot(const Ast& ast) {
  Node node = Made(ast, Op::kNot, Type::Of(Kind::kBool));
  node.children = {Check(ast.children[0])};
  ExpectBool(node.children[0], "'!'");
  RefuseRunning(node.children[0], "is neither true nor false");
  return Add(std::move(node));
}

int Checker::CheckIf(const Ast& ast) {
  Node node = Made(ast, Op::kIf, Type());
  for (int child : ast.children) node.children.push_back(Check(child));
  ExpectBool(node.children[0], "the condition of '?:'");
  RefuseRunning(node.children[0], "is neither true nor false");
  const Type a = TypeAt(node.children[1]), b = TypeAt(node.children[2]);
  const bool differ = a.kind != b.kind && a.kind != Kind::kDyn && b.kind != Kind::kDyn;
  if (differ || !Fits(a, b)) {
    std::string hint = ConversionHint(at(node.children[2]), a, nodes_.decimals);
    if (hint.empty()) hint = ConversionHint(at(node.children[1]), b, nodes_.decimals);
    Complain(ast.place,
             absl::StrCat("the branches of '?:' have different types, ", TypeName(a), " and ",
                          TypeName(b)),
             hint);
  } else if (options_.check_types) {
    node.type = Joined(a, b);
  }
  const Node &x = at(node.children[1]), &y = at(node.children[2]);
  node.slope_min = std::min(x.slope_min, y.slope_min);
  node.slope_max = std::max(x.slope_max, y.slope_max);
  return Add(std::move(node));
}

int Checker::CheckNegate(const Ast& ast) {
  const int operand = Check(ast.children[0]);
  const Kind kind = TypeAt(operand).kind;
  const bool fits =
      kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kMoney || kind == Kind::kDyn;
  if (!fits) return Fail(ast, absl::StrCat("'-' cannot take ", TypeName(TypeAt(operand))));
  RefuseRunning(operand, "cannot be negated");
  Node node = Made(ast, Op::kCall, TypeAt(operand));
  node.func = Func::kNegate;
  node.name = "-";
  node.children = {operand};
  return Add(std::move(node));
}

int Checker::CheckBinary(const Ast& ast) {
  const auto* op = std::find_if(std::begin(kBinary), std::end(kBinary),
                                [&](const NamedOperator& o) { return o.symbol == ast.text; });
  Node node = Made(ast, Op::kCall, Type());
  node.func = op->func;
  node.name = ast.text;
  node.children = {Check(ast.children[0]), Check(ast.children[1])};
  const int a = node.children[0], b = node.children[1];
  const std::optional<Type> type = BinaryType(op->func, TypeAt(a), TypeAt(b));
  if (!type) return Mismatch(ast, op->func, a, b);
  if (options_.check_types) node.type = *type;
  if (op->func == Func::kEqual || op->func == Func::kNotEqual || op->func == Func::kIn) {
    CheckSegmentNames(a, b);
    CheckSegmentNames(b, a);
  }
  if (op->func == Func::kAdd || op->func == Func::kSubtract) {
    const int sign = op->func == Func::kAdd ? 1 : -1;
    const Node &x = at(a), &y = at(b);
    node.slope_min = x.slope_min + (sign > 0 ? y.slope_min : -y.slope_max);
    node.slope_max = x.slope_max + (sign > 0 ? y.slope_max : -y.slope_min);
  } else if (!IsComparison(op->func)) {
    const char* why =
        op->func == Func::kIn ? "cannot be looked for in a list" : "cannot be used here";
    RefuseRunning(a, why);
    RefuseRunning(b, why);
  }
  return Add(std::move(node));
}

int Checker::CheckOptionalIndex(const Ast& ast) {
  Node node = Made(ast, Op::kCall, Type());
  node.func = Func::kOptionalIndex;
  node.name = "[?]";
  node.children = {Check(ast.children[0]), Check(ast.children[1])};
  const int a = node.children[0], b = node.children[1];
  RefuseRunning(a, "has no parts");
  RefuseRunning(b, "cannot be used here");
  Type container = TypeAt(a);
  if (container.kind == Kind::kOptional)
    container = container.element ? *container.element : Type();
  Type element;
  if (container.kind != Kind::kDyn && container.kind != Kind::kItem) {
    const std::optional<Type> type = BinaryType(Func::kIndex, container, TypeAt(b));
    if (!type) return Mismatch(ast, Func::kIndex, a, b);
    element = *type;
  }
  if (options_.check_types) node.type = Type::OptionalOf(element);
  return Add(std::move(node));
}

int Checker::Mismatch(const Ast& ast, Func func, int a, int b) {
  const std::string x = TypeName(TypeAt(a)), y = TypeName(TypeAt(b));
  const char* verb = IsComparison(func) ? " cannot compare " : " cannot take ";
  std::string hint;
  if (TypeAt(a).kind == Kind::kNull || TypeAt(b).kind == Kind::kNull) {
    hint = "a declared name is never null: has(name) tells whether it is known";
  }
  const bool money = TypeAt(a).kind == Kind::kMoney || TypeAt(b).kind == Kind::kMoney;
  if (hint.empty() && money &&
      (func == Func::kMultiply || func == Func::kDivide || func == Func::kModulo)) {
    hint = "money multiplies by an int only";
  }
  if (hint.empty() && func == Func::kIn && TypeAt(b).element) {
    hint = ConversionHint(at(a), *TypeAt(b).element, nodes_.decimals);
  }
  if (hint.empty()) hint = ConversionHint(at(b), TypeAt(a), nodes_.decimals);
  if (hint.empty()) hint = ConversionHint(at(a), TypeAt(b), nodes_.decimals);
  return Fail(ast,
              absl::StrCat(Quoted(ast.text), verb, x, IsComparison(func) ? " with " : " and ", y),
              hint);
}

}  // namespace parcours::expr
