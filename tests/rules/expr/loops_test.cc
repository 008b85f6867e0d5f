// Macros: what they give, what they cost, and until when that stands.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/expr_fixture.h"

namespace parcours::expr::testing {
namespace {

// "true until 2026-...", the same from Test and Evaluate.
std::string Told(const std::string& text, const Frame& frame, const Scope& scope) {
  const Program program = MustCompile(text, scope);
  const Answer answer = program.Evaluate(frame);
  if (program.type().kind == Kind::kBool) {
    const Verdict verdict = program.Test(frame);
    EXPECT_EQ(verdict.until, answer.until) << text;
    EXPECT_EQ(verdict.truth == Truth::kError, answer.value.is_error()) << text;
  }
  const std::string value = answer.value.is_error() ? answer.value.error() : answer.value.ToJson();
  return absl::StrCat(value, " until ", FormatTime(answer.until));
}

class Loops : public ::testing::Test {
 protected:
  Loops() { customer_.cells[kLastOrderAt] = testing::At("2026-01-01T12:00:00.000Z"); }
  std::string At(const std::string& now, const std::string& text) {
    return Told(text, customer_.At(testing::At(now)), CustomerScope());
  }
  std::string Now(const std::string& text) { return At("2026-02-01T00:00:00Z", text); }
  Customer customer_;
};

TEST_F(Loops, AllAndExistsAbsorbErrorsAsAndAndOrDo) {
  EXPECT_EQ(Now("[1, 0, 2].exists(x, 2 / x == 1)"), "true until never");
  EXPECT_EQ(Now("[1, 0, 2].all(x, 2 / x == 2)"), "false until never");
  EXPECT_EQ(Now("[1, 0].exists(x, 2 / x == 1)"), "a division by zero until never");
  EXPECT_EQ(Now("[2, 0].exists_one(x, 2 / x == 1)"), "a division by zero until never");
}

TEST_F(Loops, ABodyThatReadsNowFlipsWhenItsEarliestStepDoes) {
  EXPECT_EQ(At("2026-01-02T00:00:00Z", "[30, 90].exists(n, now - last_order_at > days(n))"),
            "false until 2026-01-31T12:00:00.001Z");
  EXPECT_EQ(At("2026-01-31T12:00:00.001Z", "[30, 90].exists(n, now - last_order_at > days(n))"),
            "true until never");
  EXPECT_EQ(At("2026-01-31T12:00:00.001Z", "[30, 90].all(n, now - last_order_at > days(n))"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(
      At("2026-01-02T00:00:00Z", "[30, 90].filter(n, now - last_order_at > days(n)).size() == 1"),
      "false until 2026-01-31T12:00:00.001Z");
}

TEST_F(Loops, AListThatReadsNowStandsUntilOneOfItsElementsChanges) {
  EXPECT_EQ(Now("[calendar_days(last_order_at, now)].exists(d, d > 40)"),
            "false until 2026-02-01T23:00:00.000Z");
}

// What is bound is what it stands for, wherever it is written.
TEST_F(Loops, BindKeepsRunningValuesExact) {
  EXPECT_EQ(Now("cel.bind(since, now - last_order_at, since > days(90) || since < days(1))"),
            "false until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(Now("cel.bind(t, last_order_at, [t].exists(x, now - x > days(90)))"),
            "false until 2026-04-01T12:00:00.001Z");
}

TEST_F(Loops, AMacroBesideFusedTermsLeavesThemFused) {
  const std::string dump =
      MustCompile("orders > 3 && [1].exists(x, x == orders)", CustomerScope()).Dump();
  EXPECT_NE(dump.find("within"), std::string::npos) << dump;
  EXPECT_NE(dump.find("loop"), std::string::npos) << dump;
}

TEST_F(Loops, ItemsOfAnOrderAreLoopedOver) {
  std::vector<Field> fields(EventScope().Names().size());
  const Item items[] = {{"ball", "tennis", 2, 1'50}, {"shoe", "hiking", 1, 90'00}};
  const Scope scope = EventScope();
  fields[static_cast<std::size_t>(scope.Find("event.items")->slot)] = {2, items};
  Frame frame;
  frame.fields = fields.data();
  frame.zone = ZoneOf("UTC").get();
  EXPECT_EQ(Told("event.items.exists(i, i.category == \"hiking\" && i.price > money(\"50\"))",
                 frame, scope),
            "true until never");
  EXPECT_EQ(Told("event.items.map(i, i.product_id)", frame, scope),
            "[\"ball\",\"shoe\"] until never");
  EXPECT_EQ(Told("event.items.filter(i, i.category.matches(\"^ten\"))[0].quantity", frame, scope),
            "2 until never");
}

TEST_F(Loops, ALoopHasABudgetOfItsOwn) {
  std::string list = "[1";
  for (int i = 0; i < 49; ++i) list += ",1";
  list += "]";
  const std::string pairs = absl::StrCat(list, ".all(x, ", list, ".all(y, x == y))");
  EXPECT_EQ(Now(pairs), "true until never");
  EXPECT_EQ(Now(absl::StrCat(pairs, " && ", pairs)), "true until never");
  const std::string triples =
      absl::StrCat(list, ".all(x, ", list, ".all(y, ", list, ".all(z, x == y)))");
  EXPECT_EQ(Now(triples), "the loop takes more than 20,000 steps until never");
  // It may come to its end as soon as something in it changes.
  const std::string later =
      absl::StrCat("[1].all(w, now - last_order_at > days(90) || ", triples, ")");
  EXPECT_EQ(Now(later), "the loop takes more than 20,000 steps until 2026-04-01T12:00:00.001Z");
  EXPECT_EQ(At("2026-04-01T12:00:00.001Z", later), "true until never");
}

// Lists in lists share what they hold, but a walk through them meets it each time.
TEST_F(Loops, WhatALoopMakesIsPaidFor) {
  const auto list = [](std::size_t size) {
    return absl::StrCat("\"", std::string(size, 'a'), "\".split(\"\")");
  };
  EXPECT_EQ(Now(absl::StrCat("cel.bind(l, ", list(1'000), ", l.map(x, l) == l.map(x, l))")),
            "the evaluation takes too many steps until never");
  EXPECT_EQ(Now(absl::StrCat("cel.bind(l, ", list(1'000),
                             ", [1].all(o, cel.bind(s, l.map(x, l), s == s)))")),
            "the loop takes more than 20,000 steps until never");
  EXPECT_EQ(Now(absl::StrCat("cel.bind(l, ", list(30), ", l.all(a, l.all(b, (\"",
                             std::string(10'000, 'a'), "\" + a + b).size() > 9)))")),
            "the loop takes more than 20,000 steps until never");
  EXPECT_EQ(Now(absl::StrCat("google.protobuf.ListValue{values: cel.bind(l, ", list(200),
                             ", l.map(x, l))} == []")),
            "a message would have more than 10,000 elements until never");
  EXPECT_EQ(Now(absl::StrCat("cel.bind(l, ", list(200), ", \"%s\".format([l.map(x, l)])) == \"\"")),
            "a text would have more than 64 KiB until never");
}

// One more step of any kind may be one too many.
TEST_F(Loops, NearItsBudgetALoopStandsNoLongerThanItsParts) {
  const auto body = [](const std::string& list) {
    return absl::StrCat("\"", list,
                        "\".split(\"\").all(x, (now - last_order_at > days(90) ? x != x",
                        " : x == x) || true)");
  };
  EXPECT_EQ(Now(body(std::string(20, 'a'))), "true until never");
  EXPECT_EQ(Now(body(std::string(1'000, 'a'))), "true until 2026-04-01T12:00:00.001Z");
}

TEST_F(Loops, PatternsAreBounded) {
  EXPECT_EQ(Now("[\"(\"].exists(p, \"a\".matches(p))"),
            "not a regular expression: missing ): ( until never");
  const std::string large(1'025, 'a');
  EXPECT_EQ(Now(absl::StrCat("[\"", large, "\"].exists(p, \"a\".matches(p))")),
            "the regular expression has more than 1024 bytes until never");
  EXPECT_NE(IssuesOf("language.matches(\"(a{1000}){1000}\")", CustomerScope()), "");
}

}  // namespace
}  // namespace parcours::expr::testing
