#include "rules/expr/functions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/utf8.h"

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

Value TextTest(Func func, const Value& a, const Value& b) {
  if (!a.Is(Kind::kString) || !b.Is(Kind::kString)) return NoOverload("a test of texts");
  const std::string_view text = a.AsText(), part = b.AsText();
  if (func == Func::kStartsWith) return Value::Bool(text.substr(0, part.size()) == part);
  if (func == Func::kContains) return Value::Bool(text.find(part) != std::string_view::npos);
  return Value::Bool(text.size() >= part.size() && text.substr(text.size() - part.size()) == part);
}

Value Size(const Value& value) {
  switch (value.kind()) {
    case Kind::kString:
      return Value::Int(CountCodePoints(value.AsText()));
    case Kind::kBytes:
      return Value::Int(static_cast<std::int64_t>(value.AsText().size()));
    case Kind::kList:
      return Value::Int(static_cast<std::int64_t>(value.AsList().size()));
    case Kind::kMap:
      return Value::Int(static_cast<std::int64_t>(value.AsMap().size()));
    default:
      return NoOverload("size()");
  }
}

Value In(const Value& element, const Value& container) {
  if (container.Is(Kind::kList)) {
    const List& list = container.AsList();
    return Value::Bool(std::any_of(list.begin(), list.end(),
                                   [&](const Value& value) { return Equal(element, value); }));
  }
  if (!container.Is(Kind::kMap)) return NoOverload("in");
  const Map& map = container.AsMap();
  return Value::Bool(std::any_of(map.begin(), map.end(),
                                 [&](const auto& entry) { return Equal(element, entry.first); }));
}

Value Compare(Func func, const Value& a, const Value& b) {
  if (func == Func::kEqual) return Value::Bool(Equal(a, b));
  if (func == Func::kNotEqual) return Value::Bool(!Equal(a, b));
  const std::optional<int> order = Order(a, b);
  return order ? Value::Bool(Holds(func, *order)) : NoOverload("a comparison");
}

// A field of an item, or an entry of a map.
Value Select(const Value& value, const std::string& name) {
  if (value.Is(Kind::kMap)) return Element(value, Value::Borrowed(Kind::kString, name));
  if (!value.Is(Kind::kItem)) return NoOverload("a field");
  const OwnedItem& owned = value.AsItem();
  const auto text = [&](std::string_view field) {
    if (field.data() == nullptr) return Value::Error(absl::StrCat("the item has no ", name));
    return Value::String(std::string(field));
  };
  if (name == "product_id") return text(owned.item.product_id);
  if (name == "category") return text(owned.item.category);
  const Cell cell = name == "quantity" ? owned.item.quantity : owned.item.price;
  if (name != "quantity" && name != "price") return NoOverload("a field of an item");
  if (!IsValue(cell)) return Value::Error(absl::StrCat("the item has no ", name));
  return name == "price" ? Value::Money(cell, owned.decimals) : Value::Int(cell);
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

Value Apply(const Node& node, Arguments arguments, const Surroundings& around) {
  const Func func = node.func;
  if (IsComparison(func)) return Compare(func, arguments[0], arguments[1]);
  if (func <= Func::kModulo) return Arithmetic(func, arguments[0], arguments[1]);
  if (IsCalendarWord(func)) return Word(func, arguments, around);
  if (IsAccessor(func)) return Accessor(node, arguments[0]);
  switch (func) {
    case Func::kNegate:
      return Negate(arguments[0]);
    case Func::kIn:
      return In(arguments[0], arguments[1]);
    case Func::kIndex:
      return Element(arguments[0], arguments[1]);
    case Func::kSelect:
      return Select(arguments[0], node.name);
    case Func::kSize:
      return Size(arguments[0]);
    case Func::kStartsWith:
    case Func::kEndsWith:
    case Func::kContains:
      return TextTest(func, arguments[0], arguments[1]);
    case Func::kUnknown:
      return node.constant;
    default:
      return Convert(func, arguments[0], around.decimals);
  }
}

}  // namespace parcours::expr
