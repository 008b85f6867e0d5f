#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/expressions.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

Segmentation Declare(const Entry& entry, Build* build) {
  Problems* problems = &build->problems;
  Segmentation segmentation;
  segmentation.name = entry.name->text;
  const std::string what = absl::StrCat("the segmentation '", Shown(segmentation.name), "'");
  MapReader map(*entry.value, what, problems);
  if (const YamlNode* kind = map.Find("kind")) {
    ReadChoice(*kind, "kind", {"exclusive"}, {"independent"}, problems);
  }
  if (const YamlNode* publish = map.Find("publish")) {
    segmentation.publish = ReadBool(*publish, "'publish'", problems).value_or(true);
  }
  const YamlNode* segments = map.Need("segments");
  map.Done();
  if (segments == nullptr) return segmentation;
  if (!segments->IsMap() || segments->keys.empty()) {
    problems->Add(*segments, absl::StrCat(what, " needs segments, each a name and its rule"),
                  "write vip: spend >= money(\"250\")");
    return segmentation;
  }
  for (const YamlNode& name : segments->keys) {
    if (segmentation.segments.size() == kSegmentsMax) {
      problems->Add(name, absl::StrCat("more than ", kSegmentsMax, " segments"));
      break;
    }
    CheckName(name, "a segment", problems);
    segmentation.segments.push_back({name.text, {}});
  }
  return segmentation;
}

const YamlNode* SegmentsOf(const Entry& entry) {
  const YamlNode& map = *entry.value;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    if (map.keys[i].text == "segments") return &map.items[i];
  }
  return nullptr;
}

}  // namespace

void DeclareSegmentations(Build* build) {
  for (const Entry& entry : build->sections.segmentations) {
    if (build->catalog.segmentations.size() == kSegmentationsMax) {
      build->problems.Add(*entry.name,
                          absl::StrCat("more than ", kSegmentationsMax, " segmentations"));
      return;
    }
    build->catalog.segmentations.push_back(Declare(entry, build));
  }
}

void CompileSegmentations(Build* build) {
  auto& segmentations = build->catalog.segmentations;
  for (std::size_t i = 0; i < segmentations.size(); ++i) {
    if (segmentations[i].segments.empty()) continue;
    const YamlNode& rules = *SegmentsOf(build->sections.segmentations[i]);
    for (std::size_t k = 0; k < segmentations[i].segments.size(); ++k) {
      Segment& segment = segmentations[i].segments[k];
      auto rule = CompileExpression(
          rules.items[k], absl::StrCat("the rule of '", Shown(segment.name), "'"),
          build->customer_scope, expr::Type::Of(expr::Kind::kBool), &build->problems);
      if (!rule.has_value()) continue;
      segmentations[i].reads.AddAll(ReadsOf(*rule, *build));
      segment.rule = *std::move(rule);
    }
  }
}

}  // namespace parcours::catalog
