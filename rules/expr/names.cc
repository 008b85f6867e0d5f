#include "rules/expr/names.h"

#include "absl/strings/str_cat.h"

namespace parcours::expr {
namespace {

bool IsRooted(const Tree& tree, int id) {
  while (tree.at(id).kind == Ast::Kind::kSelect) id = tree.at(id).children[0];
  return tree.at(id).rooted;
}

}  // namespace

std::string PathOf(const Tree& tree, int id) {
  std::string path;
  for (; tree.at(id).kind == Ast::Kind::kSelect; id = tree.at(id).children[0]) {
    path = absl::StrCat(".", tree.at(id).text, path);
  }
  if (tree.at(id).kind != Ast::Kind::kName) return "";
  return absl::StrCat(tree.at(id).text, path);
}

Resolved Resolve(const Tree& tree, int id, const Scope& scope) {
  const std::string path = PathOf(tree, id);
  if (path.empty()) return {};
  for (std::string& name : Qualified(path, IsRooted(tree, id) ? "" : scope.container)) {
    if (const Variable* variable = scope.Find(name)) return {variable, std::move(name)};
  }
  return {};
}

std::vector<std::string> Qualified(std::string_view name, std::string_view container) {
  std::vector<std::string> names;
  while (!container.empty()) {
    names.push_back(absl::StrCat(std::string(container), ".", std::string(name)));
    const std::size_t dot = container.rfind('.');
    container = container.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  names.emplace_back(name);
  return names;
}

std::optional<Type> TypeNamed(std::string_view name) {
  struct Named {
    std::string_view name;
    Kind kind;
  };
  constexpr Named kTypes[] = {
      {"bool", Kind::kBool},
      {"int", Kind::kInt},
      {"uint", Kind::kUint},
      {"double", Kind::kDouble},
      {"string", Kind::kString},
      {"bytes", Kind::kBytes},
      {"list", Kind::kList},
      {"map", Kind::kMap},
      {"null_type", Kind::kNull},
      {"type", Kind::kType},
      {"optional_type", Kind::kOptional},
      {"google.protobuf.Timestamp", Kind::kTimestamp},
      {"google.protobuf.Duration", Kind::kDuration},
  };
  for (const Named& type : kTypes) {
    if (type.name == name) return Type::Of(type.kind);
  }
  return std::nullopt;
}

std::optional<Kind> ItemField(std::string_view name) {
  if (name == "product_id" || name == "category") return Kind::kString;
  if (name == "quantity") return Kind::kInt;
  if (name == "price") return Kind::kMoney;
  return std::nullopt;
}

}  // namespace parcours::expr
