// Whether a rule can be true of anybody: what is told of rules, and against trying everybody.
#include "rules/expr/reach.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/expr_fixture.h"

namespace parcours::expr::testing {
namespace {

// Whether the last rule can be true where none of those before it is.
bool Can(const std::vector<std::string>& texts) {
  std::vector<Program> programs;
  for (const std::string& text : texts) programs.push_back(MustCompile(text, CustomerScope()));
  std::vector<const Program*> others;
  for (std::size_t i = 0; i + 1 < programs.size(); ++i) others.push_back(&programs[i]);
  return CanBeTrue(&programs.back(), others);
}

// Whether there can be somebody of whom no rule is true.
bool Leaves(const std::vector<std::string>& texts) {
  std::vector<Program> programs;
  for (const std::string& text : texts) programs.push_back(MustCompile(text, CustomerScope()));
  std::vector<const Program*> others;
  for (const Program& program : programs) others.push_back(&program);
  return CanBeTrue(nullptr, others);
}

TEST(Reach, ConstantsThatContradictEachOther) {
  EXPECT_FALSE(Can({"orders > 5 && orders < 3"}));
  EXPECT_FALSE(Can({"orders > 2 && orders < 3"}));  // whole numbers
  EXPECT_TRUE(Can({"rating > 2.0 && rating < 3.0"}));
  EXPECT_FALSE(Can({"rating > 2.0 && rating <= 2.0"}));
  EXPECT_TRUE(Can({"rating >= 2.0 && 2.0 >= rating"}));
  EXPECT_FALSE(Can({"spend >= money(\"10\") && spend < money(\"10\")"}));
  EXPECT_FALSE(Can({"language == \"fr\" && language in [\"de\", \"nl\"]"}));
  EXPECT_FALSE(Can({"vip && !vip"}));
  EXPECT_FALSE(Can({"vip == false && vip"}));
  EXPECT_FALSE(Can({"orders == 1 ? orders == 2 : false"}));
  EXPECT_FALSE(Can({"false"}));
  EXPECT_TRUE(Can({"true"}));
}

TEST(Reach, TheSameTimeIsOneSubject) {
  EXPECT_FALSE(Can({"now - last_order_at > days(90)", "now - last_order_at > days(180)"}));
  EXPECT_TRUE(Can({"now - last_order_at > days(180)", "now - last_order_at > days(90)"}));
  EXPECT_TRUE(Can({"now - last_order_at > days(90)", "now - first_order_at > days(180)"}));
  EXPECT_FALSE(
      Can({"calendar_days(last_order_at, now) > 90 && "
           "calendar_days(last_order_at, now) < 30"}));
  EXPECT_TRUE(
      Can({"last_order_at.getHours(\"Europe/Paris\") == 1 && "
           "last_order_at.getHours() == 2"}));
}

TEST(Reach, WhoIsAbsentIsInNoneOfTheSegmentsBefore) {
  EXPECT_TRUE(Leaves({"orders >= 2", "orders < 2"}));  // orders may be absent
  EXPECT_FALSE(Leaves({"orders >= 2", "true"}));
  EXPECT_FALSE(Can({"orders >= 2", "!(orders >= 2)", "orders == 1"}));
  EXPECT_TRUE(Can({"orders >= 2", "!(orders >= 2)", "visits == 1"}));
  EXPECT_FALSE(Leaves({"has(orders)", "!has(orders)"}));
  EXPECT_TRUE(Leaves({"rating > 2.0", "rating <= 2.0"}));
}

TEST(Reach, TwoRulesThatAreOne) {
  const auto same = [](const std::string& a, const std::string& b) {
    return SameRule(MustCompile(a, CustomerScope()), MustCompile(b, CustomerScope()));
  };
  EXPECT_TRUE(same("orders>=2&&vip", "orders >= 2  && vip"));
  EXPECT_TRUE(same("now - last_order_at > days(7)", "now - last_order_at > weeks(1)"));
  EXPECT_FALSE(same("orders >= 2", "visits >= 2"));
  EXPECT_FALSE(same("orders >= 2", "orders > 2"));
  EXPECT_FALSE(same("rating >= 2.0", "rating >= 2.5"));
}

// Fifteen choices that are tried in vain, one with another, are past the steps.
TEST(Reach, InDoubtItCan) {
  const auto rule = [](int choices) {
    std::string text;
    for (int i = 0; i < choices; ++i) {
      const std::string rest = "orders % " + std::to_string(i + 2);
      text += "(" + rest + " == 0 || " + rest + " == 1) && ";
    }
    return text + "(visits == 1 || visits == 2) && visits > 2";
  };
  EXPECT_FALSE(Can({rule(6)}));
  EXPECT_TRUE(Can({rule(15)}));
}

class Rules {
 public:
  explicit Rules(unsigned seed) : random_(seed) {}
  std::string Make(int depth) {
    switch (depth == 0 ? Pick(5) : Pick(9)) {
      case 0:
      case 1:
        return "orders " + Comparison() + " " + std::to_string(Pick(4));
      case 2:
        return std::to_string(Pick(3)) + " " + Comparison() + " visits";
      case 3:
        return Pick(2) == 0 ? "vip" : "language in [\"fr\", \"de\"]";
      case 4:
        return std::string("language ") + (Pick(2) == 0 ? "==" : "!=") + " \"fr\"";
      case 5:
        return "!(" + Make(depth - 1) + ")";
      case 6:
        return "((" + Make(depth - 1) + ") ? " + Make(depth - 1) + " : (" + Make(depth - 1) + "))";
      case 7:
        return "(" + Make(depth - 1) + " || " + Make(depth - 1) + ")";
      default:
        return "(" + Make(depth - 1) + " && " + Make(depth - 1) + ")";
    }
  }
  int Pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

 private:
  std::string Comparison() {
    static const char* const kComparisons[] = {"==", "!=", "<", "<=", ">", ">="};
    return kComparisons[Pick(6)];
  }
  std::mt19937 random_;
};

// Every customer that the rules of Rules can tell apart.
template <typename Use>
void EachCustomer(const Use& use) {
  const TimeMs now = At("2026-03-01T00:00:00Z");
  for (const char* language : {"", "fr", "de", "es"}) {
    Customer customer;
    if (*language != '\0') customer.SetText(kLanguage, language);
    for (const Cell orders : {kAbsent, Cell{-1}, Cell{0}, Cell{1}, Cell{2}, Cell{3}, Cell{4}}) {
      for (const Cell visits : {kAbsent, Cell{-1}, Cell{0}, Cell{1}, Cell{2}, Cell{3}}) {
        for (const Cell vip : {kAbsent, Cell{0}, Cell{1}}) {
          customer.cells[kOrders] = orders;
          customer.cells[kVisits] = visits;
          customer.cells[kVip] = vip;
          use(customer.At(now));
        }
      }
    }
  }
}

TEST(Reach, AgreesWithTryingEverybody) {
  int reachable = 0, unreachable = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Rules rules(seed);
    std::vector<std::string> texts;
    std::vector<Program> programs;
    for (int i = 0; i <= rules.Pick(4); ++i) {
      texts.push_back(rules.Make(3));
      programs.push_back(MustCompile(texts.back(), CustomerScope()));
    }
    bool found = false;
    EachCustomer([&](const Frame& frame) {
      bool first = programs.back().Test(frame).truth == Truth::kTrue;
      for (std::size_t i = 0; first && i + 1 < programs.size(); ++i) {
        first = programs[i].Test(frame).truth != Truth::kTrue;
      }
      found |= first;
    });
    EXPECT_EQ(Can(texts), found) << "seed " << seed << ": " << ::testing::PrintToString(texts);
    ++(found ? reachable : unreachable);
  }
  EXPECT_GT(reachable, 300);
  EXPECT_GT(unreachable, 100);
}

}  // namespace
}  // namespace parcours::expr::testing
