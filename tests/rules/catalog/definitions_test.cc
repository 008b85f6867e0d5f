// What a set of definitions without mistakes becomes.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rules/catalog/compile.h"

namespace parcours::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kEvents[] = R"(
programme: {currency: EUR, time_zone: Europe/Paris}
events:
  order_completed:
    fields:
      order_id: string
      total: money
      items: {type: list(item), segment: products}
    from: {segment: Bought Something}
  product_viewed:
    fields: {category: string}
  app_opened:
)";

std::string WithEvents(std::string_view more) { return std::string(kEvents) + std::string(more); }

Window WindowOf(const std::string& keys) {
  const auto catalog =
      Compiled(WithEvents("features: {f: {on: app_opened, aggregate: count, keep: true, " + keys + "}}"));
  return *catalog->features[0].window;
}

std::vector<int> Members(const VariableSet& set) {
  std::vector<int> members;
  for (int i = 0; i < NumberSet::kNumbersMax; ++i) {
    if (set.Has(i)) members.push_back(i);
  }
  return members;
}

// The names of what `step` is about.
std::string NameOf(const Catalog& catalog, const PlanStep& step) {
  const auto number = static_cast<std::size_t>(step.number);
  return step.kind == PlanStep::Kind::kDerived ? catalog.features[number].name
                                               : catalog.segmentations[number].name;
}
std::vector<std::string> PlanOf(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const PlanStep& step : catalog.plan) names.push_back(NameOf(catalog, step));
  return names;
}
std::vector<std::string> PlanOfDues(const Catalog& catalog) {
  std::vector<std::string> names;
  for (int place : catalog.plan_of_dues) {
    names.push_back(NameOf(catalog, catalog.plan[static_cast<std::size_t>(place)]));
  }
  return names;
}

TEST(Programme, HasDefaults) {
  const auto catalog = Compiled("");
  EXPECT_EQ(catalog->time_zone, "UTC");
  EXPECT_EQ(catalog->currency, "");
  ASSERT_NE(catalog->zone, nullptr);
}

TEST(Programme, TakesDecimalsFromTheCurrencyUnlessStated) {
  EXPECT_EQ(Compiled("programme: {currency: EUR}")->decimals, 2);
  EXPECT_EQ(Compiled("programme: {currency: JPY}")->decimals, 0);
  EXPECT_EQ(Compiled("programme: {currency: EUR, decimals: 4}")->decimals, 4);
}

TEST(Events, AreFoundByTheirTypeAndBySegmentsName) {
  const auto catalog = Compiled(kEvents);
  EXPECT_EQ(catalog->FindEvent("order_completed"), 0);
  EXPECT_EQ(catalog->FindEvent("app_opened"), 2);
  EXPECT_EQ(catalog->FindEvent("Order Completed"), -1);
  EXPECT_EQ(catalog->FindSegmentEvent("Bought Something"), 0);
  EXPECT_EQ(catalog->FindSegmentEvent("Order Completed"), 0);
  EXPECT_EQ(catalog->FindSegmentEvent("Product Viewed"), 1);
  EXPECT_EQ(catalog->FindSegmentEvent("productViewed"), 1);
  EXPECT_EQ(catalog->FindSegmentEvent("product_viewed"), 1);
  EXPECT_EQ(catalog->FindSegmentEvent("Product  Viewed!"), 1);
  EXPECT_EQ(catalog->FindSegmentEvent("Product Bought"), -1);
  EXPECT_EQ(catalog->FindSegmentEvent(""), -1);
}

TEST(Events, FieldsKnowTheirNameInSegment) {
  const auto catalog = Compiled(kEvents);
  const EventType& order = catalog->events[0];
  ASSERT_THAT(order.fields, SizeIs(3));
  EXPECT_EQ(order.fields[2].segment, "products");
  EXPECT_EQ(order.fields[0].segment, "order_id");
  EXPECT_EQ(expr::TypeName(order.fields[2].type), "list(item)");
  EXPECT_EQ(order.fields[1].scale, 2);
  EXPECT_TRUE(order.has_money);
  EXPECT_FALSE(catalog->events[1].has_money);
  EXPECT_THAT(catalog->events[2].fields, IsEmpty());
}

TEST(Attributes, TakeTheirNameForATraitAndOneIsTheTimeZone) {
  const auto catalog = Compiled(
      "attributes: {city: {type: string, trait: address.city}, language: string, zone: time_zone}");
  EXPECT_EQ(catalog->attributes[0].trait, "address.city");
  EXPECT_EQ(catalog->attributes[1].trait, "language");
  EXPECT_EQ(catalog->time_zone_attribute, 2);
  EXPECT_TRUE(catalog->attributes[2].is_time_zone);
  EXPECT_EQ(Compiled("attributes: {language: string}")->time_zone_attribute, -1);
}

TEST(Windows, TakeTheGrainOfTheirLength) {
  EXPECT_EQ(WindowOf("window: 1h").grain, kMinuteMs);
  EXPECT_EQ(WindowOf("window: 70m").grain, 10 * kMinuteMs);
  EXPECT_EQ(WindowOf("window: 1d").grain, 10 * kMinuteMs);
  EXPECT_EQ(WindowOf("window: 25h").grain, kHourMs);
  EXPECT_EQ(WindowOf("window: 14d").grain, kHourMs);
  const Window month = WindowOf("window: 30d");
  EXPECT_TRUE(month.local_days);
  EXPECT_EQ(month.grains, 30);
  EXPECT_FALSE(WindowOf("window: 2w").local_days);
  EXPECT_TRUE(WindowOf("window: 7d, grain: 1d").local_days);
  EXPECT_EQ(WindowOf("window: 2000m, grain: 1m").grains, kGrainsMax);
  EXPECT_EQ(WindowOf("window: 2000d").grains, kGrainsMax);
}

TEST(Features, KnowWhatTheyContributeTo) {
  const auto catalog = Compiled(WithEvents(R"(
features:
  views: {on: product_viewed, aggregate: count, keep: true}
  orders: {on: order_completed, aggregate: count, keep: true}
  views_7d: {on: product_viewed, aggregate: count, window: 7d, keep: true}
)"));
  EXPECT_THAT(catalog->on_event[0], ElementsAre(1));
  EXPECT_THAT(catalog->on_event[1], ElementsAre(0, 2));
  EXPECT_THAT(catalog->on_event[2], IsEmpty());
  EXPECT_THAT(catalog->windows, ElementsAre(2));
  EXPECT_EQ(catalog->features[2].window_index, 0);
  EXPECT_EQ(catalog->features[0].window_index, -1);
}

TEST(Features, WhereAndOfSeeTheEvent) {
  const auto catalog = Compiled(WithEvents(R"(
features:
  big: {on: order_completed, where: event.total >= money("100"), aggregate: max, of: event.total, keep: true}
  at:  {on: order_completed, aggregate: first, of: event.time, keep: true}
  who: {on: app_opened, aggregate: last, of: event.source, keep: true}
  twice: {on: order_completed, aggregate: sum, of: event.total * 2, keep: true}
)"));
  EXPECT_THAT(catalog->features[0].where->fields_read(), ElementsAre(kCommonFields + 1));
  EXPECT_EQ(catalog->features[0].of->plain_field(), kCommonFields + 1);
  EXPECT_TRUE(catalog->features[1].of_event_time);
  EXPECT_FALSE(catalog->features[2].of_event_time);
  EXPECT_EQ(catalog->features[3].of->plain_field(), -1);
  EXPECT_EQ(catalog->features[3].type, expr::Type::Of(expr::Kind::kMoney));
}

TEST(Derived, ComeAfterAllThatTheyRead) {
  const auto catalog = Compiled(WithEvents(R"(
features:
  sum:     {value: recency + frequency, keep: true}
  recency: {value: "doubled > 3 ? 5 : 1"}
  doubled: {value: orders * 2}
  orders:  {on: order_completed, aggregate: count}
  frequency: {value: "orders > 3 ? 5 : 1"}
)"));
  EXPECT_THAT(PlanOf(*catalog), ElementsAre("doubled", "recency", "frequency", "sum"));
  EXPECT_THAT(Members(catalog->features[0].reads), ElementsAre(1, 4));
  EXPECT_THAT(Members(catalog->features[1].reads), ElementsAre(2));
  EXPECT_THAT(Members(catalog->features[2].reads), ElementsAre(3));
  EXPECT_THAT(Members(catalog->features[4].reads), ElementsAre(3));
}

TEST(Derived, NamesInStringsAndCommentsAreNotRead) {
  const auto catalog = Compiled(R"(
attributes: {language: string}
features:
  a: {value: 'language == "b" || language == r"\" // b', keep: true}
  b: {value: "a ? 1 : 2", keep: true}
)");
  EXPECT_THAT(PlanOf(*catalog), ElementsAre("a", "b"));
}

TEST(Features, ThatNothingReadsAreLeftOutWithAWarning) {
  std::vector<Issue> issues;
  const auto catalog = CompileCatalog({{"definitions.yaml", WithEvents(R"(
features:
  orders: {on: order_completed, aggregate: count}
  views:  {on: product_viewed, aggregate: count}
  opened: {on: app_opened, aggregate: count, keep: true}
  twice:  {value: orders * 2}
  half:   {value: views / 2}
  first_at: {on: order_completed, aggregate: first, of: event.time}
  second_at: {on: order_completed, aggregate: nth, n: 2, of: event.time}
  third_at: {on: order_completed, aggregate: nth, n: 3, of: event.time}
  fourth_at: {on: order_completed, aggregate: nth, n: 4, of: event.time}
segmentations: {size: {segments: {big: twice > 4}}}
journeys:
  nudge:
    enter: {event: order_completed, when: has(first_at)}
    exit_when: has(second_at)
    goal: {when: has(third_at), within: 1d}
    steps: [wait: {until: has(fourth_at)}]
)")}},
                                      &issues);
  ASSERT_NE(catalog, nullptr);
  std::vector<std::string> names, lines;
  for (const Feature& feature : catalog->features) names.push_back(feature.name);
  for (const Issue& issue : issues) lines.push_back(FormatIssue(issue));
  EXPECT_THAT(names, ElementsAre("orders", "opened", "twice", "first_at", "second_at", "third_at",
                                 "fourth_at"));
  EXPECT_THAT(catalog->on_event[1], IsEmpty());
  const std::string hint =
      "' is used by nothing: it is not computed; take it out, or write keep: true to have it for "
      "records and lookups";
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], testing::HasSubstr(":3: warning: the feature 'views" + hint));
  EXPECT_THAT(lines[1], testing::HasSubstr(":3: warning: the feature 'half" + hint));
}

TEST(Segmentations, KeepTheOrderOfDefinitionAndDuesGoByName) {
  const auto catalog = Compiled(WithEvents(R"(
features:
  orders: {on: order_completed, aggregate: count}
  views:  {on: product_viewed, aggregate: count}
segmentations:
  value:  {segments: {z: orders > 3, a: orders > 1 && views > 1}}
  active: {segments: {yes: views > 0}}
)"));
  ASSERT_THAT(catalog->segmentations, SizeIs(2));
  EXPECT_EQ(catalog->segmentations[0].segments[0].name, "z");
  EXPECT_EQ(catalog->segmentations[0].segments[1].name, "a");
  EXPECT_THAT(PlanOf(*catalog), ElementsAre("value", "active"));
  EXPECT_THAT(PlanOfDues(*catalog), ElementsAre("active", "value"));
  EXPECT_THAT(Members(catalog->segmentations[0].reads), ElementsAre(0, 1));
  EXPECT_THAT(Members(catalog->segmentations[1].reads), ElementsAre(1));
}

constexpr char kJourney[] = R"(
features:
  orders: {on: order_completed, aggregate: count}
  first_at: {on: order_completed, aggregate: first, of: event.time}
segmentations:
  size: {segments: {small: orders == 1, big: orders > 1}}
journeys:
  nudge:
    enter: {event: order_completed, when: orders == 1}
    reentry: always
    late_entry: 2h
    exit_when: orders >= 2
    goal: {when: orders >= 2, within: 30d, from: send}
    steps:
      - wait: 7d
      - wait: {until: start_of_day(first_at) + days(31)}
        name: day_31
      - send: {channel: email, template: second-purchase/v2}
  grown:
    enter: {transition: {segmentation: size, from: small, to: big}}
    steps:
      - send: {channel: sms, template: thanks, purpose: service}
)";

TEST(Journeys, BecomeStepsWithWhatTheyRead) {
  const auto catalog = Compiled(WithEvents(kJourney));
  const Journey& nudge = catalog->journeys[0];
  EXPECT_EQ(nudge.enter_event, 0);
  EXPECT_EQ(nudge.enter_segmentation, -1);
  ASSERT_TRUE(nudge.when.has_value());
  EXPECT_TRUE(nudge.reenter);
  EXPECT_EQ(nudge.late_entry, 2 * kHourMs);
  EXPECT_THAT(Members(nudge.exit_reads), ElementsAre(0));
  ASSERT_TRUE(nudge.goal.has_value());
  EXPECT_EQ(nudge.goal->within, 30 * kDayMs);
  EXPECT_TRUE(nudge.goal->from_send);
  EXPECT_THAT(Members(nudge.goal->reads), ElementsAre(0));
  ASSERT_THAT(nudge.steps, SizeIs(3));
  EXPECT_EQ(nudge.steps[0].kind, Step::Kind::kWait);
  EXPECT_EQ(nudge.steps[0].wait, 7 * kDayMs);
  EXPECT_EQ(nudge.steps[0].name, "1");
  EXPECT_EQ(nudge.steps[1].kind, Step::Kind::kWaitUntil);
  EXPECT_EQ(nudge.steps[1].name, "day_31");
  EXPECT_THAT(Members(nudge.steps[1].reads), ElementsAre(1));
  EXPECT_EQ(nudge.steps[2].name, "3");
  EXPECT_EQ(nudge.steps[2].purpose, "marketing");
  EXPECT_EQ(nudge.steps[2].template_name, "second-purchase/v2");
}

TEST(Journeys, MayBeEnteredByATransition) {
  const auto catalog = Compiled(WithEvents(kJourney));
  const Journey& grown = catalog->journeys[1];
  EXPECT_EQ(grown.enter_event, -1);
  EXPECT_EQ(grown.enter_segmentation, 0);
  EXPECT_EQ(grown.enter_from, 0);
  EXPECT_EQ(grown.enter_to, 1);
  EXPECT_FALSE(grown.reenter);
  EXPECT_EQ(grown.late_entry, 48 * kHourMs);
  EXPECT_FALSE(grown.goal.has_value());
  EXPECT_EQ(grown.steps[0].purpose, "service");
  EXPECT_THAT(catalog->journeys_by_name, ElementsAre(1, 0));
}

TEST(Files, ShareOneSetOfNamesAndSections) {
  std::vector<Issue> issues;
  const auto catalog = CompileCatalog(
      {{"a.yaml", "events: {order: }\nfeatures: {orders: {on: order, aggregate: count}}"},
       {"b.yaml",
        "events: {view: }\nfeatures: {views: {on: view, aggregate: count}, all: {value: "
        "orders + views, keep: true}}"}},
      &issues);
  ASSERT_NE(catalog, nullptr);
  EXPECT_EQ(catalog->FindEvent("view"), 1);
  EXPECT_THAT(catalog->features, SizeIs(3));
}

TEST(Files, EveryChangeOfNameOrTextChangesTheVersion) {
  std::vector<Issue> issues;
  const auto version = [&](const std::vector<SourceFile>& files) {
    return CompileCatalog(files, &issues)->version;
  };
  const std::string first = version({{"a.yaml", "events: {a: }"}});
  EXPECT_THAT(first, SizeIs(16));
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(version({{"a.yaml", "events: {a: }"}}), first);
  EXPECT_NE(version({{"b.yaml", "events: {a: }"}}), first);
  EXPECT_NE(version({{"a.yaml", "events: {a: } "}}), first);
  EXPECT_NE(version({{"a.yaml", "events: {a: }"}, {"b.yaml", ""}}), first);
}

// A window that says when it will have fallen below 3.
struct FallingWindow : expr::WindowReader {
  TimeMs FallsBelow(int window, Cell bound, TimeMs now) const override {
    EXPECT_EQ(window, 0);
    EXPECT_EQ(bound, 3);
    return now + 42;
  }
};

// The verdict of the rule `f >= 3` at 1000, where f is a window that holds 5 and changes at 1001.
expr::Verdict VerdictOverWindow(const std::string& feature) {
  const auto catalog =
      Compiled("events: {viewed: {fields: {pages: int}}}\nfeatures: {f: {on: viewed, " + feature +
               ", window: 7d}}\n"
               "segmentations: {s: {segments: {yes: f >= 3}}}");
  const FallingWindow window;
  std::vector<Cell> cells(static_cast<std::size_t>(catalog->cell_count), kAbsent);
  cells[static_cast<std::size_t>(catalog->features[0].cell)] = 5;
  cells[static_cast<std::size_t>(catalog->features[0].cell) + 1] = 1001;
  expr::Frame frame;
  frame.cells = cells.data();
  frame.windows = &window;
  frame.zone = catalog->zone.get();
  frame.now = 1000;
  return catalog->segmentations[0].segments[0].rule.Test(frame);
}

TEST(Scopes, AWindowThatCanOnlyFallIsAskedWhen) {
  const expr::Verdict verdict = VerdictOverWindow("aggregate: count");
  EXPECT_EQ(verdict.truth, expr::Truth::kTrue);
  EXPECT_EQ(verdict.until, 1042);
}

TEST(Scopes, AWindowThatMayRiseStandsUntilItsNextChange) {
  // As time passes, a sum with negative parts rises, and so may a mean or the last value.
  for (const char* aggregate : {"sum", "min", "last"}) {
    const expr::Verdict verdict =
        VerdictOverWindow("aggregate: " + std::string(aggregate) + ", of: event.pages");
    EXPECT_EQ(verdict.truth, expr::Truth::kTrue) << aggregate;
    EXPECT_EQ(verdict.until, 1001) << aggregate;
  }
}

}  // namespace
}  // namespace parcours::catalog
