#include "rules/expr/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/decimal.h"
#include "rules/expr/format.h"

namespace parcours::expr {

Value Value::Bool(bool v) {
  Value value;
  value.kind_ = Kind::kBool;
  value.number_ = v ? 1 : 0;
  return value;
}
Value Value::Int(std::int64_t v) {
  Value value;
  value.kind_ = Kind::kInt;
  value.number_ = v;
  return value;
}
Value Value::Uint(std::uint64_t v) {
  Value value;
  value.kind_ = Kind::kUint;
  value.number_ = static_cast<std::int64_t>(v);
  return value;
}
Value Value::Double(double v) {
  Value value;
  value.kind_ = Kind::kDouble;
  value.double_ = v;
  return value;
}
Value Value::Borrowed(Kind kind, std::string_view text) {
  Value value;
  value.kind_ = kind;
  value.text_ = text;
  return value;
}
Value Value::BorrowedError(std::string_view reason) {
  Value value = Borrowed(Kind::kNull, reason);
  value.error_ = true;
  return value;
}
Value Value::Owned() const {
  const bool is_text = error_ || kind_ == Kind::kString || kind_ == Kind::kBytes;
  if (!is_text || owner_ != nullptr) return *this;
  Value value = *this;
  auto text = std::make_shared<const std::string>(text_);
  value.text_ = *text;
  value.owner_ = std::move(text);
  return value;
}
Value Value::String(std::string_view v) { return Borrowed(Kind::kString, v).Owned(); }
Value Value::Bytes(std::string_view v) { return Borrowed(Kind::kBytes, v).Owned(); }
Value Value::Error(std::string_view reason) { return BorrowedError(reason).Owned(); }

Value Value::Timestamp(Nanos since_epoch) {
  Value value;
  value.kind_ = Kind::kTimestamp;
  value.nanos_ = since_epoch.count;
  return value;
}
Value Value::Duration(Nanos length) {
  Value value;
  value.kind_ = Kind::kDuration;
  value.nanos_ = length.count;
  return value;
}
Value Value::Money(std::int64_t minor_units, int decimals) {
  Value value;
  value.kind_ = Kind::kMoney;
  value.number_ = minor_units;
  value.decimals_ = static_cast<std::uint8_t>(decimals);
  return value;
}
Value Value::Date(CivilDay day) {
  Value value;
  value.kind_ = Kind::kDate;
  value.number_ = day;
  return value;
}
Value Value::OfPoint(Point point) {
  Value value;
  value.kind_ = Kind::kPoint;
  value.number_ = CellOfPoint(point);
  return value;
}
Value Value::OfItem(const Item& item, int decimals) {
  auto owned = std::make_shared<OwnedItem>();
  owned->product_id = std::string(item.product_id);
  owned->category = std::string(item.category);
  owned->item = item;
  if (item.product_id.data() != nullptr) owned->item.product_id = owned->product_id;
  if (item.category.data() != nullptr) owned->item.category = owned->category;
  owned->decimals = decimals;
  Value value;
  value.kind_ = Kind::kItem;
  value.owner_ = std::move(owned);
  return value;
}
std::int64_t Value::Extent() const {
  const bool text = error_ || kind_ == Kind::kString || kind_ == Kind::kBytes;
  if (text) return static_cast<std::int64_t>(text_.size() / 64);
  if (kind_ == Kind::kList || kind_ == Kind::kMap) return number_;
  return kind_ == Kind::kOptional && owner_ != nullptr ? AsOptional()->Extent() : 0;
}

// Lists in lists grow fast: what is beyond any bound need not be told apart.
void Value::AddExtent(const Value& element, std::int64_t* extent) {
  constexpr std::int64_t kEnough = std::int64_t{1} << 40;
  *extent = std::min(*extent + element.Extent() + 1, kEnough);
}

Value Value::OfList(List list) {
  Value value;
  value.kind_ = Kind::kList;
  for (const Value& element : list) AddExtent(element, &value.number_);
  value.owner_ = std::make_shared<const List>(std::move(list));
  return value;
}
Value Value::OfMap(Map map) {
  Value value;
  value.kind_ = Kind::kMap;
  for (const auto& entry : map) {
    AddExtent(entry.first, &value.number_);
    AddExtent(entry.second, &value.number_);
  }
  value.owner_ = std::make_shared<const Map>(std::move(map));
  return value;
}
Value Value::OfType(Type type) {
  Value value;
  value.kind_ = Kind::kType;
  value.owner_ = std::make_shared<const Type>(std::move(type));
  return value;
}

Value Value::OfOptional(const Value* held) {
  Value value;
  value.kind_ = Kind::kOptional;
  if (held != nullptr) value.owner_ = std::make_shared<const Value>(*held);
  return value;
}

Type TypeOf(const Value& value) {
  if (value.Is(Kind::kList)) return Type::ListOf(Type::Of(Kind::kDyn));
  if (value.Is(Kind::kMap)) return Type::MapOf(Type::Of(Kind::kDyn), Type::Of(Kind::kDyn));
  return Type::Of(value.kind());
}

namespace {

void AppendJson(const Value& value, std::string* out);

void AppendItem(const OwnedItem& owned, std::string* out) {
  const Item& item = owned.item;
  const char* separator = "{";
  const auto name = [&](const char* key) {
    absl::StrAppend(out, separator, "\"", key, "\":");
    separator = ",";
  };
  if (item.product_id.data() != nullptr) {
    name("product_id");
    AppendQuoted(item.product_id, out);
  }
  if (item.category.data() != nullptr) {
    name("category");
    AppendQuoted(item.category, out);
  }
  if (IsValue(item.quantity)) {
    name("quantity");
    absl::StrAppend(out, item.quantity);
  }
  if (IsValue(item.price)) {
    name("price");
    absl::StrAppend(out, "\"", FormatDecimal(item.price, owned.decimals), "\"");
  }
  absl::StrAppend(out, *separator == '{' ? "{}" : "}");
}

void AppendList(const List& list, std::string* out) {
  out->push_back('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJson(list[i], out);
  }
  out->push_back(']');
}

void AppendMap(const Map& map, std::string* out) {
  out->push_back('{');
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (i > 0) out->push_back(',');
    // JSON's keys are texts: 1 becomes "1".
    const Value& key = map[i].first;
    if (key.Is(Kind::kString)) {
      AppendJson(key, out);
    } else {
      AppendQuoted(key.ToJson(), out);
    }
    out->push_back(':');
    AppendJson(map[i].second, out);
  }
  out->push_back('}');
}

void AppendDouble(double value, std::string* out) {
  // JSON has no word for what is not a number.
  if (std::isfinite(value)) {
    out->append(FormatDouble(value));
  } else {
    absl::StrAppend(out, "\"", FormatDouble(value), "\"");
  }
}

void AppendJson(const Value& value, std::string* out) {
  switch (value.kind()) {
    case Kind::kDyn:
    case Kind::kNull:
      out->append("null");
      return;
    case Kind::kBool:
      out->append(value.AsBool() ? "true" : "false");
      return;
    case Kind::kInt:
      absl::StrAppend(out, value.AsInt());
      return;
    case Kind::kUint:
      absl::StrAppend(out, value.AsUint());
      return;
    case Kind::kDouble:
      AppendDouble(value.AsDouble(), out);
      return;
    case Kind::kString:
      AppendQuoted(value.AsText(), out);
      return;
    case Kind::kBytes:
      absl::StrAppend(out, "\"", absl::Base64Escape(std::string(value.AsText())), "\"");
      return;
    case Kind::kTimestamp:
      absl::StrAppend(out, "\"", FormatTimestamp(value.AsNanos()), "\"");
      return;
    case Kind::kDuration:
      absl::StrAppend(out, "\"", FormatDuration(value.AsNanos()), "\"");
      return;
    case Kind::kMoney:
      absl::StrAppend(out, "\"", FormatDecimal(value.AsMoney(), value.decimals()), "\"");
      return;
    case Kind::kDate:
      absl::StrAppend(out, "\"", FormatDate(value.AsDate()), "\"");
      return;
    case Kind::kPoint:
      AppendPoint(value.AsPoint(), out);
      return;
    case Kind::kItem:
      AppendItem(value.AsItem(), out);
      return;
    case Kind::kList:
      AppendList(value.AsList(), out);
      return;
    case Kind::kMap:
      AppendMap(value.AsMap(), out);
      return;
    case Kind::kType:
      absl::StrAppend(out, "\"", std::string(KindName(value.AsType().kind)), "\"");
      return;
    case Kind::kOptional:
      AppendJson(value.AsOptional() == nullptr ? Value() : *value.AsOptional(), out);
      return;
  }
}

}  // namespace

std::string Value::ToJson() const {
  std::string out;
  AppendJson(*this, &out);
  return out;
}

}  // namespace parcours::expr
