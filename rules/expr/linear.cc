#include "rules/expr/linear.h"

namespace parcours::expr {
namespace {

// Adds `sign` times node `id` to the line.
bool Collect(const Nodes& nodes, int id, int sign, Line* line) {
  const Node& node = nodes.at(id);
  const bool time = node.type.kind == Kind::kTimestamp || node.type.kind == Kind::kDuration;
  switch (node.op) {
    case Op::kNow:
      // Twice would run out of the years before now does.
      if (line->now != 0) return false;
      line->now += sign;
      return true;
    case Op::kConstant: {
      if (!node.constant.Is(Kind::kTimestamp) && !node.constant.Is(Kind::kDuration)) return false;
      line->constant += sign * node.constant.AsNanos();
      if (node.constant.Is(Kind::kDuration)) {
        const Wide length = node.constant.AsNanos();
        line->shift += length < 0 ? -length : length;
      }
      return true;
    }
    case Op::kVariable: {
      int& place = sign > 0 ? line->plus : line->minus;
      if (node.type.kind != Kind::kTimestamp || place >= 0) return false;
      place = id;
      return true;
    }
    case Op::kCall:
      if (!time || (node.func != Func::kAdd && node.func != Func::kSubtract)) return false;
      return Collect(nodes, node.children[0], sign, line) &&
             Collect(nodes, node.children[1], node.func == Func::kAdd ? sign : -sign, line);
    default:
      return false;
  }
}

}  // namespace

std::optional<Line> LineOf(const Nodes& nodes, int left, int right) {
  Line line;
  const Kind kind = nodes.at(left).type.kind;
  if (kind != Kind::kTimestamp && kind != Kind::kDuration) return std::nullopt;
  if (nodes.at(right).type.kind != kind) return std::nullopt;
  if (!Collect(nodes, left, 1, &line) || !Collect(nodes, right, -1, &line)) return std::nullopt;
  return line;
}

}  // namespace parcours::expr
