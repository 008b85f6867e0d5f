// Derived features: each is compiled after those it reads, so that their types are known.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/expressions.h"

namespace parcours::catalog {
namespace {

using expr::Kind;

// Walks from each derived feature to those it reads, depth first, in the order of definition.
class DerivedOrder {
 public:
  explicit DerivedOrder(Build* build) : build_(*build), catalog_(build->catalog) {
    const std::size_t count = catalog_.features.size();
    state_.resize(count, State::kNew);
    reads_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (build_.derived_values[i] != nullptr) FindReads(i);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (build_.derived_values[i] != nullptr) Visit(static_cast<int>(i));
    }
  }
  const std::vector<int>& order() const { return order_; }

 private:
  enum class State { kNew, kOpen, kDone };

  void FindReads(std::size_t feature) {
    if (!build_.derived_values[feature]->IsScalar()) return;
    const std::vector<std::string> names = NamesIn(build_.derived_values[feature]->text);
    for (std::size_t i = 0; i < catalog_.features.size(); ++i) {
      if (build_.derived_values[i] == nullptr) continue;
      if (!std::binary_search(names.begin(), names.end(), catalog_.features[i].name)) continue;
      reads_[feature].push_back(static_cast<int>(i));
    }
  }

  // At most kVariablesMax deep.
  void Visit(int feature) {
    const auto index = static_cast<std::size_t>(feature);
    if (state_[index] == State::kDone) return;
    if (state_[index] == State::kOpen) return RefuseCycle(feature);
    state_[index] = State::kOpen;
    path_.push_back(feature);
    for (int read : reads_[index]) Visit(read);
    path_.pop_back();
    state_[index] = State::kDone;
    order_.push_back(feature);
  }

  void RefuseCycle(int feature) {
    const auto begin = std::find(path_.begin(), path_.end(), feature);
    std::string cycle;
    for (auto it = begin; it != path_.end(); ++it) {
      absl::StrAppend(&cycle, Shown(catalog_.features[static_cast<std::size_t>(*it)].name), " -> ");
    }
    const auto index = static_cast<std::size_t>(feature);
    build_.problems.Add(*build_.derived_values[index],
                        absl::StrCat("features read each other in a circle: ", cycle,
                                     Shown(catalog_.features[index].name)));
  }

  Build& build_;
  const Catalog& catalog_;
  std::vector<State> state_;
  std::vector<std::vector<int>> reads_;
  std::vector<int> path_, order_;
};

bool IsScalarKind(Kind kind) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kDouble:
    case Kind::kString:
    case Kind::kTimestamp:
    case Kind::kDuration:
    case Kind::kMoney:
    case Kind::kDate:
    case Kind::kPoint:
      return true;
    default:
      return false;
  }
}

}  // namespace

void CompileDerivedFeatures(Build* build) {
  Catalog& catalog = build->catalog;
  const DerivedOrder derived(build);
  for (int number : derived.order()) {
    const auto index = static_cast<std::size_t>(number);
    Feature& feature = catalog.features[index];
    const YamlNode& node = *build->derived_values[index];
    feature.value =
        CompileExpression(node, "'value'", build->customer_scope, std::nullopt, &build->problems);
    if (!feature.value.has_value()) continue;
    const expr::Type& type = feature.value->type();
    if (IsScalarKind(type.kind)) {
      feature.type = type;
      if (IsKind(type, Kind::kMoney)) feature.scale = catalog.decimals;
      build->customer_scope.Declare(feature.name, VariableOf(feature));
    } else if (!IsKind(type, Kind::kDyn) || build->problems.empty()) {
      build->problems.Add(node,
                          absl::StrCat("a derived feature must be a bool, int, double, string, "
                                       "money, timestamp, date, point or duration, not ",
                                       expr::TypeName(type)));
    }
    feature.reads = ReadsOf(*feature.value, *build);
  }
}

}  // namespace parcours::catalog
