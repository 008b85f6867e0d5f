// Derived features and segmentations in the order of the plan; independent ones; what attributes
// take from events.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "processor/engine/records.h"
#include "state/stored.h"
#include "tests/support/world.h"

namespace parcours::engine {
namespace {

constexpr TimeMs kStart = 1'767'225'600'000;

constexpr char kInterests[] = R"(
programme: {currency: EUR, time_zone: UTC}
events:
  view: {fields: {category: string}}
  order: {fields: {total: money}}
features:
  tennis: {on: view, where: 'event.category == "tennis"', aggregate: count}
  views: {on: view, aggregate: count}
  orders: {on: order, aggregate: count}
  last_view_at: {on: view, aggregate: last, of: event.time}
segmentations:
  interests:
    kind: independent
    segments:
      tennis: tennis >= 1
      buyer: orders >= 1
      awake: now - last_view_at < days(3)
  after:
    segments: {keen: segment.interests.tennis && segment.interests.buyer, any: views > 0}
)";

std::vector<std::string> Moves(World& world) {
  std::vector<std::string> moves;
  for (const Transition& each : world.effects().transitions) {
    const auto& segments = world.catalog().segmentations[each.segmentation].segments;
    const auto name = [&](int segment) { return segment < 0 ? "" : segments[segment].name; };
    moves.push_back(absl::StrCat(name(each.from), ">", name(each.to)));
  }
  world.effects().ClearRecords();
  return moves;
}

TEST(Plan, LooksOnlyAtWhatReadsAChange) {
  World world(kInterests);
  world.Apply("view", kStart, "a", kStart, {}, {{"category", "golf"}});
  EXPECT_EQ(Moves(world), (std::vector<std::string>{">awake", ">any"}));
  const auto before = world.effects().counters.evaluations;
  world.Apply("order", kStart + 1, "b", kStart + 1, {{"total", 1}});
  EXPECT_EQ(Moves(world), (std::vector<std::string>{">buyer"}));
  // buyer, and awake, which time may move; then both of `after`, which read what moved.
  EXPECT_EQ(world.effects().counters.evaluations - before, 4U);
}

TEST(Plan, WhatReadsAMoveIsLookedAtInTheSameStep) {
  World world(kInterests);
  world.Apply("order", kStart, "a", kStart, {{"total", 1}});
  world.Apply("view", kStart + 1, "b", kStart + 1, {}, {{"category", "tennis"}});
  EXPECT_EQ(Moves(world), (std::vector<std::string>{">buyer", ">tennis", ">awake", ">keen"}));
}

TEST(Plan, OneDueOfIndependentSegmentsIsCountedOnce) {
  World world(kInterests);
  world.Apply("view", kStart, "a", kStart, {}, {{"category", "tennis"}});
  EXPECT_EQ(world.customer().next_due, kStart + 3 * kDayMs);
  world.FireUntil(kStart + 9 * kDayMs);
  EXPECT_EQ(Moves(world).back(), "awake>");
  EXPECT_EQ(world.effects().counters.dues_fired, 1U);
  EXPECT_EQ(world.effects().counters.idle_wakeups, 0U);
  EXPECT_EQ(world.customer().next_due, kNever);
}

std::string Stored(World& world) {
  std::string bytes;
  state::EncodeCustomer(world.rules().shape, world.customer(), &bytes);
  return bytes;
}

// Forty-four thresholds of which a customer reaches four, in one segmentation or in one each.
TEST(Plan, IndependentSegmentsTakeLittleRoom) {
  std::string independent =
      "events: {order: {}}\nfeatures: {orders: {on: order, aggregate: count}}\n";
  std::string exclusive = independent + "segmentations:\n";
  independent += "segmentations:\n  thresholds:\n    kind: independent\n    segments:\n";
  for (int i = 1; i <= 44; ++i) {
    absl::StrAppend(&independent, "      t", i, ": orders >= ", i, "\n");
    absl::StrAppend(&exclusive, "  t", i, ": {segments: {in: orders >= ", i, "}}\n");
  }
  World one(independent), many(exclusive);
  for (World* world : {&one, &many}) {
    for (int i = 0; i < 4; ++i) {
      const TimeMs time = kStart + i * kDayMs;
      world->Apply("order", time, absl::StrCat("e", i), time);
    }
    EXPECT_EQ(world->effects().transitions.size(), 4U);
  }
  EXPECT_LE(one.customer().MemoryBytes(one.rules().shape) + 80 * sizeof(Cell),
            many.customer().MemoryBytes(many.rules().shape));
  EXPECT_LT(Stored(one).size() + 6, Stored(many).size());
  // What is stored is what was: in and out, since when, until when.
  state::Arena arena;
  state::Customer* again = state::Customer::Create(one.rules().shape, "anna", arena);
  ASSERT_TRUE(state::DecodeCustomer(one.rules().shape, Stored(one), again).ok());
  ASSERT_TRUE(Adopt(one.rules(), *again));
  EXPECT_TRUE(std::equal(again->cells(), again->cells() + one.catalog().cell_count,
                         one.customer().cells()));
  state::Customer::Destroy(one.rules().shape, again, arena);
}

// Thresholds of one window, and the same spelled so that each is looked at on its own.
TEST(Plan, ThresholdsOfAWindowMoveAsEachWouldOnItsOwn) {
  const auto definitions = [](std::string_view also) {
    std::string text = R"(
programme: {currency: EUR, time_zone: UTC}
events: {view: {}, order: {fields: {total: money}}}
features:
  views: {on: view, aggregate: count, window: 3d}
  orders: {on: order, aggregate: count}
  spend: {on: order, aggregate: sum, of: event.total, window: 7d}
segmentations:
  thresholds:
    kind: independent
    segments:
)";
    for (const int bound : {3, 1, 9, 5, 2, 5}) {
      absl::StrAppend(&text, "      v", text.size(), ": views >= ", bound, std::string(also), "\n");
      absl::StrAppend(&text, "      o", text.size(), ": orders >= ", bound, "\n");
      absl::StrAppend(&text, "      s", text.size(), ": spend >= money(\"", bound, "\")",
                      std::string(also), "\n");
    }
    return text + "      few: views < 4\n";
  };
  World ladders(definitions("")), singles(definitions(" && orders >= 0"));
  ASSERT_TRUE(ladders.catalog().segmentations[0].segments[0].rule.threshold().has_value());
  ASSERT_FALSE(singles.catalog().segmentations[0].segments[0].rule.threshold().has_value());
  std::mt19937_64 random(11);
  TimeMs time = kStart;
  for (int i = 0; i < 2000; ++i) {
    time += static_cast<TimeMs>(random() % kDayMs);
    const bool order = random() % 3 == 0;
    for (World* world : {&ladders, &singles}) {
      world->FireUntil(time);
      if (order) {
        world->Apply("order", time, absl::StrCat("e", i), time, {{"total", i % 4 * 100}});
      } else {
        world->Apply("view", time, absl::StrCat("e", i), time);
      }
    }
    const auto segments = [](World& world) {
      std::string all;
      for (const Transition& each : world.effects().transitions) {
        absl::StrAppend(&all, each.from, ">", each.to, "@", each.at, " ");
      }
      world.effects().ClearRecords();
      return absl::StrCat(all, "until ", world.customer().next_due);
    };
    ASSERT_EQ(segments(ladders), segments(singles)) << "event " << i;
  }
  EXPECT_LT(ladders.effects().counters.evaluations * 2, singles.effects().counters.evaluations);
}

TEST(Attributes, OfEventsAreTheSameWhateverTheOrderOfArrival) {
  constexpr char kDefinitions[] = R"(
events: {order: {fields: {label: string, pieces: int}}}
attributes:
  label: {type: string, on: order, of: event.label}
  twice: {type: int, on: order, of: event.pieces * 2}
)";
  std::mt19937_64 random(7);
  std::vector<int> order{0, 1, 2, 3, 4, 5, 6, 7};
  std::string first;
  for (int round = 0; round < 20; ++round) {
    World world(kDefinitions);
    for (int i : order) {
      const TimeMs time = kStart + i / 3 * kDayMs;  // three at each instant
      std::map<std::string, std::string> texts;
      if (i % 4 != 3) texts["label"] = absl::StrCat("a label that is long ", i);
      world.Apply("order", time, absl::StrCat("e", i), kStart + 9 * kDayMs, {{"pieces", i}}, texts);
    }
    std::string line;
    RecordWriter(world.catalog()).AppendCustomer(world.customer(), &line);
    line = line.substr(line.find("\"attributes\""), line.find("\"features\""));
    if (first.empty()) first = line;
    EXPECT_EQ(line, first);
    std::shuffle(order.begin(), order.end(), random);
  }
  EXPECT_NE(first.find("\"label\":\"a label that is long 6\",\"twice\":14"), std::string::npos)
      << first;
}

}  // namespace
}  // namespace parcours::engine
