// Plan: in which order derived features and segmentations are looked at, so that each comes after
// all that it reads.
#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"

namespace parcours::catalog {
namespace {

struct Candidate {
  PlanStep step;
  int variable;
  const VariableSet* reads;
  const std::string* name;
  const YamlNode* place;
};

std::vector<Candidate> CandidatesOf(const Build& build) {
  const Catalog& catalog = build.catalog;
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < catalog.features.size(); ++i) {
    const Feature& feature = catalog.features[i];
    if (!feature.value.has_value()) continue;
    candidates.push_back({{PlanStep::Kind::kDerived, static_cast<int>(i)},
                          feature.variable,
                          &feature.reads,
                          &feature.name,
                          build.derived_values[i]});
  }
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    const Segmentation& segmentation = catalog.segmentations[i];
    candidates.push_back({{PlanStep::Kind::kSegmentation, static_cast<int>(i)},
                          segmentation.variable,
                          &segmentation.reads,
                          &segmentation.name,
                          build.segmentation_places[i]});
  }
  return candidates;
}

// Takes them one by one: always the first that reads none of those still waiting. Those that wait
// for each other are left in `candidates`.
std::vector<PlanStep> Take(std::vector<Candidate>* candidates) {
  VariableSet waiting;
  for (const Candidate& candidate : *candidates) waiting.Add(candidate.variable);
  std::vector<PlanStep> plan;
  for (;;) {
    const auto next =
        std::find_if(candidates->begin(), candidates->end(),
                     [&](const Candidate& one) { return !one.reads->Meets(waiting); });
    if (next == candidates->end()) return plan;
    plan.push_back(next->step);
    waiting.Remove(next->variable);
    candidates->erase(next);
  }
}

// Spells out one circle among those that wait for each other.
void RefuseCycle(const std::vector<Candidate>& waiting, Build* build) {
  std::vector<const Candidate*> path{&waiting.front()};
  for (;;) {
    const auto next =
        std::find_if(waiting.begin(), waiting.end(),
                     [&](const Candidate& one) { return path.back()->reads->Has(one.variable); });
    const auto begin = std::find(path.begin(), path.end(), &*next);
    if (begin == path.end()) {
      path.push_back(&*next);
      continue;
    }
    std::string circle;
    for (auto it = begin; it != path.end(); ++it) absl::StrAppend(&circle, *(*it)->name, " -> ");
    build->problems.Add(*(*begin)->place,
                        absl::StrCat("segmentations and features read each other in a circle: ",
                                     circle, *(*begin)->name));
    return;
  }
}

}  // namespace

void MakePlan(Build* build) {
  Catalog& catalog = build->catalog;
  std::vector<Candidate> candidates = CandidatesOf(*build);
  std::vector<Candidate> by_name = candidates;
  catalog.plan = Take(&candidates);
  if (!candidates.empty()) return RefuseCycle(candidates, build);
  // Derived features first, the personas last.
  std::stable_sort(by_name.begin(), by_name.end(), [](const Candidate& a, const Candidate& b) {
    const auto key = [](const Candidate& one) {
      const bool derived = one.step.kind == PlanStep::Kind::kDerived;
      const bool persona = !derived && *one.name == kPersonaName;
      return std::pair(derived ? 0 : persona ? 2 : 1, std::string_view(derived ? "" : *one.name));
    };
    return key(a) < key(b);
  });
  for (const PlanStep& step : Take(&by_name)) {
    const auto place =
        std::find_if(catalog.plan.begin(), catalog.plan.end(), [&](const PlanStep& other) {
          return other.kind == step.kind && other.number == step.number;
        });
    catalog.plan_of_dues.push_back(static_cast<int>(place - catalog.plan.begin()));
  }
}

}  // namespace parcours::catalog
