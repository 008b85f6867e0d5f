// Comparison: equality, order, membership and indexing of values, as CEL says.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "rules/expr/functions.h"

namespace parcours::expr {
namespace {

bool IsNumber(const Value& value) {
  return value.kind() == Kind::kInt || value.kind() == Kind::kUint || value.kind() == Kind::kDouble;
}

template <typename T>
int Sign(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

Wide WholeOf(const Value& value) {
  return value.kind() == Kind::kUint ? Wide{value.AsUint()} : Wide{value.AsInt()};
}

// A double against a whole number, which becomes a double first, as CEL's implementations have it.
int OrderMixed(double a, Wide b) { return std::isnan(a) ? 2 : Sign(a, static_cast<double>(b)); }

int OrderNumbers(const Value& a, const Value& b) {
  const bool double_a = a.kind() == Kind::kDouble, double_b = b.kind() == Kind::kDouble;
  if (double_a && double_b) {
    if (std::isnan(a.AsDouble()) || std::isnan(b.AsDouble())) return 2;
    return Sign(a.AsDouble(), b.AsDouble());
  }
  if (double_a) return OrderMixed(a.AsDouble(), WholeOf(b));
  if (double_b) {
    const int order = OrderMixed(b.AsDouble(), WholeOf(a));
    return order == 2 ? 2 : -order;
  }
  return Sign(WholeOf(a), WholeOf(b));
}

bool EqualItems(const OwnedItem& a, const OwnedItem& b) {
  return a.product_id == b.product_id && a.category == b.category &&
         a.item.quantity == b.item.quantity && a.item.price == b.item.price;
}

bool EqualLists(const List& a, const List& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!Equal(a[i], b[i])) return false;
  }
  return true;
}

const Value* FindKey(const Map& map, const Value& key) {
  for (const auto& entry : map) {
    if (Equal(entry.first, key)) return &entry.second;
  }
  return nullptr;
}

bool EqualMaps(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  for (const auto& entry : a) {
    const Value* other = FindKey(b, entry.first);
    if (other == nullptr || !Equal(entry.second, *other)) return false;
  }
  return true;
}

std::string Shown(const Value& key) {
  std::string json = key.ToJson();
  if (json.size() > 80) json = absl::StrCat(json.substr(0, 77), "...");
  return json;
}

}  // namespace

bool Equal(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return OrderNumbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
    case Kind::kDyn:
      return true;
    case Kind::kList:
      return EqualLists(a.AsList(), b.AsList());
    case Kind::kMap:
      return EqualMaps(a.AsMap(), b.AsMap());
    case Kind::kItem:
      return EqualItems(a.AsItem(), b.AsItem());
    case Kind::kType:
      return a.AsType().kind == b.AsType().kind;
    case Kind::kPoint:
      return CellOfPoint(a.AsPoint()) == CellOfPoint(b.AsPoint());
    default:
      return Order(a, b) == 0;
  }
}

std::optional<int> Order(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return OrderNumbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::kBool:
      return Sign(a.AsBool(), b.AsBool());
    case Kind::kString:
    case Kind::kBytes:
      return Sign(a.AsText().compare(b.AsText()), 0);
    case Kind::kTimestamp:
    case Kind::kDuration:
      return Sign(a.AsNanos(), b.AsNanos());
    case Kind::kMoney:
      return Sign(a.AsMoney(), b.AsMoney());
    case Kind::kDate:
      return Sign(a.AsDate(), b.AsDate());
    default:
      return std::nullopt;
  }
}

bool Holds(Func comparison, int order) {
  switch (comparison) {
    case Func::kEqual:
      return order == 0;
    case Func::kNotEqual:
      return order != 0;
    case Func::kLess:
      return order == -1;
    case Func::kLessEqual:
      return order == -1 || order == 0;
    case Func::kGreater:
      return order == 1;
    default:
      return order == 1 || order == 0;
  }
}

Value Element(const Value& container, const Value& key) {
  if (container.Is(Kind::kMap)) {
    const Value* found = FindKey(container.AsMap(), key);
    if (found == nullptr) return Value::Error(absl::StrCat("no such key: ", Shown(key)));
    return *found;
  }
  if (!container.Is(Kind::kList)) return NoOverload("[]");
  if (!IsNumber(key)) return Value::BorrowedError("a list is indexed by a whole number");
  const List& list = container.AsList();
  Wide index = -1;
  if (key.kind() != Kind::kDouble) {
    index = WholeOf(key);
  } else if (std::abs(key.AsDouble()) < 1e9 && key.AsDouble() == std::trunc(key.AsDouble())) {
    index = static_cast<Wide>(key.AsDouble());  // 1.0 is the index 1; 1.5 is none
  }
  if (index < 0 || index >= static_cast<Wide>(list.size())) {
    return Value::Error(absl::StrCat("no such index: ", Shown(key)));
  }
  return list[static_cast<std::size_t>(index)];
}

}  // namespace parcours::expr
