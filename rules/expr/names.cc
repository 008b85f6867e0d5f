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
  std::string container = IsRooted(tree, id) ? "" : scope.container;
  while (true) {
    std::string name = container.empty() ? path : absl::StrCat(container, ".", path);
    if (const Variable* variable = scope.Find(name)) return {variable, std::move(name)};
    if (container.empty()) return {};
    const std::size_t dot = container.rfind('.');
    container.resize(dot == std::string::npos ? 0 : dot);
  }
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
