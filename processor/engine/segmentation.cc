// Segmentation: which segment a customer is in, until when, and the transitions in between.

#include <algorithm>
#include <bit>

#include "base/mutant.h"
#include "processor/engine/context.h"

namespace parcours::engine {

namespace {

// Cells of a segmentation: the segment or kAbsent, since when, until when it stands.
enum { kSegment, kSince, kUntil };

void Move(Context& context, int number, Cell* cell, Cell to) {
  const bool published =
      context.catalog.segmentations[number].publish || PARCOURS_MUTANT("unpublished-is-published");
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

// Those that read what has changed, or whose time has come, a bit each.
std::uint64_t TouchedSegmentations(const Context& context) {
  const auto& all = context.catalog.segmentations;
  // At the first event nobody has looked at the customer yet.
  bool first = context.event != nullptr && context.customer.events == 1;
  if (PARCOURS_MUTANT("dues-look-at-everything")) first = context.customer.events == 1;
  if (first || context.changed_all) {
    return all.empty() ? 0 : ~std::uint64_t{0} >> (64 - all.size());
  }
  std::uint64_t touched = 0;
  context.changed.Each([&](int variable) { touched |= context.rules.readers[variable]; });
  for (std::uint64_t left = context.rules.timed & ~touched; left != 0; left &= left - 1) {
    const int number = std::countr_zero(left);
    if (context.customer.cells()[all[number].cell + kUntil] > context.now) continue;
    touched |= std::uint64_t{1} << number;
  }
  return touched;
}

}  // namespace

void UpdateSegments(Context& context) {
  const std::uint64_t touched = TouchedSegmentations(context);
  // Events go by definition, dues by name.
  if (context.event != nullptr) {
    for (std::uint64_t left = touched; left != 0; left &= left - 1) {
      Evaluate(context, std::countr_zero(left));
    }
    return;
  }
  for (const int number : context.catalog.segmentations_by_name) {
    if (touched >> number & 1) Evaluate(context, number);
  }
}

}  // namespace parcours::engine
