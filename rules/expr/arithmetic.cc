// Arithmetic: + - * / % of values. What leaves its range is an error, never a wrap.
#include "absl/strings/str_cat.h"
#include "rules/expr/functions.h"
#include "rules/expr/limits.h"

namespace parcours::expr {
namespace {

Value Overflow() { return Value::BorrowedError("the result leaves the range of 64 bits"); }

// `result` as a value of a's kind.
Value Whole(const Value& a, Wide result) {
  if (a.kind() == Kind::kUint) {
    if (result < 0 || result > Wide{UINT64_MAX}) return Overflow();
    return Value::Uint(static_cast<std::uint64_t>(result));
  }
  if (result < INT64_MIN || result > INT64_MAX) return Overflow();
  const auto whole = static_cast<std::int64_t>(result);
  return a.kind() == Kind::kMoney ? Value::Money(whole, a.decimals()) : Value::Int(whole);
}

Wide WholeOf(const Value& value) {
  return value.kind() == Kind::kUint ? Wide{value.AsUint()} : Wide{value.AsInt()};
}

Value OfWholes(Func func, const Value& a, const Value& b) {
  const Wide x = WholeOf(a), y = WholeOf(b);
  switch (func) {
    case Func::kAdd:
      return Whole(a, x + y);
    case Func::kSubtract:
      return Whole(a, x - y);
    case Func::kMultiply:
      return Whole(a, x * y);
    case Func::kDivide:
      return y == 0 ? Value::BorrowedError("a division by zero") : Whole(a, x / y);
    default:
      return y == 0 ? Value::BorrowedError("a modulus by zero") : Whole(a, x % y);
  }
}

Value OfDoubles(Func func, double a, double b) {
  switch (func) {
    case Func::kAdd:
      return Value::Double(a + b);
    case Func::kSubtract:
      return Value::Double(a - b);
    case Func::kMultiply:
      return Value::Double(a * b);
    case Func::kDivide:
      return Value::Double(a / b);
    default:
      return NoOverload("%");
  }
}

Value OfMoney(Func func, const Value& a, const Value& b) {
  const bool money_a = a.kind() == Kind::kMoney, money_b = b.kind() == Kind::kMoney;
  if (money_a && money_b && func == Func::kAdd) return Whole(a, Wide{a.AsMoney()} + b.AsMoney());
  if (money_a && money_b && func == Func::kSubtract) {
    return Whole(a, Wide{a.AsMoney()} - b.AsMoney());
  }
  const Value& money = money_a ? a : b;
  const Value& number = money_a ? b : a;
  if (func == Func::kMultiply && number.kind() == Kind::kInt) {
    return Whole(money, Wide{money.AsMoney()} * number.AsInt());
  }
  return NoOverload("arithmetic with money");
}

Value OfTimes(Func func, const Value& a, const Value& b) {
  const bool stamp_a = a.kind() == Kind::kTimestamp, stamp_b = b.kind() == Kind::kTimestamp;
  const bool plus = func == Func::kAdd;
  if (!plus && func != Func::kSubtract) return NoOverload("arithmetic with time");
  if (plus ? stamp_a && stamp_b : !stamp_a && stamp_b) return NoOverload(plus ? "+" : "-");
  const Wide result = plus ? a.AsNanos() + b.AsNanos() : a.AsNanos() - b.AsNanos();
  if (stamp_a != stamp_b) {
    if (!InTimestampRange(result)) {
      return Value::BorrowedError("the timestamp leaves the years 1 to 9999");
    }
    return Value::Timestamp({result});
  }
  if (!InDurationRange(result)) {
    return Value::BorrowedError("the duration is longer than 3,650,000 days");
  }
  return Value::Duration({result});
}

Value Concatenate(const Value& a, const Value& b) {
  if (a.kind() == Kind::kList) {
    const List &x = a.AsList(), &y = b.AsList();
    if (x.size() + y.size() > static_cast<std::size_t>(kListElementsMax)) {
      return Value::BorrowedError("a list would have more than 10,000 elements");
    }
    List list = x;
    list.insert(list.end(), y.begin(), y.end());
    return Value::OfList(std::move(list));
  }
  if (a.AsText().size() + b.AsText().size() > static_cast<std::size_t>(kTextBytesMax)) {
    return Value::BorrowedError("a text would have more than 64 KiB");
  }
  std::string text(a.AsText());
  text.append(b.AsText());
  return a.kind() == Kind::kString ? Value::String(std::move(text)) : Value::Bytes(std::move(text));
}

bool IsTime(Kind kind) { return kind == Kind::kTimestamp || kind == Kind::kDuration; }

}  // namespace

Value Arithmetic(Func func, const Value& a, const Value& b) {
  const Kind x = a.kind(), y = b.kind();
  if (x == Kind::kMoney || y == Kind::kMoney) return OfMoney(func, a, b);
  if (IsTime(x) && IsTime(y)) return OfTimes(func, a, b);
  if (x == y) {
    if (x == Kind::kInt || x == Kind::kUint) return OfWholes(func, a, b);
    if (x == Kind::kDouble) return OfDoubles(func, a.AsDouble(), b.AsDouble());
    const bool joins = x == Kind::kString || x == Kind::kBytes || x == Kind::kList;
    if (joins && func == Func::kAdd) return Concatenate(a, b);
  }
  return NoOverload("arithmetic");
}

Value Negate(const Value& value) {
  if (value.kind() == Kind::kInt) return Whole(value, -Wide{value.AsInt()});
  if (value.kind() == Kind::kMoney) return Whole(value, -Wide{value.AsMoney()});
  if (value.kind() == Kind::kDouble) return Value::Double(-value.AsDouble());
  return NoOverload("-");
}

Value NoOverload(std::string_view name) {
  return Value::Error(absl::StrCat("no such overload: ", std::string(name)));
}

}  // namespace parcours::expr
