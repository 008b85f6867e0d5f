// Step: the pure heart. One customer, and one event or one due instant, give changes and effects.
//
// Order inside one instant (product semantics): features, then derived ones and segmentations with
// their transitions in the order of the plan, then goals, exits, enters, then steps until the
// journey waits. Only what reads something changed, or is due, is evaluated. The same customer,
// event and `now` give the same bytes. Time: `now` is handed in; there is no clock here. Failure:
// none; data that makes an expression fail is an error value, which matches nothing. Threads:
// nothing shared but the catalog, which is immutable.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "processor/engine/effects.h"
#include "processor/engine/event.h"
#include "rules/catalog/catalog.h"
#include "rules/catalog/limits.h"
#include "rules/catalog/number_set.h"
#include "state/customer.h"

namespace parcours::engine {

inline constexpr int kOpenRunsMax = 8;  // runs of one journey kept for their goal windows
inline constexpr TimeMs kFutureGraceMs = 10 * kMinuteMs;

// Zones: the time zones that customers live in, by name, loaded when first met. At most kZonesMax.
// Threads: owned by one worker.
class Zones {
 public:
  // The zone called `name`, or null if there is no such zone.
  const Zone* Find(std::string_view name);

 private:
  std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones_;
};

// Which segments of an independent segmentation may have moved. Thresholds of one window are a
// ladder: the window's value alone tells how many of its rungs hold, so that only those that moved,
// and the highest that holds, whose horizon comes first, need to be looked at.
class IndependentSegments {
 public:
  using Set = catalog::NumberSet<256>;
  static_assert(catalog::kSegmentsMax <= Set::kNumbersMax);

  explicit IndependentSegments(const catalog::Segmentation& segmentation);
  // Those to look at once `changed` has. All others stand, and no horizon of theirs comes before
  // each horizon of these.
  Set ToLookAt(const Cell* cells, const catalog::VariableSet& changed) const;
  const Set& all() const { return all_; }

 private:
  struct Rung {
    Cell bound;
    int segment;
  };
  struct Ladder {
    int cell;                 // the window's value
    std::vector<Rung> rungs;  // lowest first
  };
  void Climb(const Ladder& ladder, const Cell* cells, Set* look) const;

  Set all_, timed_;           // timed_: those of no ladder
  std::vector<Set> readers_;  // by variable; those of no ladder
  std::vector<Ladder> ladders_;
  int since_;  // the cell of the first segment
};

// What the engine works with: one catalog, the layout that follows from it, the zones.
// Threads: Rules is immutable but for `zones`, so each worker has its own.
struct Rules {
  explicit Rules(std::shared_ptr<const catalog::Catalog> compiled);

  std::shared_ptr<const catalog::Catalog> catalog;
  state::Shape shape;
  // Journeys by what lets customers in: a type of event, a segmentation.
  std::vector<std::vector<int>> enter_on_event, enter_on_transition;
  // By type of event: the windows it may add to, and whether nothing at all reads it.
  std::vector<std::vector<int>> windows_on_event;
  std::vector<std::vector<int>> texts_on_event;  // the same of cells that own text
  std::vector<bool> unread;
  // Steps of the plan: all of them; by variable, those that read it; those that time may move, and
  // the cells of their horizons. Dues are the horizons of segmentations among them.
  struct Timed {
    int step, until;
  };
  catalog::PlanSet whole_plan;
  std::vector<catalog::PlanSet> readers;
  std::vector<Timed> timed;
  std::vector<int> dues;
  std::vector<IndependentSegments> independent;  // by segmentation; empty of exclusive ones
  std::vector<int> contact_of;  // by attribute: its place among the contact attributes, or -1
  Zones zones;
};

// The customer's own zone, else that of their store, else null: the programme's.
const Zone* ZoneOf(Rules& rules, const state::Customer& customer);

// Makes a decoded customer fit for Step: finds its zone. False if it is not one of this catalog: a
// journey or a step that there is none of.
bool Adopt(Rules& rules, state::Customer& customer);

// Whether the event writes contact data, so that the customer's must be loaded before.
bool WritesContacts(const Rules& rules, const Event& event);

// Makes room in `effects` for the tallies of every journey and step.
void PrepareEffects(const catalog::Catalog& catalog, Effects* effects);

// Applies `event` at `now`. REQUIRES: all dues <= now have fired; now >= customer's last instant;
// event.time <= now. The event must outlive the records in `effects`.
void StepEvent(Rules& rules, state::Customer& customer, const Event& event, TimeMs now,
               Effects* effects);

// Fires everything of this customer that is due at `customer.next_due`, with now = that instant.
// REQUIRES: next_due != kNever. Afterwards next_due is later.
void StepDue(Rules& rules, state::Customer& customer, Effects* effects);

// Brings windows and derived features to what they are at `now`, for showing them. Changes nothing
// that a later Step would not.
void RefreshFeatures(Rules& rules, state::Customer& customer, TimeMs now);

enum class Admission { kApplied, kDuplicate };

// Whether the event time lies so far ahead of log time that the event must be refused (`future`).
bool IsFuture(const Event& event, TimeMs log_time);

// One event of a customer as its log took it at `log_time` with the shard's clock at `clock`: fires
// the customer's own dues up to then, drops a known id, cuts a slightly early event time, applies.
// REQUIRES: !IsFuture(event, log_time).
Admission ApplyEvent(Rules& rules, state::Customer& customer, Event& event, TimeMs log_time,
                     TimeMs clock, Effects* effects);

}  // namespace parcours::engine
