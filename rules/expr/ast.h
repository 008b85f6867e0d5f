// Ast: an expression as it is written, one node for each part of the text.
//
// Nodes lie in one vector and name each other by number, children before parents, so that neither
// walking nor freeing a tree can exhaust the stack.
// Threads: plain data. Limits: kExpressionDepthMax.
#pragma once

#include <string>
#include <vector>

#include "rules/expr/value.h"

namespace parcours::expr {

// Where something stands in an expression, from 1, in characters.
struct Place {
  int line = 1, column = 1;
};

struct Ast {
  enum class Kind {
    kLiteral,  // literal
    kName,     // text; `rooted` if written `.name`
    kSelect,   // children[0] . text
    kCall,     // text(children); with `receiver`, children[0].text(the others)
    kList,     // children
    kMap,      // children: key, value, key, value ...
    kMessage,  // text{...}; children: the fields' values, named by `fields`
  };
  Kind kind = Kind::kLiteral;
  Place place;
  // Operators are calls named as they are written: "+", "&&", "in", "[]", "?:", "[?]". a.?b is
  // a[?"b"].
  std::string text;
  Value literal;
  std::vector<int> children;
  std::vector<std::string> fields;
  // Of a list, map or message: the entries, counted from 0, that are written with `?`.
  std::vector<int> optional;
  bool receiver = false;
  bool rooted = false;
  bool is_operator = false;
  int depth = 1;
};

struct Tree {
  std::vector<Ast> nodes;
  int root = -1;

  const Ast& at(int id) const { return nodes[static_cast<std::size_t>(id)]; }
};

}  // namespace parcours::expr
