// Features that keep lists, maps and sets, through a customer's whole way: applied, stored, read
// back, shown.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "processor/engine/records.h"
#include "state/stored.h"
#include "tests/support/world.h"

namespace parcours::engine {
namespace {

constexpr TimeMs kStart = 1'760'000'000'000;

constexpr char kDefinitions[] = R"(
programme: {currency: EUR, time_zone: Europe/Paris}
events: {order: {fields: {shop: string, total: money, weight: {type: double, scale: 2}}}}
features:
  shops: {on: order, aggregate: distinct, of: event.shop}
  shops_3d: {on: order, aggregate: distinct, of: event.shop, window: 3d, keep: true}
  last_shops: {on: order, aggregate: list, n: 3, of: event.shop, keep: true}
  weights: {on: order, aggregate: list, n: 2, of: event.weight, keep: true}
  by_shop: {on: order, aggregate: map, by: event.shop, of: event.total, keys: 3}
  by_shop_3d: {on: order, aggregate: map, by: event.shop, keys: 3, window: 3d, keep: true}
  deviation: {on: order, aggregate: stddev, of: event.total, keep: true}
  mean_gap: {on: order, aggregate: mean_gap, keep: true}
  last_gap: {on: order, aggregate: last_gap, keep: true}
  gap_3d: {on: order, aggregate: mean_gap, window: 3d, keep: true}
  interest: {on: order, aggregate: decayed, of: event.weight, half_life: 1d, window: 9d, grain: 1d}
  this_month: {on: order, aggregate: sum, of: event.total, window: this_month}
  last_month: {on: order, aggregate: sum, of: event.total, window: last_month, keep: true}
segmentations:
  way:
    segments:
      keen: interest >= 2.5
      loyal: top(by_shop) == "shop 1" && shops > 2
      rich: this_month > money("10")
)";

std::string Line(World& world, const state::Customer& customer) {
  std::string line;
  RecordWriter(world.catalog()).AppendCustomer(customer, &line);
  return line;
}

struct Order {
  TimeMs time;
  int number;
};

void Apply(World& world, const Order& order, TimeMs now) {
  world.Apply("order", order.time, absl::StrCat("id", order.number), now,
              {{"total", order.number * 37 % 1000}, {"weight", order.number * 11 % 300}},
              {{"shop", absl::StrCat("shop ", order.number % 6)}});
}

TEST(CollectionFeatures, AreReadBackAsTheyWereStored) {
  World world(kDefinitions);
  state::Arena arena;
  std::mt19937_64 random(4);
  TimeMs now = kStart;
  for (int i = 0; i < 200; ++i) {
    now += static_cast<TimeMs>(random() % (20 * kHourMs));
    world.FireUntil(now);
    Apply(world, {now - static_cast<TimeMs>(random() % kDayMs), i}, now);
    std::string bytes, again;
    state::EncodeCustomer(world.rules().shape, world.customer(), &bytes);
    state::Customer* copy = state::Customer::Create(world.rules().shape, "anna", arena);
    ASSERT_TRUE(state::DecodeCustomer(world.rules().shape, bytes, copy).ok());
    EXPECT_EQ(Line(world, *copy), Line(world, world.customer()));
    state::Customer::Destroy(world.rules().shape, copy, arena);
    world.effects().ClearRecords();
  }
}

TEST(CollectionFeatures, AreTheSameInAnyOrderOfArrival) {
  std::vector<Order> orders;
  std::mt19937_64 random(5);
  for (int i = 0; i < 60; ++i) {
    const auto hours = static_cast<TimeMs>(random() % (40 * 24));
    orders.push_back({kStart + hours * kHourMs, i});
  }
  const TimeMs end = kStart + 40 * kDayMs;
  std::string first;
  for (int round = 0; round < 5; ++round) {
    World world(kDefinitions);
    for (const Order& order : orders) Apply(world, order, end);
    RefreshFeatures(world.rules(), world.customer(), end);
    const std::string line = Line(world, world.customer());
    const std::string features = line.substr(0, line.find("\"segments\""));
    if (round == 0) first = features;
    EXPECT_EQ(features, first);
    std::shuffle(orders.begin(), orders.end(), random);
  }
}

}  // namespace
}  // namespace parcours::engine
