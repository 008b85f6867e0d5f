// Random expressions, customers and zones: going from horizon to horizon must find every change
// that a naive evaluator finds by looking at each instant at which something could change, and 1 ms
// to each side. PARCOURS_HORIZON_RUNS states how many; PARCOURS_HORIZON_SEED the first seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "rules/expr/parser.h"
#include "tests/support/expr_fixture.h"
#include "tests/support/naive_expr.h"
#include "tests/support/random_expr.h"

namespace parcours::expr::testing {
namespace {

constexpr int kHorizonsMax = 300;
constexpr std::size_t kCandidatesMax = 1'500;

struct Corner {
  const char* zone;
  const char* instant;
};
// Nights on which a day is not 24 hours, leap days, and an ordinary one.
constexpr Corner kCorners[] = {
    {"America/Santiago", "2026-09-06T04:00:00Z"},
    {"America/Santiago", "2026-04-05T03:00:00Z"},
    {"Asia/Beirut", "2026-03-28T22:00:00Z"},
    {"Asia/Beirut", "2026-10-24T21:00:00Z"},
    {"Pacific/Apia", "2011-12-30T10:00:00Z"},
    {"Europe/Paris", "2026-03-29T01:00:00Z"},
    {"Europe/Paris", "2026-10-25T01:00:00Z"},
    {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
    {"America/St_Johns", "2006-10-29T02:31:00Z"},
    {"Europe/Paris", "2028-02-29T12:00:00Z"},
    {"UTC", "2100-02-28T23:00:00Z"},
    {"Asia/Kathmandu", "2026-06-15T00:00:00Z"},
};

// What a timed cell or a window holds from when on.
struct Series {
  int slot;
  std::vector<std::pair<TimeMs, Cell>> steps;
};

// One random case: an expression, a customer, a span of time.
class Case {
 public:
  explicit Case(std::uint64_t seed) : dice_(seed) {
    const Corner& corner = kCorners[dice_.Below(std::size(kCorners))];
    around_ = testing::At(corner.instant);
    customer_.zone = ZoneOf(corner.zone);
    EXPECT_TRUE(absl::LoadTimeZone(corner.zone, &zone_) || std::string(corner.zone) == "UTC");
    single_ = dice_.Chance(35);
    made_ = MakeRandomExpr(&dice_, around_, single_);
    const TimeMs length = made_.minutes ? kDayMs : made_.hours ? 6 * kDayMs : 120 * kDayMs;
    begin_ = around_ - length / 4 - dice_.Between(0, length / 2);
    end_ = begin_ + length;
    FillCells();
  }

  // "" if all is well, else what is wrong.
  std::string Run(bool* compiled) {
    const Scope scope = CustomerScope();
    std::vector<Issue> issues;
    const auto program = Compile(made_.text, scope, CompileOptions(), &issues);
    *compiled = program.has_value();
    if (!program) return "";
    const auto tree = Parse(made_.text, &issues);
    tree_ = &*tree;
    scope_ = &scope;
    return Walk(*program);
  }

  const std::string& text() const { return made_.text; }

 private:
  TimeMs Near() { return around_ + dice_.Between(-60 * kDayMs, 30 * kDayMs); }

  void FillCells() {
    auto& cells = customer_.cells;
    const auto maybe = [&](int slot, Cell cell) {
      cells[static_cast<std::size_t>(slot)] = dice_.Chance(8) ? kAbsent : cell;
    };
    maybe(kOrders, dice_.Between(0, 5));
    maybe(kVisits, dice_.Between(-3, 40));
    maybe(kSpend, dice_.Between(0, 3000));
    maybe(kVip, dice_.Below(2));
    maybe(kLastOrderAt, dice_.Chance(30) ? around_ : Near());
    maybe(kFirstOrderAt, dice_.Chance(30) ? around_ + 1 : Near());
    const CivilDay today = static_cast<CivilDay>(around_ / kDayMs);
    maybe(kBirthDate, dice_.Chance(25) ? Day("1984-02-29")
                                       : today - static_cast<CivilDay>(dice_.Between(0, 15'000)));
    maybe(kSignupDate, today + static_cast<CivilDay>(dice_.Between(-40, 40)));
    maybe(kRating, CellOfDouble(static_cast<double>(dice_.Between(0, 12)) / 2));
    maybe(kWeight, dice_.Between(1248, 1252));
    if (dice_.Chance(90)) customer_.SetText(kLanguage, dice_.Chance(50) ? "fr" : "de");
    if (dice_.Chance(90)) customer_.SetText(kCity, dice_.Chance(50) ? "Clermont-Ferrand" : "Paris");
    AddSeries(kScore, false, [&] { return dice_.Chance(20) ? kAbsent : dice_.Between(0, 9); });
    AddSeries(kNextVisit, false, [&] { return dice_.Chance(20) ? kAbsent : Near(); });
    AddSeries(kLowest, false, [&] { return dice_.Between(0, 9); });
    AddFalling(kViews, 0, 1);
    AddFalling(kSpent7d, 1, 350);
  }

  template <typename Next>
  void AddSeries(int slot, bool, Next next) {
    Series series{slot, {{INT64_MIN, next()}}};
    TimeMs at = begin_;
    for (int i = dice_.Below(4); i > 0; --i) {
      at += dice_.Between(1, (end_ - begin_) / 3);
      series.steps.emplace_back(at, next());
    }
    series_.push_back(std::move(series));
  }

  void AddFalling(int slot, int window, Cell unit) {
    Cell value = dice_.Between(0, 9) * unit;
    Series series{slot, {{INT64_MIN, value}}};
    TimeMs at = begin_;
    while (value > 0 && dice_.Chance(85)) {
      at += dice_.Between(1, (end_ - begin_) / 6);
      value -= std::min(value, dice_.Between(1, 3) * unit);
      series.steps.emplace_back(at, value);
    }
    customer_.windows.Set(window, series.steps);
    series_.push_back(std::move(series));
  }

  void SetCellsAt(TimeMs t) {
    for (const Series& series : series_) {
      const auto slot = static_cast<std::size_t>(series.slot);
      customer_.cells[slot + 1] = kNever;
      for (const auto& [from, value] : series.steps) {
        if (from > t) {
          customer_.cells[slot + 1] = from;
          break;
        }
        customer_.cells[slot] = value;
      }
    }
  }

  int NaiveTruth(TimeMs t) {
    SetCellsAt(t);
    const NaiveValue value = NaiveEvaluate({tree_, scope_, customer_.cells.data(), zone_, t});
    return value.kind == NaiveValue::Kind::kBool ? static_cast<int>(value.number) : 2;
  }

  // All sums of some of the written durations, in whole milliseconds to both sides.
  std::vector<TimeMs> Shifts() const {
    std::vector<TimeMs> shifts = {0};
    for (std::size_t i = 0; i < made_.durations_ns.size() && i < 3; ++i) {
      const TimeMs by = made_.durations_ns[i] / 1'000'000;
      const std::size_t count = shifts.size();
      for (std::size_t j = 0; j < count; ++j) {
        shifts.push_back(shifts[j] + by);
        shifts.push_back(shifts[j] - by);
      }
    }
    return shifts;
  }

  std::vector<TimeMs> Candidates() {
    std::set<TimeMs> bases(made_.instants.begin(), made_.instants.end());
    for (int slot : {kLastOrderAt, kFirstOrderAt}) {
      const Cell cell = customer_.cells[static_cast<std::size_t>(slot)];
      if (IsValue(cell)) bases.insert(cell);
    }
    for (const Series& series : series_) {
      for (const auto& [from, value] : series.steps) {
        bases.insert(from);
        if (series.slot == kNextVisit) bases.insert(value);
      }
    }
    const CivilDay first = static_cast<CivilDay>(begin_ / kDayMs) - 1;
    const auto last = static_cast<CivilDay>(end_ / kDayMs + 2);
    for (CivilDay day = first; day <= last; ++day) bases.insert(NaiveStartOf(day, zone_));
    const TimeMs step = made_.minutes ? kMinuteMs : made_.hours ? kHourMs / 4 : 0;
    for (TimeMs t = begin_ - begin_ % kHourMs; step > 0 && t < end_; t += step) bases.insert(t);
    std::vector<TimeMs> candidates;
    for (TimeMs base : bases) {
      if (base < -kTimeMaxMs || base > kTimeMaxMs) continue;  // what holds from the beginning
      for (TimeMs shift : Shifts()) {
        for (TimeMs beside : {-1, 0, 1}) {
          const TimeMs t = base + shift + beside;
          if (t > begin_ && t < end_) candidates.push_back(t);
        }
      }
    }
    for (int i = 0; i < 50; ++i) candidates.push_back(dice_.Between(begin_ + 1, end_));
    // Too many: keep some of them.
    while (candidates.size() > kCandidatesMax) {
      std::swap(
          candidates[static_cast<std::size_t>(dice_.Below(static_cast<int>(candidates.size())))],
          candidates.back());
      candidates.pop_back();
    }
    std::sort(candidates.begin(), candidates.end());
    return candidates;
  }

  std::string Walk(const Program& program) {
    const std::vector<TimeMs> candidates = Candidates();
    auto next = candidates.begin();
    TimeMs t = begin_;
    int before = -1;
    for (int horizon = 0; horizon < kHorizonsMax && t < end_; ++horizon) {
      const int truth = NaiveTruth(t);
      if (single_ && before == truth && made_.text.find("next_visit") == std::string::npos) {
        return absl::StrCat("idle at ", FormatTime(t));
      }
      before = truth;
      const Frame frame = customer_.At(t);
      const Verdict verdict = program.Test(frame);
      const Answer answer = program.Evaluate(frame);
      const int told = verdict.truth == Truth::kError ? 2 : verdict.truth == Truth::kTrue ? 1 : 0;
      const int machine = answer.value.is_error() ? 2 : answer.value.AsBool() ? 1 : 0;
      const std::string where = absl::StrCat(" at ", FormatTime(t), " naive ", truth, " fused ",
                                             told, " machine ", machine);
      if (told != truth || machine != truth) return "value" + where;
      if (verdict.until != answer.until) {
        return absl::StrCat("horizons differ", where, ": ", FormatTime(verdict.until), " and ",
                            FormatTime(answer.until));
      }
      if (verdict.until <= t) return absl::StrCat("horizon in the past", where);
      for (; next != candidates.end() && *next < verdict.until; ++next) {
        if (*next <= t) continue;
        if (NaiveTruth(*next) != truth) {
          return absl::StrCat("missed a change at ", FormatTime(*next), where, " horizon ",
                              FormatTime(verdict.until));
        }
      }
      t = verdict.until;
    }
    return "";
  }

  Dice dice_;
  TimeMs around_ = 0, begin_ = 0, end_ = 0;
  bool single_ = false;
  RandomExpr made_;
  Customer customer_;
  std::vector<Series> series_;
  absl::TimeZone zone_ = absl::UTCTimeZone();
  const Tree* tree_ = nullptr;
  const Scope* scope_ = nullptr;
};

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(HorizonProperty, NoChangeIsMissedFromHorizonToHorizon) {
  const std::uint64_t runs = FromEnvironment("PARCOURS_HORIZON_RUNS", 3'000);
  const std::uint64_t first = FromEnvironment("PARCOURS_HORIZON_SEED", 1);
  std::uint64_t compiled_count = 0;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + runs && failures < 5; ++seed) {
    Case one(seed);
    bool compiled = false;
    const std::string wrong = one.Run(&compiled);
    compiled_count += compiled ? 1 : 0;
    if (!wrong.empty()) {
      ++failures;
      ADD_FAILURE() << "PARCOURS_HORIZON_SEED=" << seed << " PARCOURS_HORIZON_RUNS=1\n"
                    << one.text() << "\n"
                    << wrong;
    }
  }
  // Most of the expressions must be fit to run, or nothing was tested.
  EXPECT_TRUE(runs < 100 || compiled_count > runs * 6 / 10) << compiled_count << " of " << runs;
}

}  // namespace
}  // namespace parcours::expr::testing
