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

// Whether the customer moved, and until when all stands as it does now.
struct Moved {
  bool moved = false;
  TimeMs until = kNever;
};

// The first segment whose rule is true.
Moved MoveExclusive(Context& context, int number) {
  const Segmentation& segmentation = context.catalog.segmentations[number];
  Cell* cell = context.customer.cells() + segmentation.cell;  // the segment, since when
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
  const Cell from = cell[0];
  if (from == to) return {false, until};
  cell[0] = to;
  cell[1] = context.now;
  const auto index = [](Cell segment) {
    return segment == kAbsent ? -1 : static_cast<int>(segment);
  };
  Publish(context, number, index(from), index(to));
  return {true, until};
}

// Each segment on its own.
Moved MoveIndependent(Context& context, int number, bool all) {
  const Segmentation& segmentation = context.catalog.segmentations[number];
  const IndependentSegments& segments = context.rules.independent[static_cast<std::size_t>(number)];
  Cell* since = context.customer.cells() + segmentation.cell;
  Moved whole;
  const auto look = [&](int segment) {
    if (whole.moved && PARCOURS_MUTANT("independent-first-match-wins")) return;
    const expr::Verdict verdict =
        context.Test(segmentation.segments[static_cast<std::size_t>(segment)].rule);
    whole.until = std::min(whole.until, verdict.until);
    const bool in = verdict.truth == expr::Truth::kTrue;
    if (in == (since[segment] != kAbsent)) return;
    since[segment] = in ? context.now : kAbsent;
    Publish(context, number, in ? -1 : segment, in ? segment : -1);
    whole.moved = true;
  };
  if (all) {
    segments.all().Each(look);
  } else {
    segments.ToLookAt(context.customer.cells(), context.changed).Each(look);
  }
  return whole;
}

}  // namespace

IndependentSegments::IndependentSegments(const Segmentation& segmentation)
    : readers_(catalog::VariableSet::kNumbersMax), since_(segmentation.cell) {
  if (!segmentation.independent) return;
  for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
    const Segment& segment = segmentation.segments[i];
    const int number = static_cast<int>(i);
    all_.Add(number);
    if (const auto threshold = segment.rule.threshold()) {
      auto ladder = std::find_if(ladders_.begin(), ladders_.end(),
                                 [&](const Ladder& each) { return each.cell == threshold->cell; });
      if (ladder == ladders_.end()) ladder = ladders_.insert(ladder, {threshold->cell, {}});
      ladder->rungs.push_back({threshold->bound, number});
      continue;
    }
    if (segment.timed) timed_.Add(number);
    segment.reads.Each(
        [&](int variable) { readers_[static_cast<std::size_t>(variable)].Add(number); });
  }
  for (Ladder& ladder : ladders_) {
    std::stable_sort(ladder.rungs.begin(), ladder.rungs.end(),
                     [](const Rung& a, const Rung& b) { return a.bound < b.bound; });
  }
}

void IndependentSegments::Climb(const Ladder& ladder, const Cell* cells, Set* look) const {
  const Cell value = cells[ladder.cell];
  int highest = -1;
  for (const Rung& rung : ladder.rungs) {
    // What is no value is an error to each of them.
    const bool holds = IsValue(value) && value >= rung.bound;
    if (holds) highest = rung.segment;
    if (holds != (cells[since_ + rung.segment] != kAbsent)) look->Add(rung.segment);
  }
  if (!IsValue(value)) highest = ladder.rungs.front().segment;  // an error has a horizon, too
  if (PARCOURS_MUTANT("ladder-without-a-horizon")) return;
  if (highest >= 0) look->Add(highest);
}

IndependentSegments::Set IndependentSegments::ToLookAt(const Cell* cells,
                                                       const catalog::VariableSet& changed) const {
  Set look = timed_;
  changed.Each([&](int variable) { look.AddAll(readers_[static_cast<std::size_t>(variable)]); });
  for (const Ladder& ladder : ladders_) Climb(ladder, cells, &look);
  return look;
}

bool UpdateSegments(Context& context, int number) {
  const Segmentation& segmentation = context.catalog.segmentations[number];
  Cell& horizon = context.customer.cells()[segmentation.until];
  // A new customer's cells say 0: to be evaluated, but nothing that was booked.
  const bool due = horizon <= context.now && context.event == nullptr;
  // At the first event nobody has looked at the customer yet.
  const bool all = context.changed_all || horizon == 0;
  const Moved whole = segmentation.independent ? MoveIndependent(context, number, all)
                                               : MoveExclusive(context, number);
  horizon = context.After(whole.until);
  if (due) context.CountDue(!whole.moved);
  return whole.moved;
}

}  // namespace parcours::engine
