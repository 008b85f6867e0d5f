// Expressions: compiles the expression that a YAML scalar holds, and tells mistakes at their place.
//
// Threads: owned by one compilation.   Failure: a mistake is a problem; there is then no program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog/problems.h"
#include "rules/catalog/yaml.h"
#include "rules/expr/program.h"

namespace parcours::catalog {

// `what` is the key it is the value of: "'where'". No `expected`: a value of any type that stands
// still between instants.
std::optional<expr::Program> CompileExpression(const YamlNode& node, std::string_view what,
                                               const expr::Scope& scope,
                                               std::optional<expr::Type> expected,
                                               Problems* problems);

// The names that stand in `text` as variables, each once: what a derived feature may read. Names in
// strings and comments, of functions and behind a dot are left out.
std::vector<std::string> NamesIn(std::string_view text);

}  // namespace parcours::catalog
