#include "processor/shard.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hash.h"

namespace parcours::processor {
namespace {

constexpr char kShop[] = R"(
programme: {time_zone: UTC}
events: {order: {}, note: {}}
features:
  orders: {on: order, aggregate: count}
  notes: {on: note, aggregate: count, keep: true}
  last_order_at: {on: order, aggregate: last, of: event.time}
segmentations:
  lifecycle:
    segments:
      lapsing: now - last_order_at > days(90)
      known: orders >= 1
)";

class ShardTest : public testing::Test {
 protected:
  static std::shared_ptr<const catalog::Catalog> Compile() {
    std::vector<Issue> issues;
    auto catalog = catalog::CompileCatalog({{"definitions.yaml", kShop}}, &issues);
    EXPECT_TRUE(issues.empty());
    return catalog;
  }
  void Apply(const std::string& type, const std::string& customer, TimeMs time) {
    const std::string id = std::to_string(++made_);
    expr::Field fields[3];
    fields[engine::kFieldTime].cell = time;
    engine::Event event;
    event.type = rules_.catalog->FindEvent(type);
    event.time = time;
    event.customer = customer;
    event.source = "web";
    event.id = id;
    event.key = made_;
    event.fields = fields;
    Tick(time, 1000);
    EXPECT_TRUE(shard_.Apply(event, Hash64(customer), time).ok());
  }
  bool Tick(TimeMs clock, int customers_max) {
    const absl::StatusOr<bool> done = shard_.Tick(clock, customers_max);
    EXPECT_TRUE(done.ok()) << done.status();
    return done.value_or(false);
  }
  std::uint64_t customer_loads() { return shard_.meta().totals.customer_loads; }
  std::uint64_t early_pops() { return shard_.meta().totals.early_pops; }

  engine::Rules rules_{Compile()};
  Shard shard_{rules_, 0};
  engine::Effects& effects_ = shard_.effects();
  std::uint64_t made_ = 0;
};

TEST_F(ShardTest, AYearInWhichNothingIsDueLooksAtNoCustomer) {
  for (int i = 0; i < 100; ++i) Apply("note", "c" + std::to_string(i), 1000 + i);
  const std::uint64_t loads = customer_loads();
  for (TimeMs day = 1; day <= 366; ++day) EXPECT_TRUE(Tick(day * kDayMs, 10));
  EXPECT_EQ(customer_loads(), loads);
  EXPECT_EQ(early_pops(), 0u);
  EXPECT_EQ(effects_.counters.dues_fired, 0u);
}

TEST_F(ShardTest, ALaterDueIsFoundOutWhenTheTimerPops) {
  Apply("order", "anna", 0);
  Apply("order", "anna", 10 * kDayMs);
  Tick(100 * kDayMs, 10);
  EXPECT_EQ(early_pops(), 1u);
  EXPECT_EQ(effects_.transitions.size(), 1u);
  Tick(100 * kDayMs + 1, 10);
  ASSERT_EQ(effects_.transitions.size(), 2u);
  EXPECT_EQ(effects_.transitions[1].at, 100 * kDayMs + 1);
  EXPECT_EQ(effects_.counters.dues_fired, 1u);
  EXPECT_EQ(effects_.counters.idle_wakeups, 0u);
}

TEST_F(ShardTest, TicksInBoundedSlices) {
  for (int i = 0; i < 25; ++i) Apply("order", "c" + std::to_string(i), 0);
  EXPECT_FALSE(Tick(91 * kDayMs, 10));
  EXPECT_EQ(effects_.counters.dues_fired, 10u);
  EXPECT_FALSE(Tick(91 * kDayMs, 10));
  EXPECT_TRUE(Tick(91 * kDayMs, 10));
  EXPECT_EQ(effects_.counters.dues_fired, 25u);
}

TEST_F(ShardTest, AnEventMovesOnlyItsOwnCustomer) {
  Apply("order", "anna", 0);
  Apply("order", "ben", 0);
  engine::Event event;
  expr::Field fields[3];
  const TimeMs later = 200 * kDayMs;
  fields[engine::kFieldTime].cell = later;
  event.type = rules_.catalog->FindEvent("note");
  event.time = later;
  event.customer = "anna";
  event.id = "x";
  event.key = 99;
  event.fields = fields;
  ASSERT_TRUE(shard_.Apply(event, Hash64("anna"), later).ok());
  EXPECT_EQ(effects_.transitions.size(), 3u) << "anna lapsed before her note, ben not yet";
  EXPECT_EQ(shard_.clock(), 0);
}

}  // namespace
}  // namespace parcours::processor
