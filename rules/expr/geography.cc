// Geography: points, the distance between them, and the parts of a store.
#include "absl/strings/str_cat.h"
#include "rules/expr/functions.h"

namespace parcours::expr {
namespace {

std::optional<double> Degrees(const Value& value) {
  if (value.Is(Kind::kDouble)) return value.AsDouble();
  if (value.Is(Kind::kInt)) return static_cast<double>(value.AsInt());
  return std::nullopt;
}

}  // namespace

Value Geography(Func func, const Value& a, const Value& b) {
  if (func == Func::kDistanceKm) {
    if (!a.Is(Kind::kPoint) || !b.Is(Kind::kPoint)) return NoOverload("distance_km()");
    return Value::Double(DistanceKm(a.AsPoint(), b.AsPoint()));
  }
  const auto latitude = Degrees(a), longitude = Degrees(b);
  if (!latitude || !longitude) return NoOverload("point()");
  const std::optional<Point> point = PointOfDegrees(*latitude, *longitude);
  if (!point) {
    return Value::BorrowedError("a point has a latitude of -90 to 90 and a longitude of -180 to 180");
  }
  return Value::OfPoint(*point);
}

Value PartOf(const Stores& stores, StorePart part, const Value& id) {
  if (!id.Is(Kind::kString)) return NoOverload("a part of a store");
  const Store* store = stores.Find(id.AsText());
  if (store == nullptr) {
    return Value::Error(absl::StrCat("there is no store '", std::string(id.AsText()), "'"));
  }
  switch (part) {
    case StorePart::kLocation:
      if (store->location) return Value::OfPoint(*store->location);
      break;
    case StorePart::kTimeZone:
      if (store->zone != nullptr) return Value::Borrowed(Kind::kString, store->time_zone);
      break;
    default:
      if (!store->area.empty()) return Value::Borrowed(Kind::kString, store->area);
      break;
  }
  return Value::BorrowedError("the store does not state it");
}

}  // namespace parcours::expr
