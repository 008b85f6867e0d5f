#include "rules/expr/operators.h"

#include "absl/strings/str_cat.h"
#include "base/decimal.h"
#include "rules/expr/format.h"
#include "rules/expr/functions.h"

namespace parcours::expr {
namespace {

bool IsNumber(Kind kind) {
  return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble;
}

bool IsOrdered(Kind kind) {
  return IsNumber(kind) || kind == Kind::kBool || kind == Kind::kString || kind == Kind::kBytes ||
         kind == Kind::kTimestamp || kind == Kind::kDuration || kind == Kind::kMoney ||
         kind == Kind::kDate;
}

std::optional<Type> Of(Kind kind) { return Type::Of(kind); }

std::optional<Type> SumType(bool plus, const Type& a, const Type& b) {
  const Kind x = a.kind, y = b.kind;
  if (x == Kind::kTimestamp && y == Kind::kDuration) return a;
  if (plus && x == Kind::kDuration && y == Kind::kTimestamp) return b;
  if (!plus && x == Kind::kTimestamp && y == Kind::kTimestamp) return Of(Kind::kDuration);
  if (plus && x == Kind::kList && y == Kind::kList) return Joined(a, b);
  if (x != y) return std::nullopt;
  if (IsNumber(x) || x == Kind::kDuration || x == Kind::kMoney) return a;
  if (plus && (x == Kind::kString || x == Kind::kBytes)) return a;
  return std::nullopt;
}

std::optional<Type> ElementType(const Type& container, const Type& key) {
  if (container.kind == Kind::kOptional) return Type::OptionalOf(Type());
  if (container.kind == Kind::kList) {
    if (key.kind != Kind::kDyn && !IsNumber(key.kind)) return std::nullopt;
  } else if (container.kind != Kind::kMap || !container.key || !Fits(*container.key, key)) {
    return std::nullopt;
  }
  return container.element ? *container.element : Type();
}

std::optional<Type> InType(const Type& element, const Type& container) {
  const auto& held = container.kind == Kind::kMap ? container.key : container.element;
  if (container.kind != Kind::kList && container.kind != Kind::kMap) return std::nullopt;
  if (held != nullptr && !Fits(*held, element)) return std::nullopt;
  return Of(Kind::kBool);
}

}  // namespace

bool Fits(const Type& a, const Type& b) {
  if (a.kind == Kind::kDyn || b.kind == Kind::kDyn) return true;
  // Numbers compare across their types.
  if (IsNumber(a.kind) && IsNumber(b.kind)) return true;
  if (a.kind != b.kind) return false;
  const auto part = [](const std::shared_ptr<const Type>& x, const std::shared_ptr<const Type>& y) {
    return x == nullptr || y == nullptr || Fits(*x, *y);
  };
  return part(a.key, b.key) && part(a.element, b.element);
}

Type Joined(const Type& a, const Type& b) {
  if (a == b) return a;
  const bool holds = a.kind == Kind::kList || a.kind == Kind::kMap || a.kind == Kind::kOptional;
  if (a.kind != b.kind || !holds) return Type();
  const auto part = [](const std::shared_ptr<const Type>& x, const std::shared_ptr<const Type>& y) {
    return x == nullptr ? (y == nullptr ? Type() : *y) : y == nullptr ? *x : Joined(*x, *y);
  };
  if (a.kind == Kind::kList) return Type::ListOf(part(a.element, b.element));
  if (a.kind == Kind::kOptional) return Type::OptionalOf(part(a.element, b.element));
  return Type::MapOf(part(a.key, b.key), part(a.element, b.element));
}

std::optional<Type> BinaryType(Func func, const Type& a, const Type& b) {
  const Kind x = a.kind, y = b.kind;
  const bool dyn = x == Kind::kDyn || y == Kind::kDyn;
  switch (func) {
    case Func::kEqual:
    case Func::kNotEqual:
      return Fits(a, b) ? Of(Kind::kBool) : std::nullopt;
    case Func::kLess:
    case Func::kLessEqual:
    case Func::kGreater:
    case Func::kGreaterEqual:
      if (!Fits(a, b) || (!dyn && !IsOrdered(x))) return std::nullopt;
      return (dyn && !IsOrdered(x) && x != Kind::kDyn) ? std::nullopt : Of(Kind::kBool);
    case Func::kIn:
      if (y == Kind::kDyn) return Of(Kind::kBool);
      return InType(a, b);
    case Func::kIndex:
      if (x == Kind::kDyn) return Type();
      return ElementType(a, b);
    default:
      break;
  }
  if (dyn) return Type();
  switch (func) {
    case Func::kAdd:
      return SumType(true, a, b);
    case Func::kSubtract:
      return SumType(false, a, b);
    case Func::kMultiply:
      if (x == Kind::kMoney && y == Kind::kInt) return a;
      if (x == Kind::kInt && y == Kind::kMoney) return b;
      return x == y && IsNumber(x) ? std::optional<Type>(a) : std::nullopt;
    case Func::kDivide:
      return x == y && IsNumber(x) ? std::optional<Type>(a) : std::nullopt;
    case Func::kModulo:
      return x == y && IsNumber(x) && x != Kind::kDouble ? std::optional<Type>(a) : std::nullopt;
    default:
      return std::nullopt;
  }
}

namespace {

std::string MoneyHint(const Node& given, int decimals) {
  if (given.op != Op::kConstant || given.constant.is_error()) {
    return "money compares and adds with money only: money(\"250.00\")";
  }
  std::string digits;
  if (given.constant.Is(Kind::kInt)) digits = absl::StrCat(given.constant.AsInt());
  if (given.constant.Is(Kind::kDouble)) digits = FormatDouble(given.constant.AsDouble());
  if (given.constant.Is(Kind::kString)) digits = std::string(given.constant.AsText());
  const absl::StatusOr<std::int64_t> units = ParseDecimal(digits, decimals);
  if (!units.ok()) return "write an amount as money(\"250.00\")";
  return absl::StrCat("write money(\"", FormatDecimal(*units, decimals), "\")");
}

bool IsText(const Node& given) {
  return given.op == Op::kConstant && given.constant.Is(Kind::kString);
}

std::string Called(const char* function, const Node& given) {
  return absl::StrCat("write ", function, "(", given.constant.ToJson(), ")");
}

}  // namespace

std::string ConversionHint(const Node& given, const Type& other, int decimals) {
  const Kind kind = given.type.kind;
  const bool whole = given.op == Op::kConstant && given.constant.Is(Kind::kInt);
  switch (other.kind) {
    case Kind::kMoney:
      return IsNumber(kind) || kind == Kind::kString ? MoneyHint(given, decimals) : "";
    case Kind::kDuration:
      if (whole)
        return absl::StrCat("write days(", given.constant.AsInt(), "), or hours, minutes, weeks");
      if (IsNumber(kind)) return "write days(n), hours(n), minutes(n) or weeks(n)";
      return IsText(given) ? Called("duration", given) : "";
    case Kind::kTimestamp:
      if (IsText(given)) {
        const bool day = given.constant.AsText().size() == 10;
        return day ? absl::StrCat("write timestamp(\"", std::string(given.constant.AsText()),
                                  "T00:00:00Z\")")
                   : Called("timestamp", given);
      }
      if (kind == Kind::kDate) return "start_of_day(date) is the instant at which that day begins";
      if (kind == Kind::kDuration) return "a timestamp compares with a timestamp: now - days(90)";
      return "";
    case Kind::kDate:
      if (IsText(given)) return Called("date", given);
      return kind == Kind::kTimestamp ? "local_date(timestamp) is the day of an instant" : "";
    case Kind::kString:
      if (kind != Kind::kInt && kind != Kind::kBool) return "";
      return given.op == Op::kConstant ? Called("string", given) : "string(x) makes a text of it";
    case Kind::kDouble:
      if (whole) return absl::StrCat("write ", given.constant.AsInt(), ".0");
      return kind == Kind::kInt ? "double(x) makes a double of an int" : "";
    case Kind::kInt:
      if (kind == Kind::kDuration) return "a duration tells its whole hours with .getHours()";
      if (kind == Kind::kDouble) return "int(x) cuts a double to an int";
      return "";
    default:
      return "";
  }
}

}  // namespace parcours::expr
