#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/expressions.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

using expr::Kind;
using expr::Type;

std::optional<expr::Program> CompileTest(const YamlNode& node, std::string_view key, Build* build) {
  return CompileExpression(node, key, build->customer_scope, Type::Of(Kind::kBool),
                           &build->problems);
}

// Those of the definitions, and that of the personas.
std::vector<std::string> SegmentationNames(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const Segmentation& segmentation : catalog.segmentations) names.push_back(segmentation.name);
  return names;
}

int FindSegment(const YamlNode* node, const Segmentation& segmentation, Build* build) {
  if (node == nullptr) return -1;
  const auto name = ReadText(*node, "a segment", &build->problems);
  if (!name.has_value()) return -1;
  std::vector<std::string> names;
  for (const Segment& segment : segmentation.segments) {
    if (segment.name == *name) return static_cast<int>(&segment - segmentation.segments.data());
    names.push_back(segment.name);
  }
  build->problems.AddUnknown(
      *node,
      absl::StrCat("unknown segment '", Shown(*name), "' of '", Shown(segmentation.name), "'"),
      *name, names);
  return -1;
}

void ReadTransition(const YamlNode& node, Journey* journey, Build* build) {
  MapReader map(node, "'transition'", &build->problems);
  const YamlNode* segmentation = map.Need("segmentation");
  const YamlNode* from = map.Find("from");
  const YamlNode* to = map.Find("to");
  map.Done();
  if (segmentation == nullptr) return;
  const auto name = ReadText(*segmentation, "'segmentation'", &build->problems);
  if (!name.has_value()) return;
  const auto& all = build->catalog.segmentations;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Segmentation& s) { return s.name == *name; });
  if (found == all.end()) {
    build->problems.AddUnknown(*segmentation,
                               absl::StrCat("unknown segmentation '", Shown(*name), "'"), *name,
                               SegmentationNames(build->catalog));
    return;
  }
  if (found->independent && from != nullptr && to != nullptr) {
    build->problems.Add(*from, "an independent segment is entered from none and left to none",
                        "write either 'from' or 'to'");
  }
  journey->enter_segmentation = static_cast<int>(found - all.begin());
  journey->enter_from = FindSegment(from, *found, build);
  journey->enter_to = FindSegment(to, *found, build);
}

void ReadEnter(const YamlNode& node, Journey* journey, Build* build) {
  Problems* problems = &build->problems;
  MapReader map(node, "'enter'", problems);
  const YamlNode* event = map.Find("event");
  const YamlNode* transition = map.Find("transition");
  const YamlNode* when = map.Find("when");
  map.Done();
  if (map.is_map() && map.Has("event") == map.Has("transition")) {
    problems->Add(node, "'enter' needs either an 'event' or a 'transition'");
  }
  if (event != nullptr) {
    const auto name = ReadText(*event, "'event'", problems);
    if (name.has_value()) journey->enter_event = build->catalog.FindEvent(*name);
    if (name.has_value() && journey->enter_event < 0) {
      problems->AddUnknown(*event, absl::StrCat("unknown event '", Shown(*name), "'"), *name,
                           NamesOf(build->sections.events));
    }
  }
  if (transition != nullptr) ReadTransition(*transition, journey, build);
  if (when != nullptr) journey->when = CompileTest(*when, "'when'", build);
}

void ReadGoal(const YamlNode& node, Journey* journey, Build* build) {
  MapReader map(node, "'goal'", &build->problems);
  const YamlNode* when = map.Need("when");
  const YamlNode* within = map.Need("within");
  const YamlNode* from = map.Find("from");
  map.Done();
  Goal goal;
  if (within != nullptr) {
    goal.within = ReadLength(*within, "'within'", &build->problems).value_or(0);
  }
  if (from != nullptr) {
    goal.from_send =
        ReadChoice(*from, "value of 'from'", {"entry", "send"}, {}, &build->problems) == 1;
    const auto is_send = [](const Step& step) { return step.kind == Step::Kind::kSend; };
    if (goal.from_send && std::none_of(journey->steps.begin(), journey->steps.end(), is_send)) {
      build->problems.Add(*from, "'from: send' needs a step that sends");
    }
  }
  if (when == nullptr) return;
  auto program = CompileTest(*when, "'when'", build);
  if (!program.has_value()) return;
  goal.reads = ReadsOf(*program, *build);
  goal.when = *std::move(program);
  journey->goal = std::move(goal);
}

void ReadWait(const YamlNode& node, Step* step, Build* build) {
  if (!node.IsMap()) {
    step->kind = Step::Kind::kWait;
    step->wait = ReadLength(node, "'wait'", &build->problems).value_or(0);
    return;
  }
  step->kind = Step::Kind::kWaitUntil;
  MapReader map(node, "'wait'", &build->problems);
  const YamlNode* until = map.Need("until");
  map.Done();
  if (until == nullptr) return;
  step->until =
      CompileExpression(*until, "'until'", build->customer_scope, std::nullopt, &build->problems);
  if (!step->until.has_value()) return;
  step->reads = ReadsOf(*step->until, *build);
  const Type& type = step->until->type();
  if (IsKind(type, Kind::kBool) || IsKind(type, Kind::kTimestamp)) return;
  if (IsKind(type, Kind::kDyn) && !build->problems.empty()) return;
  build->problems.Add(
      *until, absl::StrCat("'until' must be a bool or a timestamp, not ", expr::TypeName(type)),
      IsKind(type, Kind::kDate) ? "write start_of_day(...) of it" : "");
}

void ReadSend(const YamlNode& node, Step* step, Build* build) {
  Problems* problems = &build->problems;
  step->kind = Step::Kind::kSend;
  MapReader map(node, "'send'", problems);
  const YamlNode* channel = map.Need("channel");
  const YamlNode* name = map.Need("template");
  const YamlNode* purpose = map.Find("purpose");
  map.Done();
  if (channel != nullptr && ReadText(*channel, "'channel'", problems).has_value() &&
      CheckName(*channel, "a channel", problems)) {
    step->channel = channel->text;
  }
  if (name != nullptr) step->template_name = ReadText(*name, "'template'", problems).value_or("");
  step->purpose = "marketing";
  if (purpose != nullptr && ReadText(*purpose, "'purpose'", problems).has_value() &&
      CheckName(*purpose, "a purpose", problems)) {
    step->purpose = purpose->text;
  }
}

Step ReadStep(const YamlNode& node, std::size_t position, Build* build) {
  Problems* problems = &build->problems;
  Step step;
  step.name = absl::StrCat(position);
  MapReader map(node, absl::StrCat("step ", position), problems);
  const YamlNode* wait = map.Find("wait");
  const YamlNode* send = map.Find("send");
  const YamlNode* name = map.Find("name");
  const bool later = map.Has("branch") || map.Has("wait_for") || map.Has("webhook");
  map.Done();
  if (name != nullptr && ReadText(*name, "'name'", problems).has_value() &&
      CheckName(*name, "a step", problems)) {
    step.name = name->text;
  }
  if (map.is_map() && !later && map.Has("wait") == map.Has("send")) {
    problems->Add(node, absl::StrCat("step ", position, " needs either a 'wait' or a 'send'"));
  }
  if (wait != nullptr) ReadWait(*wait, &step, build);
  if (send != nullptr) ReadSend(*send, &step, build);
  return step;
}

void ReadSteps(const YamlNode& node, Journey* journey, Build* build) {
  Problems* problems = &build->problems;
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    problems->Add(node, "'steps' must be a list of steps", "begin each step with '- '");
    return;
  }
  for (const YamlNode& item : node.items) {
    if (journey->steps.size() == kStepsMax) {
      problems->Add(item, absl::StrCat("more than ", kStepsMax, " steps"));
      return;
    }
    Step step = ReadStep(item, journey->steps.size() + 1, build);
    for (const Step& other : journey->steps) {
      if (other.name != step.name) continue;
      problems->Add(item, absl::StrCat("two steps are named '", Shown(step.name), "'"));
    }
    journey->steps.push_back(std::move(step));
  }
}

Journey ReadJourney(const Entry& entry, Build* build) {
  Problems* problems = &build->problems;
  Journey journey;
  journey.name = entry.name->text;
  MapReader map(*entry.value, absl::StrCat("the journey '", Shown(journey.name), "'"), problems);
  const YamlNode* enter = map.Need("enter");
  const YamlNode* reentry = map.Find("reentry");
  const YamlNode* late_entry = map.Find("late_entry");
  const YamlNode* exit_when = map.Find("exit_when");
  const YamlNode* goal = map.Find("goal");
  const YamlNode* steps = map.Need("steps");
  map.Done();
  if (enter != nullptr) ReadEnter(*enter, &journey, build);
  if (reentry != nullptr) {
    journey.reenter =
        ReadChoice(*reentry, "value of 'reentry'", {"never", "always"}, {}, problems) == 1;
  }
  if (late_entry != nullptr) {
    journey.late_entry = ReadLength(*late_entry, "'late_entry'", problems).value_or(0);
  }
  if (exit_when != nullptr) {
    journey.exit_when = CompileTest(*exit_when, "'exit_when'", build);
    if (journey.exit_when.has_value()) journey.exit_reads = ReadsOf(*journey.exit_when, *build);
  }
  if (steps != nullptr) ReadSteps(*steps, &journey, build);
  if (goal != nullptr) ReadGoal(*goal, &journey, build);
  return journey;
}

}  // namespace

void ReadJourneys(Build* build) {
  for (const Entry& entry : build->sections.journeys) {
    if (build->catalog.journeys.size() == kJourneysMax) {
      build->problems.Add(*entry.name, absl::StrCat("more than ", kJourneysMax, " journeys"));
      return;
    }
    build->catalog.journeys.push_back(ReadJourney(entry, build));
  }
}

}  // namespace parcours::catalog
