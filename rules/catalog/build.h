// Build: what the stages of one compilation hand to each other.
//
// The stages run in the order in which they stand below, and each goes on after mistakes, so that
// all are told at once. What is broken is declared with type dyn, which no later stage complains
// of. Threads: owned by one compilation.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog/catalog.h"
#include "rules/catalog/problems.h"
#include "rules/catalog/yaml.h"
#include "rules/expr/program.h"
#include "rules/expr/scope.h"

namespace parcours::catalog {

// One named thing of a section: `order_completed: {...}`.
struct Entry {
  const YamlNode* name;
  const YamlNode* value;  // may be kNull
};

// Where an attribute says which event writes it, as far as it does.
struct AttributeKeys {
  const YamlNode *on = nullptr, *of = nullptr;
};

struct Sections {
  std::vector<const YamlNode*> programme, stores;  // one for each file that has it
  // In the order of the files, each name once.
  std::vector<Entry> events, attributes, features, segmentations, personas, journeys;
};

struct Build {
  Problems problems;
  std::vector<std::unique_ptr<const YamlFile>> files;
  std::vector<SourceFile> data;  // the files of data that definitions name
  Sections sections;
  std::vector<std::string> unused;  // features that nothing reads: they are left out
  Catalog catalog;
  std::vector<expr::Scope> event_scopes;  // by type of event
  expr::Scope customer_scope;
  std::vector<AttributeKeys> attribute_keys;    // by attribute
  std::vector<const YamlNode*> derived_values;  // by feature: its `value`, or nullptr
  // By segmentation: where it stands; by segment: the expression, or nullptr.
  std::vector<const YamlNode*> segmentation_places;
  std::vector<std::vector<const YamlNode*>> segment_rules;
  std::vector<int> variable_of_cell;            // -1 for cells that no expression reads
};

void ReadProgramme(Build* build);
void ReadEvents(Build* build);
void ReadStores(const DataReader& read_data, Build* build);
void ReadAttributes(Build* build);
void MakeEventScopes(Build* build);
// What events write into attributes.
void CompileAttributes(Build* build);
// All but the values of derived features.
void ReadFeatures(Build* build);
// Names and segments, not yet their rules.
void DeclareSegmentations(Build* build);
// The cards, and the segmentation that they make.
void ReadPersonas(Build* build);
// Gives everything its variable and its cells.
void LayOut(Build* build);
void MakeCustomerScope(Build* build);
void CompileDerivedFeatures(Build* build);
void CompileSegmentations(Build* build);
// The order in which derived features and segmentations are looked at.
void MakePlan(Build* build);
void ReadJourneys(Build* build);
// The cells that hold text, once all types are known.
void ListTextCells(Build* build);
// The names of features that nothing reads and nobody asked to keep.
std::vector<std::string> UnusedFeatures(const Build& build);

// Helpers of several stages.
inline expr::Type Dyn() { return expr::Type::Of(expr::Kind::kDyn); }
inline bool IsKind(const expr::Type& type, expr::Kind kind) { return type.kind == kind; }
// How the customer scope sees a feature of this type.
expr::Variable VariableOf(const Feature& feature);
// The event that `on` names, or -1 after a mistake.
int FindOn(const YamlNode& on, Build* build);
// An expression of the event alone; nothing where `event` is -1.
std::optional<expr::Program> CompileOnEvent(const YamlNode& node, std::string_view key, int event,
                                            std::optional<expr::Type> expected, Build* build);
VariableSet ReadsOf(const expr::Program& program, const Build& build);
std::vector<std::string> NamesOf(const std::vector<Entry>& entries);
// Complains if `node` asks for money where the programme has no currency.
void NeedCurrency(const YamlNode& node, Build* build);

// A declared type of a field or an attribute: `money`, or {type: double, scale: 2}.
struct DeclaredType {
  expr::Type type = Dyn();
  int scale = 0;
  bool is_time_zone = false;
  bool is_store = false;
};
class MapReader;
// Reads the scalar shorthand from `node`, or, where `map` is given, its keys `type` and `scale`.
DeclaredType ReadType(const YamlNode& node, MapReader* map, const std::vector<std::string>& types,
                      std::string_view what, Build* build);

}  // namespace parcours::catalog
