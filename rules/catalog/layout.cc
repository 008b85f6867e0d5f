// Layout: which cell holds what. docs/formats.md#cells is the table.
#include <algorithm>

#include "base/mutant.h"
#include "rules/catalog/build.h"

namespace parcours::catalog {
namespace {

using expr::Kind;

// Cells beside a lifetime value; a derived or windowed one has none.
int AuxCells(const Feature& feature) {
  if (feature.event_type < 0 || feature.window.has_value()) return 0;
  switch (feature.aggregate) {
    case Aggregate::kCount:
    case Aggregate::kMin:
    case Aggregate::kMax:
      return 0;
    case Aggregate::kSum:
      return IsKind(feature.type, Kind::kMoney) ? 0 : kAuxOfSum;
    case Aggregate::kAvg:
      return kAuxOfAvg;
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return feature.of_event_time ? 0 : kAuxOfFirst;
    case Aggregate::kNth:
      return feature.n * (feature.of_event_time ? 1 : kAuxOfNth);
  }
  return 0;
}

void ListTexts(const Feature& feature, std::vector<int>* cells) {
  const bool is_text = IsKind(feature.type, Kind::kString);
  if (is_text) cells->push_back(feature.cell);
  if (feature.aux_count == 0 || feature.of_event_time) return;
  if (feature.aggregate == Aggregate::kFirst || feature.aggregate == Aggregate::kLast) {
    cells->push_back(feature.aux + 1);
  } else if (feature.aggregate == Aggregate::kNth) {
    for (int i = 0; i < feature.n; ++i) {
      if (is_text) cells->push_back(feature.aux + i * kAuxOfNth);
      if (PARCOURS_MUTANT("catalog-nth-tie-not-freed")) continue;
      cells->push_back(feature.aux + i * kAuxOfNth + 2);
    }
  }
}

}  // namespace

void LayOut(Build* build) {
  Catalog& catalog = build->catalog;
  int variable = 0, cell = 0;
  for (Attribute& attribute : catalog.attributes) {
    if (!attribute.contact) attribute.variable = variable++;
  }
  for (Feature& feature : catalog.features) feature.variable = variable++;
  for (Segmentation& segmentation : catalog.segmentations) segmentation.variable = variable++;

  // What most events read comes first: features, then segmentations, then attributes.
  for (Feature& feature : catalog.features) {
    if (feature.timed()) continue;
    feature.cell = cell++;
    build->variable_of_cell.resize(static_cast<std::size_t>(cell), -1);
    build->variable_of_cell.back() = feature.variable;
  }
  for (Feature& feature : catalog.features) {
    if (!feature.timed()) continue;
    feature.cell = cell;
    cell += kTimedCells;
    build->variable_of_cell.resize(static_cast<std::size_t>(cell), -1);
    build->variable_of_cell[static_cast<std::size_t>(feature.cell)] = feature.variable;
  }
  for (Segmentation& segmentation : catalog.segmentations) {
    segmentation.cell = cell;
    const int segments = static_cast<int>(segmentation.segments.size());
    cell += segmentation.independent ? segments + 1 : kExclusiveCells;
    segmentation.until = cell - 1;
    build->variable_of_cell.resize(static_cast<std::size_t>(segmentation.until),
                                   segmentation.variable);
    build->variable_of_cell.push_back(-1);
  }
  for (Attribute& attribute : catalog.attributes) {
    if (attribute.contact) continue;
    attribute.cell = cell;
    cell += kAttributeCells;
    build->variable_of_cell.resize(static_cast<std::size_t>(cell), -1);
    build->variable_of_cell[static_cast<std::size_t>(attribute.cell)] = attribute.variable;
  }
  for (Feature& feature : catalog.features) {
    feature.aux_count = AuxCells(feature);
    if (feature.aux_count == 0) continue;
    feature.aux = cell;
    cell += feature.aux_count;
  }
  build->variable_of_cell.resize(static_cast<std::size_t>(cell), -1);
  catalog.cell_count = cell;
}

void ListTextCells(Build* build) {
  Catalog& catalog = build->catalog;
  for (const Feature& feature : catalog.features) ListTexts(feature, &catalog.text_cells);
  for (const Attribute& attribute : catalog.attributes) {
    if (attribute.contact) continue;
    if (IsKind(attribute.type, Kind::kString)) catalog.text_cells.push_back(attribute.cell);
  }
  std::sort(catalog.text_cells.begin(), catalog.text_cells.end());
}

}  // namespace parcours::catalog
