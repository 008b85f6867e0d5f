#include "tests/support/naive_expr.h"

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace parcours::expr::testing {
namespace {

using K = NaiveValue::Kind;
using Arguments = std::vector<NaiveValue>;

NaiveValue Of(K kind, Wide number) {
  NaiveValue value;
  value.kind = kind;
  value.number = number;
  return value;
}
NaiveValue Error() { return NaiveValue(); }
NaiveValue Truth(bool truth) { return Of(K::kBool, truth ? 1 : 0); }
bool IsTrue(const NaiveValue& v) { return v.kind == K::kBool && v.number == 1; }
bool IsFalse(const NaiveValue& v) { return v.kind == K::kBool && v.number == 0; }

NaiveValue Checked(K kind, Wide number) {
  if (kind == K::kTimestamp && !InTimestampRange(number)) return Error();
  if (kind == K::kDuration && !InDurationRange(number)) return Error();
  if ((kind == K::kInt || kind == K::kMoney) && (number > INT64_MAX || number < INT64_MIN)) {
    return Error();
  }
  return Of(kind, number);
}

TimeMs MsOf(Wide ns) {
  Wide ms = ns / kNanosPerMs;
  if (ms * kNanosPerMs > ns) --ms;
  return static_cast<TimeMs>(ms);
}

absl::CivilSecond CivilOf(TimeMs t, const absl::TimeZone& zone) {
  return absl::ToCivilSecond(absl::FromUnixMillis(t), zone);
}

CivilDay DayNumber(absl::CivilDay day) {
  return static_cast<CivilDay>(day - absl::CivilDay(1970, 1, 1));
}

CivilDay DayOf(const NaiveValue& value, const absl::TimeZone& zone) {
  if (value.kind == K::kDate) return static_cast<CivilDay>(value.number);
  return NaiveDayOf(MsOf(value.number), zone);
}

// Whole months by counting them off one by one would be slow; by comparing days of the month.
Wide MonthsFrom(CivilDay from, CivilDay to) {
  if (to < from) return -MonthsFrom(to, from);
  const absl::CivilDay a = absl::CivilDay(1970, 1, 1) + from, b = absl::CivilDay(1970, 1, 1) + to;
  Wide months = (b.year() - a.year()) * 12 + (b.month() - a.month());
  // The day of the month has not come yet.
  if (b.day() < a.day()) --months;
  return months;
}

NaiveValue Word(const std::string& name, const Arguments& a, const NaiveWorld& world) {
  const absl::TimeZone& zone = world.zone;
  if (name == "calendar_days") return Of(K::kInt, DayOf(a[1], zone) - DayOf(a[0], zone));
  if (name == "months") return Of(K::kInt, MonthsFrom(DayOf(a[0], zone), DayOf(a[1], zone)));
  if (name == "age") {
    return Of(K::kInt, MonthsFrom(DayOf(a[0], zone), NaiveDayOf(world.now, zone)) / 12);
  }
  if (name == "start_of_day") {
    return Checked(K::kTimestamp, NaiveStartOf(DayOf(a[0], zone), zone) * kNanosPerMs);
  }
  if (name == "is_weekend") {
    const auto day = absl::GetWeekday(absl::CivilDay(1970, 1, 1) + DayOf(a[0], zone));
    return Truth(day == absl::Weekday::saturday || day == absl::Weekday::sunday);
  }
  if (name == "days_until_birthday") {
    const absl::CivilDay birth = absl::CivilDay(1970, 1, 1) + DayOf(a[0], zone);
    absl::CivilDay day = absl::CivilDay(1970, 1, 1) + NaiveDayOf(world.now, zone);
    // A day that a year lacks becomes the next by itself.
    int days = 0;
    while (absl::CivilDay(day.year(), birth.month(), birth.day()) != day) ++day, ++days;
    return Of(K::kInt, days);
  }
  if (name == "local_date") return Of(K::kDate, DayOf(a[0], zone));
  if (name == "weekday") {
    const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + DayOf(a[0], zone);
    return Of(K::kInt, static_cast<int>(absl::GetWeekday(day)) + 1);
  }
  if (name == "season") {
    const int month = (absl::CivilDay(1970, 1, 1) + DayOf(a[0], zone)).month();
    NaiveValue season = Of(K::kText, 0);
    season.text = month < 3 || month == 12 ? "winter"
                  : month < 6              ? "spring"
                  : month < 9              ? "summer"
                                           : "autumn";
    return season;
  }
  const TimeMs ms = MsOf(a[0].number);
  const absl::CivilSecond civil = CivilOf(ms, zone);
  const Wide in_day = civil.hour() * 3600 + civil.minute() * 60 + civil.second();
  TimeMs below = ms % 1000;
  if (below < 0) below += 1000;
  return Of(K::kDuration,
            in_day * kNanosPerSecond + below * kNanosPerMs + (a[0].number - ms * kNanosPerMs));
}

NaiveValue Accessor(const std::string& name, const Arguments& a) {
  if (a[0].kind == K::kDuration) {
    const Wide unit = (name == "getHours" ? 3600 : name == "getMinutes" ? 60 : 1) * kNanosPerSecond;
    return Of(K::kInt, a[0].number / unit);
  }
  absl::TimeZone zone = absl::UTCTimeZone();
  if (a.size() > 1 && !absl::LoadTimeZone(a[1].text, &zone)) return Error();
  const absl::CivilSecond civil = CivilOf(MsOf(a[0].number), zone);
  const absl::CivilDay day(civil);
  if (name == "getFullYear") return Of(K::kInt, civil.year());
  if (name == "getMonth") return Of(K::kInt, civil.month() - 1);
  if (name == "getDate") return Of(K::kInt, civil.day());
  if (name == "getDayOfMonth") return Of(K::kInt, civil.day() - 1);
  if (name == "getDayOfWeek") return Of(K::kInt, (static_cast<int>(absl::GetWeekday(day)) + 1) % 7);
  if (name == "getDayOfYear") return Of(K::kInt, absl::GetYearDay(day) - 1);
  if (name == "getHours") return Of(K::kInt, civil.hour());
  return Of(K::kInt, civil.minute());
}

NaiveValue Sum(bool plus, const NaiveValue& a, const NaiveValue& b) {
  const Wide result = plus ? a.number + b.number : a.number - b.number;
  const bool x = a.kind == K::kTimestamp, y = b.kind == K::kTimestamp;
  if (x || y) {
    if (x && y) return plus ? Error() : Checked(K::kDuration, result);
    return Checked(K::kTimestamp, result);
  }
  if (a.kind == K::kDouble) {
    NaiveValue value = Of(K::kDouble, 0);
    value.real = plus ? a.real + b.real : a.real - b.real;
    return value;
  }
  return Checked(a.kind, result);
}

NaiveValue Compared(const std::string& op, const NaiveValue& a, const NaiveValue& b) {
  int order;
  if (a.kind == K::kDouble) {
    order = a.real < b.real ? -1 : a.real > b.real ? 1 : 0;
  } else if (a.kind == K::kText) {
    order = a.text.compare(b.text);
  } else {
    order = a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
  }
  if (op == "==") return Truth(order == 0);
  if (op == "!=") return Truth(order != 0);
  if (op == "<") return Truth(order < 0);
  if (op == "<=") return Truth(order <= 0);
  if (op == ">") return Truth(order > 0);
  return Truth(order >= 0);
}

NaiveValue Operator(const std::string& op, const Arguments& a) {
  if (op == "-" && a.size() == 1) return Checked(a[0].kind, -a[0].number);
  if (op == "+" || op == "-") return Sum(op == "+", a[0], a[1]);
  if (op == "*") {
    const K kind = a[0].kind == K::kMoney || a[1].kind == K::kMoney ? K::kMoney : K::kInt;
    return Checked(kind, a[0].number * a[1].number);
  }
  if (op == "/" || op == "%") {
    if (a[1].number == 0) return Error();
    return Checked(K::kInt, op == "/" ? a[0].number / a[1].number : a[0].number % a[1].number);
  }
  if (op == "in") {
    for (const NaiveValue& element : a[1].list) {
      if (element == a[0]) return Truth(true);
    }
    return Truth(false);
  }
  return Compared(op, a[0], a[1]);
}

NaiveValue FromValue(const Value& value) {
  if (value.Is(Kind::kBool)) return Truth(value.AsBool());
  if (value.Is(Kind::kInt)) return Of(K::kInt, value.AsInt());
  NaiveValue naive;
  if (value.Is(Kind::kDouble)) {
    naive.kind = K::kDouble;
    naive.real = value.AsDouble();
  } else if (value.Is(Kind::kString)) {
    naive.kind = K::kText;
    naive.text = std::string(value.AsText());
  }
  return naive;
}

NaiveValue FromCell(const Variable& variable, const Cell* cells) {
  const Cell cell = cells[variable.slot];
  if (cell == kAbsent || cell == kOverflow) return Error();
  switch (variable.type.kind) {
    case Kind::kBool:
      return Truth(cell != 0);
    case Kind::kInt:
      return Of(K::kInt, cell);
    case Kind::kMoney:
      return Of(K::kMoney, cell);
    case Kind::kTimestamp:
      return Of(K::kTimestamp, cell * kNanosPerMs);
    case Kind::kDate:
      return Of(K::kDate, cell);
    case Kind::kString: {
      NaiveValue value = Of(K::kText, 0);
      value.text = std::string(TextOf(&cells[variable.slot]));
      return value;
    }
    default: {
      NaiveValue value = Of(K::kDouble, 0);
      value.real = variable.fixed_point ? static_cast<double>(cell) / std::pow(10, variable.scale)
                                        : DoubleOfCell(cell);
      return value;
    }
  }
}

// money("1.50"), timestamp("..."), duration("1.5s"), date("..."), days(3): of literals only.
NaiveValue Constructed(const std::string& name, const NaiveValue& a) {
  static const std::map<std::string, int> kSeconds = {
      {"minutes", 60}, {"hours", 3600}, {"days", 86'400}, {"weeks", 7 * 86'400}};
  if (const auto unit = kSeconds.find(name); unit != kSeconds.end()) {
    return Checked(K::kDuration, a.number * unit->second * kNanosPerSecond);
  }
  if (name == "money") return Of(K::kMoney, std::llround(std::stod(a.text) * 100));
  if (name == "date") return Of(K::kDate, ParseDate(a.text).value());
  if (name == "timestamp") {
    const FineTime time = ParseFineTime(a.text).value();
    return Of(K::kTimestamp, time.seconds * kNanosPerSecond + time.nanos);
  }
  // Random durations are written in nanoseconds.
  return Of(K::kDuration, std::stoll(a.text));
}

NaiveValue Walk(const NaiveWorld& world, int id);

// A macro; error, too, for what is none.
NaiveValue Macro(const NaiveWorld& world, const Ast& ast) {
  const std::string name = world.tree->at(ast.children[1]).text;
  const auto with = [&](const NaiveValue& value, int body) {
    NaiveWorld inner = world;
    inner.locals.emplace_back(name, value);
    return Walk(inner, body);
  };
  if (ast.text == "bind") return with(Walk(world, ast.children[2]), ast.children[3]);
  const NaiveValue range = Walk(world, ast.children[0]);
  if (range.kind != K::kList) return Error();
  NaiveValue list = Of(K::kList, 0);
  int yes = 0, no = 0, errors = 0;
  for (const NaiveValue& element : range.list) {
    const NaiveValue part = with(element, ast.children[2]);
    yes += IsTrue(part) ? 1 : 0;
    no += IsFalse(part) ? 1 : 0;
    errors += part.kind == K::kError ? 1 : 0;
    if (ast.text == "map") list.list.push_back(part);
    if (ast.text == "filter" && IsTrue(part)) list.list.push_back(element);
  }
  if (ast.text == "exists" && yes > 0) return Truth(true);
  if (ast.text == "all" && no > 0) return Truth(false);
  if (errors > 0) return Error();
  if (ast.text == "exists_one") return Truth(yes == 1);
  if (ast.text == "exists" || ast.text == "all") return Truth(ast.text == "all");
  return list;
}

NaiveValue Walk(const NaiveWorld& world, int id) {
  const Ast& ast = world.tree->at(id);
  const auto child = [&](std::size_t i) { return Walk(world, ast.children[i]); };
  if (ast.kind == Ast::Kind::kLiteral) return FromValue(ast.literal);
  if (ast.kind == Ast::Kind::kName) {
    for (auto local = world.locals.rbegin(); local != world.locals.rend(); ++local) {
      if (local->first == ast.text) return local->second;
    }
    if (ast.text == "now") return Of(K::kTimestamp, world.now * kNanosPerMs);
    return FromCell(*world.scope->Find(ast.text), world.cells);
  }
  if (ast.text == "&&" || ast.text == "||") {
    bool error = false;
    for (std::size_t i = 0; i < ast.children.size(); ++i) {
      const NaiveValue part = child(i);
      if (ast.text == "&&" ? IsFalse(part) : IsTrue(part)) return part;
      if (part.kind != K::kBool) error = true;
    }
    return error ? Error() : Truth(ast.text == "&&");
  }
  if (ast.text == "?:") {
    const NaiveValue condition = child(0);
    if (condition.kind != K::kBool) return Error();
    return child(IsTrue(condition) ? 1 : 2);
  }
  if (ast.text == "has") {
    const Variable* variable = world.scope->Find(world.tree->at(ast.children[0]).text);
    return Truth(FromCell(*variable, world.cells).kind != K::kError);
  }
  static const std::set<std::string> kMacros = {"all", "exists", "exists_one",
                                                "map", "filter", "bind"};
  if (ast.receiver && kMacros.count(ast.text) > 0) return Macro(world, ast);
  Arguments arguments;
  for (std::size_t i = 0; i < ast.children.size(); ++i) {
    arguments.push_back(child(i));
    if (arguments.back().kind == K::kError) return Error();
  }
  if (ast.kind == Ast::Kind::kList) {
    NaiveValue list = Of(K::kList, 0);
    list.list = arguments;
    return list;
  }
  if (ast.text == "!") return Truth(!IsTrue(arguments[0]));
  if (ast.is_operator) return Operator(ast.text, arguments);
  if (ast.text == "size") return Of(K::kInt, static_cast<int>(arguments[0].list.size()));
  if (ast.receiver) return Accessor(ast.text, arguments);
  static const std::map<std::string, int> kWords = {
      {"calendar_days", 0},       {"months", 0},  {"age", 0},        {"start_of_day", 0},
      {"local_date", 0},          {"weekday", 0}, {"local_time", 0}, {"is_weekend", 0},
      {"days_until_birthday", 0}, {"season", 0}};
  if (kWords.count(ast.text) > 0) return Word(ast.text, arguments, world);
  return Constructed(ast.text, arguments[0]);
}

}  // namespace

bool NaiveValue::operator==(const NaiveValue& other) const {
  return kind == other.kind && number == other.number && real == other.real && text == other.text &&
         list == other.list;
}

std::string ToString(const NaiveValue& value) {
  static constexpr const char* kNames[] = {"error",     "bool", "int",  "money",  "duration",
                                           "timestamp", "date", "text", "double", "list"};
  return absl::StrCat(kNames[static_cast<int>(value.kind)], " ",
                      static_cast<std::int64_t>(value.number), " ", value.real, " ", value.text);
}

TimeMs NaiveStartOf(CivilDay day, const absl::TimeZone& zone) {
  const absl::CivilSecond midnight(absl::CivilDay(1970, 1, 1) + day);
  const absl::TimeZone::TimeInfo info = zone.At(midnight);
  const bool skipped = info.kind == absl::TimeZone::TimeInfo::SKIPPED;
  return absl::ToUnixMillis(skipped ? info.trans : info.pre);
}

CivilDay NaiveDayOf(TimeMs t, const absl::TimeZone& zone) {
  const CivilDay wall = DayNumber(absl::CivilDay(CivilOf(t, zone)));
  for (CivilDay day = wall + 2;; --day) {
    if (NaiveStartOf(day, zone) <= t) return day;
  }
}

NaiveValue NaiveEvaluate(const NaiveWorld& world) { return Walk(world, world.tree->root); }

}  // namespace parcours::expr::testing
