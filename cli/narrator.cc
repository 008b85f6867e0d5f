#include "cli/narrator.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/time.h"

namespace parcours::cli {

std::string Narrator::Painted(const char* code, const std::string& text) const {
  return color_ ? absl::StrCat("\033[", code, "m", text, "\033[0m") : text;
}

std::string Narrator::Head(TimeMs at, const state::Customer& customer) const {
  std::string time = FormatTime(at).substr(0, 16);
  time[10] = ' ';
  return absl::StrFormat("%s  %-12s  ", time, std::string(customer.id()));
}

std::string Narrator::Because(const engine::Cause& cause) const {
  if (cause.event == nullptr) return "time alone";
  if (cause.event->type == engine::Event::kIdentify) return "identify";
  return absl::StrCat(catalog_.events[cause.event->type].name, " ", std::string(cause.event->id));
}

std::string Narrator::Tell(const engine::Transition& transition) const {
  const catalog::Segmentation& segmentation = catalog_.segmentations[transition.segmentation];
  const auto name = [&](int segment) {
    return segment < 0 ? std::string("none") : segmentation.segments[segment].name;
  };
  std::string line = absl::StrCat(Head(transition.at, *transition.customer), segmentation.name,
                                  transition.from < 0 ? ": enters " : ": ");
  if (transition.from >= 0) absl::StrAppend(&line, name(transition.from), " -> ");
  absl::StrAppend(&line, Painted("1", name(transition.to)), ", because of ",
                  Because(transition.cause));
  if (transition.to >= 0) {
    absl::StrAppend(&line, ": ", segmentation.segments[transition.to].rule.text());
  }
  return line;
}

std::string Narrator::Tell(const engine::Action& action) const {
  const catalog::Journey& journey = catalog_.journeys[action.journey];
  const catalog::Step& step = journey.steps[action.step];
  return absl::StrCat(
      Head(action.at, *action.customer),
      Painted("32;1", absl::StrCat("send ", step.channel, " '", step.template_name, "'")),
      ", step ", step.name, " of journey ", journey.name);
}

std::string Narrator::Tell(const engine::Decision& decision) const {
  if (decision.kind != engine::Decision::Kind::kExited) return "";
  const catalog::Journey& journey = catalog_.journeys[decision.journey];
  return absl::StrCat(Head(decision.at, *decision.customer), "not sent '",
                      journey.steps[decision.step].template_name, "': left journey ", journey.name,
                      ", because of ", Because(decision.cause));
}

}  // namespace parcours::cli
