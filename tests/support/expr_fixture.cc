#include "tests/support/expr_fixture.h"

#include <gtest/gtest.h>

namespace parcours::expr::testing {
namespace {

Variable Make(Kind kind, Variable::Home home, int slot) {
  Variable variable;
  variable.type = Type::Of(kind);
  variable.home = home;
  variable.slot = slot;
  return variable;
}

Variable Scaled(Variable variable, int scale) {
  variable.fixed_point = true;
  variable.scale = scale;
  return variable;
}

Variable Window(Kind kind, int slot, int window, bool falling) {
  Variable variable = Make(kind, Variable::Home::kWindow, slot);
  variable.window = window;
  variable.falling = falling;
  return variable;
}

}  // namespace

Scope CustomerScope() {
  using Home = Variable::Home;
  Scope scope;
  scope.currency_decimals = 2;
  scope.Declare("orders", Make(Kind::kInt, Home::kCell, kOrders));
  scope.Declare("spend", Make(Kind::kMoney, Home::kCell, kSpend));
  scope.Declare("vip", Make(Kind::kBool, Home::kCell, kVip));
  scope.Declare("last_order_at", Make(Kind::kTimestamp, Home::kCell, kLastOrderAt));
  scope.Declare("first_order_at", Make(Kind::kTimestamp, Home::kCell, kFirstOrderAt));
  scope.Declare("birth_date", Make(Kind::kDate, Home::kCell, kBirthDate));
  scope.Declare("signup_date", Make(Kind::kDate, Home::kCell, kSignupDate));
  scope.Declare("language", Make(Kind::kString, Home::kCell, kLanguage));
  scope.Declare("city", Make(Kind::kString, Home::kCell, kCity));
  scope.Declare("rating", Make(Kind::kDouble, Home::kCell, kRating));
  scope.Declare("weight", Scaled(Make(Kind::kDouble, Home::kCell, kWeight), 3));
  scope.Declare("visits", Make(Kind::kInt, Home::kCell, kVisits));
  scope.Declare("score", Make(Kind::kInt, Home::kTimedCell, kScore));
  scope.Declare("next_visit", Make(Kind::kTimestamp, Home::kTimedCell, kNextVisit));
  scope.Declare("views", Window(Kind::kInt, kViews, 0, true));
  scope.Declare("spent_7d", Window(Kind::kMoney, kSpent7d, 1, true));
  scope.Declare("lowest", Window(Kind::kInt, kLowest, 2, false));
  scope.Refuse("persona", "'persona' is not yet supported");
  return scope;
}

Scope EventScope() {
  using Home = Variable::Home;
  Scope scope;
  scope.currency_decimals = 2;
  int slot = 0;
  scope.Declare("event.time", Make(Kind::kTimestamp, Home::kField, slot++));
  scope.Declare("event.id", Make(Kind::kString, Home::kField, slot++));
  scope.Declare("event.source", Make(Kind::kString, Home::kField, slot++));
  scope.Declare("event.total", Make(Kind::kMoney, Home::kField, slot++));
  scope.Declare("event.quantity", Make(Kind::kInt, Home::kField, slot++));
  scope.Declare("event.promotion", Make(Kind::kBool, Home::kField, slot++));
  scope.Declare("event.category", Make(Kind::kString, Home::kField, slot++));
  scope.Declare("event.weight", Scaled(Make(Kind::kDouble, Home::kField, slot++), 3));
  Variable items = Make(Kind::kList, Home::kField, slot++);
  items.type = Type::ListOf(Type::Of(Kind::kItem));
  scope.Declare("event.items", items);
  Variable tags = Make(Kind::kList, Home::kField, slot++);
  tags.type = Type::ListOf(Type::Of(Kind::kString));
  scope.Declare("event.tags", tags);
  return scope;
}

std::shared_ptr<const Zone> ZoneOf(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const Zone>>* const zones =
      new std::map<std::string, std::shared_ptr<const Zone>>();
  auto& zone = (*zones)[name];
  if (zone == nullptr) zone = Zone::Load(name).value();
  return zone;
}

TimeMs At(const std::string& time) { return ParseTime(time).value(); }
CivilDay Day(const std::string& date) { return ParseDate(date).value(); }

TimeMs FallingWindows::FallsBelow(int window, Cell bound, TimeMs now) const {
  const auto found = steps_.find(window);
  if (found == steps_.end()) return kNever;
  for (const auto& [from, value] : found->second) {
    if (from > now && value < bound) return from;
  }
  return kNever;
}

Customer::Customer() : cells(kSlots, kAbsent) {
  for (int until : {kScoreUntil, kNextVisitUntil, kViewsUntil, kSpent7dUntil, kLowestUntil}) {
    cells[static_cast<std::size_t>(until)] = kNever;
  }
}

Customer::~Customer() {
  FreeText(cells[kLanguage]);
  FreeText(cells[kCity]);
}

void Customer::SetText(int slot, const std::string& text) {
  FreeText(cells[static_cast<std::size_t>(slot)]);
  cells[static_cast<std::size_t>(slot)] = NewText(text);
}

Frame Customer::At(TimeMs now) const {
  Frame frame;
  frame.cells = cells.data();
  frame.windows = &windows;
  frame.zone = zone.get();
  frame.now = now;
  return frame;
}

Program MustCompile(const std::string& text, const Scope& scope, bool allow_running) {
  CompileOptions options;
  options.allow_running = allow_running;
  std::vector<Issue> issues;
  std::optional<Program> program = Compile(text, scope, options, &issues);
  for (const Issue& issue : issues) ADD_FAILURE() << text << "\n" << FormatIssue(issue);
  if (program) return *program;
  return *Compile("false", scope, CompileOptions(), &issues);
}

std::string IssuesOf(const std::string& text, const Scope& scope, const CompileOptions& options) {
  std::vector<Issue> issues;
  const bool compiled = Compile(text, scope, options, &issues).has_value();
  EXPECT_EQ(compiled, issues.empty()) << text;
  std::string all;
  for (const Issue& issue : issues) all += (all.empty() ? "" : "\n") + FormatIssue(issue);
  return all;
}

}  // namespace parcours::expr::testing
