// Fixtures for tests of expressions: a scope of customers, and frames that are easy to fill.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "base/cell.h"
#include "base/time.h"
#include "rules/expr/program.h"

namespace parcours::expr::testing {

// The slots of the customer scope. Timed names and windows take two.
enum Slot {
  kOrders,
  kSpend,
  kVip,
  kLastOrderAt,
  kFirstOrderAt,
  kBirthDate,
  kLanguage,
  kCity,
  kRating,
  kWeight,
  kScore,
  kScoreUntil,
  kNextVisit,
  kNextVisitUntil,
  kViews,
  kViewsUntil,
  kSpent7d,
  kSpent7dUntil,
  kLowest,
  kLowestUntil,
  kSignupDate,
  kVisits,
  kSlots
};

// orders int, spend money, vip bool, last_order_at and first_order_at timestamps, birth_date and
// signup_date dates, language and city strings, rating double, weight double of 3 decimals, visits
// int; score (int) and next_visit (timestamp) timed; views (count) and spent_7d (money) falling
// windows, lowest (int) a window that is not.
Scope CustomerScope();
// event.total money, event.quantity int, event.promotion bool, event.category string, event.weight
// double of 3 decimals, event.time timestamp, event.items, event.tags.
Scope EventScope();

std::shared_ptr<const Zone> ZoneOf(const std::string& name);
TimeMs At(const std::string& time);  // "2026-03-01T00:00:00Z"
CivilDay Day(const std::string& date);

// Windows that lose one contribution after another: (instant, value from then on), in order.
class FallingWindows : public WindowReader {
 public:
  void Set(int window, std::vector<std::pair<TimeMs, Cell>> steps) {
    steps_[window] = std::move(steps);
  }
  TimeMs FallsBelow(int window, Cell bound, TimeMs now) const override;

 private:
  std::map<int, std::vector<std::pair<TimeMs, Cell>>> steps_;
};

// Cells of one customer, all absent at first.
struct Customer {
  Customer();
  ~Customer();
  Customer(const Customer&) = delete;
  void SetText(int slot, const std::string& text);
  Frame At(TimeMs now) const;

  std::vector<Cell> cells;
  FallingWindows windows;
  std::shared_ptr<const Zone> zone = ZoneOf("Europe/Paris");
};

// Compiles, or fails the test with the Issues.
Program MustCompile(const std::string& text, const Scope& scope, bool allow_running = false);
// The Issues of a text that must not compile, one a line as FormatIssue prints them.
std::string IssuesOf(const std::string& text, const Scope& scope,
                     const CompileOptions& options = CompileOptions());

}  // namespace parcours::expr::testing
