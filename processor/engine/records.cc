#include "processor/engine/records.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/point.h"

namespace parcours::engine {

using state::Customer;
using state::Run;

namespace {

void AppendNumber(std::int64_t number, std::string* out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out->append(digits.data(), end.ptr);
}

void AppendDouble(double number, std::string* out) {
  if (!std::isfinite(number)) {
    out->append("null");
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out->append(digits.data(), end.ptr);
}

void AppendHex(std::uint64_t number, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char text[16];
  for (int i = 15; i >= 0; --i, number >>= 4) text[i] = kDigits[number & 15];
  out->append(text, sizeof text);
}

// ,"key":
void AppendKey(std::string_view key, std::string* out) {
  out->append(",\"").append(key).append("\":");
}

void AppendTimeText(TimeMs time, std::string* out) {
  out->push_back('"');
  AppendTime(time, out);
  out->push_back('"');
}

// Names of definitions need no escapes.
void AppendName(std::string_view name, std::string* out) {
  out->push_back('"');
  out->append(name);
  out->push_back('"');
}

void AppendSegment(const catalog::Segmentation& segmentation, int segment, std::string* out) {
  if (segment < 0) {
    out->append("null");
  } else {
    AppendName(segmentation.segments[segment].name, out);
  }
}

void AppendSince(Cell since, std::string* out) {
  out->append("\"since\":");
  if (since == kAbsent) {
    out->append("null");
  } else {
    AppendTimeText(since, out);
  }
  out->push_back('}');
}

// Where a customer stands in it; independent segments that the customer is not in are left out.
void AppendMembership(const catalog::Segmentation& segmentation, const Cell* cell,
                      std::string* out) {
  if (!segmentation.independent) {
    out->append("{\"segment\":");
    AppendSegment(segmentation, cell[0] == kAbsent ? -1 : static_cast<int>(cell[0]), out);
    out->push_back(',');
    return AppendSince(cell[1], out);
  }
  out->append("{\"segments\":");
  char separator = '{';
  for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
    if (cell[i] == kAbsent) continue;
    out->push_back(separator);
    AppendName(segmentation.segments[i].name, out);
    out->append(":{");
    AppendSince(cell[i], out);
    separator = ',';
  }
  out->append(separator == '{' ? "{}}" : "}}");
}

// Starts an object with the customer and its number.
void AppendHead(std::string_view customer, std::uint32_t number, std::string* out) {
  out->append("{\"customer\":");
  AppendJsonText(customer, out);
  AppendKey("number", out);
  AppendNumber(number, out);
}

std::uint64_t HashParts(std::string_view a, std::string_view b, std::string_view c,
                        std::uint32_t number) {
  std::string bytes;
  bytes.reserve(a.size() + b.size() + c.size() + 16);
  for (std::string_view part : {a, b, c}) bytes.append(part).push_back('\0');
  AppendNumber(number, &bytes);
  return Hash64(bytes);
}

std::string_view StateName(Run::State state) {
  switch (state) {
    case Run::State::kWaiting:
      return "waiting";
    case Run::State::kCompleted:
      return "completed";
    case Run::State::kExited:
      return "exited";
  }
  return "";
}

}  // namespace

std::uint64_t TransitionId(std::string_view customer, std::string_view segmentation,
                           std::uint32_t number) {
  return HashParts("transition", customer, segmentation, number);
}

std::uint64_t ActionId(std::string_view journey, std::string_view step, std::string_view customer,
                       std::uint32_t occurrence) {
  std::string place(journey);
  place.append("\0", 1).append(step);
  return HashParts("action", place, customer, occurrence);
}

void AppendJsonCell(const expr::Type& type, int scale, bool fixed_point, const Cell* cell,
                    std::string* out) {
  if (!IsValue(*cell)) {
    out->append("null");
    return;
  }
  switch (type.kind) {
    case expr::Kind::kBool:
      out->append(*cell != 0 ? "true" : "false");
      return;
    case expr::Kind::kMoney:
      AppendDecimal(*cell, scale, out);
      return;
    case expr::Kind::kDouble:
      if (fixed_point) {
        AppendDecimal(*cell, scale, out);
      } else {
        AppendDouble(DoubleOfCell(*cell), out);
      }
      return;
    case expr::Kind::kTimestamp:
      AppendTimeText(*cell, out);
      return;
    case expr::Kind::kDate:
      out->append("\"").append(FormatDate(static_cast<CivilDay>(*cell))).append("\"");
      return;
    case expr::Kind::kPoint:
      AppendPoint(PointOfCell(*cell), out);
      return;
    case expr::Kind::kString:
      AppendJsonText(TextOf(cell), out);
      return;
    default:  // int, uint; a duration in milliseconds
      AppendNumber(*cell, out);
      return;
  }
}

RecordWriter::RecordWriter(const catalog::Catalog& catalog) : catalog_(catalog) {}

void RecordWriter::AppendCause(const Cause& cause, std::string* out) const {
  AppendKey("cause", out);
  if (cause.event == nullptr) {
    out->append("{\"time\":");
    AppendTimeText(cause.due, out);
    out->push_back('}');
    return;
  }
  out->append("{\"event\":{\"source\":");
  AppendJsonText(cause.event->source, out);
  AppendKey("id", out);
  AppendJsonText(cause.event->id, out);
  out->append("}}");
}

void RecordWriter::Append(const Transition& transition, std::string* out) const {
  const catalog::Segmentation& segmentation = catalog_.segmentations[transition.segmentation];
  const std::string_view customer = transition.customer->id();
  AppendHead(customer, transition.number, out);
  AppendKey("segmentation", out);
  AppendName(segmentation.name, out);
  AppendKey("from", out);
  AppendSegment(segmentation, transition.from, out);
  AppendKey("to", out);
  AppendSegment(segmentation, transition.to, out);
  AppendKey("at", out);
  AppendTimeText(transition.at, out);
  AppendCause(transition.cause, out);
  AppendKey("late", out);
  out->append(transition.late ? "true" : "false");
  AppendKey("id", out);
  out->push_back('"');
  AppendHex(TransitionId(customer, segmentation.name, transition.number), out);
  out->append("\"}");
}

void RecordWriter::Append(const Action& action, std::string* out) const {
  const catalog::Journey& journey = catalog_.journeys[action.journey];
  const catalog::Step& step = journey.steps[action.step];
  const std::string_view customer = action.customer->id();
  AppendHead(customer, action.number, out);
  AppendKey("journey", out);
  AppendName(journey.name, out);
  AppendKey("step", out);
  AppendName(step.name, out);
  AppendKey("occurrence", out);
  AppendNumber(action.occurrence, out);
  AppendKey("channel", out);
  AppendJsonText(step.channel, out);
  AppendKey("purpose", out);
  AppendJsonText(step.purpose, out);
  AppendKey("template", out);
  AppendJsonText(step.template_name, out);
  AppendKey("at", out);
  AppendTimeText(action.at, out);
  AppendKey("id", out);
  out->push_back('"');
  AppendHex(ActionId(journey.name, step.name, customer, action.occurrence), out);
  out->append("\"}");
}

void RecordWriter::Append(const Decision& decision, std::string* out) const {
  const catalog::Journey& journey = catalog_.journeys[decision.journey];
  AppendHead(decision.customer->id(), decision.number, out);
  AppendKey("journey", out);
  AppendName(journey.name, out);
  AppendKey("step", out);
  AppendName(journey.steps[decision.step].name, out);
  AppendKey("occurrence", out);
  AppendNumber(decision.occurrence, out);
  AppendKey("decision", out);
  AppendName(decision.kind == Decision::Kind::kSent ? "sent" : "exited", out);
  AppendKey("at", out);
  AppendTimeText(decision.at, out);
  AppendCause(decision.cause, out);
  out->push_back('}');
}

void RecordWriter::AppendRun(const Run& run, std::string* out) const {
  const catalog::Journey& journey = catalog_.journeys[run.journey];
  out->append("{\"occurrence\":");
  AppendNumber(run.occurrence, out);
  AppendKey("entered_at", out);
  AppendTimeText(run.entered_at, out);
  AppendKey("state", out);
  AppendName(StateName(run.state), out);
  AppendKey("step", out);
  if (run.step < journey.steps.size()) {
    AppendName(journey.steps[run.step].name, out);
  } else {
    out->append("null");
  }
  AppendKey("step_started_at", out);
  AppendTimeText(run.step_started_at, out);
  AppendKey("sent", out);
  AppendNumber(run.sent, out);
  AppendKey("converted_at", out);
  if (run.converted_at >= 0) {
    AppendTimeText(run.converted_at, out);
  } else {
    out->append("null");
  }
  out->push_back('}');
}

void RecordWriter::AppendJourneys(const Customer& customer, std::string* out) const {
  AppendKey("journeys", out);
  out->push_back('{');
  const auto& runs = customer.runs;
  for (std::size_t first = 0, end; first < runs.size(); first = end) {
    end = first + 1;
    while (end < runs.size() && runs[end].journey == runs[first].journey) ++end;
    if (first > 0) out->push_back(',');
    AppendName(catalog_.journeys[runs[first].journey].name, out);
    out->append(":{\"occurrences\":");
    AppendNumber(runs[end - 1].occurrence, out);
    AppendKey("runs", out);
    for (std::size_t i = first; i < end; ++i) {
      out->push_back(i == first ? '[' : ',');
      AppendRun(runs[i], out);
    }
    out->append("]}");
  }
  out->push_back('}');
}

void RecordWriter::AppendCustomer(const Customer& customer, std::string* out) const {
  const Cell* cells = customer.cells();
  out->append("{\"customer\":");
  AppendJsonText(customer.id(), out);
  AppendKey("attributes", out);
  char separator = '{';
  for (const catalog::Attribute& attribute : catalog_.attributes) {
    if (attribute.cell < 0 || cells[attribute.cell] == kAbsent) continue;
    out->push_back(separator);
    AppendName(attribute.name, out);
    out->push_back(':');
    AppendJsonCell(attribute.type, attribute.scale, true, cells + attribute.cell, out);
    separator = ',';
  }
  out->append(separator == '{' ? "{}" : "}");
  AppendKey("features", out);
  separator = '{';
  for (const catalog::Feature& feature : catalog_.features) {
    out->push_back(separator);
    AppendName(feature.name, out);
    out->push_back(':');
    AppendJsonCell(feature.type, feature.scale, feature.fixed_point, cells + feature.cell, out);
    separator = ',';
  }
  out->append(separator == '{' ? "{}" : "}");
  AppendKey("segments", out);
  separator = '{';
  for (const catalog::Segmentation& segmentation : catalog_.segmentations) {
    out->push_back(separator);
    AppendName(segmentation.name, out);
    out->push_back(':');
    AppendMembership(segmentation, cells + segmentation.cell, out);
    separator = ',';
  }
  out->append(separator == '{' ? "{}" : "}");
  AppendJourneys(customer, out);
  AppendKey("counters", out);
  out->append("{\"events\":");
  AppendNumber(customer.events, out);
  AppendKey("transitions", out);
  AppendNumber(customer.transitions, out);
  AppendKey("actions", out);
  AppendNumber(customer.actions, out);
  AppendKey("decisions", out);
  AppendNumber(customer.decisions, out);
  out->append("}}");
}

}  // namespace parcours::engine
