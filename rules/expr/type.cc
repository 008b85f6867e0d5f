#include "rules/expr/type.h"

#include <utility>

namespace parcours::expr {

Type Type::ListOf(Type element) {
  return Type{Kind::kList, nullptr, std::make_shared<const Type>(std::move(element))};
}

Type Type::MapOf(Type key, Type element) {
  return Type{Kind::kMap, std::make_shared<const Type>(std::move(key)),
              std::make_shared<const Type>(std::move(element))};
}

Type Type::OptionalOf(Type element) {
  return Type{Kind::kOptional, nullptr, std::make_shared<const Type>(std::move(element))};
}

namespace {

bool SamePart(const std::shared_ptr<const Type>& a, const std::shared_ptr<const Type>& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

std::string PartName(const std::shared_ptr<const Type>& part) {
  return part == nullptr ? "dyn" : TypeName(*part);
}

}  // namespace

bool operator==(const Type& a, const Type& b) {
  return a.kind == b.kind && SamePart(a.key, b.key) && SamePart(a.element, b.element);
}

std::string TypeName(const Type& type) {
  switch (type.kind) {
    case Kind::kTimestamp:
      return "timestamp";
    case Kind::kDuration:
      return "duration";
    case Kind::kList:
      return "list(" + PartName(type.element) + ")";
    case Kind::kMap:
      return "map(" + PartName(type.key) + ", " + PartName(type.element) + ")";
    case Kind::kOptional:
      return "optional(" + PartName(type.element) + ")";
    default:
      return std::string(KindName(type.kind));
  }
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kDyn:
      return "dyn";
    case Kind::kNull:
      return "null_type";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kMoney:
      return "money";
    case Kind::kDate:
      return "date";
    case Kind::kPoint:
      return "point";
    case Kind::kItem:
      return "item";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kType:
      return "type";
    case Kind::kOptional:
      return "optional_type";
  }
  return "dyn";
}

}  // namespace parcours::expr
