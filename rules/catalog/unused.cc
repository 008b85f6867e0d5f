// Unused: which features nothing reads. They get no cell and no work.
#include "rules/catalog/build.h"

namespace parcours::catalog {
namespace {

// What the segmentations and journeys read.
VariableSet ReadByCustomers(const Build& build) {
  VariableSet used;
  for (const Segmentation& segmentation : build.catalog.segmentations) {
    used.AddAll(segmentation.reads);
  }
  for (const Journey& journey : build.catalog.journeys) {
    if (journey.when.has_value()) used.AddAll(ReadsOf(*journey.when, build));
    used.AddAll(journey.exit_reads);
    if (journey.goal.has_value()) used.AddAll(journey.goal->reads);
    for (const Step& step : journey.steps) used.AddAll(step.reads);
  }
  return used;
}

}  // namespace

std::vector<std::string> UnusedFeatures(const Build& build) {
  const Catalog& catalog = build.catalog;
  VariableSet used = ReadByCustomers(build);
  for (const Feature& feature : catalog.features) {
    if (feature.keep) used.Add(feature.variable);
  }
  // A derived feature comes behind those that it reads.
  for (auto step = catalog.plan.rbegin(); step != catalog.plan.rend(); ++step) {
    if (step->kind != PlanStep::Kind::kDerived) continue;
    const Feature& feature = catalog.features[static_cast<std::size_t>(step->number)];
    if (used.Has(feature.variable)) used.AddAll(feature.reads);
  }
  std::vector<std::string> names;
  for (const Feature& feature : catalog.features) {
    if (!used.Has(feature.variable)) names.push_back(feature.name);
  }
  return names;
}

}  // namespace parcours::catalog
