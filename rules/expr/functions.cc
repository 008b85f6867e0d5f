#include "rules/expr/functions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/messages.h"
#include "rules/expr/pattern.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

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
  if (value.Is(Kind::kOptional)) {
    return OptionalElement(value, Value::Borrowed(Kind::kString, name));
  }
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

Value Matches(const Node& node, const Value& text, const Value& pattern) {
  if (!text.Is(Kind::kString) || !pattern.Is(Kind::kString)) return NoOverload("matches()");
  if (node.pattern != nullptr) return Value::Bool(node.pattern->Matches(text.AsText()));
  const auto compiled = Pattern::Compile(pattern.AsText());
  if (!compiled.ok()) return Value::Error(std::string(compiled.status().message()));
  return Value::Bool((*compiled)->Matches(text.AsText()));
}

Value CallLibrary(const Function& function, Arguments arguments) {
  for (int i = 0; i < arguments.count; ++i) {
    if (!function.Takes(static_cast<std::size_t>(i), arguments[i].kind())) {
      return NoOverload(function.usage);
    }
  }
  return function.apply(arguments);
}

Value SegmentName(const std::vector<std::string>& names, std::int64_t number) {
  if (number < 0 || number >= static_cast<std::int64_t>(names.size())) {
    return Value::BorrowedError("there is no such segment");
  }
  return Value::Borrowed(Kind::kString, names[static_cast<std::size_t>(number)]);
}

}  // namespace

Value Top(const Value& map) {
  if (!map.Is(Kind::kMap)) return NoOverload("top()");
  const std::pair<Value, Value>* top = nullptr;
  for (const auto& entry : map.AsMap()) {
    if (!entry.first.Is(Kind::kString)) return NoOverload("top()");
    if (entry.first.AsText().empty()) continue;  // the sum of keys that are not kept
    const std::optional<int> order = top == nullptr ? 1 : Order(entry.second, top->second);
    if (!order) return NoOverload("top()");
    const bool first = top != nullptr && entry.first.AsText() < top->first.AsText();
    if (*order == 1 || (*order == 0 && first)) top = &entry;
  }
  return top == nullptr ? Value::BorrowedError("the map is empty") : top->first;
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
    case Func::kMatches:
      return Matches(node, arguments[0], arguments[1]);
    case Func::kOptionalIndex:
      return OptionalElement(arguments[0], arguments[1]);
    case Func::kMessage:
      return MakeMessage(node.name, arguments);
    case Func::kLibrary:
      return CallLibrary(*node.function, arguments);
    case Func::kSegmentName:
      return SegmentName(*node.variable.names, arguments[0].AsInt());
    case Func::kStorePart:
      return PartOf(*node.variable.stores, node.variable.part, arguments[0]);
    case Func::kPoint:
    case Func::kDistanceKm:
      return Geography(func, arguments[0], arguments[1]);
    case Func::kTop:
      return Top(arguments[0]);
    case Func::kUnknown:
      return node.constant;
    default:
      return Convert(func, arguments[0], around.decimals);
  }
}

}  // namespace parcours::expr
