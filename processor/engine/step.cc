#include "processor/engine/step.h"

#include <algorithm>

#include "base/mutant.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::Aggregate;
using catalog::Feature;
using state::CellKind;
using state::Customer;

static_assert(kCommonFields == catalog::kCommonFields);

const Zone* Zones::Find(std::string_view name) {
  const auto found = zones_.find(name);
  if (found != zones_.end()) return found->second.get();
  absl::StatusOr<std::shared_ptr<const Zone>> zone = Zone::Load(name);
  if (!zone.ok()) return nullptr;
  return zones_.emplace(std::string(name), *std::move(zone)).first->second.get();
}

namespace {

// How the cells beside a lifetime value are stored, first to last.
std::vector<CellKind> AuxKinds(const Feature& feature, CellKind value) {
  std::vector<CellKind> kinds(feature.aux_count, CellKind::kNumber);
  if (feature.aux_count == 0) return kinds;
  if (feature.aggregate == Aggregate::kDistinct) kinds[0] = CellKind::kText;
  if (feature.aggregate == Aggregate::kMeanGap || feature.aggregate == Aggregate::kLastGap) {
    kinds[0] = kinds[1] = CellKind::kTime;
  }
  const bool timed = feature.aggregate == Aggregate::kFirst ||
                     feature.aggregate == Aggregate::kLast || feature.aggregate == Aggregate::kNth;
  if (!timed) return kinds;
  if (feature.of_event_time) {
    kinds.assign(feature.aux_count, CellKind::kTime);
    return kinds;
  }
  // first and last: time, tie; nth: value, time, tie.
  const bool nth = feature.aggregate == Aggregate::kNth;
  const std::size_t stride = nth ? catalog::kAuxOfNth : catalog::kAuxOfFirst;
  for (std::size_t i = 0; i < kinds.size(); i += stride) {
    if (nth) kinds[i] = value;
    kinds[i + stride - 2] = CellKind::kTime;
    kinds[i + stride - 1] = CellKind::kText;
  }
  return kinds;
}

void SetKinds(const catalog::Catalog& catalog, state::Shape* shape) {
  shape->kinds.assign(catalog.cell_count, CellKind::kNumber);
  for (const Feature& feature : catalog.features) {
    const CellKind kind = KindOf(feature);
    shape->kinds[feature.cell] = kind;
    if (feature.value.has_value() || feature.window.has_value()) {
      shape->kinds[feature.cell + 1] = CellKind::kTime;
    }
    const std::vector<CellKind> aux = AuxKinds(feature, kind);
    std::copy(aux.begin(), aux.end(), shape->kinds.begin() + std::max(feature.aux, 0));
  }
  for (const catalog::Segmentation& segmentation : catalog.segmentations) {
    const auto cells = shape->kinds.begin() + segmentation.cell;
    std::fill(cells, shape->kinds.begin() + segmentation.until + 1, CellKind::kTime);
    if (!segmentation.independent) *cells = CellKind::kNumber;
  }
  for (const catalog::Attribute& attribute : catalog.attributes) {
    const bool fixed_point = attribute.type.kind == expr::Kind::kDouble;
    const CellKind kind = fixed_point ? CellKind::kNumber : KindOf(attribute.type);
    if (attribute.contact) {
      shape->contacts.push_back(kind);
    } else {
      shape->kinds[attribute.cell] = kind;
    }
  }
}

// The value of an aggregate to which nothing has contributed.
Cell BeforeTheFirst(const Feature& feature) {
  switch (feature.aggregate) {
    case Aggregate::kCount:
    case Aggregate::kSum:
    case Aggregate::kDistinct:
    case Aggregate::kDecayed:
      return 0;
    case Aggregate::kList:
    case Aggregate::kMap:
      return NewText("");  // no box, so that customers may share it
    default:
      return kAbsent;
  }
}

state::Shape ShapeOf(const catalog::Catalog& catalog) {
  state::Shape shape;
  SetKinds(catalog, &shape);
  shape.initial.assign(catalog.cell_count, kAbsent);
  for (const Feature& feature : catalog.features) {
    Cell* cell = &shape.initial[feature.cell];
    const bool derived = feature.value.has_value();
    if (!derived) cell[0] = BeforeTheFirst(feature);
    if (derived) cell[1] = 0;  // to be evaluated at the first event
    if (feature.window.has_value()) cell[1] = kNever;
  }
  for (const catalog::Segmentation& segmentation : catalog.segmentations) {
    shape.initial[segmentation.until] = 0;
  }
  shape.text_cells = catalog.text_cells;
  for (const catalog::Attribute& attribute : catalog.attributes) {
    if (attribute.variable >= 0) ++shape.attributes;
  }
  for (int number : catalog.windows) {
    shape.windows.push_back(BucketShapeOf(catalog.features[number]));
  }
  shape.Complete();
  return shape;
}

// Fills in who reads what in the plan, and what of it time may move.
void SetReaders(Rules* rules) {
  const catalog::Catalog& catalog = *rules->catalog;
  rules->readers.resize(catalog::VariableSet::kNumbersMax);
  for (std::size_t i = 0; i < catalog.plan.size(); ++i) {
    const int step = static_cast<int>(i);
    rules->whole_plan.Add(step);
    const auto read_by_step = [&](int variable) { rules->readers[variable].Add(step); };
    if (catalog.plan[i].kind == catalog::PlanStep::Kind::kDerived) {
      const Feature& feature = catalog.features[catalog.plan[i].number];
      feature.reads.Each(read_by_step);
      rules->timed.push_back({step, feature.cell + 1});
      continue;
    }
    const catalog::Segmentation& segmentation = catalog.segmentations[catalog.plan[i].number];
    segmentation.reads.Each(read_by_step);
    if (!segmentation.timed) continue;
    rules->timed.push_back({step, segmentation.until});
    rules->dues.push_back(segmentation.until);
  }
}

// The earliest of all that this customer waits for.
TimeMs NextDue(const Rules& rules, const Customer& customer) {
  TimeMs due = kNever;
  for (int cell : rules.dues) due = std::min(due, customer.cells()[cell]);
  for (const state::Run& run : customer.runs) {
    due = std::min({due, run.goal_due, run.exit_due, run.step_due});
  }
  return due;
}

// Whether a journey may let customers in on this event.
bool Enters(const Rules& rules, const Event& event) {
  return event.type != Event::kIdentify && !rules.enter_on_event[event.type].empty();
}

// What events and dues have in common, once features took what the event brings.
void Settle(Context& context) {
  const std::size_t first_transition = context.effects->transitions.size();
  UpdateWindows(context);
  UpdatePlan(context);
  UpdateJourneys(context, first_transition);
  context.customer.next_due = NextDue(context.rules, context.customer);
}

}  // namespace

Rules::Rules(std::shared_ptr<const catalog::Catalog> compiled)
    : catalog(std::move(compiled)),
      shape(ShapeOf(*catalog)),
      enter_on_event(catalog->events.size()),
      enter_on_transition(catalog->segmentations.size()),
      windows_on_event(catalog->events.size()),
      texts_on_event(catalog->events.size()),
      unread(catalog->events.size()) {
  SetReaders(this);
  for (const catalog::Segmentation& segmentation : catalog->segmentations) {
    independent.emplace_back(segmentation);
  }
  int contacts = 0;
  for (const catalog::Attribute& attribute : catalog->attributes) {
    contact_of.push_back(attribute.contact ? contacts++ : -1);
  }
  for (std::size_t i = 0; i < catalog->journeys.size(); ++i) {
    const catalog::Journey& journey = catalog->journeys[i];
    const int number = static_cast<int>(i);
    if (journey.enter_event >= 0) enter_on_event[journey.enter_event].push_back(number);
    if (journey.enter_segmentation >= 0) {
      enter_on_transition[journey.enter_segmentation].push_back(number);
    }
  }
  for (std::size_t type = 0; type < catalog->events.size(); ++type) {
    for (int feature : catalog->on_event[type]) {
      const int window = catalog->features[feature].window_index;
      if (window >= 0) windows_on_event[type].push_back(window);
      const catalog::Feature& added = catalog->features[feature];
      for (int cell : catalog->text_cells) {
        const bool own =
            cell == added.cell || (cell >= added.aux && cell < added.aux + added.aux_count);
        if (own) texts_on_event[type].push_back(cell);
      }
    }
    unread[type] = catalog->on_event[type].empty() && enter_on_event[type].empty() &&
                   catalog->attributes_on_event[type].empty();
  }
}

const Zone* ZoneOf(Rules& rules, const Customer& customer) {
  const catalog::Catalog& catalog = *rules.catalog;
  const auto text = [&](int attribute) -> const Cell* {
    if (attribute < 0) return nullptr;
    const Cell* cell = &customer.cells()[catalog.attributes[attribute].cell];
    return IsValue(*cell) ? cell : nullptr;
  };
  if (const Cell* name = text(catalog.time_zone_attribute)) {
    if (const Zone* zone = rules.zones.Find(TextOf(name))) return zone;
  }
  if (const Cell* id = text(catalog.store_attribute)) {
    const expr::Store* store = catalog.stores->Find(TextOf(id));
    if (store != nullptr && !PARCOURS_MUTANT("zone-of-no-store")) return store->zone.get();
  }
  return nullptr;
}

bool Adopt(Rules& rules, Customer& customer) {
  const catalog::Catalog& catalog = *rules.catalog;
  for (const state::Run& run : customer.runs) {
    if (run.journey < 0 || static_cast<std::size_t>(run.journey) >= catalog.journeys.size()) {
      return false;
    }
    const std::size_t steps = catalog.journeys[run.journey].steps.size();
    if (run.step > steps || (run.waiting() && run.step == steps)) return false;
  }
  for (const catalog::Segmentation& segmentation : catalog.segmentations) {
    if (segmentation.independent) continue;
    const Cell segment = customer.cells()[segmentation.cell];
    const auto segments = static_cast<Cell>(segmentation.segments.size());
    if (segment != kAbsent && (segment < 0 || segment >= segments)) return false;
  }
  customer.zone = ZoneOf(rules, customer);
  return true;
}

bool WritesContacts(const Rules& rules, const Event& event) {
  return std::any_of(
      event.attributes.begin(), event.attributes.end(),
      [&](const AttributeWrite& write) { return rules.contact_of[write.attribute] >= 0; });
}

void PrepareEffects(const catalog::Catalog& catalog, Effects* effects) {
  effects->journeys.resize(catalog.journeys.size());
  for (std::size_t i = 0; i < catalog.journeys.size(); ++i) {
    effects->journeys[i].steps.resize(catalog.journeys[i].steps.size());
  }
}

void StepEvent(Rules& rules, Customer& customer, const Event& event, TimeMs now, Effects* effects) {
  Context context(rules, customer, &event, now, effects);
  context.late = event.time < customer.latest_time;
  ++effects->counters.events;
  if (context.late) ++effects->counters.late;
  ++customer.events;
  customer.last_instant = now;
  customer.latest_time = std::max(customer.latest_time, event.time);
  UpdateAttributes(context);
  UpdateFeatures(context);
  // A customer who was here before, with nothing changed and nothing due: all stands as it did.
  const bool known = customer.events > 1;
  if (known && !context.changed_all && context.changed.empty() && !Enters(rules, event)) return;
  Settle(context);
}

void StepDue(Rules& rules, Customer& customer, Effects* effects) {
  const TimeMs now = customer.next_due;
  Context context(rules, customer, nullptr, now, effects);
  customer.last_instant = now;
  customer.latest_time = std::max(customer.latest_time, now);
  Settle(context);
}

void RefreshFeatures(Rules& rules, Customer& customer, TimeMs now) {
  Effects none;
  Context context(rules, customer, nullptr, now, &none);
  UpdateWindows(context);
  UpdateDerivedOnly(context);
}

bool IsFuture(const Event& event, TimeMs log_time) {
  return event.time > log_time + kFutureGraceMs;
}

Admission ApplyEvent(Rules& rules, Customer& customer, Event& event, TimeMs log_time, TimeMs clock,
                     Effects* effects) {
  const TimeMs due_until = std::max({log_time, customer.last_instant, clock});
  while (PARCOURS_MUTANT("due-at-event-fires-after") ? customer.next_due < due_until
                                                     : customer.next_due <= due_until) {
    StepDue(rules, customer, effects);
  }
  const TimeMs now = std::max(log_time, customer.last_instant);
  if (customer.seen.Has(event.key, now)) {
    ++effects->counters.duplicates;
    return Admission::kDuplicate;
  }
  customer.seen.Add(event.key, now);
  if (event.time > log_time) {
    event.time = log_time;
    if (!event.fields.empty()) event.fields[kFieldTime].cell = log_time;
    ++effects->counters.times_cut;
  }
  if (event.time < now - state::kSeenForMs) ++effects->counters.duplicates_unchecked;
  StepEvent(rules, customer, event, now, effects);
  return Admission::kApplied;
}

}  // namespace parcours::engine
