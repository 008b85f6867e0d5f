// Plan: in which order derived features and segmentations are looked at, so that each comes after
// all that it reads.
#include <algorithm>
#include <string>
#include <utility>

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

bool IsDerived(const Candidate& one) { return one.step.kind == PlanStep::Kind::kDerived; }

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

// Derived features first, in the order of definition; segmentations by name, the personas last.
std::pair<int, std::string> KeyOfDue(const Candidate& one) {
  if (IsDerived(one)) return {0, ""};
  return {*one.name == kPersonaName ? 2 : 1, *one.name};
}

// Walks from one that waits to one that it waits for, until it has been there before.
std::vector<Candidate> CircleIn(const std::vector<Candidate>& waiting) {
  std::vector<Candidate> path{waiting.front()};
  for (;;) {
    const Candidate& next =
        *std::find_if(waiting.begin(), waiting.end(), [&](const Candidate& one) {
          return path.back().reads->Has(one.variable);
        });
    const auto begin = std::find_if(path.begin(), path.end(), [&](const Candidate& one) {
      return one.variable == next.variable;
    });
    if (begin != path.end()) return {begin, path.end()};
    path.push_back(next);
  }
}

void RefuseCircle(const std::vector<Candidate>& circle, Build* build) {
  if (std::all_of(circle.begin(), circle.end(), IsDerived)) return;  // derived.cc tells those
  std::string names;
  for (const Candidate& one : circle) absl::StrAppend(&names, *one.name, " -> ");
  build->problems.Add(*circle.front().place,
                      absl::StrCat("segmentations and features read each other in a circle: ",
                                   names, *circle.front().name));
}

// All of them: each is taken out once it is told.
void RefuseCircles(std::vector<Candidate> waiting, Build* build) {
  while (!waiting.empty()) {
    const std::vector<Candidate> circle = CircleIn(waiting);
    RefuseCircle(circle, build);
    const auto told = [&](const Candidate& one) {
      return std::any_of(circle.begin(), circle.end(), [&](const Candidate& other) {
        return other.variable == one.variable;
      });
    };
    waiting.erase(std::remove_if(waiting.begin(), waiting.end(), told), waiting.end());
    Take(&waiting);
  }
}

}  // namespace

void MakePlan(Build* build) {
  Catalog& catalog = build->catalog;
  std::vector<Candidate> candidates = CandidatesOf(*build);
  std::vector<Candidate> by_name = candidates;
  catalog.plan = Take(&candidates);
  if (!candidates.empty()) return RefuseCircles(std::move(candidates), build);
  std::stable_sort(by_name.begin(), by_name.end(), [](const Candidate& a, const Candidate& b) {
    return KeyOfDue(a) < KeyOfDue(b);
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
