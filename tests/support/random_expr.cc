#include "tests/support/random_expr.h"

#include "absl/strings/str_cat.h"

namespace parcours::expr::testing {
namespace {

constexpr const char* kOrdered[] = {"<", "<=", ">", ">="};
constexpr const char* kComparisons[] = {"<", "<=", ">", ">=", "==", "!="};

class Maker {
 public:
  Maker(Dice* dice, TimeMs around) : dice_(*dice), around_(around) {}

  RandomExpr Bool() {
    made_.text = Truth(3);
    return std::move(made_);
  }

  // One comparison of the kinds whose flip is promised exactly.
  RandomExpr Single() {
    made_.text = SingleText();
    return std::move(made_);
  }

 private:
  std::string SingleText() {
    switch (dice_.Below(8)) {
      case 0:
        return Both(absl::StrCat("now - ", StillTime()), Compare(), Length());
      case 1:
        return Both("now", Compare(), absl::StrCat(StillTime(), " + ", Length()));
      case 2:
        return Both(absl::StrCat("calendar_days(", StillDay(), ", ", NowArgument(), ")"), Compare(),
                    Number(60));
      case 3:
        return Both(absl::StrCat("months(", StillDay(), ", ", NowArgument(), ")"), Compare(),
                    Number(14));
      case 4:
        return Both(absl::StrCat("age(", BirthDay(), ")"), Compare(), Number(50));
      case 5:
        return Both(absl::StrCat("start_of_day(", NowArgument(), ") ", Sign(), " ", Length()),
                    Compare(), StillTime());
      case 6:
        return Both(absl::StrCat("local_date(", NowArgument(), ")"), Compare(), StillDate());
      default:
        return Both(absl::StrCat("calendar_days(", StillDay(), ", now) ", Sign(), " ", Number(9)),
                    Compare(), dice_.Chance(50) ? Number(40) : "visits");
    }
  }

  template <std::size_t kCount>
  std::string Pick(const char* const (&names)[kCount]) {
    return names[dice_.Below(static_cast<int>(kCount))];
  }
  std::string Compare() { return dice_.Chance(70) ? Pick(kOrdered) : Pick(kComparisons); }
  std::string Sign() { return dice_.Chance(50) ? "+" : "-"; }

  // Either way round.
  std::string Both(const std::string& a, const std::string& op, const std::string& b) {
    if (dice_.Chance(70)) return absl::StrCat(a, " ", op, " ", b);
    const std::string mirrored = op == "<"    ? ">"
                                 : op == "<=" ? ">="
                                 : op == ">"  ? "<"
                                 : op == ">=" ? "<="
                                              : op;
    return absl::StrCat(b, " ", mirrored, " ", a);
  }

  std::string Number(int size) { return absl::StrCat(dice_.Between(-size / 6, size)); }

  std::string Length() {
    std::int64_t ns;
    std::string text;
    switch (dice_.Below(6)) {
      case 0:
        ns = dice_.Between(-3, 60) * 86'400'000'000'000;
        text = absl::StrCat("days(", ns / 86'400'000'000'000, ")");
        break;
      case 1:
        ns = dice_.Between(-5, 80) * 3'600'000'000'000;
        text = absl::StrCat("hours(", ns / 3'600'000'000'000, ")");
        break;
      case 2:
        ns = dice_.Between(0, 3) * 7 * 86'400'000'000'000;
        text = absl::StrCat("weeks(", ns / 604'800'000'000'000, ")");
        break;
      case 3:
        ns = dice_.Between(0, 600) * 60'000'000'000;
        text = absl::StrCat("minutes(", ns / 60'000'000'000, ")");
        break;
      default:
        ns = dice_.Between(-3'000'000, 100'000'000'000'000);
        text = absl::StrCat("duration(\"", ns, "ns\")");
        break;
    }
    made_.durations_ns.push_back(ns);
    return text;
  }

  std::string WrittenTime() {
    const TimeMs at = around_ + dice_.Between(-40 * kDayMs, 40 * kDayMs);
    const bool round = dice_.Chance(50);
    const TimeMs shown = round ? at - at % kHourMs : at;
    made_.instants.push_back(shown);
    std::string text = FormatTime(shown);
    if (dice_.Chance(20)) text = absl::StrCat(text.substr(0, 23), "400", "Z");
    return absl::StrCat("timestamp(\"", text, "\")");
  }

  std::string StillTime() {
    static constexpr const char* kNames[] = {"last_order_at", "first_order_at", "next_visit"};
    return dice_.Chance(75) ? Pick(kNames) : WrittenTime();
  }
  std::string WrittenDate() {
    return absl::StrCat("date(\"",
                        FormatTime(around_ + dice_.Between(-40, 40) * kDayMs).substr(0, 10), "\")");
  }
  std::string StillDate() { return dice_.Chance(50) ? "signup_date" : WrittenDate(); }
  std::string BirthDay() { return dice_.Chance(70) ? "birth_date" : StillDate(); }
  std::string StillDay() { return dice_.Chance(70) ? StillTime() : StillDate(); }
  std::string NowArgument() {
    return dice_.Chance(60) ? "now" : absl::StrCat("now ", Sign(), " ", Length());
  }

  std::string Time(int depth) {
    const int kind = depth <= 0 ? dice_.Below(3) : dice_.Below(9);
    switch (kind) {
      case 0:
      case 1:
        return "now";
      case 2:
        return StillTime();
      case 3:
        return absl::StrCat("(", Time(depth - 1), " ", Sign(), " ", Duration(depth - 1), ")");
      case 4:
        return absl::StrCat("start_of_day(", NowArgument(), ")");
      case 5:
        return absl::StrCat("start_of_day(", StillDay(), ")");
      case 6:
        return absl::StrCat("(", Truth(depth - 1), " ? ", Time(depth - 1), " : ", Time(depth - 1),
                            ")");
      default:
        return absl::StrCat("(now ", Sign(), " ", Length(), ")");
    }
  }

  std::string Duration(int depth) {
    const int kind = depth <= 0 ? 0 : dice_.Below(7);
    switch (kind) {
      case 1:
        return absl::StrCat("(", Time(depth - 1), " - ", Time(depth - 1), ")");
      case 2:
        made_.hours = true;
        return absl::StrCat("local_time(", NowArgument(), ")");
      case 3:
        return absl::StrCat("(", Duration(depth - 1), " ", Sign(), " ", Duration(depth - 1), ")");
      case 4:
        return absl::StrCat("(", Truth(depth - 1), " ? ", Duration(depth - 1), " : ",
                            Duration(depth - 1), ")");
      default:
        return Length();
    }
  }

  std::string Accessor() {
    static constexpr const char* kCoarse[] = {"getFullYear",   "getMonth",     "getDate",
                                              "getDayOfMonth", "getDayOfWeek", "getDayOfYear"};
    static constexpr const char* kZones[] = {"", "", "\"America/New_York\"", "\"Asia/Kathmandu\"",
                                             "\"Pacific/Apia\""};
    made_.hours = true;
    std::string name = Pick(kCoarse);
    if (dice_.Chance(40)) name = "getHours";
    if (dice_.Chance(10)) made_.minutes = true, name = "getMinutes";
    return absl::StrCat("(", NowArgument(), ").", name, "(", Pick(kZones), ")");
  }

  std::string NewName() { return absl::StrCat("x", names_++); }

  // `body` with one more name of a macro that it may use as an int.
  template <typename Body>
  std::string With(const std::string& name, Body body) {
    ints_.push_back(name);
    std::string text = body();
    ints_.pop_back();
    return text;
  }

  std::string IntList(int depth) {
    if (dice_.Chance(20)) return absl::StrCat("[", Int(depth - 1), "]");
    return absl::StrCat("[", Int(depth - 1), ", ", Int(depth - 1), ", ", Number(9), "]");
  }

  // A macro that gives a bool.
  std::string Macro(int depth) {
    static constexpr const char* kTests[] = {"all", "exists", "exists_one"};
    const std::string name = NewName();
    switch (dice_.Below(6)) {
      case 0:
      case 1: {
        const std::string list = IntList(depth);
        return With(name, [&] {
          return absl::StrCat(list, ".", Pick(kTests), "(", name, ", ", Truth(depth - 1), ")");
        });
      }
      case 2: {
        const std::string list = IntList(depth);
        return With(name, [&] {
          return absl::StrCat(list, ".filter(", name, ", ", Truth(depth - 1), ").size() ",
                              Compare(), " ", Number(3));
        });
      }
      case 3: {
        const std::string made = absl::StrCat(Int(depth - 1), " in ", IntList(depth), ".map(");
        return With(name, [&] { return absl::StrCat(made, name, ", ", Int(depth - 1), ")"); });
      }
      case 4: {
        // A running value inside, against lengths of the list.
        const std::int64_t first = dice_.Between(0, 40), second = dice_.Between(0, 40);
        for (const std::int64_t days : {first, second}) {
          made_.durations_ns.push_back(days * 86'400'000'000'000);
        }
        return absl::StrCat("[", first, ", ", second, "].", Pick(kTests), "(", name, ", now - ",
                            StillTime(), " ", Compare(), " days(", name, "))");
      }
      default:
        return absl::StrCat("cel.bind(", name, ", ", Time(depth - 1), ", ", name, " ", Compare(),
                            " ", Time(depth - 1), " || now - ", name, " ", Compare(), " ", Length(),
                            ")");
    }
  }

  std::string Int(int depth) {
    if (!ints_.empty() && dice_.Chance(25)) {
      return ints_[static_cast<std::size_t>(dice_.Below(static_cast<int>(ints_.size())))];
    }
    if (depth > 0 && dice_.Chance(6)) return absl::StrCat("days_until_birthday(", BirthDay(), ")");
    static constexpr const char* kNames[] = {"orders", "visits", "score", "views", "lowest"};
    const int kind = depth <= 0 ? dice_.Below(2) : dice_.Below(13);
    switch (kind) {
      case 0:
        return Pick(kNames);
      case 1:
        return Number(12);
      case 2:
        return absl::StrCat("calendar_days(", StillDay(), ", ", NowArgument(), ")");
      case 3:
        return absl::StrCat("calendar_days(", NowArgument(), ", ", StillDay(), ")");
      case 4:
        return absl::StrCat("months(", StillDay(), ", ", NowArgument(), ")");
      case 5:
        return absl::StrCat("age(", BirthDay(), ")");
      case 6:
        if (dice_.Chance(70)) return absl::StrCat("weekday(", NowArgument(), ")");
        return absl::StrCat("(season(", NowArgument(), ") == \"summer\" ? 1 : 0)");
      case 7:
        return Accessor();
      case 8:
        made_.hours = true;
        return absl::StrCat("(", NowArgument(), " - ", StillTime(), ").getHours()");
      case 9:
        return absl::StrCat("(", Int(depth - 1), " ", Sign(), " ", Int(depth - 1), ")");
      case 10:
        return absl::StrCat("(", Truth(depth - 1), " ? ", Int(depth - 1), " : ", Int(depth - 1),
                            ")");
      case 11:
        return absl::StrCat("-(", Int(depth - 1), ")");
      default:
        return absl::StrCat("(", Int(depth - 1), dice_.Chance(50) ? " % " : " / ", Int(depth - 1),
                            ")");
    }
  }

  std::string Money(int depth) {
    const int kind = depth <= 0 ? dice_.Below(3) : dice_.Below(5);
    switch (kind) {
      case 0:
        return "spend";
      case 1:
        return "spent_7d";
      case 3:
        return absl::StrCat("(", Money(depth - 1), " ", Sign(), " ", Money(depth - 1), ")");
      case 4:
        return absl::StrCat("(", Money(depth - 1), " * ", Int(0), ")");
      default:
        return absl::StrCat("money(\"", dice_.Below(30), ".50\")");
    }
  }

  std::string Date(int depth) {
    if (depth > 0 && dice_.Chance(50)) return absl::StrCat("local_date(", Time(depth - 1), ")");
    return dice_.Chance(40) ? absl::StrCat("local_date(", NowArgument(), ")") : StillDate();
  }

  std::string Text() {
    static constexpr const char* kTexts[] = {"language", "city", "\"fr\"", "\"de\"",
                                             "\"Clermont-Ferrand\""};
    return Pick(kTexts);
  }

  std::string Test(int depth) {
    static constexpr const char* kHas[] = {"vip", "last_order_at", "score", "next_visit",
                                           "language"};
    if (depth > 0 && dice_.Chance(20)) return Macro(depth);
    if (dice_.Chance(5)) return absl::StrCat("is_weekend(", NowArgument(), ")");
    switch (dice_.Below(11)) {
      case 0:
        return absl::StrCat(Time(depth), " ", Compare(), " ", Time(depth));
      case 1:
        return absl::StrCat(Duration(depth), " ", Compare(), " ", Duration(depth));
      case 2:
        return absl::StrCat(Int(depth), " ", Compare(), " ", Int(depth));
      case 3:
        return absl::StrCat(Int(depth), " in [", Number(9), ", ", Number(9), ", 6]");
      case 4:
        return absl::StrCat(Money(depth), " ", Compare(), " ", Money(depth));
      case 5:
        return absl::StrCat(Date(depth), " ", Compare(), " ", Date(depth));
      case 6:
        return absl::StrCat(Text(), dice_.Chance(50) ? " == " : " != ", Text());
      case 7:
        return absl::StrCat("has(", Pick(kHas), ")");
      case 8:
        return dice_.Chance(50) ? "vip" : absl::StrCat("language in [\"fr\", ", Text(), "]");
      case 9:
        return absl::StrCat("rating ", Compare(), " ", dice_.Below(6), ".5");
      default:
        return absl::StrCat(dice_.Chance(50) ? "weight" : "1.25", " ", Compare(), " weight");
    }
  }

  std::string Truth(int depth) {
    if (depth <= 0) return Test(0);
    switch (dice_.Below(8)) {
      case 0:
        return absl::StrCat("(", Truth(depth - 1), " && ", Truth(depth - 1), ")");
      case 1:
        return absl::StrCat("(", Truth(depth - 1), " || ", Truth(depth - 1), ")");
      case 2:
        return absl::StrCat("!(", Truth(depth - 1), ")");
      case 3:
        return absl::StrCat("(", Truth(depth - 1), " ? ", Truth(depth - 1), " : ", Truth(depth - 1),
                            ")");
      case 4:
        return absl::StrCat("(", Truth(depth - 1), " && ", SingleText(), ")");
      default:
        return Test(depth - 1);
    }
  }

  Dice& dice_;
  const TimeMs around_;
  RandomExpr made_;
  std::vector<std::string> ints_;  // names of macros in scope
  int names_ = 0;
};

}  // namespace

std::uint64_t Dice::Roll() {
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::int64_t Dice::Between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(Roll() % static_cast<std::uint64_t>(high - low + 1));
}

RandomExpr MakeRandomExpr(Dice* dice, TimeMs around, bool single) {
  Maker maker(dice, around);
  return single ? maker.Single() : maker.Bool();
}

}  // namespace parcours::expr::testing
