// Macros: loops over lists and maps, cel.bind, and those of optionals, which are written out.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/checking.h"
#include "rules/expr/operators.h"

namespace parcours::expr {
namespace {

constexpr LoopMacro kLoopMacros[] = {
    {"all", Loop::kAll, 1, 1, "list.all(x, condition)"},
    {"all", Loop::kAll, 2, 1, "list.all(i, x, condition)"},
    {"exists", Loop::kExists, 1, 1, "list.exists(x, condition)"},
    {"exists", Loop::kExists, 2, 1, "list.exists(i, x, condition)"},
    {"exists_one", Loop::kExistsOne, 1, 1, "list.exists_one(x, condition)"},
    {"exists_one", Loop::kExistsOne, 2, 1, "list.exists_one(i, x, condition)"},
    {"existsOne", Loop::kExistsOne, 1, 1, "list.existsOne(x, condition)"},
    {"existsOne", Loop::kExistsOne, 2, 1, "list.existsOne(i, x, condition)"},
    {"filter", Loop::kFilter, 1, 1, "list.filter(x, condition)"},
    {"map", Loop::kList, 1, 1, "list.map(x, result)"},
    {"map", Loop::kList, 1, 2, "list.map(x, condition, result)"},
    {"transformList", Loop::kList, 2, 1, "list.transformList(i, x, result)"},
    {"transformList", Loop::kList, 2, 2, "list.transformList(i, x, condition, result)"},
    {"transformMap", Loop::kMap, 2, 1, "map.transformMap(k, v, result)"},
    {"transformMap", Loop::kMap, 2, 2, "map.transformMap(k, v, condition, result)"},
    {"transformMapEntry", Loop::kEntries, 2, 1, "map.transformMapEntry(k, v, {key: value})"},
    {"transformMapEntry", Loop::kEntries, 2, 2,
     "map.transformMapEntry(k, v, condition, {key: value})"},
};

// Names without a name, as optimizers write them: cel.index(0), cel.iterVar(0, 1). Else "".
std::string NumberedName(const Tree& tree, const Ast& ast) {
  const bool numbered = ast.kind == Ast::Kind::kCall && ast.receiver &&
                        (ast.text == "index" || ast.text == "iterVar") &&
                        PathOf(tree, ast.children[0]) == "cel";
  if (!numbered) return "";
  std::string name = absl::StrCat("cel.", ast.text);
  for (std::size_t i = 1; i < ast.children.size(); ++i) {
    const Value& number = tree.at(ast.children[i]).literal;
    if (!number.Is(Kind::kInt)) return "";
    absl::StrAppend(&name, " ", number.AsInt());
  }
  return name;
}

Type PartOf(const std::shared_ptr<const Type>& part) { return part == nullptr ? Type() : *part; }

// The types of the variables of a loop over `range`.
std::vector<Type> VariableTypes(const Type& range, int variables) {
  if (range.kind == Kind::kMap) {
    if (variables == 1) return {PartOf(range.key)};
    return {PartOf(range.key), PartOf(range.element)};
  }
  const Type element = range.kind == Kind::kList ? PartOf(range.element) : Type();
  if (variables == 1) return {element};
  return {range.kind == Kind::kList ? Type::Of(Kind::kInt) : Type(), element};
}

Type ResultType(Loop loop, const std::vector<Type>& variables, const Type& result) {
  switch (loop) {
    case Loop::kFilter:
      return Type::ListOf(variables[0]);
    case Loop::kList:
      return Type::ListOf(result);
    case Loop::kMap:
      return Type::MapOf(variables[0], result);
    case Loop::kEntries:
      return result;
    default:
      return Type::Of(Kind::kBool);
  }
}

}  // namespace

int Checker::CheckMacro(const Ast& ast) {
  if (!ast.receiver) return -1;
  const auto count = static_cast<int>(ast.children.size()) - 1;
  const LoopMacro* named = nullptr;
  for (const LoopMacro& macro : kLoopMacros) {
    if (macro.name != ast.text) continue;
    if (macro.variables + macro.parts == count) return CheckLoop(ast, macro);
    if (named == nullptr) named = &macro;
  }
  if (named != nullptr) {
    return Fail(ast, absl::StrCat(Quoted(ast.text), " does not take ", count, " arguments"),
                absl::StrCat("write ", std::string(named->usage)));
  }
  if (PathOf(tree_, ast.children[0]) == "cel") {
    if (ast.text == "bind" && count == 3) return CheckBind(ast);
    if (ast.text == "block" && count == 2) return CheckBlock(ast);
    const Local* numbered = LocalNamed(NumberedName(tree_, ast));
    if (numbered != nullptr) return MakeLocal(ast, *numbered);
  }
  if ((ast.text == "optMap" || ast.text == "optFlatMap") && count == 2)
    return CheckOptionalMap(ast);
  if ((ast.text == "or" || ast.text == "orValue") && count == 1) return CheckOr(ast);
  return -1;
}

std::string Checker::VariableNamed(int id) {
  const Ast& ast = tree_.at(id);
  if (ast.kind == Ast::Kind::kName && !ast.rooted) return ast.text;
  if (std::string name = NumberedName(tree_, ast); !name.empty()) return name;
  Complain(ast.place, "a macro's variable is a simple name");
  return "";
}

int Checker::CheckLoop(const Ast& ast, const LoopMacro& macro) {
  Node node = Made(ast, Op::kLoop, Type());
  node.name = ast.text;
  node.loop = macro.loop;
  node.variables = macro.variables;
  node.local = slots_;
  node.children = {Check(ast.children[0])};
  RefuseRunning(node.children[0], "cannot be looped over");
  const Type range = TypeAt(node.children[0]);
  if (range.kind != Kind::kDyn && range.kind != Kind::kList && range.kind != Kind::kMap) {
    return Fail(
        ast, absl::StrCat(Quoted(ast.text), " loops over a list or a map, not ", TypeName(range)));
  }
  const std::vector<Type> types = VariableTypes(range, macro.variables);
  const std::size_t outer = locals_.size();
  for (int i = 0; i < macro.variables; ++i) {
    std::string name = VariableNamed(ast.children[static_cast<std::size_t>(i) + 1]);
    if (i == 1 && name == locals_.back().name && !name.empty()) {
      Complain(ast.place, "the two variables of a macro have two names");
    }
    locals_.push_back({std::move(name), types[static_cast<std::size_t>(i)], slots_ + i, -1});
  }
  slots_ += macro.variables;
  nodes_.locals = std::max(nodes_.locals, slots_);
  for (int i = 0; i < macro.parts; ++i) {
    const auto part = static_cast<std::size_t>(1 + macro.variables + i);
    node.children.push_back(Check(ast.children[part]));
    RefuseRunning(node.children.back(), "cannot be the result of a macro");
  }
  slots_ -= macro.variables;
  locals_.resize(outer);
  const bool gives_bool = macro.loop <= Loop::kFilter;
  if (gives_bool || macro.parts == 2) ExpectBool(node.children[1], Quoted(ast.text));
  const Type result = TypeAt(node.children.back());
  if (macro.loop == Loop::kEntries && result.kind != Kind::kMap && result.kind != Kind::kDyn) {
    return Fail(ast, "'transformMapEntry' makes maps: {key: value}");
  }
  if (options_.check_types) node.type = ResultType(macro.loop, types, result);
  return Add(std::move(node));
}

// The body, in which `name` is written for node `stands_for`: what it says of now holds at each
// place.
int Checker::CheckWith(std::string name, int stands_for, int body) {
  locals_.push_back({std::move(name), TypeAt(stands_for), -1, stands_for});
  const int result = Check(body);
  locals_.pop_back();
  return result;
}

int Checker::CheckBind(const Ast& ast) {
  std::string name = VariableNamed(ast.children[1]);
  const int value = Check(ast.children[2]);
  return CheckWith(std::move(name), value, ast.children[3]);
}

// cel.block([a, b ...], result): a stands for cel.index(0) in b and what follows, and so on.
int Checker::CheckBlock(const Ast& ast) {
  const Ast& list = tree_.at(ast.children[1]);
  if (list.kind != Ast::Kind::kList || !list.optional.empty()) {
    return Fail(ast, "'block' takes a list of parts", "write cel.block([x], cel.index(0))");
  }
  const std::size_t outer = locals_.size();
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    const int part = Check(list.children[i]);
    locals_.push_back({absl::StrCat("cel.index ", i), TypeAt(part), -1, part});
  }
  const int result = Check(ast.children[2]);
  locals_.resize(outer);
  return result;
}

int Checker::CallOf(const Ast& ast, std::string_view function, std::vector<int> children) {
  const Function* const row = FindFunction(function);
  Node node = Made(ast, Op::kCall, Type());
  node.func = row->func;
  node.function = row;
  node.name = std::string(row->name);
  node.children = std::move(children);
  if (options_.check_types) node.type = TypeOfCall(*row, node.children);
  CheckMoving(ast, &node);
  return Add(std::move(node));
}

int Checker::IfElse(const Ast& ast, int condition, int then, int otherwise) {
  Node node = Made(ast, Op::kIf, Type());
  node.children = {condition, then, otherwise};
  const Node &x = at(then), &y = at(otherwise);
  if (options_.check_types) node.type = Joined(x.type, y.type);
  node.slope_min = std::min(x.slope_min, y.slope_min);
  node.slope_max = std::max(x.slope_max, y.slope_max);
  return Add(std::move(node));
}

// o.optMap(x, e): o.hasValue() ? optional.of(e) : optional.none(), with o.value() for x.
int Checker::CheckOptionalMap(const Ast& ast) {
  std::string name = VariableNamed(ast.children[1]);
  const int optional = Check(ast.children[0]);
  const int held = CallOf(ast, "value", {optional});
  int result = CheckWith(std::move(name), held, ast.children[2]);
  if (ast.text == "optMap") result = CallOf(ast, "optional.of", {result});
  const int has = CallOf(ast, "hasValue", {optional});
  return IfElse(ast, has, result, CallOf(ast, "optional.none", {}));
}

// o.orValue(x): o.hasValue() ? o.value() : x. o.or(p): o.hasValue() ? o : p.
int Checker::CheckOr(const Ast& ast) {
  const int optional = Check(ast.children[0]);
  const int other = Check(ast.children[1]);
  const Kind kind = TypeAt(optional).kind, other_kind = TypeAt(other).kind;
  const bool fits = kind == Kind::kOptional || kind == Kind::kDyn;
  const bool other_fits =
      ast.text == "orValue" || other_kind == Kind::kOptional || other_kind == Kind::kDyn;
  if (!fits || !other_fits) {
    return Fail(ast, absl::StrCat(Quoted(ast.text), " takes optionals, found ",
                                  TypeName(TypeAt(fits ? other : optional))));
  }
  const int has = CallOf(ast, "hasValue", {optional});
  const int held = ast.text == "or" ? optional : CallOf(ast, "value", {optional});
  return IfElse(ast, has, held, other);
}

}  // namespace parcours::expr
