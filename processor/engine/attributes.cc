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

}  // namespace

void UpdateAttributes(Context& context) {
  const Event& event = *context.event;
  for (const AttributeWrite& write : event.attributes) {
    const catalog::Attribute& attribute = context.catalog.attributes[write.attribute];
    if (attribute.cell < 0) {
      WriteContact(context, write, context.rules.contact_of[write.attribute]);
      continue;
    }
    Cell* cell = context.customer.cells() + attribute.cell;
    const Contribution contribution{.time = event.time, .id = event.id, .source = event.source};
    Cell* last = context.customer.Write(context.rules.shape, attribute.variable);
    if (Outdated(contribution, last)) continue;
    last[0] = event.time;
    PutTie(contribution, last + 1);
    if (attribute.type.kind == expr::Kind::kString) {
      const std::string_view text = write.value.Text();
      if (cell[0] != kAbsent && TextOf(cell) == text) continue;
      ReplaceText(cell, text);
    } else {
      if (cell[0] == write.value.cell) continue;
      cell[0] = write.value.cell;
    }
    context.changed.Add(attribute.variable);
    if (attribute.is_time_zone) {
      const Zone* zone = context.rules.zones.Find(TextOf(cell));
      context.customer.zone = zone;
      context.frame.zone = zone != nullptr ? zone : context.catalog.zone.get();
      context.changed_all = true;
    }
  }
}

}  // namespace parcours::engine
