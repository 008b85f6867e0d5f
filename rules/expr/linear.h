// Linear: comparisons of times as one line: now, a cell, and what is added to them.
//
// `now - last_order_at > days(90)`, `now > last_order_at + days(90)` and `last_order_at < now -
// days(90)` say the same; all become now * 1 + cell * -1 + constant > 0.
// Threads: pure function.
#pragma once

#include <optional>

#include "rules/expr/node.h"

namespace parcours::expr {

struct Line {
  int now = 0;        // how now counts: -1, 0 or 1
  int plus = -1;      // the node of the cell that counts 1, if there is one,
  int minus = -1;     // and of the one that counts -1
  Wide constant = 0;  // nanoseconds
  Wide shift = 0;     // the most by which a part may lie outside now and the cell
};

// `left - right` as a line, or nullopt: other functions, more cells, or types that are not times.
std::optional<Line> LineOf(const Nodes& nodes, int left, int right);

}  // namespace parcours::expr
