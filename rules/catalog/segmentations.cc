#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "rules/catalog/build.h"
#include "rules/catalog/expressions.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

void DeclareSegments(const YamlNode& segments, const std::string& what, Segmentation* segmentation,
                     Build* build) {
  Problems* problems = &build->problems;
  if (!segments.IsMap() || segments.keys.empty()) {
    problems->Add(segments, absl::StrCat(what, " needs segments, each a name and its rule"),
                  "write vip: spend >= money(\"250\")");
    return;
  }
  for (std::size_t i = 0; i < segments.keys.size(); ++i) {
    const YamlNode& name = segments.keys[i];
    if (segmentation->segments.size() == kSegmentsMax) {
      problems->Add(name, absl::StrCat("more than ", kSegmentsMax, " segments"));
      break;
    }
    CheckName(name, "a segment", problems);
    segmentation->segments.push_back({name.text, {}, {}});
    build->segment_rules.back().push_back(&segments.items[i]);
  }
}

void Declare(const Entry& entry, Build* build) {
  Problems* problems = &build->problems;
  Segmentation segmentation;
  segmentation.name = entry.name->text;
  if (segmentation.name == kPersonaName) {
    problems->Add(*entry.name, "'persona' is the segmentation of the personas",
                  "write them in the section 'personas', or take another name");
  }
  const std::string what = absl::StrCat("the segmentation '", Shown(segmentation.name), "'");
  MapReader map(*entry.value, what, problems);
  if (const YamlNode* kind = map.Find("kind")) {
    segmentation.independent =
        ReadChoice(*kind, "kind", {"exclusive", "independent"}, {}, problems) == 1;
  }
  if (const YamlNode* publish = map.Find("publish")) {
    segmentation.publish = ReadBool(*publish, "'publish'", problems).value_or(true);
  }
  const YamlNode* segments = map.Need("segments");
  map.Done();
  build->segmentation_places.push_back(entry.name);
  build->segment_rules.emplace_back();
  if (segments != nullptr) DeclareSegments(*segments, what, &segmentation, build);
  build->catalog.segmentations.push_back(std::move(segmentation));
}

void CompileSegment(const YamlNode& rule, const VariableSet& timed, Segmentation* segmentation,
                    Segment* segment, Build* build) {
  auto program =
      CompileExpression(rule, absl::StrCat("the rule of '", Shown(segment->name), "'"),
                        build->customer_scope, expr::Type::Of(expr::Kind::kBool), &build->problems);
  if (!program.has_value()) return;
  segment->reads = ReadsOf(*program, *build);
  segment->timed = program->reads_now() || segment->reads.Meets(timed);
  segment->rule = *std::move(program);
  segmentation->reads.AddAll(segment->reads);
  segmentation->timed |= segment->timed;
}

}  // namespace

void DeclareSegmentations(Build* build) {
  for (const Entry& entry : build->sections.segmentations) {
    if (build->catalog.segmentations.size() == kSegmentationsMax) {
      build->problems.Add(*entry.name,
                          absl::StrCat("more than ", kSegmentationsMax, " segmentations"));
      return;
    }
    Declare(entry, build);
  }
}

void CompileSegmentations(Build* build) {
  VariableSet timed;
  for (const Feature& feature : build->catalog.features) {
    if (feature.timed() && !PARCOURS_MUTANT("windows-never-due")) timed.Add(feature.variable);
  }
  auto& segmentations = build->catalog.segmentations;
  for (std::size_t i = 0; i < segmentations.size(); ++i) {
    for (std::size_t k = 0; k < segmentations[i].segments.size(); ++k) {
      const YamlNode* rule = build->segment_rules[i][k];
      if (rule == nullptr) continue;
      CompileSegment(*rule, timed, &segmentations[i], &segmentations[i].segments[k], build);
    }
  }
}

}  // namespace parcours::catalog
