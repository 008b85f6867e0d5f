#include "processor/sources/trait_tree.h"

namespace parcours::sources {

TraitTree::TraitTree(const std::vector<catalog::Attribute>& attributes) {
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    std::string_view path = attributes[i].trait;
    if (path.empty()) continue;  // written by events only
    Node* node = &root_;
    for (bool last = false; !last;) {
      const std::size_t dot = path.find('.');
      last = dot == std::string_view::npos;
      const auto fresh = static_cast<int>(node->children.size());
      const int child = node->names.Add(path.substr(0, dot), fresh);
      if (child == fresh) node->children.emplace_back();
      node = &node->children[static_cast<std::size_t>(child)];
      if (!last) path.remove_prefix(dot + 1);
    }
    node->attributes.push_back(static_cast<int>(i));
  }
}

Token TraitTree::Note(JsonWalk* walk, Token object, int depth, std::vector<Token>* tokens) {
  Forget(root_, tokens);
  return NoteNode(root_, walk, object, depth, tokens);
}

Token TraitTree::NoteNode(Node& node, JsonWalk* walk, Token object, int depth,
                          std::vector<Token>* tokens) {
  const auto each = [&node, walk, depth, tokens](int name, std::string_view, Token value) {
    if (name < 0) return walk->Skip(value, depth);
    Node& child = node.children[static_cast<std::size_t>(name)];
    // A repeated key: what an earlier object of that name held is gone with it.
    Forget(child, tokens);
    for (int attribute : child.attributes) (*tokens)[static_cast<std::size_t>(attribute)] = value;
    if (child.children.empty() || walk->First(value) != '{') return walk->Skip(value, depth);
    return NoteNode(child, walk, value, depth + 1, tokens);
  };
  return walk->Object(object, depth, node.names, each);
}

void TraitTree::Forget(const Node& node, std::vector<Token>* tokens) {
  for (int attribute : node.attributes) (*tokens)[static_cast<std::size_t>(attribute)] = 0;
  for (const Node& child : node.children) Forget(child, tokens);
}

}  // namespace parcours::sources
