// Comparison: equality, order, membership and indexing of values, as CEL says.
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/expr/functions.h"
#include "rules/expr/limits.h"

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

// The error of indexing `container` with a key of that kind; else null.
Value NotIndexed(const Value& container, const Value& key) {
  if (container.Is(Kind::kMap)) return Value();
  if (!container.Is(Kind::kList)) return NoOverload("[]");
  return IsNumber(key) ? Value() : Value::BorrowedError("a list is indexed by a whole number");
}

// What a list or map has there; nullptr if nothing.
const Value* FindElement(const Value& container, const Value& key) {
  if (container.Is(Kind::kMap)) return FindKey(container.AsMap(), key);
  const List& list = container.AsList();
  Wide index = -1;
  if (key.kind() != Kind::kDouble) {
    index = WholeOf(key);
  } else if (std::abs(key.AsDouble()) < 1e9 && key.AsDouble() == std::trunc(key.AsDouble())) {
    index = static_cast<Wide>(key.AsDouble());  // 1.0 is the index 1; 1.5 is none
  }
  const bool inside = index >= 0 && index < static_cast<Wide>(list.size());
  return inside ? &list[static_cast<std::size_t>(index)] : nullptr;
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
    case Kind::kOptional: {
      const Value *x = a.AsOptional(), *y = b.AsOptional();
      return x == nullptr || y == nullptr ? x == y : Equal(*x, *y);
    }
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

Func Mirrored(Func comparison) {
  switch (comparison) {
    case Func::kLess:
      return Func::kGreater;
    case Func::kLessEqual:
      return Func::kGreaterEqual;
    case Func::kGreater:
      return Func::kLess;
    case Func::kGreaterEqual:
      return Func::kLessEqual;
    default:
      return comparison;
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
  if (container.Is(Kind::kOptional)) return OptionalElement(container, key);
  if (Value wrong = NotIndexed(container, key); wrong.is_error()) return wrong;
  if (const Value* found = FindElement(container, key)) return *found;
  const char* what = container.Is(Kind::kMap) ? "no such key: " : "no such index: ";
  return Value::Error(absl::StrCat(what, Shown(key)));
}

Value OptionalElement(const Value& container, const Value& key) {
  if (container.Is(Kind::kOptional)) {
    if (container.AsOptional() == nullptr) return container;
    return OptionalElement(*container.AsOptional(), key);
  }
  if (container.Is(Kind::kItem) && key.Is(Kind::kString)) {
    Node select;
    select.func = Func::kSelect;
    select.name = std::string(key.AsText());
    const Value found = Apply(select, {&container, 1}, Surroundings{});
    return Value::OfOptional(found.is_error() ? nullptr : &found);
  }
  if (Value wrong = NotIndexed(container, key); wrong.is_error()) return wrong;
  return Value::OfOptional(FindElement(container, key));
}

Value AddEntry(Value key, Value element, Map* map) {
  const Kind kind = key.kind();
  if (kind != Kind::kBool && kind != Kind::kInt && kind != Kind::kUint && kind != Kind::kString) {
    return Value::BorrowedError("a key of a map is a bool, int, uint or string");
  }
  if (map->size() >= static_cast<std::size_t>(kListElementsMax)) {
    return Value::BorrowedError("a map would have more than 10,000 entries");
  }
  if (FindKey(*map, key) != nullptr) return Value::BorrowedError("a key of a map is repeated");
  map->emplace_back(std::move(key), std::move(element));
  return Value();
}

}  // namespace parcours::expr
