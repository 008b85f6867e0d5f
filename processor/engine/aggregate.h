// Aggregate: the arithmetic of features on plain cells; order of arrival never matters.
//
// The same functions serve a customer's lifetime cells and a window's buckets. Layouts (also in
// docs/formats.md#cells): sum of int or double: 128 bits, low then high; avg: the same, then the
// count; stddev: the sum, the sum of squares, the count; first, last: value, then time and tie
// unless the value is the event's time; ratio: how many were true, how many known; mean_gap: first
// time, last time, count; last_gap: the latest time, the one before.
// Threads: pure.
#pragma once

#include "base/cell.h"
#include "processor/engine/windows.h"
#include "rules/catalog/catalog.h"

namespace parcours::engine {

__extension__ typedef __int128 Wide;

// A 128-bit sum in two cells; kAbsent twice is zero.
Wide GetWide(const Cell* cells);
void PutWide(Wide sum, Cell* cells);
// The sum as a value cell: kOverflow if it does not fit.
Cell CellOfWide(Wide sum);

// `total` + `amount` for amounts >= 0; kOverflow once it does not fit, for ever.
Cell AddSaturating(Cell total, Cell amount);

// sum / count as the value cell of an avg feature: money half-even, else IEEE bits.
Cell Average(const catalog::Feature& feature, Wide sum, Cell count);

// Whether (time, id, source) comes before what `time_cell` and `tie_cell` hold.
bool Before(const Contribution& contribution, Cell time, const Cell* tie_cell);

// Writes the contribution's value / its tie text, freeing what was there.
void PutValue(const catalog::Feature& feature, const Contribution& contribution, Cell* cell);
void PutTie(const Contribution& contribution, Cell* cell);

// Folds the contribution into min/max/first/last cells laid out as value [time tie].
// Returns whether the value may have changed.
bool FoldExtreme(const catalog::Feature& feature, const Contribution& contribution, Cell* value,
                 Cell* time, Cell* tie);

// Adds to sum (128 bits), sum of squares (128 bits), count.
void AddToDeviation(Cell amount, Cell* cells);
// The population's standard deviation as the value cell of a stddev feature: money half-even, else
// IEEE bits; kOverflow where the squares leave 128 bits.
Cell DeviationOf(const catalog::Feature& feature, const Cell* cells);

// A count in a cell, where kAbsent is none.
inline Cell CountIn(Cell cell) { return cell == kAbsent ? 0 : cell; }

void AddToRatio(Cell truth, Cell* cells);
void AddToMeanGap(TimeMs time, Cell* cells);
void AddToLastGap(TimeMs time, Cell* cells);
// The values of what was added, kAbsent where too little was.
Cell RatioOf(Cell trues, Cell known);
Cell MeanGapOf(Cell first, Cell last, Cell count);
Cell LastGapOf(Cell latest, Cell before);

// `number` with so many zeros behind it.
Wide Scaled(Wide number, int decimals);
// a / b rounded half to even. REQUIRES: b > 0.
Wide DivideHalfEven(Wide a, Wide b);

}  // namespace parcours::engine
