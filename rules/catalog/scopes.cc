#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "rules/catalog/build.h"

namespace parcours::catalog {
namespace {

using expr::Kind;
using expr::Type;
using expr::Variable;

// Words of the language to come that an expression might name.
void RefuseLater(expr::Scope* scope) {
  for (const char* word : {"segments", "consent", "customer", "journey"}) {
    if (scope->Find(word) != nullptr) continue;
    scope->Refuse(word, absl::StrCat("'", word, "' is not yet supported in expressions"));
  }
}

Variable FieldVariable(const Type& type, int slot, int scale) {
  Variable variable;
  variable.type = type;
  variable.home = Variable::Home::kField;
  variable.slot = slot;
  variable.scale = scale;
  variable.fixed_point = IsKind(type, Kind::kDouble);
  return variable;
}

// A text that may be the id of a store, and what is known of that.
void DeclareText(const std::string& name, const Variable& text, bool is_store,
                 const Catalog& catalog, expr::Scope* scope) {
  scope->Declare(name, text);
  if (!is_store || catalog.stores == nullptr) return;
  scope->Declare(absl::StrCat(name, ".id"), text);
  const auto declare = [&](const char* part_name, expr::StorePart part, Kind kind) {
    Variable variable = text;
    variable.type = Type::Of(kind);
    variable.stores = catalog.stores;
    variable.part = part;
    scope->Declare(absl::StrCat(name, part_name), std::move(variable));
  };
  declare(".location", expr::StorePart::kLocation, Kind::kPoint);
  declare(".area", expr::StorePart::kArea, Kind::kString);
  declare(".time_zone", expr::StorePart::kTimeZone, Kind::kString);
}

// segment.lifecycle, segment.interests.tennis, persona.
void DeclareSegments(const Segmentation& segmentation, expr::Scope* scope) {
  const std::string path = absl::StrCat("segment.", segmentation.name);
  if (segmentation.independent) {
    for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
      Variable member;
      member.type = Type::Of(Kind::kBool);
      member.slot = member.since = segmentation.since_cell(static_cast<int>(i));
      member.membership = true;
      scope->Declare(absl::StrCat(path, ".", segmentation.segments[i].name), std::move(member));
    }
    return;
  }
  std::vector<std::string> names;
  for (const Segment& segment : segmentation.segments) names.push_back(segment.name);
  Variable variable;
  variable.type = Type::Of(Kind::kString);
  variable.slot = segmentation.cell;
  variable.since = segmentation.since_cell(0);
  variable.names = std::make_shared<const std::vector<std::string>>(std::move(names));
  if (segmentation.name == kPersonaName) scope->Declare(segmentation.name, variable);
  scope->Declare(path, std::move(variable));
}

}  // namespace

void MakeEventScopes(Build* build) {
  const Catalog& catalog = build->catalog;
  for (const EventType& event : catalog.events) {
    expr::Scope scope;
    if (!catalog.currency.empty()) scope.currency_decimals = catalog.decimals;
    int slot = kEventTimeField;
    scope.Declare("event.time", FieldVariable(Type::Of(Kind::kTimestamp), slot++, 0));
    scope.Declare("event.id", FieldVariable(Type::Of(Kind::kString), slot++, 0));
    scope.Declare("event.source", FieldVariable(Type::Of(Kind::kString), slot++, 0));
    for (const Field& field : event.fields) {
      DeclareText(absl::StrCat("event.", field.name),
                  FieldVariable(field.type, slot++, field.scale), field.is_store, catalog, &scope);
    }
    for (const char* word : {"segment", "persona"}) {
      scope.Refuse(word, "`where` and `of` see the event only, not the customer's segments");
    }
    for (const auto* entries : {&build->sections.attributes, &build->sections.features}) {
      const char* kind = entries == &build->sections.features ? "a feature" : "an attribute";
      for (const Entry& entry : *entries) {
        scope.Refuse(entry.name->text, absl::StrCat("'", Shown(entry.name->text), "' is ", kind,
                                                    "; `where` and `of` see the event only"));
      }
    }
    RefuseLater(&scope);
    build->event_scopes.push_back(std::move(scope));
  }
}

Variable VariableOf(const Feature& feature) {
  Variable variable;
  variable.type = feature.type;
  variable.slot = feature.cell;
  variable.scale = feature.scale;
  variable.fixed_point = feature.fixed_point;
  if (feature.window.has_value()) {
    variable.home = Variable::Home::kWindow;
    variable.window = feature.window_index;
    // What leaves a window makes its count or its sum of money smaller, as money is never negative.
    variable.falling = PARCOURS_MUTANT("catalog-every-window-falls") ||
                       feature.aggregate == Aggregate::kCount ||
                       (feature.aggregate == Aggregate::kSum && IsKind(feature.type, Kind::kMoney));
  } else if (feature.event_type < 0) {
    variable.home = Variable::Home::kTimedCell;
  }
  return variable;
}

void MakeCustomerScope(Build* build) {
  const Catalog& catalog = build->catalog;
  expr::Scope& scope = build->customer_scope;
  if (!catalog.currency.empty()) scope.currency_decimals = catalog.decimals;
  for (const Attribute& attribute : catalog.attributes) {
    if (attribute.contact) {
      scope.Refuse(attribute.name, absl::StrCat("'", Shown(attribute.name),
                                                "' is contact data, which no expression may read"));
      continue;
    }
    Variable variable;
    variable.type = attribute.type;
    variable.slot = attribute.cell;
    variable.scale = attribute.scale;
    variable.fixed_point = IsKind(attribute.type, Kind::kDouble);
    DeclareText(attribute.name, variable, attribute.is_store, catalog, &scope);
  }
  for (const Feature& feature : catalog.features) {
    DeclareText(feature.name, VariableOf(feature), feature.is_store, catalog, &scope);
  }
  for (const Segmentation& segmentation : catalog.segmentations) {
    DeclareSegments(segmentation, &scope);
  }
  if (catalog.personas.empty()) {
    scope.Refuse(std::string(kPersonaName), "there are no personas");
  }
  scope.Refuse("event",
               "this expression sees the customer, not an event; only `where` and `of` of "
               "a feature see one");
  for (const Segmentation& segmentation : catalog.segmentations) {
    if (scope.Find(segmentation.name) != nullptr) continue;
    scope.Refuse(segmentation.name,
                 absl::StrCat("'", Shown(segmentation.name), "' is a segmentation: write segment.",
                              Shown(segmentation.name)));
  }
  RefuseLater(&scope);
}

VariableSet ReadsOf(const expr::Program& program, const Build& build) {
  VariableSet reads;
  for (int cell : program.cells_read()) {
    const int variable = build.variable_of_cell[static_cast<std::size_t>(cell)];
    if (variable >= 0) reads.Add(variable);
  }
  return reads;
}

std::vector<std::string> NamesOf(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const Entry& entry : entries) names.push_back(entry.name->text);
  return names;
}

}  // namespace parcours::catalog
