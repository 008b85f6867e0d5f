// Math functions: CEL's math extension.
#include <cmath>

#include "rules/expr/function_row.h"
#include "rules/expr/functions.h"
#include "rules/expr/limits.h"

namespace parcours::expr {
namespace {

Value ByRounding(const Value& value, double (*round)(double)) {
  return Value::Double(round(value.AsDouble()));
}
Value Ceil(Arguments a) { return ByRounding(a[0], std::ceil); }
Value Floor(Arguments a) { return ByRounding(a[0], std::floor); }
Value Round(Arguments a) { return ByRounding(a[0], std::round); }
Value Trunc(Arguments a) { return ByRounding(a[0], std::trunc); }

Value IsNaN(Arguments a) { return Value::Bool(std::isnan(a[0].AsDouble())); }
Value IsInf(Arguments a) { return Value::Bool(std::isinf(a[0].AsDouble())); }
Value IsFinite(Arguments a) { return Value::Bool(std::isfinite(a[0].AsDouble())); }

Value Sqrt(Arguments a) {
  const Value& x = a[0];
  return Value::Double(std::sqrt(x.Is(Kind::kDouble) ? x.AsDouble()
                                 : x.Is(Kind::kInt)  ? static_cast<double>(x.AsInt())
                                                     : static_cast<double>(x.AsUint())));
}

Value Abs(Arguments a) {
  if (a[0].Is(Kind::kDouble)) return Value::Double(std::abs(a[0].AsDouble()));
  if (a[0].Is(Kind::kUint) || a[0].AsInt() >= 0) return a[0];
  return Negate(a[0]);
}

Value Sign(Arguments a) {
  if (a[0].Is(Kind::kUint)) return Value::Uint(a[0].AsUint() > 0 ? 1 : 0);
  if (a[0].Is(Kind::kInt)) return Value::Int((a[0].AsInt() > 0) - (a[0].AsInt() < 0));
  const double x = a[0].AsDouble();
  return Value::Double(std::isnan(x) ? x : (x > 0) - (x < 0));
}

// The largest (kWanted 1) or the smallest (-1), the first of equals; of a list, its elements.
template <int kWanted>
Value Extreme(Arguments a) {
  if (a.count == 1 && a[0].Is(Kind::kList)) {
    const List& list = a[0].AsList();
    a = {list.data(), static_cast<int>(list.size())};
    if (list.empty()) return Value::BorrowedError("an empty list has no greatest or least");
  }
  const Value* best = &a[0];  // the checker has seen to it that there is one
  for (int i = 0; i < a.count; ++i) {
    const bool number = a[i].Is(Kind::kInt) || a[i].Is(Kind::kUint) || a[i].Is(Kind::kDouble);
    if (!number) return NoOverload("math.greatest, math.least");
    if (Order(a[i], *best) == kWanted) best = &a[i];
  }
  return *best;
}

std::uint64_t BitsOf(const Value& value) { return value.AsUint(); }
Value OfBits(const Value& like, std::uint64_t bits) {
  return like.Is(Kind::kUint) ? Value::Uint(bits) : Value::Int(static_cast<std::int64_t>(bits));
}

enum class Bits2 { kAnd, kOr, kXor };
template <Bits2 kBits>
Value Combine(Arguments a) {
  if (a[0].kind() != a[1].kind()) return NoOverload("bits of an int and a uint");
  const std::uint64_t x = BitsOf(a[0]), y = BitsOf(a[1]);
  return OfBits(a[0], kBits == Bits2::kAnd ? (x & y) : kBits == Bits2::kOr ? (x | y) : (x ^ y));
}

Value Not(Arguments a) { return OfBits(a[0], ~BitsOf(a[0])); }

// Zeros come in from both sides: an int is shifted as its 64 bits.
template <bool kLeft>
Value Shift(Arguments a) {
  const std::int64_t by = a[1].AsInt();
  if (by < 0) return Value::BorrowedError("a shift by a negative number of bits");
  if (by >= 64) return OfBits(a[0], 0);
  return OfBits(a[0], kLeft ? BitsOf(a[0]) << by : BitsOf(a[0]) >> by);
}

constexpr unsigned kDouble = Bit(Kind::kDouble);
constexpr unsigned kWhole = Bits(Kind::kInt, Kind::kUint);
constexpr unsigned kNumber = kWhole | kDouble;
constexpr unsigned kNumbers = kNumber | Bit(Kind::kList);
constexpr Kind kGivesDouble = Kind::kDouble;

// As many arguments as there may be.
constexpr Function Many(Function row) {
  for (unsigned& kinds : row.kinds) kinds = row.kinds[0];
  row.arguments_max = kArgumentsMax;
  row.gives = Gives::kArguments;
  return row;
}
constexpr Function Alike(Function row) { return Giving(Gives::kArguments, row); }

constexpr Function kFunctions[] = {
    Many(Library("math.greatest", {kNumbers}, Kind::kDyn, Extreme<1>,
                 "math.greatest(number, number ... or list)")),
    Many(Library("math.least", {kNumbers}, Kind::kDyn, Extreme<-1>,
                 "math.least(number, number ... or list)")),
    Library("math.ceil", {kDouble}, kGivesDouble, Ceil, "math.ceil(double)"),
    Library("math.floor", {kDouble}, kGivesDouble, Floor, "math.floor(double)"),
    Library("math.round", {kDouble}, kGivesDouble, Round, "math.round(double)"),
    Library("math.trunc", {kDouble}, kGivesDouble, Trunc, "math.trunc(double)"),
    Library("math.sqrt", {kNumber}, kGivesDouble, Sqrt, "math.sqrt(number)"),
    Alike(Library("math.abs", {kNumber}, Kind::kDyn, Abs, "math.abs(number)")),
    Alike(Library("math.sign", {kNumber}, Kind::kDyn, Sign, "math.sign(number)")),
    Library("math.isNaN", {kDouble}, Kind::kBool, IsNaN, "math.isNaN(double)"),
    Library("math.isInf", {kDouble}, Kind::kBool, IsInf, "math.isInf(double)"),
    Library("math.isFinite", {kDouble}, Kind::kBool, IsFinite, "math.isFinite(double)"),
    Alike(Library("math.bitAnd", {kWhole, kWhole}, Kind::kDyn, Combine<Bits2::kAnd>,
                  "math.bitAnd(int, int)")),
    Alike(Library("math.bitOr", {kWhole, kWhole}, Kind::kDyn, Combine<Bits2::kOr>,
                  "math.bitOr(int, int)")),
    Alike(Library("math.bitXor", {kWhole, kWhole}, Kind::kDyn, Combine<Bits2::kXor>,
                  "math.bitXor(int, int)")),
    Alike(Library("math.bitNot", {kWhole}, Kind::kDyn, Not, "math.bitNot(int)")),
    Library("math.bitShiftLeft", {kWhole, kInt}, Kind::kDyn, Shift<true>,
            "math.bitShiftLeft(int, bits)"),
    Library("math.bitShiftRight", {kWhole, kInt}, Kind::kDyn, Shift<false>,
            "math.bitShiftRight(int, bits)"),
};

}  // namespace

FunctionTable MathFunctions() { return kFunctions; }

}  // namespace parcours::expr
