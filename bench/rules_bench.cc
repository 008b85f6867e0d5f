// Fifty rules with 67 comparisons, value and horizon, over customers that lie warm in the cache.
//
// Prints `rules_50 <value> ns`: all fifty of one customer, the median of five. Then the same by the
// general machine, and the cost of one comparison of each shape. Deterministic but for the clock.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "base/cell.h"
#include "base/time.h"
#include "rules/expr/program.h"

namespace parcours::expr {
namespace {

enum Slot {
  kOrders,
  kSpend,
  kItems,
  kReturns,
  kLargest,
  kViews,
  kVip,
  kLastOrder,
  kFirstOrder,
  kLastView,
  kSecondOrder,
  kBirthDate,
  kLanguage,
  kStore,
  kRecency,
  kRecencyUntil,
  kViews7d,
  kViews7dUntil,
  kOrders30d,
  kOrders30dUntil,
  kSpend30d,
  kSpend30dUntil,
  kSlots
};

constexpr const char* kRules[] = {
    "now - last_order_at > days(180)",
    "now - last_order_at > days(90) && orders >= 2",
    "spend >= money(\"1500.00\")",
    "orders >= 10",
    "orders == 1",
    "orders >= 2",
    "recency == 5 && orders >= 5 && spend >= money(\"600.00\")",
    "recency >= 4 && orders >= 3",
    "recency <= 2 && spend >= money(\"400.00\")",
    "recency == 1",
    "orders > 0",
    "orders >= 3",
    "orders >= 5",
    "orders >= 20",
    "spend >= money(\"100.00\")",
    "spend >= money(\"250.00\")",
    "spend >= money(\"500.00\") && orders < 4",
    "spend < money(\"50.00\")",
    "items > 10",
    "items >= 25",
    "items >= 50 && returns == 0",
    "returns > 3",
    "returns == 0",
    "returns >= 1 || orders > 2",
    "largest >= money(\"200.00\")",
    "largest < money(\"30.00\")",
    "views > 5",
    "views >= 50",
    "views >= 100 && orders == 0",
    "vip",
    "vip && spend >= money(\"300.00\")",
    "!vip && orders >= 4",
    "now - last_view_at < days(2)",
    "now - last_view_at > days(30)",
    "now - first_order_at > days(365) && orders >= 4",
    "now > last_order_at + days(45)",
    "last_order_at < now - days(14)",
    "second_order_at - first_order_at < days(30) || orders >= 6",
    "calendar_days(last_order_at, now) > 90",
    "calendar_days(first_order_at, now) <= 31",
    "months(first_order_at, now) >= 12",
    "age(birth_date) >= 18 && age(birth_date) < 26",
    "age(birth_date) >= 60",
    "language == \"fr\"",
    "language != \"de\" && store == \"Lyon\"",
    "store in [\"Paris\", \"Nantes\"]",
    "views_7d >= 3",
    "views_7d >= 10 && orders == 0",
    "orders_30d >= 2",
    "spend_30d >= money(\"100.00\")",
};
static_assert(std::size(kRules) == 50);

// A window whose contributions leave one a day, so that an answer is as cheap as it can be.
class Windows : public WindowReader {
 public:
  TimeMs FallsBelow(int, Cell bound, TimeMs now) const override { return now + kDayMs + bound; }
};

Scope MakeScope() {
  Scope scope;
  scope.currency_decimals = 2;
  const auto declare = [&](const char* name, Kind kind, Slot slot,
                           Variable::Home home = Variable::Home::kCell, int window = -1) {
    Variable variable;
    variable.type = Type::Of(kind);
    variable.home = home;
    variable.slot = slot;
    variable.window = window;
    variable.falling = window >= 0;
    scope.Declare(name, variable);
  };
  using Home = Variable::Home;
  declare("orders", Kind::kInt, kOrders);
  declare("spend", Kind::kMoney, kSpend);
  declare("items", Kind::kInt, kItems);
  declare("returns", Kind::kInt, kReturns);
  declare("largest", Kind::kMoney, kLargest);
  declare("views", Kind::kInt, kViews);
  declare("vip", Kind::kBool, kVip);
  declare("last_order_at", Kind::kTimestamp, kLastOrder);
  declare("first_order_at", Kind::kTimestamp, kFirstOrder);
  declare("last_view_at", Kind::kTimestamp, kLastView);
  declare("second_order_at", Kind::kTimestamp, kSecondOrder);
  declare("birth_date", Kind::kDate, kBirthDate);
  declare("language", Kind::kString, kLanguage);
  declare("store", Kind::kString, kStore);
  declare("recency", Kind::kInt, kRecency, Home::kTimedCell);
  declare("views_7d", Kind::kInt, kViews7d, Home::kWindow, 0);
  declare("orders_30d", Kind::kInt, kOrders30d, Home::kWindow, 1);
  declare("spend_30d", Kind::kMoney, kSpend30d, Home::kWindow, 2);
  return scope;
}

std::uint64_t Next(std::uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

constexpr TimeMs kNow = 1772323200000;  // 2026-03-01
constexpr std::size_t kCustomers = 256;

std::vector<std::array<Cell, kSlots>> MakeCustomers() {
  std::vector<std::array<Cell, kSlots>> customers(kCustomers);
  std::uint64_t state = 42;
  const char* const languages[] = {"fr", "de", "en"};
  const char* const stores[] = {"Paris", "Lyon", "Nantes", "Lille"};
  for (auto& cells : customers) {
    const auto below = [&](Cell n) {
      return static_cast<Cell>(Next(&state) % static_cast<std::uint64_t>(n));
    };
    cells.fill(kAbsent);
    cells[kOrders] = below(12);
    cells[kSpend] = cells[kOrders] * below(9000);
    cells[kItems] = cells[kOrders] * (1 + below(4));
    cells[kReturns] = below(3);
    cells[kLargest] = below(40000);
    cells[kViews] = below(150);
    cells[kVip] = below(8) == 0;
    if (cells[kOrders] > 0) cells[kLastOrder] = kNow - below(300 * kDayMs);
    if (cells[kOrders] > 0) cells[kFirstOrder] = cells[kLastOrder] - below(400 * kDayMs);
    if (cells[kOrders] > 1) cells[kSecondOrder] = cells[kFirstOrder] + below(60 * kDayMs);
    cells[kLastView] = kNow - below(60 * kDayMs);
    cells[kBirthDate] = 20000 - below(25000);
    cells[kLanguage] = NewText(languages[below(3)]);
    cells[kStore] = NewText(stores[below(4)]);
    cells[kRecency] = 1 + below(5);
    cells[kRecencyUntil] = kNow + below(90 * kDayMs);
    for (const Slot slot : {kViews7d, kOrders30d, kSpend30d}) {
      cells[slot] = below(slot == kSpend30d ? 20000 : 12);
      cells[static_cast<std::size_t>(slot) + 1] = kNow + below(7 * kDayMs);
    }
  }
  return customers;
}

// Processor time: what other programs take does not count.
double NanosSince(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) * (1e9 / CLOCKS_PER_SEC);
}

// The median of five runs of `body`, which does `count` things, in nanoseconds each.
template <typename Body>
double Median(double count, Body body) {
  std::vector<double> runs;
  for (int run = 0; run < 5; ++run) {
    const std::clock_t begin = std::clock();
    body();
    runs.push_back(NanosSince(begin) / count);
  }
  std::sort(runs.begin(), runs.end());
  return runs[2];
}

std::uint64_t sink = 0;

Program Compiled(const char* text, const Scope& scope) {
  std::vector<Issue> issues;
  std::optional<Program> program = Compile(text, scope, CompileOptions(), &issues);
  for (const Issue& issue : issues) std::fprintf(stderr, "%s\n", FormatIssue(issue).c_str());
  if (!program) std::exit(1);
  return *program;
}

template <typename Evaluate>
double Measure(const std::vector<Program>& programs, int rounds, Evaluate evaluate) {
  const auto customers = MakeCustomers();
  const Windows windows;
  const std::shared_ptr<const Zone> zone = Zone::Load("Europe/Paris").value();
  Frame frame;
  frame.windows = &windows;
  frame.zone = zone.get();
  frame.now = kNow;
  return Median(static_cast<double>(kCustomers) * rounds, [&] {
    for (int round = 0; round < rounds; ++round) {
      for (const auto& cells : customers) {
        frame.cells = cells.data();
        for (const Program& program : programs) sink += evaluate(program, frame);
      }
    }
  });
}

constexpr auto kTested = [](const Program& program, const Frame& frame) {
  const Verdict verdict = program.Test(frame);
  return static_cast<std::uint64_t>(verdict.until) + static_cast<std::uint64_t>(verdict.truth);
};

int Main() {
  const Scope scope = MakeScope();
  std::vector<Program> programs;
  int fused = 0;
  for (const char* rule : kRules) {
    programs.push_back(Compiled(rule, scope));
    fused += programs.back().fused() ? 1 : 0;
  }
  std::printf("rules_50 %.1f ns\n", Measure(programs, 2'000, kTested));
  std::printf("rules_50_fused %d rules\n", fused);
  std::printf("rules_50_machine %.0f ns\n",
              Measure(programs, 20, [](const Program& p, const Frame& f) {
                return static_cast<std::uint64_t>(p.Evaluate(f).until);
              }));
  for (const char* rule :
       {"orders >= 10", "now - last_order_at > days(90)", "calendar_days(last_order_at, now) > 90",
        "months(first_order_at, now) >= 12", "age(birth_date) >= 60", "language == \"fr\"",
        "views_7d >= 3", "recency >= 4 && orders >= 3"}) {
    const std::vector<Program> one = {Compiled(rule, scope)};
    std::printf("rule %.1f ns  %s\n", Measure(one, 4'000, kTested), rule);
  }
  return sink == 42 ? 1 : 0;
}

}  // namespace
}  // namespace parcours::expr

int main() { return parcours::expr::Main(); }
