// TraitTree: where in an identify's traits each declared attribute is found.
//
// `address.city` is the key `city` inside the object `address`. The tree is walked along with the
// traits; each attribute's token is noted, and the last one of a repeated key wins.
// Limits: as many levels as a declared path has.
// Threads: owned by one worker.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "processor/sources/json_walk.h"
#include "processor/sources/name_table.h"
#include "rules/catalog/catalog.h"

namespace parcours::sources {

class TraitTree {
 public:
  explicit TraitTree(const std::vector<catalog::Attribute>& attributes);

  // Notes in tokens[attribute] where its value is, or 0, of the traits that begin at `object`, on
  // level `depth`. Returns the token behind them, or 0 after the walk's fault.
  Token Note(JsonWalk* walk, Token object, int depth, std::vector<Token>* tokens);

 private:
  struct Node {
    NameTable names;  // -> children
    std::vector<Node> children;
    std::vector<int> attributes;  // that are exactly here
  };
  static Token NoteNode(Node& node, JsonWalk* walk, Token object, int depth,
                        std::vector<Token>* tokens);
  static void Forget(const Node& node, std::vector<Token>* tokens);

  Node root_;
};

}  // namespace parcours::sources
