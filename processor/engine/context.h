// Context: what the stages of one Step share. Internal to the engine.
#pragma once

#include "processor/engine/effects.h"
#include "processor/engine/step.h"
#include "processor/engine/windows.h"
#include "rules/expr/frame.h"

namespace parcours::engine {

struct Context {
  Context(Rules& rules_in, state::Customer& customer_in, const Event* event_in, TimeMs now_in,
          Effects* effects_in)
      : rules(rules_in),
        catalog(*rules_in.catalog),
        customer(customer_in),
        event(event_in),
        now(now_in),
        effects(effects_in),
        windows(catalog, rules_in.shape, customer_in) {
    frame.cells = customer.cells();
    frame.windows = &windows;
    frame.zone = customer.zone != nullptr ? customer.zone : catalog.zone.get();
    frame.now = now;
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Cause cause() const { return Cause{event, event != nullptr ? 0 : now}; }
  // A horizon later than now, whatever an expression said: waking at `now` again would not end.
  TimeMs After(TimeMs until) const { return until > now ? until : now + 1; }
  expr::Verdict Test(const expr::Program& program) {
    ++effects->counters.evaluations;
    return program.Test(frame);
  }
  // What `where` and `of` see: the event alone, not even the customer's zone, or order would matter.
  expr::Frame event_frame() const {
    expr::Frame alone;
    alone.fields = event->fields.data();
    alone.zone = catalog.zone.get();
    alone.now = now;
    return alone;
  }
  // Whether something that reads `reads` and stands until `due` must be looked at.
  bool Touched(const catalog::VariableSet& reads, TimeMs due) const {
    return due <= now || changed_all || reads.Meets(changed);
  }
  // Counts a due that is being fired now; `idle` if it changed nothing.
  void CountDue(bool idle) {
    ++effects->counters.dues_fired;
    if (idle) ++effects->counters.idle_wakeups;
  }

  Rules& rules;
  const catalog::Catalog& catalog;
  state::Customer& customer;
  const Event* const event;  // null when firing dues
  const TimeMs now;
  Effects* const effects;
  CustomerWindows windows;
  expr::Frame frame;

  bool late = false;
  catalog::VariableSet changed;  // attributes, features, segmentations that differ from before
  bool changed_all = false;      // the customer's zone moved: look at everything
};

// One step of the plan; returns whether what reads it must be looked at.
bool UpdateDerived(Context& context, const catalog::Feature& feature);  // features.cc
bool UpdateSegments(Context& context, int segmentation);                // segmentation.cc

// The stages, in order.
void UpdateAttributes(Context& context);  // attributes.cc
void UpdateFeatures(Context& context);    // features.cc: contributions of the event
void UpdateWindows(Context& context);     // windows.cc: what has left its window
void UpdatePlan(Context& context);        // plan.cc: derived features and segmentations
void UpdateDerivedOnly(Context& context);  // plan.cc: without segmentations
void UpdateJourneys(Context& context, std::size_t first_transition);  // journeys.cc

}  // namespace parcours::engine
