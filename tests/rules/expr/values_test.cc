// What expressions are worth: values and errors.
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/expr_fixture.h"

namespace parcours::expr::testing {
namespace {

// The value as JSON, or "error: reason".
std::string ValueAt(const std::string& text, const Customer& customer, const std::string& now) {
  const Answer answer =
      MustCompile(text, CustomerScope(), true).Evaluate(customer.At(testing::At(now)));
  return answer.value.is_error() ? "error: " + answer.value.error() : answer.value.ToJson();
}
std::string ValueOf(const std::string& text) {
  return ValueAt(text, Customer(), "2026-03-01T10:15:30.5Z");
}

TEST(Values, ArithmeticNeverWraps) {
  EXPECT_EQ(ValueOf("7 / 2 * 2 + 7 % 2"), "7");
  EXPECT_EQ(ValueOf("9223372036854775807 + 1"), "error: the result leaves the range of 64 bits");
  EXPECT_EQ(ValueOf("-9223372036854775808 / -1"), "error: the result leaves the range of 64 bits");
  EXPECT_EQ(ValueOf("1 / 0"), "error: a division by zero");
  EXPECT_EQ(ValueOf("money(\"92233720368547758.00\") + money(\"1\")"),
            "error: the result leaves the range of 64 bits");
  EXPECT_EQ(ValueOf("money(\"1.25\") * 3 - money(\"0.50\")"), "\"3.25\"");
  EXPECT_EQ(ValueOf("-money(\"1.25\") * 2"), "\"-2.50\"");
}

TEST(Values, ErrorsAreAbsorbedAsCelSays) {
  EXPECT_EQ(ValueOf("1/0 == 1 || true"), "true");
  EXPECT_EQ(ValueOf("orders > 1 && false"), "false");
  EXPECT_EQ(ValueOf("orders > 1 && true"), "error: 'orders' is absent");
  EXPECT_EQ(ValueOf("true ? 1 : 1/0"), "1");
  EXPECT_EQ(ValueOf("!(orders > 1)"), "error: 'orders' is absent");
}

TEST(Values, ASumThatLeft64BitsIsAnError) {
  Customer customer;
  customer.cells[kSpend] = kOverflow;
  EXPECT_EQ(ValueAt("spend > money(\"1\")", customer, "2026-03-01T00:00:00Z"),
            "error: a sum left the range of 64 bits");
  EXPECT_EQ(ValueAt("has(spend)", customer, "2026-03-01T00:00:00Z"), "false");
}

TEST(Values, TextsListsAndMaps) {
  EXPECT_EQ(ValueOf("'été'.size() + size([1, 2]) + size({'a': 1})"), "6");
  EXPECT_EQ(ValueOf("'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'"), "true");
  EXPECT_EQ(
      ValueOf("'hiking-boots'.startsWith('hik') && 'abc'.endsWith('bc') && 'abc'.contains('b')"),
      "true");
  EXPECT_EQ(ValueOf("{'a': {'b': [1, 2]}}.a.b[1]"), "2");
  EXPECT_EQ(ValueOf("has({'a': 1}.a) && !has({'a': 1}.b)"), "true");
  EXPECT_EQ(ValueOf("{'a': 1}['b']"), "error: no such key: \"b\"");
  EXPECT_EQ(ValueOf("[1, 2][2]"), "error: no such index: 2");
  EXPECT_EQ(ValueOf("2 in [1, 2] && 'a' in {'a': 1} && !(3 in [1.0, 2.0])"), "true");
  EXPECT_EQ(ValueOf("{1: true, 1u: false}"), "error: a key of a map is repeated");
}

TEST(Values, NumbersCompareAcrossTypes) {
  EXPECT_EQ(ValueOf("1 < 1.5 && 2u > 1 && 1 == 1.0 && 3u != 2.5"), "true");
  EXPECT_EQ(ValueOf("0.0 / 0.0 == 0.0 / 0.0"), "false");
}

TEST(Values, ConversionsAreExactOrErrors) {
  EXPECT_EQ(ValueOf("int('42') + int(2.9) + int(3u)"), "47");
  EXPECT_EQ(
      ValueOf(
          "string(timestamp('2026-03-01T00:00:00.1Z')) + string(duration('90m')) + string(1.5)"),
      "\"2026-03-01T00:00:00.100Z5400s1.5\"");
  EXPECT_EQ(ValueOf("double('x')"), "error: 'x' is not a double");
  EXPECT_EQ(ValueOf("uint(-1)"), "error: the number leaves its range");
  EXPECT_EQ(ValueOf("type(1) == int && type(1.5) != int").substr(0, 5), "true");
}

TEST(Values, RunningValuesAreAllowedToEvalOnly) {
  EXPECT_EQ(ValueOf("now - timestamp('2026-03-01T00:00:00Z')"), "\"36930.5s\"");
  EXPECT_EQ(ValueOf("now"), "\"2026-03-01T10:15:30.500Z\"");
}

TEST(Values, AccessorsCountInUtcOrTheZoneNamed) {
  EXPECT_EQ(ValueOf("now.getHours()"), "10");
  EXPECT_EQ(ValueOf("now.getHours('America/New_York')"), "5");
  EXPECT_EQ(ValueOf("now.getHours('+05:30') * 100 + now.getMinutes('+05:30')"), "1545");
  EXPECT_EQ(ValueOf("[timestamp('2026-01-01T00:00:00Z').getMonth(), "
                    "timestamp('2026-01-04T00:00:00Z').getDayOfWeek()]"),
            "[0,0]");
  EXPECT_EQ(ValueOf("duration('-90m').getHours()"), "-1");
}

TEST(Values, CalendarWordsCountInTheCustomersZone) {
  Customer customer;
  customer.zone = ZoneOf("Pacific/Apia");
  customer.cells[kLastOrderAt] = testing::At("2011-12-30T09:59:59Z");  // 29 December there
  const std::string after = "2011-12-30T10:00:00Z";                    // 31 December there: no 30th
  EXPECT_EQ(ValueAt("calendar_days(last_order_at, now)", customer, after), "2");
  EXPECT_EQ(ValueAt("string(local_date(timestamp('2011-12-30T10:00:00Z')))", customer, after),
            "\"2011-12-31\"");
  EXPECT_EQ(ValueAt("start_of_day(date('2011-12-30'))", customer, after),
            "\"2011-12-30T10:00:00Z\"");
  EXPECT_EQ(ValueAt("weekday(now)", customer, after), "6");
  EXPECT_EQ(ValueAt("local_time(now)", customer, "2011-12-30T09:00:00Z"), "\"82800s\"");
}

TEST(Values, LeapDayBirthdaysFallOnTheFirstOfMarch) {
  Customer customer;
  customer.cells[kBirthDate] = Day("2004-02-29");
  EXPECT_EQ(ValueAt("age(birth_date)", customer, "2026-02-28T12:00:00Z"), "21");
  EXPECT_EQ(ValueAt("age(birth_date)", customer, "2026-03-01T12:00:00Z"), "22");
  EXPECT_EQ(ValueAt("age(birth_date)", customer, "2028-02-29T12:00:00Z"), "24");
  EXPECT_EQ(ValueAt("months(birth_date, date('2004-03-28'))", customer, "2026-01-01T00:00:00Z"),
            "0");
}

TEST(Values, FieldsOfEventsAreReadAndMayBeAbsent) {
  const Scope scope = EventScope();
  std::vector<Item> items(2);
  items[0].product_id = "boot-1";
  items[0].price = 4250;
  const std::string_view tags[] = {"sale", "new"};
  std::vector<Field> fields(10);
  fields[3].cell = 12345;
  fields[6] = {6, "hiking"};
  fields[7].cell = 1250;
  fields[8] = {2, items.data()};
  fields[9] = {2, tags};
  Frame frame;
  frame.fields = fields.data();
  const auto value = [&](const std::string& text) {
    const Value got = MustCompile(text, scope).Evaluate(frame).value;
    return got.is_error() ? "error: " + got.error() : got.ToJson();
  };
  EXPECT_EQ(value("event.total"), "\"123.45\"");
  EXPECT_EQ(value("event.weight"), "1.25");
  EXPECT_EQ(value("event.quantity"), "error: 'event.quantity' is absent");
  EXPECT_EQ(value("has(event.quantity)"), "false");
  EXPECT_EQ(
      value("event.category.startsWith('hik') && 'sale' in event.tags && size(event.items) == 2"),
      "true");
  EXPECT_EQ(value("event.items[0].price > money('42') && event.items[0].product_id == 'boot-1'"),
            "true");
  EXPECT_EQ(value("event.items[1].price"), "error: the item has no price");
  EXPECT_EQ(value("event.items[0]"), "{\"product_id\":\"boot-1\",\"price\":\"42.50\"}");
  const Program where =
      MustCompile("event.total >= money('100') && event.category in ['hiking', 'ski']", scope);
  EXPECT_TRUE(where.fused());
  EXPECT_EQ(where.Test(frame).truth, Truth::kTrue);
  EXPECT_EQ(MustCompile("event.promotion", scope).Test(frame).truth, Truth::kError);
  EXPECT_EQ(MustCompile("event.total", scope).Read(frame).cell, 12345);
}

TEST(Values, ReadGivesCellsOfTheResult) {
  Customer customer;
  customer.cells[kOrders] = 4;
  customer.cells[kScore] = 7;
  customer.cells[kScoreUntil] = 5'000;
  customer.cells[kRating] = CellOfDouble(2.5);
  customer.cells[kWeight] = 1500;
  const auto read = [&](const std::string& text) {
    return MustCompile(text, CustomerScope()).Read(customer.At(1'000));
  };
  EXPECT_EQ(read("orders").cell, 4);
  EXPECT_EQ(read("orders * 2 - 1").cell, 7);
  EXPECT_EQ(read("visits").cell, kAbsent);
  EXPECT_EQ(read("score").until, 5'000);
  EXPECT_EQ(read("score > 5 ? orders : 0").until, 5'000);
  EXPECT_EQ(DoubleOfCell(read("rating * 2.0").cell), 5.0);
  EXPECT_EQ(DoubleOfCell(read("weight").cell), 1.5);
  EXPECT_EQ(read("start_of_day(timestamp('2026-03-01T10:00:00Z'))").cell,
            testing::At("2026-02-28T23:00:00Z"));
  EXPECT_EQ(read("orders > 3").cell, 1);
  EXPECT_EQ(read("-9223372036854775807 - orders + 4").cell, kAbsent);  // no room in a cell
}

TEST(Values, LaddersOfConstantsAreFused) {
  Customer customer;
  const Program ladder = MustCompile("orders >= 10 ? 5 : orders >= 4 ? 4 : 1", CustomerScope());
  EXPECT_TRUE(ladder.fused());
  for (const auto& [orders, score] : std::vector<std::pair<Cell, Cell>>{
           {12, 5}, {10, 5}, {9, 4}, {4, 4}, {3, 1}, {kAbsent, kAbsent}}) {
    customer.cells[kOrders] = orders;
    EXPECT_EQ(ladder.Read(customer.At(0)).cell, score) << orders;
  }
  EXPECT_EQ(MustCompile("vip ? money(\"1.50\") : money(\"2\")", CustomerScope()).fused(), true);
}

TEST(Values, DoublesOfFixedPointCompareAsTheyRead) {
  Customer customer;
  const Program program = MustCompile("weight >= 0.3", CustomerScope());
  EXPECT_TRUE(program.fused());
  for (const auto& [cell, truth] :
       std::vector<std::pair<Cell, bool>>{{299, false}, {300, true}, {301, true}, {-1, false}}) {
    customer.cells[kWeight] = cell;
    EXPECT_EQ(program.Test(customer.At(0)).truth == Truth::kTrue, truth) << cell;
    EXPECT_EQ(program.Evaluate(customer.At(0)).value.AsBool(), truth) << cell;
  }
}

TEST(Values, TopIsTheKeyOfTheGreatestValue) {
  EXPECT_EQ(ValueOf("top({'golf': 2, 'tennis': 3})"), "\"tennis\"");
  EXPECT_EQ(ValueOf("top({'tennis': 1.5, 'golf': 1.5, '': 9.0})"), "\"golf\"");
  EXPECT_EQ(ValueOf("top({'a': money('-1')})"), "\"a\"");
  EXPECT_EQ(ValueOf("top({'': 1})"), "error: the map is empty");
  EXPECT_EQ(ValueOf("top({1: 1})").substr(0, 6), "error:");
  EXPECT_EQ(ValueOf("top({'a': 'x', 'b': 1})").substr(0, 6), "error:");
}

TEST(Values, ListsMadeWhileEvaluatingAreBounded) {
  const std::vector<std::string_view> tags(3'000, "tag");
  std::vector<Field> fields(10);
  fields[9] = {3'000, tags.data()};
  Frame frame;
  frame.fields = fields.data();
  const auto value = [&](const std::string& text) {
    const Value got = MustCompile(text, EventScope()).Evaluate(frame).value;
    return got.is_error() ? "error: " + got.error() : got.ToJson();
  };
  const std::string tags_thrice = "event.tags + event.tags + event.tags";
  EXPECT_EQ(value("size(event.tags)"), "3000");
  EXPECT_EQ(value("size(" + tags_thrice + ")"), "9000");
  EXPECT_EQ(value("size(" + tags_thrice + " + event.tags)"),
            "error: a list would have more than 10,000 elements");
  std::string many = "'x' in event.tags";
  for (int i = 0; i < 40; ++i) many += " || 'x' in event.tags";
  EXPECT_EQ(value(many), "error: the evaluation takes too many steps");
}

TEST(Values, ValuesMadeWhileEvaluatingAreBounded) {
  std::string text = "'0123456789abcdef'";
  for (int i = 0; i < 13; ++i) text = "(" + text + " + " + text + ")";
  CompileOptions options;
  std::vector<Issue> issues;
  EXPECT_FALSE(
      Compile(text, CustomerScope(), options, &issues));  // longer than an expression may be
  Customer customer;
  customer.SetText(kCity, std::string(1'000, 'x'));
  std::string sum = "city";
  for (int i = 0; i < 60; ++i) sum += " + city";
  EXPECT_EQ(ValueAt("size(" + sum + ")", customer, "2026-01-01T00:00:00Z"), "61000");
  customer.SetText(kCity, std::string(2'000, 'x'));
  EXPECT_EQ(ValueAt("size(" + sum + ")", customer, "2026-01-01T00:00:00Z"),
            "error: a text would have more than 64 KiB");
}

}  // namespace
}  // namespace parcours::expr::testing
