// The same records as lines and as Protocol Buffers: one content.
#include "processor/engine/proto_records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "processor/engine/records.h"
#include "tests/support/proto_json.h"
#include "tests/support/world.h"

namespace parcours::engine {
namespace {

constexpr char kDefinitions[] = R"(
programme: {currency: EUR, time_zone: UTC}
events:
  order:
    fields:
      total: money
      weight: {type: double, scale: 3}
      pieces: int
      label: string
      day: date
      shipped: timestamp
      gift: bool
attributes:
  language: string
  vip: bool
  points: int
  size: {type: double, scale: 2}
  credit: money
  birth_date: date
  since: timestamp
  zone: {type: time_zone}
  email: {type: string, contact: true}
features:
  orders: {on: order, aggregate: count}
  spend: {on: order, aggregate: sum, of: event.total}
  weight: {on: order, aggregate: sum, of: event.weight, keep: true}
  pieces_avg: {on: order, aggregate: avg, of: event.pieces, keep: true}
  label: {on: order, aggregate: last, of: event.label, keep: true}
  day: {on: order, aggregate: min, of: event.day, keep: true}
  last_at: {on: order, aggregate: last, of: event.time}
  gift: {on: order, aggregate: first, of: event.gift, keep: true}
  spend_7d: {on: order, aggregate: sum, of: event.total, window: 7d}
  first_at: {on: order, aggregate: first, of: event.time, keep: true}
  known_for: {value: last_at - first_at, keep: true}
  is_big: {value: 'spend >= money("100")'}
  ratio: {value: 'double(orders) / 3.0', keep: true}
segmentations:
  lifecycle:
    segments:
      lapsing: now - last_at > days(30)
      known: orders >= 1
  value:
    segments: {big: is_big}
journeys:
  nudge:
    enter: {event: order}
    reentry: always
    goal: {when: orders >= 3, within: 10d, from: entry}
    exit_when: spend_7d > money("250")
    steps: [wait: 3d, send: {channel: email, template: 'the "nudge"'}, wait: 2d, {name: last, send: {channel: sms, purpose: service, template: t}}]
  thanks:
    enter: {event: order, when: spend > money("50")}
    steps: [send: {channel: email, template: thanks}]
)";

// Writes by both writers and demands the same content. Returns the bytes.
template <class Message, class Record>
std::string ExpectSame(const RecordWriter& lines, ProtoWriter& messages, const Record& record) {
  std::string line, bytes = "before", again;
  if constexpr (std::is_same_v<Record, state::Customer>) {
    lines.AppendCustomer(record, &line);
    messages.AppendCustomer(record, &bytes);
    messages.AppendCustomer(record, &again);
  } else {
    lines.Append(record, &line);
    messages.Append(record, &bytes);
    messages.Append(record, &again);
  }
  EXPECT_EQ(bytes, "before" + again) << "it appends, and always the same";
  Message message;
  EXPECT_TRUE(message.ParseFromString(again));
  EXPECT_EQ(LineOf(message), line);
  return again;
}

class Both {
 public:
  explicit Both(const catalog::Catalog& catalog) : lines_(catalog), messages_(catalog) {}

  void Expect(const Effects& effects) {
    for (const Transition& each : effects.transitions) Expect(each);
    for (const Action& each : effects.actions) Expect(each);
    for (const Decision& each : effects.decisions) Expect(each);
  }
  std::string Expect(const Transition& record) {
    return ExpectSame<v1::Transition>(lines_, messages_, record);
  }
  std::string Expect(const Action& record) {
    return ExpectSame<v1::Action>(lines_, messages_, record);
  }
  std::string Expect(const Decision& record) {
    return ExpectSame<v1::Decision>(lines_, messages_, record);
  }
  std::string Expect(const state::Customer& record) {
    return ExpectSame<v1::Customer>(lines_, messages_, record);
  }

 private:
  const RecordWriter lines_;
  ProtoWriter messages_;
};

std::string Golden(const std::string& name) {
  std::ifstream file("tests/proto/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The event that caused records is gone with World::Apply; `event` is known by the same.
void Recall(Effects& effects, const Event& event) {
  const auto recall = [&event](auto& records) {
    for (auto& record : records) {
      if (record.cause.event != nullptr) record.cause.event = &event;
    }
  };
  recall(effects.transitions);
  recall(effects.actions);
  recall(effects.decisions);
}

TEST(ProtoWriter, SaysOfAHistoryWhatTheLinesSay) {
  World world(kDefinitions);
  Both both(world.catalog());
  std::mt19937_64 random(7);
  TimeMs now = 1'760'000'000'000;
  std::size_t transitions = 0, actions = 0, decisions = 0;
  const auto expect_all = [&] {
    both.Expect(world.effects());
    transitions += world.effects().transitions.size();
    actions += world.effects().actions.size();
    decisions += world.effects().decisions.size();
    world.effects().ClearRecords();
    both.Expect(world.customer());
  };
  for (int i = 0; i < 400; ++i) {
    now +=
        static_cast<TimeMs>(random() % static_cast<std::uint64_t>((i % 7 == 0 ? 40 : 2) * kDayMs));
    world.FireUntil(now);
    expect_all();
    const std::string id = absl::StrCat("e\"", i);
    const std::string source = "sh\\op";
    const TimeMs late = random() % 5 == 0 ? static_cast<TimeMs>(random() % kDayMs) : 0;
    world.Apply("order", now - late, id, now,
                {{"total", static_cast<Cell>(random() % 9000)},
                 {"weight", static_cast<Cell>(random() % 5000)},
                 {"pieces", static_cast<Cell>(random() % 5)},
                 {"day", static_cast<Cell>(random() % 20'000)},
                 {"gift", static_cast<Cell>(random() % 2)}},
                {{"label", absl::StrCat("l\n", random())}}, source);
    Event event;
    event.id = id;
    event.source = source;
    Recall(world.effects(), event);
    RefreshFeatures(world.rules(), world.customer(), now);
    expect_all();
  }
  EXPECT_GT(transitions, 20U);
  EXPECT_GT(actions, 100U);
  EXPECT_GT(decisions, actions);
}

// A cell of that type: what is not a value, the ends of the range, or anything between.
Cell RandomCell(const expr::Type& type, bool fixed_point, std::mt19937_64& random) {
  static const char* const kTexts[] = {"", "a", "\"q\"\\", "\x01\n\x1f",
                                       "d\xc3\xa9j\xc3\xa0 vu, longer"};
  if (random() % 6 == 0) return kAbsent;
  const auto below = [&random](std::uint64_t n) { return static_cast<Cell>(random() % n); };
  switch (type.kind) {
    case expr::Kind::kString:
      return NewText(kTexts[random() % 5]);
    case expr::Kind::kBool:
      return below(2);
    case expr::Kind::kTimestamp:
      return below(253'402'300'800'000) - 62'135'596'800'000 * below(2) / 2;
    case expr::Kind::kDate:
      return below(2'932'897) - below(719'163);
    default:
      break;
  }
  if (type.kind == expr::Kind::kDouble && !fixed_point) {
    static const double kReals[] = {0, -1.5, 0.1, 1e300, 5e-324, 1.0 / 3, HUGE_VAL};
    return CellOfDouble(kReals[random() % 7]);
  }
  static const Cell kNumbers[] = {0, 1, -1, 9, -99, 100, kCellMin, INT64_MAX, kOverflow};
  return random() % 3 == 0 ? below(2'000'000) - 1'000'000 : kNumbers[random() % 9];
}

void SetCells(World& world, std::mt19937_64& random) {
  Cell* const cells = world.customer().cells();
  const auto set = [&](const expr::Type& type, bool fixed_point, int cell) {
    if (type.kind == expr::Kind::kString) FreeText(cells[cell]);
    cells[cell] = RandomCell(type, fixed_point, random);
  };
  for (const catalog::Attribute& each : world.catalog().attributes) {
    if (each.cell >= 0) set(each.type, true, each.cell);
  }
  for (const catalog::Feature& each : world.catalog().features) {
    set(each.type, each.fixed_point, each.cell);
  }
  for (const catalog::Segmentation& each : world.catalog().segmentations) {
    const auto segments = static_cast<Cell>(each.segments.size());
    const Cell segment = static_cast<Cell>(random() % 3) - 1;
    cells[each.cell] = segment < 0 || segment >= segments ? kAbsent : segment;
    cells[each.cell + 1] =
        random() % 3 == 0 ? kAbsent : static_cast<Cell>(random() % 1'000'000'000);
  }
}

TEST(ProtoWriter, SaysOfAnyCellsAndRunsWhatTheLinesSay) {
  World world(kDefinitions);
  Both both(world.catalog());
  std::mt19937_64 random(8);
  for (int i = 0; i < 2'000; ++i) {
    SetCells(world, random);
    state::Customer& customer = world.customer();
    customer.events = static_cast<std::uint32_t>(random());
    customer.decisions = i == 0 ? UINT32_MAX : static_cast<std::uint32_t>(random());
    customer.runs.clear();
    for (std::int16_t journey = 0; journey < 2; ++journey) {
      const std::size_t steps = world.catalog().journeys[journey].steps.size();
      for (std::uint32_t n = static_cast<std::uint32_t>(random() % 4); n > 0; --n) {
        state::Run& run = customer.runs.emplace_back();
        run.journey = journey;
        run.state = static_cast<state::Run::State>(random() % 3);
        run.step = static_cast<std::uint8_t>(random() % (steps + 1));
        run.occurrence = 10 - n;
        run.sent = static_cast<std::uint32_t>(random() % 3);
        run.entered_at = static_cast<TimeMs>(random() % 2'000'000'000'000);
        run.step_started_at = run.entered_at + 1;
        run.converted_at = random() % 2 == 0 ? -1 : static_cast<TimeMs>(random() % 3);
      }
    }
    both.Expect(customer);
  }
}

// A transition, an action and a decision made by hand, and what is committed of them: bytes that
// readers have, so that they must stay the same.
TEST(ProtoWriter, WritesTheCommittedBytes) {
  World world(kDefinitions);
  Both both(world.catalog());
  Event event;
  event.source = "shop";
  event.id = "order-17";
  const state::Customer* const anna = &world.customer();
  constexpr TimeMs kAt = 1'767'225'600'123;
  EXPECT_EQ(both.Expect(Transition{.customer = anna,
                                   .number = 3,
                                   .segmentation = 0,
                                   .from = 0,
                                   .to = 1,
                                   .at = kAt,
                                   .cause = {.event = &event},
                                   .late = true}),
            Golden("transition.bin"));
  EXPECT_EQ(both.Expect(Action{.customer = anna,
                               .number = 2,
                               .journey = 0,
                               .step = 1,
                               .occurrence = 4,
                               .at = kAt,
                               .cause = {}}),
            Golden("action.bin"));
  EXPECT_EQ(both.Expect(Decision{.customer = anna,
                                 .number = 300,
                                 .journey = 0,
                                 .step = 3,
                                 .occurrence = 4,
                                 .kind = Decision::Kind::kExited,
                                 .at = kAt,
                                 .cause = {.due = kAt}}),
            Golden("decision.bin"));
  both.Expect(Transition{.customer = anna,
                         .number = 1,
                         .segmentation = 1,
                         .from = -1,
                         .to = -1,
                         .at = 0,
                         .cause = {.due = 0},
                         .late = false});
}

}  // namespace
}  // namespace parcours::engine
