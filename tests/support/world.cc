#include "tests/support/world.h"

#include <cstdio>
#include <cstdlib>

#include "base/hash.h"

namespace parcours::engine {

namespace {

std::shared_ptr<const catalog::Catalog> Compile(const std::string& definitions) {
  std::vector<Issue> issues;
  auto compiled = catalog::CompileCatalog({{"definitions.yaml", definitions}}, &issues);
  if (compiled == nullptr) {
    for (const Issue& issue : issues) std::fprintf(stderr, "%s\n", FormatIssue(issue).c_str());
    std::abort();
  }
  return compiled;
}

}  // namespace

World::World(const std::string& definitions)
    : rules_(Compile(definitions)),
      customer_(state::Customer::Create(rules_.shape, "anna", arena_)) {
  PrepareEffects(*rules_.catalog, &effects_);
}

World::~World() { state::Customer::Destroy(rules_.shape, customer_, arena_); }

Admission World::Apply(const std::string& type, TimeMs time, const std::string& id, TimeMs log_time,
                       const std::map<std::string, Cell>& cells,
                       const std::map<std::string, std::string>& texts, const std::string& source) {
  const int number = catalog().FindEvent(type);
  if (number < 0) std::abort();
  const catalog::EventType& declared = catalog().events[number];
  std::vector<expr::Field> fields(kCommonFields + declared.fields.size());
  fields[kFieldTime].cell = time;
  fields[kFieldId] = {static_cast<Cell>(id.size()), id.data()};
  fields[kFieldSource] = {static_cast<Cell>(source.size()), source.data()};
  for (std::size_t i = 0; i < declared.fields.size(); ++i) {
    expr::Field& field = fields[kCommonFields + i];
    if (const auto cell = cells.find(declared.fields[i].name); cell != cells.end()) {
      field.cell = cell->second;
    }
    if (const auto text = texts.find(declared.fields[i].name); text != texts.end()) {
      field = {static_cast<Cell>(text->second.size()), text->second.data()};
    }
  }
  Event event;
  event.type = number;
  event.time = time;
  event.customer = customer_->id();
  event.source = source;
  event.id = id;
  event.key = Hash64(id + '\0' + source);
  event.fields = fields;
  return ApplyEvent(rules_, *customer_, event, log_time, 0, &effects_);
}

void World::FireUntil(TimeMs until) {
  while (customer_->next_due <= until) StepDue(rules_, *customer_, &effects_);
}

Cell World::cell(const std::string& feature) const {
  for (const catalog::Feature& declared : catalog().features) {
    if (declared.name == feature) return customer_->cells()[declared.cell];
  }
  std::abort();
}

}  // namespace parcours::engine
