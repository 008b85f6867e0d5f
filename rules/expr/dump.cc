#include "rules/expr/dump.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace parcours::expr {
namespace {

void DumpNode(const Nodes& nodes, int id, int indent, std::string* out) {
  const Node& node = nodes.at(id);
  static constexpr const char* kOps[] = {"constant", "variable", "now",   "and",     "or",
                                         "not",      "if",       "has",   "has_key", "list",
                                         "map",      "call",     "local", "loop"};
  out->append(static_cast<std::size_t>(indent) * 2, ' ');
  absl::StrAppend(out, kOps[static_cast<int>(node.op)]);
  if (node.op == Op::kConstant) {
    absl::StrAppend(out, " ",
                    node.constant.is_error() ? node.constant.error() : node.constant.ToJson());
  } else if (!node.name.empty()) {
    absl::StrAppend(out, " ", node.name);
  }
  absl::StrAppend(out, " : ", TypeName(node.type), "\n");
  for (int child : node.children) DumpNode(nodes, child, indent + 1, out);
}

void DumpTerm(const Nodes& nodes, const Term& term, int indent, std::string* out) {
  out->append(static_cast<std::size_t>(indent) * 2, ' ');
  const bool inner = term.more != nullptr && std::strcmp(term.name, "text") != 0;
  absl::StrAppend(out, term.name);
  if (std::strcmp(term.name, "machine") == 0) {
    out->append("\n");
    DumpNode(nodes, term.slot, indent + 1, out);
    return;
  }
  if (!inner) absl::StrAppend(out, " slot=", term.slot, " a=", term.a, " b=", term.b);
  out->append("\n");
  const auto* children = static_cast<const Term*>(term.more);
  for (int i = 0; inner && i < term.count; ++i) DumpTerm(nodes, children[i], indent + 1, out);
}

}  // namespace

std::string DumpOf(const Nodes& nodes, const Fused& fused) {
  std::string out;
  const FusedReading& reading = fused.reading;
  if (reading.read == nullptr || reading.rungs == &fused.root) {
    DumpTerm(nodes, fused.root, 0, &out);
    return out;
  }
  if (reading.rungs == nullptr) return absl::StrCat("read slot=", reading.slot, "\n");
  for (int i = 0; i < reading.count; ++i) {
    absl::StrAppend(&out, "rung ", reading.results[i], "\n");
    DumpTerm(nodes, reading.rungs[i], 1, &out);
  }
  absl::StrAppend(&out, "else ", reading.results[reading.count], "\n");
  return out;
}

}  // namespace parcours::expr
