// What the checker accepts, refuses and suggests.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/expr/limits.h"
#include "tests/support/expr_fixture.h"

namespace parcours::expr::testing {
namespace {

std::string Told(const std::string& text) { return IssuesOf(text, CustomerScope()); }

std::string ToldExpecting(Kind kind, const std::string& text) {
  CompileOptions options;
  options.expected = Type::Of(kind);
  return IssuesOf(text, CustomerScope(), options);
}

TEST(Checker, AnUnknownNameGetsASuggestion) {
  EXPECT_EQ(Told("oders == 1"), "1:1: unknown name 'oders'; did you mean 'orders'?");
  EXPECT_EQ(Told("orders == 1 && nwo > last_order_at"),
            "1:16: unknown name 'nwo'; did you mean 'now'?");
  EXPECT_EQ(Told("zzzzzz"), "1:1: unknown name 'zzzzzz'");
  EXPECT_EQ(IssuesOf("event.totl > money(\"1\")", EventScope()),
            "1:1: unknown name 'event.totl'; did you mean 'event.total'?");
  EXPECT_EQ(IssuesOf("event == 1", EventScope()),
            "1:1: unknown name 'event'; names that are known begin with 'event.'");
  EXPECT_EQ(Told("sise(language)"), "1:1: unknown function 'sise'; did you mean 'size'?");
  EXPECT_EQ(Told("age"), "1:1: 'age' is a function; write age(date)");
}

TEST(Checker, ANameThatIsRefusedSaysWhy) {
  EXPECT_EQ(Told("persona == \"tourist\""), "1:1: 'persona' is not yet supported");
  EXPECT_EQ(Told("orders > 1 && persona.name == \"x\""), "1:15: 'persona' is not yet supported");
}

TEST(Checker, AllMistakesAreToldAtOnce) {
  EXPECT_EQ(Told("oders > 1 &&\n spend > 250 || !orders"),
            "1:1: unknown name 'oders'; did you mean 'orders'?\n"
            "2:8: '>' cannot compare money with int; write money(\"250.00\")\n"
            "2:18: '!' takes bool, found int; compare it: orders > 0");
}

TEST(Checker, MoneyComparedWithANumberSuggestsMoney) {
  EXPECT_EQ(Told("spend >= 99.5"),
            "1:7: '>=' cannot compare money with double; write money(\"99.50\")");
  EXPECT_EQ(Told("\"10\" == spend"),
            "1:6: '==' cannot compare string with money; write money(\"10.00\")");
  EXPECT_EQ(Told("spend * 1.5 > money(\"1\")"),
            "1:7: '*' cannot take money and double; money multiplies by an int only");
  EXPECT_EQ(Told("spend > orders").substr(0, 40), "1:7: '>' cannot compare money with int; ");
  EXPECT_EQ(Told("money(10) < spend"), "1:7: 'money' cannot take int; write money(\"10.00\")");
}

TEST(Checker, TimesComparedWithOtherTypesSuggestWhatToWrite) {
  EXPECT_EQ(Told("now - last_order_at > 90"),
            "1:21: '>' cannot compare duration with int; write days(90), or hours, minutes, weeks");
  EXPECT_EQ(Told("now > birth_date"),
            "1:5: '>' cannot compare timestamp with date; start_of_day(date) is the instant at "
            "which that day begins");
  EXPECT_EQ(Told("birth_date < \"1985-02-28\""),
            "1:12: '<' cannot compare date with string; write date(\"1985-02-28\")");
  EXPECT_EQ(
      Told("last_order_at > \"2026-03-01\""),
      "1:15: '>' cannot compare timestamp with string; write timestamp(\"2026-03-01T00:00:00Z\")");
  EXPECT_EQ(Told("now + 3 > last_order_at"), "1:5: '+' cannot take timestamp and int");
}

TEST(Checker, NullIsNotComparedWithADeclaredName) {
  EXPECT_EQ(Told("orders == null"),
            "1:8: '==' cannot compare int with null_type; a declared name is never null: has(name) "
            "tells whether it is known");
}

TEST(Checker, MacrosTellWhatTheyTake) {
  EXPECT_EQ(Told("[1].all(x, y, z, x > 0)"),
            "1:5: 'all' does not take 4 arguments; write list.all(x, condition)");
  EXPECT_EQ(Told("[1].all(1, true)"), "1:9: a macro's variable is a simple name");
  EXPECT_EQ(Told("orders.exists(x, x > 1)"), "1:8: 'exists' loops over a list or a map, not int");
  EXPECT_EQ(Told("[1].exists(x, x + 1)"),
            "1:17: 'exists' takes bool, found int; compare it: orders > 0");
  EXPECT_EQ(Told("[1].exists(x, x == \"a\")"),
            "1:17: '==' cannot compare int with string; string(x) makes a text of it");
  EXPECT_EQ(Told("[1].exists(i, i, true)"), "1:5: the two variables of a macro have two names");
  EXPECT_EQ(Told("[1].exists(x, true) && x == 1"), "1:24: unknown name 'x'");
  EXPECT_EQ(Told("[1].exsts(x, x > 0)"), "1:5: unknown function 'exsts'; did you mean 'exists'?");
  EXPECT_EQ(Told("[1].map(x, now - last_order_at) == []"),
            "1:16: a value that runs with now cannot be the result of a macro; compare it (now - "
            "last_order_at > days(90)), or count days with calendar_days");
}

TEST(Checker, OptionalsMessagesAndPatternsTellTheirMistakes) {
  EXPECT_EQ(Told("a.b{c: 1} == 1"),
            "1:3: unknown message type 'a.b'; only those of google.protobuf that CEL builds in are "
            "known");
  EXPECT_EQ(Told("google.protobuf.Duration{days: 1} > hours(1)"),
            "1:17: 'google.protobuf.Duration' has no field 'days'");
  EXPECT_EQ(Told("[?1] == [1]"),
            "1:3: '?' takes an optional, found int; write optional.of(x), or a[?b]");
  EXPECT_EQ(Told("orders.orValue(1) == 1"), "1:8: 'orValue' takes optionals, found int");
  EXPECT_EQ(Told("language.matches('(')"), "1:10: not a regular expression: missing ): (");
  EXPECT_EQ(Told("math.abz(orders) > 1"),
            "1:6: unknown function 'math.abz'; did you mean 'math.abs'?");
  EXPECT_EQ(Told("language.lowerAsci() == 'fr'"),
            "1:10: unknown function 'language.lowerAsci'; did you mean 'lowerAscii'?");
}

TEST(Checker, LoopsAreBounded) {
  std::string many = "[1].all(x, true)";
  for (int i = 1; i < kMacrosMax; ++i) many += " && [1].all(x, true)";
  EXPECT_EQ(Told(many), "");
  EXPECT_EQ(Told(many + " && [1].all(x, true)"), "1:1: the expression has more than 32 macros");
  // One that is bound is written out at each place.
  std::string bound = "x";
  for (int i = 0; i < kMacrosMax; ++i) bound += " && x";
  EXPECT_EQ(Told(absl::StrCat("cel.bind(x, [1].all(y, true), ", bound, ")")),
            "1:1: the expression has more than 32 macros");
  // Each name stands for twice the one before it.
  std::string doubled = "x14 > 1";
  for (int i = 14; i > 0; --i) {
    doubled = absl::StrCat("cel.bind(x", i, ", x", i - 1, " + x", i - 1, ", ", doubled, ")");
  }
  EXPECT_EQ(Told(absl::StrCat("cel.bind(x0, orders, ", doubled, ")")),
            "1:1: the expression has more than 10000 parts");
}

TEST(Checker, LiteralsThatCannotBeReadAreMistakes) {
  EXPECT_EQ(Told("last_order_at > timestamp(\"yesterday\")"),
            "1:17: 'yesterday' is not a timestamp like \"2026-03-01T00:00:00Z\"");
  EXPECT_EQ(Told("spend > money(\"1.234\")"),
            "1:9: '1.234' is not an amount with at most 2 decimals");
  EXPECT_EQ(Told("birth_date > date(\"1985-02-30\")"),
            "1:14: '1985-02-30' is not a date like \"1985-02-28\"");
  EXPECT_EQ(Told("now - last_order_at > duration(\"3 days\")"),
            "1:23: '3 days' is not a duration like \"1h30m\"");
  EXPECT_EQ(Told("now.getHours(\"Mars/Base\") > 1"),
            "1:14: unknown time zone 'Mars/Base'; write an IANA name like \"Europe/Paris\", or "
            "\"+02:00\"");
}

TEST(Checker, MoneyNeedsACurrency) {
  Scope scope = CustomerScope();
  scope.currency_decimals.reset();
  EXPECT_EQ(IssuesOf("spend > money(\"1\")", scope),
            "1:9: money() needs the programme's currency; write programme: {currency: EUR}");
}

TEST(Checker, AResultThatRunsWithNowIsRefusedWithWhatToWriteInstead) {
  EXPECT_EQ(Told("now - last_order_at"),
            "1:5: the result runs with now; compare it (now - last_order_at > days(90)), or count "
            "days: calendar_days(last_order_at, now)");
  EXPECT_EQ(Told("now"),
            "1:1: the result runs with now; compare it with a timestamp, or use start_of_day(now) "
            "or local_date(now)");
  EXPECT_NE(Told("vip ? now : last_order_at"), "");
  EXPECT_EQ(Told("now - (now - days(1))"), "");
  EXPECT_EQ(Told("start_of_day(now) + days(1)"), "");
}

TEST(Checker, UsesOfNowWhoseNextChangeCannotBeToldAreRefused) {
  EXPECT_EQ(Told("now.getSeconds() > 3"),
            "1:5: 'getSeconds' of a value that runs with now changes too often; use getMinutes() "
            "or coarser, or compare now itself");
  EXPECT_EQ(Told("(now - last_order_at).getMilliseconds() > 3").substr(0, 5), "1:23:");
  EXPECT_EQ(Told("string(now) == \"x\"").substr(0, 60),
            "1:8: 'string' cannot take a value that runs with now; compar");
  EXPECT_EQ(Told("last_order_at in [now]").substr(0, 62),
            "1:19: a value that runs with now cannot be kept in a list; com");
  EXPECT_EQ(Told("now in [last_order_at]").substr(0, 65),
            "1:1: a value that runs with now cannot be looked for in a list; c");
  EXPECT_EQ(Told("calendar_days(last_order_at, now + (now - first_order_at)) > 3").substr(0, 70),
            "1:34: 'calendar_days' takes now, or now plus or minus a duration that ");
  EXPECT_EQ(Told("now.getMinutes() > 3 && local_time(now) > hours(3)"), "");
}

TEST(Checker, TheExpectedTypeIsHeld) {
  EXPECT_EQ(ToldExpecting(Kind::kBool, "orders"),
            "1:1: expected bool, found int; compare it: orders > 0");
  EXPECT_EQ(ToldExpecting(Kind::kMoney, "5"),
            "1:1: expected money, found int; write money(\"5.00\")");
  EXPECT_EQ(ToldExpecting(Kind::kBool, "orders > 0"), "");
}

TEST(Checker, PlacesAreThoseOfTheFile) {
  CompileOptions options;
  options.origin = {"lifecycle.yaml", 12, 7, 4};
  EXPECT_EQ(IssuesOf("oders > 1 &&\noders < 3", CustomerScope(), options),
            "lifecycle.yaml:12:7: unknown name 'oders'; did you mean 'orders'?\n"
            "lifecycle.yaml:13:5: unknown name 'oders'; did you mean 'orders'?");
}

TEST(Checker, BranchesMustAgree) {
  EXPECT_EQ(Told("vip ? 1 : \"a\""),
            "1:5: the branches of '?:' have different types, int and string; write string(1)");
  EXPECT_EQ(Told("vip ? 1 : 2.5").substr(0, 60),
            "1:5: the branches of '?:' have different types, int and doub");
}

TEST(Checker, UncheckedExpressionsFailOnlyWhenEvaluated) {
  CompileOptions options;
  options.check_types = false;
  std::vector<Issue> issues;
  const auto program = Compile("nothing || f(1) || true", CustomerScope(), options, &issues);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->Evaluate(Frame()).value.ToJson(), "true");
}

TEST(Checker, WhatIsReadIsTold) {
  const Program program = MustCompile(
      "views > 1 && (last_order_at < now || orders == 2) && orders > 1", CustomerScope());
  EXPECT_EQ(program.cells_read(), (std::vector<int>{kOrders, kLastOrderAt, kViews}));
  EXPECT_TRUE(program.reads_now());
  EXPECT_FALSE(MustCompile("orders > 1", CustomerScope()).reads_now());
  EXPECT_TRUE(MustCompile("age(birth_date) > 1", CustomerScope()).reads_now());
  const Program field = MustCompile("event.total", EventScope());
  EXPECT_EQ(field.plain_field(), 3);
  EXPECT_EQ(field.fields_read(), (std::vector<int>{3}));
  EXPECT_EQ(MustCompile("event.total + event.total", EventScope()).plain_field(), -1);
}

TEST(Nearest, TellsTheNameAtAThirdOfItsLengthOrNone) {
  EXPECT_EQ(Nearest("lats_order", {"first_order", "last_order"}), "last_order");
  EXPECT_EQ(Nearest("spent", {"spend", "orders"}), "spend");
  EXPECT_EQ(Nearest("abc", {"xyz"}), "");
  EXPECT_EQ(Nearest("orders", {"orders"}), "");
}

}  // namespace
}  // namespace parcours::expr::testing
