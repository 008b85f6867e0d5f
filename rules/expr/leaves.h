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
// What a range of a customer's cells that stand until an event tells: count is 1 if it is negated.
inline Truth TruthOfRange(const Term& term, const Frame& frame) {
  const Cell cell = frame.cells[term.slot];
  const auto above = static_cast<std::uint64_t>(cell) - static_cast<std::uint64_t>(term.a);
  const bool within = above <= static_cast<std::uint64_t>(term.b);
  // Without a branch: what customers are is not to be predicted.
  return static_cast<Truth>(IsValue(cell) ? static_cast<int>(within) ^ term.count : 2);
}
bool IsPlainRange(const Term& term);
// A double of IEEE bits against `bound`; bits of `orders`: 1 less, 2 equal, 4 greater, 8 unordered.
Term DoubleLeaf(Source source, double bound, int orders);
// Two cells of one kind; `orders` as above.
Term PairLeaf(Source source, Source other, int orders);
// Whether a cell or field is known.
Term PresentLeaf(Source source);
// Whether a text is one of `texts`, which must outlive the leaf.
Term TextLeaf(Source source, const std::vector<std::string>* texts, bool negate);
// Whether a text holds the one in `texts`, at its start, at its end, or anywhere.
enum class TextPart { kStart, kEnd, kAnywhere };
Term PartLeaf(Source source, TextPart part, const std::vector<std::string>* texts);
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
// Whether it is one of these, and not negated; then `slot` and `a` say which cell and bound.
bool IsWindowLeaf(const Term& term);
Term ConstantLeaf(Truth truth);
// Asks the machine for node `id`.
Term MachineLeaf(const Nodes& nodes, int id);

// Inner terms over `count` children that lie at `children`. Those of && and || are put in order:
// cheap ones first, since they may be asked in any.
Term AllOf(Term* children, int count);
Term AnyOf(Term* children, int count);
Term NotOf(const Term* child);
Term IfOf(const Term* condition_then_otherwise);

FusedReading::Read LadderReading();
FusedReading::Read CellReading(Variable::Home home);
FusedReading::Read TruthReading();  // rungs: the one term

}  // namespace parcours::expr
