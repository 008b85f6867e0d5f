// Attributes: declared facts about a customer; the last writer by event time wins.

#include "base/mutant.h"
#include "processor/engine/aggregate.h"
#include "processor/engine/context.h"

namespace parcours::engine {

namespace {

// Whether this write is older than the last one, noted as a time and a tie.
bool Outdated(const Contribution& write, const Cell* last) {
  if (last[0] == kAbsent) return false;
  if (PARCOURS_MUTANT("attribute-last-arrival-wins")) return false;
  return Before(write, last[0], last + 1);
}

// Contact data is kept apart, and no rule reads it.
void WriteContact(Context& context, const AttributeWrite& write, int place) {
  state::Customer& customer = context.customer;
  const Event& event = *context.event;
  Cell* contact = customer.Contacts(context.rules.shape) + place * state::kContactCells;
  const Contribution contribution{.time = event.time, .id = event.id, .source = event.source};
  if (Outdated(contribution, contact + 1)) return;
  contact[1] = event.time;
  PutTie(contribution, contact + 2);
  if (context.catalog.attributes[write.attribute].type.kind == expr::Kind::kString) {
    ReplaceText(contact, write.value.Text());
  } else {
    contact[0] = write.value.cell;
  }
  customer.has_contact = customer.contact_dirty = true;
}

// The zone is the customer's own or their store's: either may have become another.
void UpdateZone(Context& context) {
  const Zone* zone = ZoneOf(context.rules, context.customer);
  if (zone == context.customer.zone) return;
  context.customer.zone = zone;
  context.frame.zone = zone != nullptr ? zone : context.catalog.zone.get();
  context.changed_all = true;
}

void Write(Context& context, const AttributeWrite& write) {
  const Event& event = *context.event;
  const catalog::Attribute& attribute = context.catalog.attributes[write.attribute];
  if (attribute.cell < 0) {
    return WriteContact(context, write, context.rules.contact_of[write.attribute]);
  }
  Cell* cell = context.customer.cells() + attribute.cell;
  const Contribution contribution{.time = event.time, .id = event.id, .source = event.source};
  Cell* last = context.customer.Write(context.rules.shape, attribute.variable);
  if (Outdated(contribution, last)) return;
  last[0] = event.time;
  PutTie(contribution, last + 1);
  if (attribute.type.kind == expr::Kind::kString) {
    const std::string_view text = write.value.Text();
    if (cell[0] != kAbsent && TextOf(cell) == text) return;
    ReplaceText(cell, text);
  } else {
    if (cell[0] == write.value.cell) return;
    cell[0] = write.value.cell;
  }
  context.changed.Add(attribute.variable);
  if (attribute.is_time_zone || write.attribute == context.catalog.store_attribute) {
    UpdateZone(context);
  }
}

// What the event's own fields say of attributes.
void WriteFromFields(Context& context) {
  const expr::Frame frame = context.event_frame();
  for (int number : context.catalog.attributes_on_event[context.event->type]) {
    const expr::Program& of = *context.catalog.attributes[number].of;
    AttributeWrite write{number, {}};
    if (of.plain_field() >= 0) {
      write.value = frame.fields[of.plain_field()];
    } else {
      ++context.effects->counters.evaluations;
      write.value.cell = of.Read(frame).cell;
    }
    if (IsValue(write.value.cell)) Write(context, write);
  }
}

}  // namespace

void UpdateAttributes(Context& context) {
  for (const AttributeWrite& write : context.event->attributes) Write(context, write);
  if (context.event->type != Event::kIdentify) WriteFromFields(context);
}

}  // namespace parcours::engine
