// Journeys: small state machines, one Run a pass. Goals, then exits, enters, steps.

#include <algorithm>

#include "base/mutant.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::Journey;
using state::Run;
using StepKind = catalog::Step::Kind;

namespace {

// step_due of a run that was just entered: its first step is still to be begun.
constexpr TimeMs kJustEntered = -1;

JourneyTally& TallyOf(Context& context, int journey) { return context.effects->journeys[journey]; }

const Journey& JourneyOf(Context& context, const Run& run) {
  return context.catalog.journeys[run.journey];
}

void Decide(Context& context, const Run& run, int step, Decision::Kind kind) {
  context.effects->decisions.push_back(Decision{.customer = &context.customer,
                                                .number = ++context.customer.decisions,
                                                .journey = run.journey,
                                                .step = step,
                                                .occurrence = run.occurrence,
                                                .kind = kind,
                                                .at = context.now,
                                                .cause = context.cause()});
}

// The last send before step `before`, or -1.
int SendBefore(const Journey& journey, int before) {
  for (int i = before - 1; i >= 0; --i) {
    if (journey.steps[i].kind == StepKind::kSend) return i;
  }
  return -1;
}

// --- goals

// Looks whether the goal is reached now; else books when it may be.
bool TryGoal(Context& context, Run& run) {
  const Journey& journey = JourneyOf(context, run);
  const expr::Verdict verdict = context.Test(journey.goal->when);
  const TimeMs until = context.After(verdict.until);
  run.goal_due = until <= run.goal_until ? until : kNever;
  if (verdict.truth != expr::Truth::kTrue) return false;
  run.converted_at = context.now;
  run.goal_due = kNever;
  int step = std::min<int>(run.step, static_cast<int>(journey.steps.size()) - 1);
  if (journey.goal->from_send) step = SendBefore(journey, run.step);
  ++TallyOf(context, run.journey).steps[step].converted;
  return true;
}

void OpenGoal(Context& context, Run& run) {
  run.goal_until = context.now + JourneyOf(context, run).goal->within;
  TryGoal(context, run);
}

void Goals(Context& context, Run& run) {
  if (!run.goal_open(context.now)) {
    run.goal_due = kNever;
    return;
  }
  const bool due = run.goal_due <= context.now;
  if (!context.Touched(JourneyOf(context, run).goal->reads, run.goal_due)) return;
  const bool reached = TryGoal(context, run);
  if (due) context.CountDue(!reached);
}

// --- exits

void Exit(Context& context, Run& run) {
  const Journey& journey = JourneyOf(context, run);
  run.state = Run::State::kExited;
  run.step_due = run.exit_due = kNever;
  ++TallyOf(context, run.journey).steps[run.step].exited;
  for (int i = run.step; i < static_cast<int>(journey.steps.size()); ++i) {
    if (journey.steps[i].kind == StepKind::kSend) {
      Decide(context, run, i, Decision::Kind::kExited);
    }
  }
}

void Exits(Context& context, Run& run) {
  const Journey& journey = JourneyOf(context, run);
  if (!run.waiting() || !journey.exit_when.has_value()) return;
  const bool due = run.exit_due <= context.now;
  if (!context.Touched(journey.exit_reads, run.exit_due)) return;
  const expr::Verdict verdict = context.Test(*journey.exit_when);
  run.exit_due = context.After(verdict.until);
  const bool left = verdict.truth == expr::Truth::kTrue;
  if (due) context.CountDue(!left);
  if (left) Exit(context, run);
}

// --- steps

void StartStep(Context& context, Run& run) {
  run.step_started_at = context.now;
  const Journey& journey = JourneyOf(context, run);
  if (run.step < journey.steps.size()) {
    ++TallyOf(context, run.journey).steps[run.step].entered;
    return;
  }
  run.state = Run::State::kCompleted;
  run.step_due = run.exit_due = kNever;
  ++TallyOf(context, run.journey).completed;
}

void Send(Context& context, Run& run) {
  context.effects->actions.push_back(Action{.customer = &context.customer,
                                            .number = ++context.customer.actions,
                                            .journey = run.journey,
                                            .step = run.step,
                                            .occurrence = run.occurrence,
                                            .at = context.now,
                                            .cause = context.cause()});
  Decide(context, run, run.step, Decision::Kind::kSent);
  ++run.sent;
  ++TallyOf(context, run.journey).steps[run.step].sent;
}

// The instant at which the waiting step ends or must be looked at again; <= now: it ends now.
TimeMs StepEnd(Context& context, const Run& run, const catalog::Step& step) {
  if (step.kind == StepKind::kWait) return run.step_started_at + step.wait;
  if (step.until->type().kind == expr::Kind::kBool) {
    const expr::Verdict verdict = context.Test(*step.until);
    return verdict.truth == expr::Truth::kTrue ? context.now : context.After(verdict.until);
  }
  ++context.effects->counters.evaluations;
  const expr::Reading reading = step.until->Read(context.frame);
  const TimeMs until = context.After(reading.until);
  return IsValue(reading.cell) ? std::min(reading.cell, until) : until;
}

// Goes on until the journey waits or ends.
void Advance(Context& context, Run& run) {
  const Journey& journey = JourneyOf(context, run);
  while (run.waiting()) {
    const catalog::Step& step = journey.steps[run.step];
    if (step.kind == StepKind::kSend) {
      Send(context, run);
      ++run.step;
      if (journey.goal.has_value() && journey.goal->from_send && run.converted_at < 0) {
        OpenGoal(context, run);
      }
      StartStep(context, run);
      continue;
    }
    run.step_due = StepEnd(context, run, step);
    if (run.step_due > context.now) return;
    run.step_due = kNever;
    ++run.step;
    StartStep(context, run);
  }
}

void Steps(Context& context, Run& run) {
  if (!run.waiting()) return;
  const catalog::Step& step = JourneyOf(context, run).steps[run.step];
  const bool due = run.step_due <= context.now && run.step_due != kJustEntered;
  // A wait for a length moves with nothing; one written as an expression moves with what it reads.
  const bool touched = run.step_due <= context.now || (step.kind == StepKind::kWaitUntil &&
                                                       context.Touched(step.reads, run.step_due));
  if (!touched) return;
  const std::uint8_t before = run.step;
  Advance(context, run);
  if (due) context.CountDue(run.waiting() && run.step == before);
}

// --- enters

// The run of `journey` that began last, or null.
Run* LatestRun(state::Customer& customer, int journey) {
  Run* latest = nullptr;
  for (Run& run : customer.runs) {
    if (run.journey == journey) latest = &run;
  }
  return latest;
}

// Drops ended runs of `journey` that nothing waits for any more, and the oldest beyond the bound.
void DropOldRuns(Context& context, int journey) {
  auto& runs = context.customer.runs;
  const auto over = [&](const Run& run) {
    return run.journey == journey && !run.goal_open(context.now);
  };
  runs.erase(std::remove_if(runs.begin(), runs.end(), over), runs.end());
  const auto mine = [&](const Run& run) { return run.journey == journey; };
  if (std::count_if(runs.begin(), runs.end(), mine) < kOpenRunsMax) return;
  runs.erase(std::find_if(runs.begin(), runs.end(), mine));
  ++TallyOf(context, journey).goals_dropped;
}

void Enter(Context& context, int number) {
  const Journey& journey = context.catalog.journeys[number];
  if (context.late && context.now - context.event->time > journey.late_entry) return;
  const Run* latest = LatestRun(context.customer, number);
  if (latest != nullptr && (latest->waiting() || !journey.reenter)) return;
  if (journey.when.has_value() && context.Test(*journey.when).truth != expr::Truth::kTrue) return;
  TimeMs exit_due = kNever;
  if (journey.exit_when.has_value()) {
    const expr::Verdict verdict = context.Test(*journey.exit_when);
    if (verdict.truth == expr::Truth::kTrue) return;
    exit_due = context.After(verdict.until);
  }
  Run fresh;
  fresh.journey = static_cast<std::int16_t>(number);
  fresh.occurrence = latest != nullptr ? latest->occurrence + 1 : 1;
  fresh.entered_at = context.now;
  fresh.step_due = kJustEntered;
  fresh.exit_due = exit_due;
  DropOldRuns(context, number);
  auto& runs = context.customer.runs;
  const auto place =
      std::find_if(runs.begin(), runs.end(), [&](const Run& run) { return run.journey > number; });
  Run& run = *runs.insert(place, fresh);
  ++TallyOf(context, number).entered;
  StartStep(context, run);
  if (journey.goal.has_value() && !journey.goal->from_send) OpenGoal(context, run);
}

void Enters(Context& context, std::size_t first_transition) {
  if (context.event != nullptr && context.event->type != Event::kIdentify) {
    for (int journey : context.rules.enter_on_event[context.event->type]) Enter(context, journey);
  }
  for (std::size_t i = first_transition; i < context.effects->transitions.size(); ++i) {
    const Transition transition = context.effects->transitions[i];
    for (int number : context.rules.enter_on_transition[transition.segmentation]) {
      const Journey& journey = context.catalog.journeys[number];
      if (journey.enter_from >= 0 && journey.enter_from != transition.from) continue;
      if (journey.enter_to >= 0 && journey.enter_to != transition.to) continue;
      Enter(context, number);
    }
  }
}

// Runs in the order in which they are looked at: by definition for an event, by name for dues.
template <typename Stage>
void ForEachRun(Context& context, Stage stage) {
  auto& runs = context.customer.runs;
  if (context.event != nullptr || runs.size() < 2) {
    for (Run& run : runs) stage(context, run);
    return;
  }
  std::vector<Run*> order;
  for (Run& run : runs) order.push_back(&run);
  std::stable_sort(order.begin(), order.end(), [&](const Run* a, const Run* b) {
    return JourneyOf(context, *a).rank < JourneyOf(context, *b).rank;
  });
  for (Run* run : order) stage(context, *run);
}

}  // namespace

void UpdateJourneys(Context& context, std::size_t first_transition) {
  ForEachRun(context, Goals);
  ForEachRun(context, Exits);
  Enters(context, first_transition);
  ForEachRun(context, Steps);
}

}  // namespace parcours::engine
