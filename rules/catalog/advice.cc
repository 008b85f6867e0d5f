// Advice: what is allowed but hardly meant: segments that nobody reaches, lists that leave some
// customers out, one rule written twice, journeys that nobody leaves.
//
// Judged by constants (rules/expr/reach.h): what needs data is told by `parcours replay`.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/expr/reach.h"

namespace parcours::catalog {
namespace {

using Rules = std::vector<const expr::Program*>;

// Where a segment is written and what it is called, for the text of others.
struct Place {
  const YamlNode* rule;
  std::string shown;  // 'vip' of 'lifecycle'
};

std::string LineOf(const YamlNode& node) {
  return absl::StrCat(node.file->name, ":", node.file->PlaceOf(node.pos).line);
}

// The first of those before that alone takes everybody of whom `rule` is true, or -1.
int ShadowOf(const expr::Program& rule, const Rules& before) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!expr::CanBeTrue(&rule, {before[i]})) return static_cast<int>(i);
  }
  return -1;
}

class Adviser {
 public:
  explicit Adviser(Build* build) : problems_(&build->problems) {}

  void Segments(const Segmentation& segmentation, const YamlNode& place,
                const std::vector<const YamlNode*>& rules) {
    Rules before;
    for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
      const Segment& segment = segmentation.segments[i];
      const bool told =
          Contradicts(segment, *rules[i]) || SaysTwice(segmentation, segment, *rules[i]);
      if (!told && !segmentation.independent && !expr::CanBeTrue(&segment.rule, before)) {
        Shadowed(segmentation, i, rules, ShadowOf(segment.rule, before));
      }
      before.push_back(&segment.rule);
    }
    const bool may_be_in_none = segmentation.independent || segmentation.otherwise_none ||
                                segmentation.name == kPersonaName;
    if (may_be_in_none || !expr::CanBeTrue(nullptr, before)) return;
    problems_->Warn(place,
                    absl::StrCat("a customer may fit no segment of '", segmentation.name, "'"),
                    "end it with a last resort (other: true), or write otherwise: none");
  }

  void Exit(const Journey& journey, const YamlNode& place) {
    if (journey.exit_when.has_value()) return;
    problems_->Warn(
        place,
        absl::StrCat("the journey '", journey.name, "' has no exit: who enters gets every step"),
        "say when its reason is gone: exit_when: orders >= 2");
  }

 private:
  bool Contradicts(const Segment& segment, const YamlNode& rule) {
    if (expr::CanBeTrue(&segment.rule, {})) return false;
    problems_->Warn(
        rule, absl::StrCat("no customer can be in '", segment.name, "': its rule cannot be true"),
        "mend the rule, or take the segment out");
    return true;
  }

  // Whether the rule is written before, in this segmentation or another.
  bool SaysTwice(const Segmentation& segmentation, const Segment& segment, const YamlNode& rule) {
    const Place here = {&rule, absl::StrCat("'", segment.name, "' of '", segmentation.name, "'")};
    const std::string text = expr::CanonicalText(segment.rule);
    if (text == expr::kAlwaysTrue) return false;  // a last resort
    const auto [first, added] = rules_.emplace(text, here);
    if (added) return false;
    problems_->Warn(rule,
                    absl::StrCat(here.shown, " has the same rule as ", first->second.shown, " (",
                                 LineOf(*first->second.rule), ")"),
                    "take one of them out, or read the other with in_segment");
    return true;
  }

  void Shadowed(const Segmentation& segmentation, std::size_t number,
                const std::vector<const YamlNode*>& rules, int shadow) {
    const std::string before =
        shadow < 0 ? "those before it take everybody"
                   : absl::StrCat("'", segmentation.segments[static_cast<std::size_t>(shadow)].name,
                                  "' (", LineOf(*rules[static_cast<std::size_t>(shadow)]),
                                  ") comes first and takes everybody");
    problems_->Warn(
        *rules[number],
        absl::StrCat("no customer can be in '", segmentation.segments[number].name, "': ", before),
        "move it up, or narrow what comes before");
  }

  Problems* problems_;
  std::map<std::string, Place> rules_;  // by their text, where each was first written
};

}  // namespace

void Advise(Build* build) {
  const Catalog& catalog = build->catalog;
  Adviser adviser(build);
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    adviser.Segments(catalog.segmentations[i], *build->segmentation_places[i],
                     build->segment_rules[i]);
  }
  for (std::size_t i = 0; i < catalog.journeys.size(); ++i) {
    adviser.Exit(catalog.journeys[i], *build->sections.journeys[i].name);
  }
}

}  // namespace parcours::catalog
