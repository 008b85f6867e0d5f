// Leaves: the terms that compare something with constants, each specialised by its shape.
//
// Threads: pure functions. A leaf tells exactly what the machine would: value and horizon.
#pragma once

#include "rules/expr/term.h"

namespace parcours::expr {

// Where a leaf finds its cell.
struct Source {
  Variable::Home home = Variable::Home::kCell;
  int slot = -1;
};

// first <= cell <= last; nothing lies in an empty range.
struct CellRange {
  Wide first = kCellMin, last = INT64_MAX;
};
Term RangeLeaf(Source source, CellRange range, bool negate);
// A double of IEEE bits against `bound`; bits of `orders`: 1 less, 2 equal, 4 greater, 8 unordered.
Term DoubleLeaf(Source source, double bound, int orders);
// Two cells of one kind; `orders` as above.
Term PairLeaf(int slot, int other, int orders);
// Whether a cell or field is known.
Term PresentLeaf(Source source);
// Whether a text is one of `texts`, which must outlive the leaf.
Term TextLeaf(Source source, const std::vector<std::string>* texts, bool negate);
// now >= bound.
Term ClockLeaf(std::int64_t bound, bool negate);
// now - cell >= bound. Times above `limit` go to the machine.
Term SinceLeaf(Source source, std::int64_t bound, std::int64_t limit, bool negate);
// cell - other >= bound, of two instants; limit as above.
Term BetweenLeaf(int slot, int other, std::int64_t bound, std::int64_t limit, bool negate);
// calendar_days(cell, now) >= bound, or months; of a timestamp or of a date.
struct CalendarCount {
  bool months = false, date = false;
  std::int64_t bound = 0;
};
Term CalendarLeaf(Source source, CalendarCount count, bool negate);
// The value of a window that falls by itself >= bound.
Term WindowLeaf(int slot, int window, std::int64_t bound, bool negate);
Term ConstantLeaf(Truth truth);
// Asks the machine for node `id`.
Term MachineLeaf(const Nodes& nodes, int id);

// Inner terms over `count` children that lie at `children`.
Term AllOf(const Term* children, int count);
Term AnyOf(const Term* children, int count);
Term NotOf(const Term* child);
Term IfOf(const Term* condition_then_otherwise);

FusedReading::Read LadderReading();
FusedReading::Read CellReading(Variable::Home home);
FusedReading::Read TruthReading();  // rungs: the one term

}  // namespace parcours::expr
