// What expressions say of segments, stores and points.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rules/expr/program.h"
#include "tests/support/expr_fixture.h"

namespace parcours::expr {
namespace {

enum Cells { kLifecycle, kSince, kTennis, kHiking, kStore, kHome, kCells };

Variable CellOf(int slot, Kind kind) {
  Variable variable;
  variable.type = Type::Of(kind);
  variable.slot = slot;
  return variable;
}

Scope SegmentScope() {
  Scope scope;
  Variable lifecycle = CellOf(kLifecycle, Kind::kString);
  lifecycle.since = kSince;
  lifecycle.names = std::make_shared<const std::vector<std::string>>(
      std::vector<std::string>{"new", "vip", "lost"});
  scope.Declare("segment.lifecycle", lifecycle);
  for (const auto& [name, slot] : {std::pair("tennis", kTennis), std::pair("hiking", kHiking)}) {
    Variable member = CellOf(slot, Kind::kBool);
    member.since = slot;
    member.membership = true;
    scope.Declare(std::string("segment.interests.") + name, member);
  }
  auto stores = std::make_shared<Stores>();
  stores->Add("biarritz", {Point{434'832'000, -15'586'000}, "seaside", nullptr, ""});
  stores->Add("nowhere", {});
  Variable store = CellOf(kStore, Kind::kString);
  scope.Declare("store", store);
  store.stores = stores;
  store.part = StorePart::kArea;
  scope.Declare("store.area", store);
  store.part = StorePart::kLocation;
  store.type = Type::Of(Kind::kPoint);
  scope.Declare("store.location", store);
  scope.Declare("home", CellOf(kHome, Kind::kPoint));
  return scope;
}

// A customer in a segment and at a store; texts are freed with it.
class Segments : public ::testing::Test {
 protected:
  Segments() : cells_(kCells, kAbsent) {}
  ~Segments() override { FreeText(cells_[kStore]); }

  void InStore(const std::string& id) { ReplaceText(&cells_[kStore], id); }
  // The value as JSON, or the reason why there is none.
  std::string ValueOf(const std::string& text) {
    std::vector<Issue> issues;
    const auto program = Compile(text, SegmentScope(), {}, &issues);
    if (!program) return issues[0].message;
    Frame frame;
    frame.cells = cells_.data();
    frame.now = testing::At("2026-06-15T12:00:00Z");
    const Answer answer = program->Evaluate(frame);
    if (program->type().kind == Kind::kBool) {
      const Truth truth = program->Test(frame).truth;
      EXPECT_EQ(truth == Truth::kError, answer.value.is_error()) << text;
      EXPECT_EQ(truth == Truth::kTrue, answer.value.Is(Kind::kBool) && answer.value.AsBool());
    }
    return answer.value.is_error() ? "error: " + answer.value.error() : answer.value.ToJson();
  }
  bool Fused(const std::string& text) {
    std::vector<Issue> issues;
    return Compile(text, SegmentScope(), {}, &issues)->fused();
  }
  std::vector<Cell> cells_;
};

TEST_F(Segments, AnExclusiveOneIsAText) {
  EXPECT_EQ(ValueOf("segment.lifecycle"), "error: 'segment.lifecycle' is absent");
  EXPECT_EQ(ValueOf("segment.lifecycle == 'vip'"), "error: 'segment.lifecycle' is absent");
  EXPECT_EQ(ValueOf("has(segment.lifecycle)"), "false");
  cells_[kLifecycle] = 1;
  EXPECT_EQ(ValueOf("segment.lifecycle"), "\"vip\"");
  EXPECT_EQ(ValueOf("has(segment.lifecycle) && segment.lifecycle == 'vip'"), "true");
  EXPECT_EQ(ValueOf("'new' != segment.lifecycle"), "true");
  EXPECT_EQ(ValueOf("segment.lifecycle in ['new', 'lost']"), "false");
  EXPECT_EQ(ValueOf("segment.lifecycle in ['lost', 'vip']"), "true");
  EXPECT_EQ(ValueOf("segment.lifecycle in []"), "false");
  EXPECT_EQ(ValueOf("segment.lifecycle.startsWith('vi')"), "true");
  EXPECT_EQ(ValueOf("segment.lifecycle + '!'"), "\"vip!\"");
}

TEST_F(Segments, MembershipIsTrueOrFalseAndNeverAnError) {
  EXPECT_EQ(ValueOf("in_segment('lifecycle', 'vip')"), "false");
  EXPECT_EQ(ValueOf("in_segment('interests', 'tennis')"), "false");
  EXPECT_EQ(ValueOf("!segment.interests.tennis"), "true");
  cells_[kLifecycle] = 1;
  cells_[kTennis] = 17;
  EXPECT_EQ(ValueOf("in_segment('lifecycle', 'vip') && !in_segment('lifecycle', 'new')"), "true");
  EXPECT_EQ(ValueOf("in_segment('interests', 'tennis')"), "true");
  EXPECT_EQ(ValueOf("segment.interests.tennis && !segment.interests.hiking"), "true");
}

TEST_F(Segments, SinceIsTheInstantOfTheLastMove) {
  EXPECT_EQ(ValueOf("since(segment.lifecycle)"), "error: 'since(segment.lifecycle)' is absent");
  cells_[kSince] = cells_[kHiking] = testing::At("2026-06-01T00:00:00Z");
  EXPECT_EQ(ValueOf("since(segment.lifecycle)"), "\"2026-06-01T00:00:00Z\"");
  EXPECT_EQ(ValueOf("now - since(segment.interests.hiking) > days(14)"), "true");
  EXPECT_EQ(ValueOf("since(segment.interests)"), "since() takes the name of a segmentation");
  EXPECT_EQ(ValueOf("since(home)"), "since() takes the name of a segmentation");
}

TEST_F(Segments, ComparisonsWithNamesAreFused) {
  EXPECT_TRUE(Fused("segment.lifecycle == 'vip'"));
  EXPECT_TRUE(Fused("segment.lifecycle in ['vip', 'lost']"));
  EXPECT_TRUE(Fused("in_segment('lifecycle', 'vip') && segment.interests.tennis"));
  EXPECT_TRUE(Fused("now - since(segment.lifecycle) > days(3)"));
  EXPECT_FALSE(Fused("segment.lifecycle.startsWith('v')"));
}

TEST_F(Segments, AStoreIsItsIdAndWhatIsKnownOfIt) {
  EXPECT_EQ(ValueOf("store.area"), "error: 'store.area' is absent");
  InStore("biarritz");
  EXPECT_EQ(ValueOf("store == 'biarritz' && store.area == 'seaside'"), "true");
  EXPECT_EQ(ValueOf("store.location"), "{\"lat\":43.4832,\"lon\":-1.5586}");
  EXPECT_EQ(ValueOf("has(store.area)"), "true");
  InStore("nowhere");
  EXPECT_EQ(ValueOf("store.area"), "error: the store does not state it");
  EXPECT_EQ(ValueOf("has(store.area) || has(store.location)"), "false");
  InStore("a store that was closed");
  EXPECT_EQ(ValueOf("store.area"), "error: there is no store 'a store that was closed'");
  EXPECT_EQ(ValueOf("has(store) && !has(store.area)"), "true");
}

TEST_F(Segments, PointsHaveADistance) {
  EXPECT_EQ(ValueOf("distance_km(home, point(43.4832, -1.5586))"), "error: 'home' is absent");
  cells_[kHome] = CellOfPoint({488'566'000, 23'522'000});
  InStore("biarritz");
  EXPECT_EQ(ValueOf("distance_km(home, store.location) > 100.0"), "true");
  EXPECT_EQ(ValueOf("distance_km(home, point(48.8566, 2.3522))"), "0");
  EXPECT_EQ(ValueOf("home == point(48.8566, 2.3522) && home != point(1, 2)"), "true");
  EXPECT_EQ(ValueOf("point(91, 0)"),
            "a point has a latitude of -90 to 90 and a longitude of -180 to 180");
  EXPECT_EQ(ValueOf("home < home"), "'<' cannot compare point with point");
}

}  // namespace
}  // namespace parcours::expr
