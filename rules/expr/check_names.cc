// Names: variables, now, types, fields, and has() of them.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/checking.h"

namespace parcours::expr {
namespace {

std::optional<Type> TypeIn(std::string_view path, std::string_view container) {
  for (const std::string& name : Qualified(path, container)) {
    if (auto type = TypeNamed(name)) return type;
  }
  return std::nullopt;
}

}  // namespace

int Checker::CheckName(int id) {
  const Ast& ast = tree_.at(id);
  if (const Local* local = LocalOf(id)) return MakeLocal(ast, *local);
  const Resolved found = Find(id);
  if (found.variable != nullptr) return MakeVariable(ast, found);
  if (ast.text == "now" && !ast.rooted) {
    Node node = Made(ast, Op::kNow, Type::Of(Kind::kTimestamp));
    node.slope_min = node.slope_max = 1;
    node.reads_now = true;
    return Add(std::move(node));
  }
  if (const auto type = TypeIn(PathOf(tree_, id), scope_.container)) {
    return Constant(ast, Value::OfType(*type), Type::Of(Kind::kType));
  }
  return Unknown(id);
}

const Checker::Local* Checker::LocalOf(int id) const {
  while (tree_.at(id).kind == Ast::Kind::kSelect) id = tree_.at(id).children[0];
  const Ast& ast = tree_.at(id);
  return ast.kind != Ast::Kind::kName || ast.rooted ? nullptr : LocalNamed(ast.text);
}

const Checker::Local* Checker::LocalNamed(std::string_view name) const {
  const auto found = std::find_if(locals_.rbegin(), locals_.rend(),
                                  [&](const Local& local) { return local.name == name; });
  return found == locals_.rend() ? nullptr : &*found;
}

int Checker::MakeLocal(const Ast& ast, const Local& local) {
  if (local.node >= 0) return local.node;
  Node node = Made(ast, Op::kLocal, local.type);
  node.name = local.name;
  node.local = local.slot;
  return Add(std::move(node));
}

Resolved Checker::Find(int id) const {
  return LocalOf(id) != nullptr ? Resolved() : Resolve(tree_, id, scope_);
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
  const Resolved found = Find(id);
  if (found.variable != nullptr) return MakeVariable(ast, found);
  if (const auto type = TypeIn(PathOf(tree_, id), scope_.container)) {
    return Constant(ast, Value::OfType(*type), Type::Of(Kind::kType));
  }
  if (PathOf(tree_, id) == "google.protobuf.NullValue.NULL_VALUE") {
    return Constant(ast, Value::Int(0), Type::Of(Kind::kInt));
  }
  // No part of the path is known: tell it as one name.
  if (!PathOf(tree_, id).empty() && !ResolvesInPart(id)) return Unknown(id);
  const int operand = Check(ast.children[0]);
  return Select(id, operand);
}

bool Checker::ResolvesInPart(int id) const {
  if (LocalOf(id) != nullptr) return true;
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
  } else if (type.kind == Kind::kOptional) {
    result = Type::OptionalOf(Type());
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
  const Resolved found = Find(id);
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
    if (found.variable != nullptr || LocalOf(id) != nullptr) {
      return Constant(ast, Value::Bool(true), Type::Of(Kind::kBool));
    }
    return Unknown(id);
  }
  const bool known = ResolvesInPart(id) || PathOf(tree_, id).empty();
  if (!known) return Unknown(id);
  const int operand = Check(argument.children[0]);
  const Kind kind = TypeAt(operand).kind;
  if (kind != Kind::kMap && kind != Kind::kItem && kind != Kind::kOptional && kind != Kind::kDyn) {
    return Fail(argument, absl::StrCat("a value of type ", TypeName(TypeAt(operand)),
                                       " has no field ", Quoted(argument.text)));
  }
  Node node = Made(ast, Op::kHasKey, Type::Of(Kind::kBool));
  node.name = argument.text;
  node.children = {operand};
  return Add(std::move(node));
}

}  // namespace parcours::expr
