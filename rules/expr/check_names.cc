// Names: variables, now, types, fields, and has() of them.
#include "absl/strings/str_cat.h"
#include "rules/expr/checking.h"

namespace parcours::expr {

int Checker::CheckName(int id) {
  const Ast& ast = tree_.at(id);
  const Resolved found = Resolve(tree_, id, scope_);
  if (found.variable != nullptr) return MakeVariable(ast, found);
  if (ast.text == "now" && !ast.rooted) {
    Node node = Made(ast, Op::kNow, Type::Of(Kind::kTimestamp));
    node.slope_min = node.slope_max = 1;
    node.reads_now = true;
    return Add(std::move(node));
  }
  if (const auto type = TypeNamed(PathOf(tree_, id))) {
    return Constant(ast, Value::OfType(*type), Type::Of(Kind::kType));
  }
  return Unknown(id);
}

int Checker::Unknown(int id) {
  const Ast& ast = tree_.at(id);
  const std::string path = PathOf(tree_, id);
  if (const std::string* sentence = scope_.Refusal(path)) return Refuse(ast, *sentence);
  const std::string head = path.substr(0, path.find('.'));
  if (const std::string* sentence = scope_.Refusal(head)) return Refuse(FirstOf(id), *sentence);
  if (ast.kind == Ast::Kind::kName && FindFunction(path) != nullptr) {
    return Fail(ast, absl::StrCat(Quoted(path), " is a function"),
                absl::StrCat("write ", std::string(FindFunction(path)->usage)));
  }
  std::vector<std::string> names = scope_.Names();
  names.push_back("now");
  std::string hint = Nearest(path, names);
  if (!hint.empty()) {
    hint = absl::StrCat("did you mean ", Quoted(hint), "?");
  } else if (scope_.IsPrefix(path)) {
    hint = absl::StrCat("names that are known begin with '", path, ".'");
  }
  return Fail(FirstOf(id), absl::StrCat("unknown name ", Quoted(path)), hint);
}

const Ast& Checker::FirstOf(int id) const {
  const Ast* ast = &tree_.at(id);
  while (ast->kind == Ast::Kind::kSelect) ast = &tree_.at(ast->children[0]);
  return *ast;
}

int Checker::MakeVariable(const Ast& ast, const Resolved& found) {
  const Variable& variable = *found.variable;
  if (variable.home == Variable::Home::kBinding) {
    return Constant(ast, variable.binding, variable.type);
  }
  if (variable.membership) return HasStored(ast, found);
  const int stored = MakeStored(ast, found);
  if (variable.names == nullptr && variable.stores == nullptr) return stored;
  Node node = Made(ast, Op::kCall, variable.type);
  node.func = variable.names != nullptr ? Func::kSegmentName : Func::kStorePart;
  node.name = found.name;
  node.variable = variable;
  node.children = {stored};
  return Add(std::move(node));
}

int Checker::MakeStored(const Ast& ast, const Resolved& found) {
  const Variable& variable = *found.variable;
  Node node = Made(ast, Op::kVariable, variable.type);
  node.type = variable.type;  // known in unchecked mode too: it tells what a cell means
  if (variable.names != nullptr) node.type = Type::Of(Kind::kInt);
  if (variable.stores != nullptr) node.type = Type::Of(Kind::kString);
  node.variable = variable;
  node.name = found.name;
  node.absent = Value::Error(absl::StrCat("'", found.name, "' is absent"));
  if (variable.home == Variable::Home::kTimedCell || variable.home == Variable::Home::kWindow) {
    node.timed = {variable.slot};
    node.steps = true;
  }
  return Add(std::move(node));
}

int Checker::HasStored(const Ast& ast, const Resolved& found) {
  const int stored = MakeStored(ast, found);
  nodes_.at(stored).op = Op::kHasVariable;
  if (options_.check_types) nodes_.at(stored).type = Type::Of(Kind::kBool);
  return stored;
}

int Checker::CheckSelect(int id) {
  const Ast& ast = tree_.at(id);
  const Resolved found = Resolve(tree_, id, scope_);
  if (found.variable != nullptr) return MakeVariable(ast, found);
  if (const auto type = TypeNamed(PathOf(tree_, id))) {
    return Constant(ast, Value::OfType(*type), Type::Of(Kind::kType));
  }
  // No part of the path is known: tell it as one name.
  if (!PathOf(tree_, id).empty() && !ResolvesInPart(id)) return Unknown(id);
  const int operand = Check(ast.children[0]);
  return Select(id, operand);
}

bool Checker::ResolvesInPart(int id) const {
  for (; tree_.at(id).kind == Ast::Kind::kSelect; id = tree_.at(id).children[0]) {
    if (Resolve(tree_, id, scope_).variable != nullptr) return true;
  }
  return Resolve(tree_, id, scope_).variable != nullptr || tree_.at(id).text == "now";
}

int Checker::Select(int id, int operand) {
  const Ast& ast = tree_.at(id);
  const Type type = TypeAt(operand);
  Type result;
  if (type.kind == Kind::kMap) {
    if (type.element != nullptr) result = *type.element;
  } else if (type.kind == Kind::kItem) {
    const auto field = ItemField(ast.text);
    if (!field) {
      return Fail(ast, absl::StrCat("an item has no field ", Quoted(ast.text)),
                  "an item has product_id, category, quantity and price");
    }
    result = Type::Of(*field);
  } else if (type.kind != Kind::kDyn) {
    const std::string nearest = Nearest(PathOf(tree_, id), scope_.Names());
    return Fail(
        ast, absl::StrCat("a value of type ", TypeName(type), " has no field ", Quoted(ast.text)),
        nearest.empty() ? "" : absl::StrCat("did you mean ", Quoted(nearest), "?"));
  }
  Node node = Made(ast, Op::kCall, result);
  node.func = Func::kSelect;
  node.name = ast.text;
  node.children = {operand};
  RefuseRunning(operand, "has no fields");
  return Add(std::move(node));
}

int Checker::CheckHas(const Ast& ast) {
  if (ast.children.size() != 1) return Refuse(ast, "has() takes one name or field");
  const int id = ast.children[0];
  const Ast& argument = tree_.at(id);
  if (argument.kind != Ast::Kind::kName && argument.kind != Ast::Kind::kSelect) {
    return Refuse(ast, "has() takes a name or a field", "write has(event.promotion)");
  }
  const Resolved found = Resolve(tree_, id, scope_);
  if (found.variable != nullptr && found.variable->home != Variable::Home::kBinding) {
    if (found.variable->membership) {
      return Refuse(ast, absl::StrCat("'", found.name, "' is always known"),
                    absl::StrCat("write ", found.name, " alone: it is true of who is in it"));
    }
    if (found.variable->stores == nullptr) return HasStored(argument, found);
    Node node = Made(ast, Op::kHasKey, Type::Of(Kind::kBool));
    node.name = argument.text;
    node.variable = *found.variable;
    node.children = {MakeStored(argument, found)};
    return Add(std::move(node));
  }
  if (argument.kind == Ast::Kind::kName) {
    if (found.variable != nullptr) return Constant(ast, Value::Bool(true), Type::Of(Kind::kBool));
    return Unknown(id);
  }
  const bool known = ResolvesInPart(id) || PathOf(tree_, id).empty();
  if (!known) return Unknown(id);
  const int operand = Check(argument.children[0]);
  const Kind kind = TypeAt(operand).kind;
  if (kind != Kind::kMap && kind != Kind::kItem && kind != Kind::kDyn) {
    return Fail(argument, absl::StrCat("a value of type ", TypeName(TypeAt(operand)),
                                       " has no field ", Quoted(argument.text)));
  }
  Node node = Made(ast, Op::kHasKey, Type::Of(Kind::kBool));
  node.name = argument.text;
  node.children = {operand};
  return Add(std::move(node));
}

}  // namespace parcours::expr
