#include "processor/engine/step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "processor/engine/records.h"
#include "tests/support/world.h"

namespace parcours::engine {
namespace {

constexpr char kShop[] = R"(
programme: {currency: EUR, time_zone: UTC}
events:
  order: {fields: {total: money, pieces: int, label: string}}
  view: {fields: {category: string}}
  note: {fields: {text: string}}
features:
  orders: {on: order, aggregate: count}
  spend: {on: order, aggregate: sum, of: event.total, keep: true}
  pieces: {on: order, aggregate: sum, of: event.pieces, keep: true}
  mean: {on: order, aggregate: avg, of: event.total, keep: true}
  smallest: {on: order, aggregate: min, of: event.total, keep: true}
  largest: {on: order, aggregate: max, of: event.total, keep: true}
  first_label: {on: order, aggregate: first, of: event.label, keep: true}
  last_label: {on: order, aggregate: last, of: event.label, keep: true}
  third_label: {on: order, aggregate: nth, n: 3, of: event.label, keep: true}
  last_order_at: {on: order, aggregate: last, of: event.time}
  views_7d: {on: view, aggregate: count, window: 7d, keep: true}
  last_label_7d: {on: order, aggregate: last, of: event.label, window: 7d, keep: true}
segmentations:
  lifecycle:
    segments:
      lapsing: now - last_order_at > days(90)
      new: orders == 1
      more: orders >= 2
)";

std::vector<std::string> Features(World& world) {
  RefreshFeatures(world.rules(), world.customer(), world.customer().last_instant);
  std::string line;
  RecordWriter(world.catalog()).AppendCustomer(world.customer(), &line);
  const auto from = line.find("\"features\"");
  return {line.substr(from, line.find("\"segments\"") - from)};
}

struct Order {
  TimeMs time;
  Cell total, pieces;
  std::string label, id;
};

TEST(Step, GivesTheSameFeaturesWhateverTheOrderOfArrival) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<Order> orders;
    for (int i = 0; i < 12; ++i) {
      orders.push_back({1'000'000'000 + static_cast<TimeMs>(random() % 6) * kDayMs,
                        static_cast<Cell>(random() % 5000), static_cast<Cell>(random() % 100) - 50,
                        "a label longer than seven bytes " + std::to_string(random() % 9),
                        "id-" + std::to_string(i)});
    }
    const TimeMs log_time = 1'000'000'000 + 6 * kDayMs;
    std::vector<std::string> first;
    for (int shuffle = 0; shuffle < 5; ++shuffle) {
      World world(kShop);
      std::shuffle(orders.begin(), orders.end(), random);
      for (const Order& order : orders) {
        world.Apply("order", order.time, order.id, log_time,
                    {{"total", order.total}, {"pieces", order.pieces}}, {{"label", order.label}});
      }
      if (first.empty()) first = Features(world);
      ASSERT_EQ(Features(world), first);
    }
  }
}

TEST(Step, MovesACustomerByTimeAloneAtTheMillisecond) {
  World world(kShop);
  const TimeMs order = 1'000'000'000;
  world.Apply("order", order, "o-1", order, {{"total", 100}});
  EXPECT_EQ(world.customer().next_due, order + 90 * kDayMs + 1);
  world.FireUntil(order + 90 * kDayMs);
  EXPECT_EQ(world.effects().transitions.size(), 1u);
  world.FireUntil(order + 90 * kDayMs + 1);
  ASSERT_EQ(world.effects().transitions.size(), 2u);
  const Transition& moved = world.effects().transitions[1];
  EXPECT_EQ(moved.at, order + 90 * kDayMs + 1);
  EXPECT_EQ(moved.cause.event, nullptr);
  EXPECT_EQ(moved.number, 2u);
  EXPECT_EQ(world.customer().next_due, kNever);
}

TEST(Step, FiresADueAtAnEventsVeryInstantBeforeIt) {
  World world(kShop);
  const TimeMs order = 1'000'000'000, due = order + 90 * kDayMs + 1;
  world.Apply("order", order, "o-1", order);
  world.Apply("order", due, "o-2", due);
  ASSERT_EQ(world.effects().transitions.size(), 3u);
  EXPECT_EQ(world.effects().transitions[1].cause.event, nullptr);
  EXPECT_EQ(world.effects().transitions[1].at, due);
  EXPECT_EQ(world.effects().transitions[2].at, due);
}

TEST(Step, ADueLooksAtNothingElse) {
  World world(R"(
programme: {time_zone: UTC}
events: {order: {fields: {}}}
features:
  orders: {on: order, aggregate: count}
  last_order_at: {on: order, aggregate: last, of: event.time}
segmentations:
  habit: {segments: {asleep: now - last_order_at > days(30)}}
  once: {segments: {in: orders >= 1}}
)");
  world.Apply("order", 1'000'000'000, "o-1", 1'000'000'000);  // one event: all of it is new still
  const std::uint64_t before = world.effects().counters.evaluations;
  world.FireUntil(world.customer().next_due);
  EXPECT_EQ(world.effects().counters.evaluations, before + 1) << "the rule of `asleep`";
}

TEST(Step, LooksAtNothingThatAnEventDoesNotTouch) {
  World world(kShop);
  world.Apply("order", 1000, "o-1", 1000, {{"total", 100}});
  const std::uint64_t before = world.effects().counters.evaluations;
  world.Apply("note", 2000, "n-1", 2000);
  EXPECT_EQ(world.effects().counters.evaluations, before);
  world.Apply("view", 3000, "v-1", 3000);
  EXPECT_EQ(world.effects().counters.evaluations, before) << "no rule reads views_7d";
}

TEST(Step, ASumOfMoneyThatLeavesItsRangeIsAnErrorValueForEver) {
  World world(kShop);
  world.Apply("order", 1000, "o-1", 1000, {{"total", INT64_MAX - 5}});
  world.Apply("order", 2000, "o-2", 2000, {{"total", 6}});
  world.Apply("order", 3000, "o-3", 3000, {{"total", 1}});
  EXPECT_EQ(world.cell("spend"), kOverflow);
  EXPECT_EQ(world.cell("orders"), 3);
}

TEST(Step, ASumOfIntegersComesBackIntoItsRange) {
  World world(kShop);
  world.Apply("order", 1000, "o-1", 1000, {{"pieces", INT64_MAX}});
  world.Apply("order", 2000, "o-2", 2000, {{"pieces", 5}});
  EXPECT_EQ(world.cell("pieces"), kOverflow);
  world.Apply("order", 3000, "o-3", 3000, {{"pieces", -10}});
  EXPECT_EQ(world.cell("pieces"), INT64_MAX - 5);
}

TEST(Step, AMeanOfMoneyIsRoundedHalfToEven) {
  World world(kShop);
  world.Apply("order", 1000, "o-1", 1000, {{"total", 1}});
  world.Apply("order", 2000, "o-2", 2000, {{"total", 2}});
  EXPECT_EQ(world.cell("mean"), 2);  // 1.5
  world.Apply("order", 3000, "o-3", 3000, {{"total", 0}});
  world.Apply("order", 4000, "o-4", 4000, {{"total", 7}});
  EXPECT_EQ(world.cell("mean"), 2);  // 2.5
}

TEST(Step, CutsAnEventTimeALittleAheadAndRefusesOneFarAhead) {
  World world(kShop);
  world.Apply("order", 1000 + kFutureGraceMs, "o-1", 1000, {{"total", 1}});
  EXPECT_EQ(world.cell("last_order_at"), 1000);
  EXPECT_EQ(world.effects().counters.times_cut, 1u);
  Event event;
  event.time = 1001 + kFutureGraceMs;
  EXPECT_TRUE(IsFuture(event, 1000));
  event.time = 1000 + kFutureGraceMs;
  EXPECT_FALSE(IsFuture(event, 1000));
}

TEST(Step, KnowsADuplicateBySourceAndId) {
  World world(kShop);
  world.Apply("order", 1000, "o-1", 1000, {{"total", 1}});
  EXPECT_EQ(world.Apply("order", 1500, "o-1", 1500, {{"total", 1}}), Admission::kDuplicate);
  EXPECT_EQ(world.Apply("order", 1500, "o-1", 1500, {{"total", 1}}, {}, "till"),
            Admission::kApplied);
  EXPECT_EQ(world.cell("orders"), 2);
  EXPECT_EQ(world.effects().counters.duplicates, 1u);
}

TEST(Step, IsTheSameBytesForTheSameHistory) {
  std::string lines[2];
  for (std::string& line : lines) {
    World world(kShop);
    for (int i = 0; i < 20; ++i) {
      world.Apply(i % 2 == 0 ? "order" : "view", 1000 + i * 40 * kDayMs, "e-" + std::to_string(i),
                  1000 + i * 40 * kDayMs);
    }
    const RecordWriter writer(world.catalog());
    for (const Transition& transition : world.effects().transitions) {
      Transition copy = transition;
      copy.cause.event =
          nullptr;  // the events are gone; their place in the line is covered by cases
      writer.Append(copy, &line);
    }
    writer.AppendCustomer(world.customer(), &line);
  }
  EXPECT_EQ(lines[0], lines[1]);
  EXPECT_GT(lines[0].size(), 500u);
}

}  // namespace
}  // namespace parcours::engine
