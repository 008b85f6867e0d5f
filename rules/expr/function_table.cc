// The table of functions: how each is called, what it takes and gives, and what is not supported
// yet.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/functions.h"

namespace parcours::expr {
namespace {

constexpr unsigned Bit(Kind kind) { return 1u << static_cast<unsigned>(kind); }
template <typename... Kinds>
constexpr unsigned Bits(Kinds... kinds) {
  return (Bit(kinds) | ...);
}

constexpr unsigned kAny = ~0u;
constexpr unsigned kText = Bit(Kind::kString);
constexpr unsigned kInt = Bit(Kind::kInt);
constexpr unsigned kStamp = Bit(Kind::kTimestamp);
constexpr unsigned kDay = Bits(Kind::kTimestamp, Kind::kDate);
constexpr unsigned kClock = Bits(Kind::kTimestamp, Kind::kDuration);
constexpr unsigned kNumberOrText = Bits(Kind::kInt, Kind::kUint, Kind::kDouble, Kind::kString);
constexpr unsigned kSized = Bits(Kind::kString, Kind::kBytes, Kind::kList, Kind::kMap);
constexpr unsigned kPrinted =
    Bits(Kind::kBool, Kind::kInt, Kind::kUint, Kind::kDouble, Kind::kString, Kind::kBytes,
         Kind::kTimestamp, Kind::kDuration, Kind::kMoney, Kind::kDate);

constexpr Function kFunctions[] = {
    {"size",
     Func::kSize,
     true,
     true,
     1,
     1,
     {kSized, 0},
     Kind::kInt,
     "size(text, bytes, list or map)"},
    {"startsWith",
     Func::kStartsWith,
     false,
     true,
     2,
     2,
     {kText, kText},
     Kind::kBool,
     "string.startsWith(string)"},
    {"endsWith",
     Func::kEndsWith,
     false,
     true,
     2,
     2,
     {kText, kText},
     Kind::kBool,
     "string.endsWith(string)"},
    {"contains",
     Func::kContains,
     false,
     true,
     2,
     2,
     {kText, kText},
     Kind::kBool,
     "string.contains(string)"},
    {"int",
     Func::kToInt,
     true,
     false,
     1,
     1,
     {kNumberOrText | kStamp, 0},
     Kind::kInt,
     "int(number, string or timestamp)"},
    {"uint",
     Func::kToUint,
     true,
     false,
     1,
     1,
     {kNumberOrText, 0},
     Kind::kUint,
     "uint(number or string)"},
    {"double",
     Func::kToDouble,
     true,
     false,
     1,
     1,
     {kNumberOrText, 0},
     Kind::kDouble,
     "double(number or string)"},
    {"string", Func::kToString, true, false, 1, 1, {kPrinted, 0}, Kind::kString, "string(scalar)"},
    {"bytes",
     Func::kToBytes,
     true,
     false,
     1,
     1,
     {Bits(Kind::kString, Kind::kBytes), 0},
     Kind::kBytes,
     "bytes(string)"},
    {"bool",
     Func::kToBool,
     true,
     false,
     1,
     1,
     {Bits(Kind::kString, Kind::kBool), 0},
     Kind::kBool,
     "bool(string)"},
    {"dyn", Func::kToDyn, true, false, 1, 1, {kAny, 0}, Kind::kDyn, "dyn(anything)"},
    {"type", Func::kToType, true, false, 1, 1, {kAny, 0}, Kind::kType, "type(anything)"},
    {"timestamp",
     Func::kTimestamp,
     true,
     false,
     1,
     1,
     {kText | kInt | kStamp, 0},
     Kind::kTimestamp,
     "timestamp(string)"},
    {"duration",
     Func::kDuration,
     true,
     false,
     1,
     1,
     {kText | Bit(Kind::kDuration), 0},
     Kind::kDuration,
     "duration(string)"},
    {"money",
     Func::kMoney,
     true,
     false,
     1,
     1,
     {kText | Bit(Kind::kMoney), 0},
     Kind::kMoney,
     "money(string)"},
    {"date",
     Func::kDate,
     true,
     false,
     1,
     1,
     {kText | Bit(Kind::kDate), 0},
     Kind::kDate,
     "date(string)"},
    {"minutes", Func::kMinutes, true, false, 1, 1, {kInt, 0}, Kind::kDuration, "minutes(int)"},
    {"hours", Func::kHours, true, false, 1, 1, {kInt, 0}, Kind::kDuration, "hours(int)"},
    {"days", Func::kDays, true, false, 1, 1, {kInt, 0}, Kind::kDuration, "days(int)"},
    {"weeks", Func::kWeeks, true, false, 1, 1, {kInt, 0}, Kind::kDuration, "weeks(int)"},
    {"calendar_days",
     Func::kCalendarDays,
     true,
     false,
     2,
     2,
     {kDay, kDay},
     Kind::kInt,
     "calendar_days(timestamp or date, timestamp or date)"},
    {"months",
     Func::kMonths,
     true,
     false,
     2,
     2,
     {kDay, kDay},
     Kind::kInt,
     "months(timestamp or date, timestamp or date)"},
    {"age", Func::kAge, true, false, 1, 1, {Bit(Kind::kDate), 0}, Kind::kInt, "age(date)"},
    {"start_of_day",
     Func::kStartOfDay,
     true,
     false,
     1,
     1,
     {kDay, 0},
     Kind::kTimestamp,
     "start_of_day(timestamp or date)"},
    {"weekday",
     Func::kWeekday,
     true,
     false,
     1,
     1,
     {kDay, 0},
     Kind::kInt,
     "weekday(timestamp or date)"},
    {"local_time",
     Func::kLocalTime,
     true,
     false,
     1,
     1,
     {kStamp, 0},
     Kind::kDuration,
     "local_time(timestamp)"},
    {"local_date",
     Func::kLocalDate,
     true,
     false,
     1,
     1,
     {kStamp, 0},
     Kind::kDate,
     "local_date(timestamp)"},
    {"getFullYear",
     Func::kFullYear,
     false,
     true,
     1,
     2,
     {kStamp, kText},
     Kind::kInt,
     "timestamp.getFullYear(zone?)"},
    {"getMonth",
     Func::kMonth,
     false,
     true,
     1,
     2,
     {kStamp, kText},
     Kind::kInt,
     "timestamp.getMonth(zone?)"},
    {"getDate",
     Func::kDateOfMonth,
     false,
     true,
     1,
     2,
     {kStamp, kText},
     Kind::kInt,
     "timestamp.getDate(zone?)"},
    {"getDayOfMonth",
     Func::kDayOfMonth,
     false,
     true,
     1,
     2,
     {kStamp, kText},
     Kind::kInt,
     "timestamp.getDayOfMonth(zone?)"},
    {"getDayOfWeek",
     Func::kDayOfWeek,
     false,
     true,
     1,
     2,
     {kStamp, kText},
     Kind::kInt,
     "timestamp.getDayOfWeek(zone?)"},
    {"getDayOfYear",
     Func::kDayOfYear,
     false,
     true,
     1,
     2,
     {kStamp, kText},
     Kind::kInt,
     "timestamp.getDayOfYear(zone?)"},
    {"getHours",
     Func::kGetHours,
     false,
     true,
     1,
     2,
     {kClock, kText},
     Kind::kInt,
     "timestamp.getHours(zone?), duration.getHours()"},
    {"getMinutes",
     Func::kGetMinutes,
     false,
     true,
     1,
     2,
     {kClock, kText},
     Kind::kInt,
     "timestamp.getMinutes(zone?), duration.getMinutes()"},
    {"getSeconds",
     Func::kGetSeconds,
     false,
     true,
     1,
     2,
     {kClock, kText},
     Kind::kInt,
     "timestamp.getSeconds(zone?), duration.getSeconds()"},
    {"getMilliseconds",
     Func::kGetMilliseconds,
     false,
     true,
     1,
     2,
     {kClock, kText},
     Kind::kInt,
     "timestamp.getMilliseconds(zone?), duration.getMilliseconds()"},
};

constexpr std::string_view kMacros[] = {"all",       "exists", "exists_one",
                                        "existsOne", "map",    "filter"};
constexpr std::string_view kTextExtension[] = {
    "charAt",    "indexOf", "lastIndexOf", "lowerAscii", "upperAscii", "replace", "split",
    "substring", "trim",    "join",        "quote",      "format",     "reverse"};

template <std::size_t kCount>
bool Has(const std::string_view (&names)[kCount], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

const Function* FindFunction(std::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  return names;
}

std::string UnsupportedFunction(std::string_view name, bool receiver) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const std::string shown(last);
  if (receiver && Has(kMacros, last)) {
    return absl::StrCat("the macro '", shown, "' is not yet supported");
  }
  if (last == "matches") return "'matches' is not yet supported";
  if (receiver && Has(kTextExtension, last)) {
    return absl::StrCat("the string function '", shown, "' is not yet supported");
  }
  return "";
}

}  // namespace parcours::expr
