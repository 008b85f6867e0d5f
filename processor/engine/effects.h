// Effects: what a Step did, for the processor to publish: transitions, actions, decisions, counts.
//
// Records view the customer, the event and the catalog; they are good until the batch they were
// made in is released. The processor drains them in order. Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "processor/engine/event.h"
#include "state/customer.h"

namespace parcours::engine {

// Why something happened: an event, or an instant at which something fell due.
struct Cause {
  const Event* event = nullptr;
  TimeMs due = 0;  // where there is no event
};

struct Transition {
  const state::Customer* customer;
  std::uint32_t number;  // the customer's nth; 0: its segmentation publishes none
  int segmentation;
  int from, to;  // segments, or -1: none
  TimeMs at;
  Cause cause;
  bool late;
};

struct Action {
  const state::Customer* customer;
  std::uint32_t number;
  int journey, step;
  std::uint32_t occurrence;
  TimeMs at;
  Cause cause;
};

struct Decision {
  enum class Kind : std::uint8_t { kSent, kExited };
  const state::Customer* customer;
  std::uint32_t number;
  int journey, step;
  std::uint32_t occurrence;
  Kind kind;
  TimeMs at;
  Cause cause;
};

struct StepTally {
  std::uint64_t entered = 0, sent = 0, exited = 0, converted = 0;
};
struct JourneyTally {
  std::uint64_t entered = 0, completed = 0;
  // Goal windows closed before their time because kOpenRunsMax were open.
  std::uint64_t goals_dropped = 0;
  std::vector<StepTally> steps;
};

struct Counters {
  std::uint64_t events = 0;                // accepted and applied
  std::uint64_t duplicates = 0;            // not applied: a known id
  std::uint64_t duplicates_unchecked = 0;  // accepted, but older than ids are remembered
  std::uint64_t late = 0;
  std::uint64_t times_cut = 0;    // event times a little ahead of log time
  std::uint64_t evaluations = 0;  // expressions evaluated
  std::uint64_t dues_fired = 0;
  std::uint64_t idle_wakeups = 0;  // dues that changed nothing
};

struct Effects {
  std::vector<Transition> transitions;
  std::vector<Action> actions;
  std::vector<Decision> decisions;
  std::vector<JourneyTally> journeys;  // by journey
  Counters counters;

  void ClearRecords() {
    transitions.clear();
    actions.clear();
    decisions.clear();
  }
};

}  // namespace parcours::engine
