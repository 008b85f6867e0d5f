// Features: what one event adds to them, and the derived ones that follow.

#include "base/mutant.h"
#include "processor/engine/aggregate.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::Aggregate;
using catalog::Feature;

namespace {

// What `feature` takes from the event. False if it takes nothing: `of` is absent or an error.
bool ReadOf(const expr::Frame& frame, const Feature& feature, Contribution* contribution,
            Counters* counters) {
  if (!feature.of.has_value()) return true;
  const int number = feature.of->plain_field();
  if (number < 0) {  // computed: the catalog admits only integers, money and times here
    ++counters->evaluations;
    contribution->value = feature.of->Read(frame).cell;
    return IsValue(contribution->value);
  }
  const expr::Field& field = frame.fields[number];
  if (!IsValue(field.cell)) return false;
  if (feature.type.kind == expr::Kind::kString) {
    contribution->text = field.Text();
  } else {
    contribution->value = field.cell;
  }
  return true;
}

// Adds to the n earliest; returns whether the nth is another than before.
bool AddToNth(const Feature& feature, const Contribution& contribution, Cell* value, Cell* aux) {
  const int stride = feature.of_event_time ? 1 : 3;
  const int text = feature.type.kind == expr::Kind::kString ? 0 : -1;
  int at = 0;
  while (at < feature.n && aux[at * stride] != kAbsent) {
    const Cell* entry = aux + at * stride;
    if (feature.of_event_time ? contribution.value < entry[0]
                              : Before(contribution, entry[1], entry + 2)) {
      break;
    }
    ++at;
  }
  if (at == feature.n) return false;
  Cell* last = aux + (feature.n - 1) * stride;
  if (text == 0) FreeText(last[0]);
  if (stride == 3) FreeText(last[2]);
  Cell* place = aux + at * stride;
  std::memmove(place + stride, place, static_cast<std::size_t>(last - place) * sizeof(Cell));
  for (int i = 0; i < stride; ++i) place[i] = kAbsent;
  PutValue(feature, contribution, place);
  if (stride == 3) {
    place[1] = contribution.time;
    PutTie(contribution, place + 2);
  }
  if (text == 0) {
    FreeText(*value);
    *value = last[0] == kAbsent ? kAbsent : NewText(TextOf(last));
  } else {
    *value = last[0];
  }
  return true;
}

// Adds to the lifetime value. Returns whether it may differ from before.
bool AddToLifetime(const Feature& feature, const Contribution& contribution, Cell* cells) {
  Cell* value = cells + feature.cell;
  Cell* aux = cells + feature.aux;  // not touched where aux_count is 0
  switch (feature.aggregate) {
    case Aggregate::kCount:
      ++*value;
      return true;
    case Aggregate::kSum:
      if (feature.type.kind == expr::Kind::kMoney) {
        *value = AddSaturating(*value, contribution.value);
      } else {
        PutWide(GetWide(aux) + contribution.value, aux);
        *value = CellOfWide(GetWide(aux));
      }
      return true;
    case Aggregate::kAvg:
      PutWide(GetWide(aux) + contribution.value, aux);
      aux[2] = aux[2] == kAbsent ? 1 : aux[2] + 1;
      *value = Average(feature, GetWide(aux), aux[2]);
      return true;
    case Aggregate::kNth:
      return AddToNth(feature, contribution, value, aux);
    case Aggregate::kMin:
    case Aggregate::kMax:
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return FoldExtreme(feature, contribution, value, aux, aux + 1);
  }
  return false;
}

}  // namespace

void UpdateFeatures(Context& context) {
  const Event& event = *context.event;
  if (event.type == Event::kIdentify) return;
  const expr::Frame frame = context.event_frame();
  Counters& counters = context.effects->counters;
  for (int number : context.catalog.on_event[event.type]) {
    const Feature& feature = context.catalog.features[number];
    if (feature.where.has_value()) {
      ++counters.evaluations;
      if (feature.where->Test(frame).truth != expr::Truth::kTrue) continue;
    }
    Contribution contribution{.time = event.time, .id = event.id, .source = event.source};
    if (!ReadOf(frame, feature, &contribution, &counters)) continue;
    const bool changed = feature.window.has_value()
                             ? AddToWindow(context.catalog, context.rules.shape, feature,
                                           contribution, context.now, context.customer)
                             : AddToLifetime(feature, contribution, context.customer.cells());
    if (changed) context.changed.Add(feature.variable);
  }
}

bool UpdateDerived(Context& context, const Feature& feature) {
  Cell* cell = context.customer.cells() + feature.cell;
  ++context.effects->counters.evaluations;
  expr::Reading reading;
  bool changed;
  if (feature.type.kind == expr::Kind::kString) {
    const expr::Answer answer = feature.value->Evaluate(context.frame);
    reading.until = answer.until;
    const bool absent = answer.value.is_error();
    changed =
        absent ? cell[0] != kAbsent : cell[0] == kAbsent || TextOf(cell) != answer.value.AsText();
    if (changed) {
      FreeText(cell[0]);
      cell[0] = absent ? kAbsent : NewText(answer.value.AsText());
    }
  } else {
    reading = feature.value->Read(context.frame);
    changed = reading.cell != cell[0];
    cell[0] = reading.cell;
  }
  // Whoever reads this also stands only as long as this does.
  const TimeMs until = context.After(reading.until);
  changed |= until != cell[1];
  cell[1] = until;
  return changed;
}

}  // namespace parcours::engine
