#include "rules/expr/fold.h"

#include <algorithm>

#include "rules/expr/machine.h"

namespace parcours::expr {

void Fold(Nodes* nodes) {
  const Frame nothing;
  for (std::size_t id = 0; id < nodes->nodes.size(); ++id) {
    Node& node = nodes->nodes[id];
    const bool reads = node.op == Op::kVariable || node.op == Op::kHasVariable ||
                       node.op == Op::kNow || node.op == Op::kLocal;
    const bool local = node.op == Op::kCall && IsCalendarWord(node.func);
    if (node.op == Op::kConstant || reads || local) continue;
    const bool constant = std::all_of(node.children.begin(), node.children.end(), [&](int child) {
      return nodes->at(child).op == Op::kConstant;
    });
    if (!constant) continue;
    Value value = Machine(*nodes, nothing).Evaluate(static_cast<int>(id)).value;
    if (value.is_error()) continue;
    node.op = Op::kConstant;
    node.constant = value.Owned();
    node.children.clear();
  }
}

}  // namespace parcours::expr
