#include "tests/support/proto_json.h"

#include <charconv>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace parcours {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += absl::StrFormat("\\u%04x", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string TimeText(std::int64_t ms) {
  return absl::FormatTime("\"%E4Y-%m-%dT%H:%M:%E3SZ\"", absl::FromUnixMillis(ms),
                          absl::UTCTimeZone());
}

std::string DateText(int days) {
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
  return absl::StrFormat("\"%04d-%02d-%02d\"", day.year(), day.month(), day.day());
}

std::string DecimalText(const v1::Decimal& decimal) {
  const bool negative = decimal.unscaled() < 0;
  std::string digits = absl::StrCat(decimal.unscaled());
  if (negative) digits.erase(0, 1);
  if (decimal.scale() > 0) {
    if (digits.size() <= decimal.scale()) {
      digits.insert(0, decimal.scale() + 1 - digits.size(), '0');
    }
    digits.insert(digits.size() - decimal.scale(), ".");
  }
  return (negative ? "-" : "") + digits;
}

std::string RealText(double real) {
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, real).ptr};
}

// 488500000 -> 48.85.
std::string DegreesText(std::int32_t units) {
  v1::Decimal decimal;
  decimal.set_unscaled(units);
  decimal.set_scale(7);
  std::string digits = DecimalText(decimal);
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

std::string ObjectText(const google::protobuf::RepeatedPtrField<v1::NamedValue>& fields);

std::string ValueText(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kTruth:
      return value.truth() ? "true" : "false";
    case v1::Value::kInteger:
      return absl::StrCat(value.integer());
    case v1::Value::kDecimal:
      return DecimalText(value.decimal());
    case v1::Value::kReal:
      return RealText(value.real());
    case v1::Value::kTimeMs:
      return TimeText(value.time_ms());
    case v1::Value::kDurationMs:
      return absl::StrCat(value.duration_ms());
    case v1::Value::kDateDays:
      return DateText(value.date_days());
    case v1::Value::kText:
      return Quoted(value.text());
    case v1::Value::kList: {
      std::string text;
      for (const v1::Value& each : value.list().values()) {
        absl::StrAppend(&text, text.empty() ? "[" : ",", ValueText(each));
      }
      return text.empty() ? "[]" : text + "]";
    }
    case v1::Value::kObject:
      return ObjectText(value.object().fields());
    case v1::Value::kPoint:
      return absl::StrCat("{\"lat\":", DegreesText(value.point().latitude_e7()),
                          ",\"lon\":", DegreesText(value.point().longitude_e7()), "}");
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return "null";
}

std::string ObjectText(const google::protobuf::RepeatedPtrField<v1::NamedValue>& fields) {
  std::string text;
  for (const v1::NamedValue& field : fields) {
    absl::StrAppend(&text, text.empty() ? "{" : ",", Quoted(field.name()), ":",
                    ValueText(field.value()));
  }
  return text.empty() ? "{}" : text + "}";
}

std::string CauseText(const v1::Cause& cause) {
  if (cause.kind_case() == v1::Cause::kDueMs) {
    return absl::StrCat("{\"time\":", TimeText(cause.due_ms()), "}");
  }
  return absl::StrCat("{\"event\":{\"source\":", Quoted(cause.event().source()),
                      ",\"id\":", Quoted(cause.event().id()), "}}");
}

std::string RunText(const v1::Customer::Run& run) {
  std::string state = "?";
  if (run.state() == v1::Customer::Run::STATE_WAITING) state = "waiting";
  if (run.state() == v1::Customer::Run::STATE_COMPLETED) state = "completed";
  if (run.state() == v1::Customer::Run::STATE_EXITED) state = "exited";
  return absl::StrCat(
      "{\"occurrence\":", run.occurrence(), ",\"entered_at\":", TimeText(run.entered_at_ms()),
      ",\"state\":", Quoted(state), ",\"step\":", run.has_step() ? Quoted(run.step()) : "null",
      ",\"step_started_at\":", TimeText(run.step_started_at_ms()), ",\"sent\":", run.sent(),
      ",\"converted_at\":", run.has_converted_at_ms() ? TimeText(run.converted_at_ms()) : "null",
      "}");
}

std::string JourneyText(const v1::Customer::Journey& journey) {
  std::string runs;
  for (const v1::Customer::Run& run : journey.runs()) {
    absl::StrAppend(&runs, runs.empty() ? "" : ",", RunText(run));
  }
  return absl::StrCat(Quoted(journey.journey()), ":{\"occurrences\":", journey.occurrences(),
                      ",\"runs\":[", runs, "]}");
}

std::string MembershipText(const v1::Customer::Membership& membership) {
  if (membership.independent()) {
    std::string segments;
    for (const auto& member : membership.segments()) {
      absl::StrAppend(&segments, segments.empty() ? "" : ",", Quoted(member.segment()),
                      ":{\"since\":", TimeText(member.since_ms()), "}");
    }
    return absl::StrCat(Quoted(membership.segmentation()), ":{\"segments\":{", segments, "}}");
  }
  return absl::StrCat(
      Quoted(membership.segmentation()),
      ":{\"segment\":", membership.has_segment() ? Quoted(membership.segment()) : "null",
      ",\"since\":", membership.has_since_ms() ? TimeText(membership.since_ms()) : "null", "}");
}

}  // namespace

std::string LineOf(const v1::Transition& transition) {
  return absl::StrCat(
      "{\"customer\":", Quoted(transition.customer()), ",\"number\":", transition.number(),
      ",\"segmentation\":", Quoted(transition.segmentation()),
      ",\"from\":", transition.has_from_segment() ? Quoted(transition.from_segment()) : "null",
      ",\"to\":", transition.has_to_segment() ? Quoted(transition.to_segment()) : "null",
      ",\"at\":", TimeText(transition.at_ms()), ",\"cause\":", CauseText(transition.cause()),
      ",\"late\":", transition.late() ? "true" : "false", ",\"id\":", Quoted(transition.id()), "}");
}

std::string LineOf(const v1::Action& action) {
  return absl::StrCat(
      "{\"customer\":", Quoted(action.customer()), ",\"number\":", action.number(),
      ",\"journey\":", Quoted(action.journey()), ",\"step\":", Quoted(action.step()),
      ",\"occurrence\":", action.occurrence(), ",\"channel\":", Quoted(action.channel()),
      ",\"purpose\":", Quoted(action.purpose()), ",\"template\":", Quoted(action.template_()),
      ",\"at\":", TimeText(action.at_ms()), ",\"id\":", Quoted(action.id()), "}");
}

std::string LineOf(const v1::Decision& decision) {
  std::string outcome = "?";
  if (decision.outcome() == v1::Decision::OUTCOME_SENT) outcome = "sent";
  if (decision.outcome() == v1::Decision::OUTCOME_EXITED) outcome = "exited";
  return absl::StrCat(
      "{\"customer\":", Quoted(decision.customer()), ",\"number\":", decision.number(),
      ",\"journey\":", Quoted(decision.journey()), ",\"step\":", Quoted(decision.step()),
      ",\"occurrence\":", decision.occurrence(), ",\"decision\":", Quoted(outcome),
      ",\"at\":", TimeText(decision.at_ms()), ",\"cause\":", CauseText(decision.cause()), "}");
}

std::string LineOf(const v1::Customer& customer) {
  std::string segments, journeys;
  for (const v1::Customer::Membership& membership : customer.segments()) {
    absl::StrAppend(&segments, segments.empty() ? "" : ",", MembershipText(membership));
  }
  for (const v1::Customer::Journey& journey : customer.journeys()) {
    absl::StrAppend(&journeys, journeys.empty() ? "" : ",", JourneyText(journey));
  }
  const v1::Customer::Counters& counters = customer.counters();
  return absl::StrCat(
      "{\"customer\":", Quoted(customer.id()),
      ",\"attributes\":", ObjectText(customer.attributes()),
      ",\"features\":", ObjectText(customer.features()), ",\"segments\":{", segments,
      "},\"journeys\":{", journeys, "},\"counters\":{\"events\":", counters.events(),
      ",\"transitions\":", counters.transitions(), ",\"actions\":", counters.actions(),
      ",\"decisions\":", counters.decisions(), "}}");
}

std::string LineOf(const v1::Event& event) {
  std::string line = absl::StrCat(
      R"({"specversion":"1.0","id":)", Quoted(event.id()), ",\"source\":", Quoted(event.source()),
      ",\"type\":", Quoted(event.type()), ",\"time\":", TimeText(event.time_ms()),
      ",\"subject\":", Quoted(event.customer()));
  if (!event.traceparent().empty()) {
    absl::StrAppend(&line, ",\"traceparent\":", Quoted(event.traceparent()));
  }
  return absl::StrCat(line, ",\"data\":", ObjectText(event.data()), "}");
}

}  // namespace parcours
