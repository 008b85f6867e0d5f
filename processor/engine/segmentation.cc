// Segmentation: which segment a customer is in, until when, and the transitions in between.

#include <algorithm>

#include "base/mutant.h"
#include "processor/engine/context.h"

namespace parcours::engine {

namespace {

// Cells of a segmentation: the segment or kAbsent, since when, until when it stands.
enum { kSegment, kSince, kUntil };

void Move(Context& context, int number, Cell* cell, Cell to) {
  const bool published = context.catalog.segmentations[number].publish;
  const Cell from = cell[kSegment];
  cell[kSegment] = to;
  cell[kSince] = context.now;
  const auto index = [](Cell segment) {
    return segment == kAbsent ? -1 : static_cast<int>(segment);
  };
  context.effects->transitions.push_back(Transition{
      .customer = &context.customer,
      .number = published ? ++context.customer.transitions : 0,
      .segmentation = number,
      .from = index(from),
      .to = index(to),
      .at = context.now,
      .cause = context.cause(),
      .late = context.late,
  });
}

void Evaluate(Context& context, int number) {
  const catalog::Segmentation& segmentation = context.catalog.segmentations[number];
  Cell* cell = context.customer.cells() + segmentation.cell;
  // A new customer's cells say 0: to be evaluated, but nothing that was booked.
  const bool due = cell[kUntil] <= context.now && context.event == nullptr;
  Cell to = kAbsent;
  TimeMs until = kNever;
  for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
    const expr::Verdict verdict = context.Test(segmentation.segments[i].rule);
    until = std::min(until, verdict.until);
    if (PARCOURS_MUTANT("horizon-of-match-only") && verdict.truth == expr::Truth::kTrue) {
      until = verdict.until;
    }
    if (verdict.truth == expr::Truth::kTrue) {
      to = static_cast<Cell>(i);
      break;
    }
  }
  cell[kUntil] = context.After(until);
  const bool moved = to != cell[kSegment];
  if (moved) Move(context, number, cell, to);
  if (due) context.CountDue(!moved);
}

}  // namespace

void UpdateSegments(Context& context) {
  const auto& all = context.catalog.segmentations;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // Events go by definition, dues by name.
    const int number =
        context.event != nullptr ? static_cast<int>(i) : context.catalog.segmentations_by_name[i];
    const Cell until = context.customer.cells()[all[number].cell + kUntil];
    if (context.Touched(all[number].reads, until)) Evaluate(context, number);
  }
}

}  // namespace parcours::engine
