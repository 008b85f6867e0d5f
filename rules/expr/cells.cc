#include "rules/expr/cells.h"

#include <utility>

#include "base/collection.h"
#include "base/point.h"
#include "rules/expr/limits.h"

namespace parcours::expr {
namespace {

constexpr double kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

Value ListOf(const Type& element, const Variable& variable, std::string_view bytes, int decimals) {
  const bool texts = element.kind == Kind::kString;
  List list;
  for (ListEntry entry; GetEntry(texts, &bytes, &entry);) {
    list.push_back(texts ? Value::Borrowed(Kind::kString, entry.text)
                         : ValueOfCell(element, variable, &entry.cell, decimals));
  }
  return Value::OfList(std::move(list));
}

Value MapOf(const Type& element, const Variable& variable, std::string_view bytes, int decimals) {
  Map map;
  for (MapPair pair; GetPair(&bytes, &pair);) {
    if (pair.sum < kCellMin || pair.sum > INT64_MAX) {
      return Value::BorrowedError("a sum left the range of 64 bits");
    }
    const auto cell = static_cast<Cell>(pair.sum);
    map.emplace_back(Value::Borrowed(Kind::kString, pair.key),
                     ValueOfCell(element, variable, &cell, decimals));
  }
  return Value::OfMap(std::move(map));
}

}  // namespace

Value ValueOfCell(const Type& type, const Variable& variable, const Cell* cell, int decimals) {
  switch (type.kind) {
    case Kind::kBool:
      return Value::Bool(*cell != 0);
    case Kind::kMoney:
      return Value::Money(*cell, decimals);
    case Kind::kTimestamp:
      return Value::Timestamp({*cell * kNanosPerMs});
    case Kind::kDuration:
      return Value::Duration({*cell * kNanosPerMs});
    case Kind::kDate:
      return Value::Date(static_cast<CivilDay>(*cell));
    case Kind::kPoint:
      return Value::OfPoint(PointOfCell(*cell));
    case Kind::kDouble:
      if (!variable.fixed_point) return Value::Double(DoubleOfCell(*cell));
      return Value::Double(static_cast<double>(*cell) / kPowers[variable.scale]);
    case Kind::kString:
      return Value::Borrowed(Kind::kString, TextOf(cell));
    case Kind::kList:
      return ListOf(*type.element, variable, TextOf(cell), decimals);
    case Kind::kMap:
      return MapOf(*type.element, variable, TextOf(cell), decimals);
    default:
      return Value::Int(*cell);
  }
}

Value ValueOfField(const Node& node, const Field& field, int decimals) {
  if (node.type.kind == Kind::kString) return Value::Borrowed(Kind::kString, field.Text());
  if (node.type.kind != Kind::kList) {
    return ValueOfCell(node.type, node.variable, &field.cell, decimals);
  }
  if (field.cell > kListElementsMax) {
    return Value::BorrowedError("the list has more than 10,000 elements");
  }
  List list;
  list.reserve(static_cast<std::size_t>(field.cell));
  if (node.type.element != nullptr && node.type.element->kind == Kind::kItem) {
    for (const Item& item : field.Items()) list.push_back(Value::OfItem(item, decimals));
  } else {
    for (std::string_view text : field.Texts()) {
      list.push_back(Value::Borrowed(Kind::kString, text));
    }
  }
  return Value::OfList(std::move(list));
}

}  // namespace parcours::expr
