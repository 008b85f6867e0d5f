// Where a customer's values lie: the table of docs/formats.md#cells.
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rules/catalog/compile.h"

namespace parcours::catalog {
namespace {

using ::testing::ElementsAre;

constexpr char kAll[] = R"(
programme: {currency: EUR}
events:
  order:
    fields: {total: money, weight: {type: double, scale: 3}, pieces: int, shop: string}
attributes:
  birth_date: date
  language: string
  email: {type: string, contact: true}
features:
  first_shop: {on: order, aggregate: first, of: event.shop, keep: true}
  orders:     {on: order, aggregate: count}
  orders_7d:  {on: order, aggregate: count, window: 7d, keep: true}
  score:      {value: "orders > 3 ? 5 : 1", keep: true}
  spend:      {on: order, aggregate: sum, of: event.total, keep: true}
  weight:     {on: order, aggregate: sum, of: event.weight, keep: true}
  mean:       {on: order, aggregate: avg, of: event.pieces, keep: true}
  mean_total: {on: order, aggregate: avg, of: event.total, keep: true}
  last_at:    {on: order, aggregate: last, of: event.time, keep: true}
  last_total: {on: order, aggregate: last, of: event.total, keep: true}
  second_at:  {on: order, aggregate: nth, n: 2, of: event.time, keep: true}
  third_shop: {on: order, aggregate: nth, n: 3, of: event.shop, keep: true}
  heaviest:   {on: order, aggregate: max, of: event.weight, keep: true}
segmentations:
  size: {segments: {big: orders > 3}}
  interests: {kind: independent, segments: {weighty: weight > 3.0, often: orders > 9}}
)";

const Feature& FeatureOf(const Catalog& catalog, std::string_view name) {
  for (const Feature& feature : catalog.features) {
    if (feature.name == name) return feature;
  }
  ADD_FAILURE() << name;
  return catalog.features[0];
}

TEST(Layout, GivesEachValueTheCellsOfTheTable) {
  const auto catalog = Compiled(kAll);
  const auto aux = [&](std::string_view name) { return FeatureOf(*catalog, name).aux_count; };
  EXPECT_EQ(aux("orders"), 0);
  EXPECT_EQ(aux("orders_7d"), 0);
  EXPECT_EQ(aux("score"), 0);
  EXPECT_EQ(aux("spend"), 0);
  EXPECT_EQ(aux("weight"), 2);
  EXPECT_EQ(aux("mean"), 3);
  EXPECT_EQ(aux("mean_total"), 3);
  EXPECT_EQ(aux("last_at"), 0);
  EXPECT_EQ(aux("last_total"), 2);
  EXPECT_EQ(aux("first_shop"), 2);
  EXPECT_EQ(aux("second_at"), 2);
  EXPECT_EQ(aux("third_shop"), 9);
  EXPECT_EQ(aux("heaviest"), 0);
}

TEST(Layout, NoTwoThingsShareACell) {
  const auto catalog = Compiled(kAll);
  std::set<int> taken;
  const auto take = [&](int first, int count) {
    for (int i = 0; i < count; ++i) EXPECT_TRUE(taken.insert(first + i).second) << first + i;
  };
  for (const Feature& feature : catalog->features) {
    take(feature.cell, feature.value.has_value() || feature.window.has_value() ? kTimedCells : 1);
    take(feature.aux, feature.aux_count);
  }
  for (const Segmentation& segmentation : catalog->segmentations) {
    take(segmentation.cell, segmentation.until - segmentation.cell + 1);
  }
  for (const Attribute& attribute : catalog->attributes) {
    if (!attribute.contact) take(attribute.cell, kAttributeCells);
  }
  EXPECT_EQ(static_cast<int>(taken.size()), catalog->cell_count);
  EXPECT_EQ(*taken.begin(), 0);
  EXPECT_EQ(*taken.rbegin(), catalog->cell_count - 1);
}

TEST(Layout, ValuesOfFeaturesComeBeforeWhatLiesBesideThem) {
  const auto catalog = Compiled(kAll);
  int last_value = 0, first_aux = catalog->cell_count;
  for (const Feature& feature : catalog->features) {
    last_value = std::max(last_value, feature.cell);
    if (feature.aux_count > 0) first_aux = std::min(first_aux, feature.aux);
  }
  EXPECT_LT(last_value, first_aux);
}

TEST(Layout, ListsEveryCellThatHoldsText) {
  const auto catalog = Compiled(kAll);
  const Feature& first = FeatureOf(*catalog, "first_shop");
  const Feature& last = FeatureOf(*catalog, "last_total");
  const Feature& third = FeatureOf(*catalog, "third_shop");
  const int language = catalog->attributes[1].cell;
  std::set<int> expected = {first.cell, first.aux + 1, last.aux + 1, third.cell, language};
  for (int i = 0; i < 3; ++i) {
    expected.insert(third.aux + 3 * i);
    expected.insert(third.aux + 3 * i + 2);
  }
  EXPECT_EQ(std::set<int>(catalog->text_cells.begin(), catalog->text_cells.end()), expected);
  EXPECT_EQ(catalog->text_cells.size(), expected.size());
}

TEST(Layout, NumbersAttributesBeforeFeaturesAndSkipsContactData) {
  const auto catalog = Compiled(kAll);
  EXPECT_EQ(catalog->attributes[0].variable, 0);
  EXPECT_EQ(catalog->attributes[1].variable, 1);
  EXPECT_EQ(catalog->attributes[2].variable, -1);
  EXPECT_EQ(catalog->attributes[2].cell, -1);
  EXPECT_EQ(catalog->features[0].variable, 2);
}

TEST(Layout, DoublesOfFieldsAreFixedPointAndMeansAreNot) {
  const auto catalog = Compiled(kAll);
  EXPECT_TRUE(FeatureOf(*catalog, "weight").fixed_point);
  EXPECT_EQ(FeatureOf(*catalog, "weight").scale, 3);
  EXPECT_TRUE(FeatureOf(*catalog, "heaviest").fixed_point);
  EXPECT_FALSE(FeatureOf(*catalog, "mean").fixed_point);
  EXPECT_EQ(FeatureOf(*catalog, "mean").type, expr::Type::Of(expr::Kind::kDouble));
  EXPECT_EQ(FeatureOf(*catalog, "mean_total").type, expr::Type::Of(expr::Kind::kMoney));
  EXPECT_EQ(FeatureOf(*catalog, "mean_total").scale, 2);
}

}  // namespace
}  // namespace parcours::catalog
