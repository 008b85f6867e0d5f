// Segmentation: which segments a customer is in, until when, and the transitions in between.

#include <algorithm>

#include "base/mutant.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::Segment;
using catalog::Segmentation;

namespace {

void Publish(Context& context, int number, int from, int to) {
  const bool published =
      context.catalog.segmentations[number].publish || PARCOURS_MUTANT("unpublished-is-published");
  context.effects->transitions.push_back(Transition{
      .customer = &context.customer,
      .number = published ? ++context.customer.transitions : 0,
      .segmentation = number,
      .from = from,
      .to = to,
      .at = context.now,
      .cause = context.cause(),
      .late = context.late,
  });
}

// The first segment whose rule is true. Returns whether it is another than before.
bool MoveExclusive(Context& context, int number, TimeMs* until) {
  const Segmentation& segmentation = context.catalog.segmentations[number];
  Cell* cell = context.customer.cells() + segmentation.cell;  // the segment, since when
  Cell to = kAbsent;
  for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
    const expr::Verdict verdict = context.Test(segmentation.segments[i].rule);
    *until = std::min(*until, verdict.until);
    if (PARCOURS_MUTANT("horizon-of-match-only") && verdict.truth == expr::Truth::kTrue) {
      *until = verdict.until;
    }
    if (verdict.truth == expr::Truth::kTrue) {
      to = static_cast<Cell>(i);
      break;
    }
  }
  const Cell from = cell[0];
  if (from == to) return false;
  cell[0] = to;
  cell[1] = context.now;
  const auto index = [](Cell segment) {
    return segment == kAbsent ? -1 : static_cast<int>(segment);
  };
  Publish(context, number, index(from), index(to));
  return true;
}

// Each segment on its own. Those that neither time nor what has changed can move are left alone:
// they stand for ever, so that the horizon of the whole needs only the others.
bool MoveIndependent(Context& context, int number, bool all, TimeMs* until) {
  const Segmentation& segmentation = context.catalog.segmentations[number];
  Cell* since = context.customer.cells() + segmentation.cell;
  bool moved = false;
  for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
    const Segment& segment = segmentation.segments[i];
    if (!all && !segment.timed && !segment.reads.Meets(context.changed)) continue;
    const expr::Verdict verdict = context.Test(segment.rule);
    *until = std::min(*until, verdict.until);
    const bool in = verdict.truth == expr::Truth::kTrue;
    if (in == (since[i] != kAbsent)) continue;
    since[i] = in ? context.now : kAbsent;
    const int segment_number = static_cast<int>(i);
    Publish(context, number, in ? -1 : segment_number, in ? segment_number : -1);
    moved = true;
    if (PARCOURS_MUTANT("independent-first-match-wins")) break;
  }
  return moved;
}

}  // namespace

bool UpdateSegments(Context& context, int number) {
  const Segmentation& segmentation = context.catalog.segmentations[number];
  Cell& horizon = context.customer.cells()[segmentation.until];
  // A new customer's cells say 0: to be evaluated, but nothing that was booked.
  const bool due = horizon <= context.now && context.event == nullptr;
  // At the first event nobody has looked at the customer yet.
  const bool all = context.changed_all || horizon == 0;
  TimeMs until = kNever;
  const bool moved = segmentation.independent ? MoveIndependent(context, number, all, &until)
                                              : MoveExclusive(context, number, &until);
  horizon = context.After(until);
  if (due) context.CountDue(!moved);
  return moved;
}

}  // namespace parcours::engine
