// Names: what a dotted path in an expression means in a scope.
//
// CEL's rule: the longest path that is declared wins, and for each length the innermost container.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/expr/ast.h"
#include "rules/expr/scope.h"

namespace parcours::expr {

struct Resolved {
  const Variable* variable = nullptr;
  std::string name;  // as declared
};

// "a.b.c" where the node is a plain path, else empty.
std::string PathOf(const Tree& tree, int id);
// The variable that the whole path of node `id` names.
Resolved Resolve(const Tree& tree, int id, const Scope& scope);
// What `name` may mean inside `container`, in this order: in "a.b": a.b.name, a.name, name.
std::vector<std::string> Qualified(std::string_view name, std::string_view container);
// The type that a name stands for: "int", "google.protobuf.Timestamp".
std::optional<Type> TypeNamed(std::string_view name);
// The kind of a field of an item.
std::optional<Kind> ItemField(std::string_view name);

}  // namespace parcours::expr
