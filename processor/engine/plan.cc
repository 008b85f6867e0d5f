// Plan: derived features and segmentations, each after all that it reads, and only those that read
// what has changed or whose time has come.

#include "base/mutant.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::PlanSet;
using catalog::PlanStep;

namespace {

PlanSet Touched(const Context& context) {
  const Rules& rules = context.rules;
  // At the first event nobody has looked at the customer yet.
  bool first = context.event != nullptr && context.customer.events == 1;
  if (PARCOURS_MUTANT("dues-look-at-everything")) first = context.customer.events == 1;
  if (first || context.changed_all) return rules.whole_plan;
  PlanSet touched;
  context.changed.Each([&](int variable) { touched.AddAll(rules.readers[variable]); });
  const Cell* cells = context.customer.cells();
  for (const Rules::Timed& timed : rules.timed) {
    if (cells[timed.until] <= context.now) touched.Add(timed.step);
  }
  return touched;
}

// Looks at one step, and adds those that follow from it.
void Look(Context& context, int place, PlanSet* touched) {
  const catalog::Catalog& catalog = context.catalog;
  const PlanStep& step = catalog.plan[place];
  int variable;
  if (step.kind == PlanStep::Kind::kDerived) {
    const catalog::Feature& feature = catalog.features[step.number];
    variable = feature.variable;
    if (!UpdateDerived(context, feature)) return;
  } else {
    variable = catalog.segmentations[step.number].variable;
    if (!UpdateSegments(context, step.number)) return;
    if (PARCOURS_MUTANT("segment-readers-not-looked-at")) return;
  }
  context.changed.Add(variable);
  touched->AddAll(context.rules.readers[variable]);
}

}  // namespace

void UpdatePlan(Context& context) {
  PlanSet touched = Touched(context);
  if (context.event != nullptr) {
    touched.Each([&](int place) { Look(context, place, &touched); });
    return;
  }
  for (const int place : context.catalog.plan_of_dues) {
    if (touched.Has(place)) Look(context, place, &touched);
  }
}

void UpdateDerivedOnly(Context& context) {
  PlanSet touched = Touched(context);
  touched.Each([&](int place) {
    if (context.catalog.plan[place].kind == PlanStep::Kind::kDerived) {
      Look(context, place, &touched);
    }
  });
}

}  // namespace parcours::engine
