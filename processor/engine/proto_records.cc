#include "processor/engine/proto_records.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/point.h"
#include "parcours/v1/customer.pb.h"
#include "parcours/v1/records.pb.h"
#include "processor/engine/records.h"

namespace parcours::engine {

using state::Run;

struct ProtoWriter::Messages {
  v1::Transition transition;
  v1::Action action;
  v1::Decision decision;
  v1::Customer customer;
};

namespace {

// Fields are set from views without a copy in between.
void Assign(std::string_view text, std::string* field) { field->assign(text); }

void AppendBytes(const google::protobuf::MessageLite& message, std::string* out) {
  // Fails only for what is longer than 2 GiB, or lacks required fields, of which there are none.
  message.AppendPartialToString(out);
}

std::string HexOf(std::uint64_t number) {
  return absl::StrCat(absl::Hex(number, absl::kZeroPad16));
}

void SetCause(const Cause& cause, v1::Cause* message) {
  if (cause.event == nullptr) {
    message->set_due_ms(cause.due);
    return;
  }
  Assign(cause.event->source, message->mutable_event()->mutable_source());
  Assign(cause.event->id, message->mutable_event()->mutable_id());
}

void SetDecimal(Cell cell, int scale, v1::Value* value) {
  value->mutable_decimal()->set_unscaled(cell);
  value->mutable_decimal()->set_scale(static_cast<std::uint32_t>(scale));
}

// Sets nothing where a line says null.
void SetValue(const expr::Type& type, int scale, bool fixed_point, const Cell* cell,
              v1::NamedValue* named) {
  if (!IsValue(*cell)) return;
  switch (type.kind) {
    case expr::Kind::kBool:
      named->mutable_value()->set_truth(*cell != 0);
      return;
    case expr::Kind::kMoney:
      SetDecimal(*cell, scale, named->mutable_value());
      return;
    case expr::Kind::kDouble:
      if (fixed_point) {
        SetDecimal(*cell, scale, named->mutable_value());
      } else if (std::isfinite(DoubleOfCell(*cell))) {
        named->mutable_value()->set_real(DoubleOfCell(*cell));
      }
      return;
    case expr::Kind::kTimestamp:
      named->mutable_value()->set_time_ms(*cell);
      return;
    case expr::Kind::kDuration:
      named->mutable_value()->set_duration_ms(*cell);
      return;
    case expr::Kind::kDate:
      named->mutable_value()->set_date_days(static_cast<CivilDay>(*cell));
      return;
    case expr::Kind::kPoint: {
      const Point point = PointOfCell(*cell);
      named->mutable_value()->mutable_point()->set_latitude_e7(point.latitude);
      named->mutable_value()->mutable_point()->set_longitude_e7(point.longitude);
      return;
    }
    case expr::Kind::kString:
      Assign(TextOf(cell), named->mutable_value()->mutable_text());
      return;
    default:  // int, uint
      named->mutable_value()->set_integer(*cell);
      return;
  }
}

v1::Customer::Run::State StateOf(Run::State state) {
  switch (state) {
    case Run::State::kWaiting:
      return v1::Customer::Run::STATE_WAITING;
    case Run::State::kCompleted:
      return v1::Customer::Run::STATE_COMPLETED;
    case Run::State::kExited:
      return v1::Customer::Run::STATE_EXITED;
  }
  return v1::Customer::Run::STATE_UNSPECIFIED;
}

void SetRun(const catalog::Journey& journey, const Run& run, v1::Customer::Run* message) {
  message->set_occurrence(run.occurrence);
  message->set_entered_at_ms(run.entered_at);
  message->set_state(StateOf(run.state));
  if (run.step < journey.steps.size()) message->set_step(journey.steps[run.step].name);
  message->set_step_started_at_ms(run.step_started_at);
  message->set_sent(run.sent);
  if (run.converted_at >= 0) message->set_converted_at_ms(run.converted_at);
}

void SetMembership(const catalog::Segmentation& segmentation, const Cell* cell,
                   v1::Customer::Membership* message) {
  message->set_segmentation(segmentation.name);
  if (segmentation.independent) {
    message->set_independent(true);
    for (std::size_t i = 0; i < segmentation.segments.size(); ++i) {
      if (cell[i] == kAbsent) continue;
      v1::Customer::Membership::Independent* const member = message->add_segments();
      member->set_segment(segmentation.segments[i].name);
      member->set_since_ms(cell[i]);
    }
    return;
  }
  if (cell[0] != kAbsent) {
    message->set_segment(segmentation.segments[static_cast<std::size_t>(cell[0])].name);
  }
  if (cell[1] != kAbsent) message->set_since_ms(cell[1]);
}

}  // namespace

ProtoWriter::ProtoWriter(const catalog::Catalog& catalog)
    : catalog_(catalog), messages_(std::make_unique<Messages>()) {}
ProtoWriter::~ProtoWriter() = default;

void ProtoWriter::Append(const Transition& transition, std::string* out) {
  const catalog::Segmentation& segmentation = catalog_.segmentations[transition.segmentation];
  const std::string_view customer = transition.customer->id();
  v1::Transition& message = messages_->transition;
  message.Clear();
  Assign(customer, message.mutable_customer());
  message.set_number(transition.number);
  message.set_segmentation(segmentation.name);
  if (transition.from >= 0) message.set_from_segment(segmentation.segments[transition.from].name);
  if (transition.to >= 0) message.set_to_segment(segmentation.segments[transition.to].name);
  message.set_at_ms(transition.at);
  SetCause(transition.cause, message.mutable_cause());
  message.set_late(transition.late);
  message.set_id(HexOf(TransitionId(customer, segmentation.name, transition.number)));
  AppendBytes(message, out);
}

void ProtoWriter::Append(const Action& action, std::string* out) {
  const catalog::Journey& journey = catalog_.journeys[action.journey];
  const catalog::Step& step = journey.steps[action.step];
  const std::string_view customer = action.customer->id();
  v1::Action& message = messages_->action;
  message.Clear();
  Assign(customer, message.mutable_customer());
  message.set_number(action.number);
  message.set_journey(journey.name);
  message.set_step(step.name);
  message.set_occurrence(action.occurrence);
  message.set_channel(step.channel);
  message.set_purpose(step.purpose);
  message.set_template_(step.template_name);
  message.set_at_ms(action.at);
  message.set_id(HexOf(ActionId(journey.name, step.name, customer, action.occurrence)));
  AppendBytes(message, out);
}

void ProtoWriter::Append(const Decision& decision, std::string* out) {
  const catalog::Journey& journey = catalog_.journeys[decision.journey];
  v1::Decision& message = messages_->decision;
  message.Clear();
  Assign(decision.customer->id(), message.mutable_customer());
  message.set_number(decision.number);
  message.set_journey(journey.name);
  message.set_step(journey.steps[decision.step].name);
  message.set_occurrence(decision.occurrence);
  message.set_outcome(decision.kind == Decision::Kind::kSent ? v1::Decision::OUTCOME_SENT
                                                             : v1::Decision::OUTCOME_EXITED);
  message.set_at_ms(decision.at);
  SetCause(decision.cause, message.mutable_cause());
  AppendBytes(message, out);
}

void ProtoWriter::AppendCustomer(const state::Customer& customer, std::string* out) {
  const Cell* cells = customer.cells();
  v1::Customer& message = messages_->customer;
  message.Clear();
  Assign(customer.id(), message.mutable_id());
  for (const catalog::Attribute& attribute : catalog_.attributes) {
    if (attribute.cell < 0 || cells[attribute.cell] == kAbsent) continue;
    v1::NamedValue* const named = message.add_attributes();
    named->set_name(attribute.name);
    SetValue(attribute.type, attribute.scale, true, cells + attribute.cell, named);
  }
  for (const catalog::Feature& feature : catalog_.features) {
    v1::NamedValue* const named = message.add_features();
    named->set_name(feature.name);
    SetValue(feature.type, feature.scale, feature.fixed_point, cells + feature.cell, named);
  }
  for (const catalog::Segmentation& segmentation : catalog_.segmentations) {
    SetMembership(segmentation, cells + segmentation.cell, message.add_segments());
  }
  v1::Customer::Journey* runs = nullptr;
  int number = -1;  // of the journey that `runs` are of
  for (const Run& run : customer.runs) {
    const catalog::Journey& journey = catalog_.journeys[run.journey];
    if (run.journey != number) {
      number = run.journey;
      runs = message.add_journeys();
      runs->set_journey(journey.name);
    }
    runs->set_occurrences(run.occurrence);  // the last one's stays
    SetRun(journey, run, runs->add_runs());
  }
  v1::Customer::Counters* const counters = message.mutable_counters();
  counters->set_events(customer.events);
  counters->set_transitions(customer.transitions);
  counters->set_actions(customer.actions);
  counters->set_decisions(customer.decisions);
  AppendBytes(message, out);
}

}  // namespace parcours::engine
