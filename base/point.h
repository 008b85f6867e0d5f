// Point: a place on earth, small enough for a cell (cell.h): two fixed-point numbers.
//
// A unit is 1e-7 degrees, about a centimetre. Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/cell.h"

namespace parcours {

struct Point {
  std::int32_t latitude = 0, longitude = 0;  // in 1e-7 degrees, north and east of 0
};

// Rounds to the nearest unit; nullopt outside -90 to 90 and -180 to 180, and for what is no number.
std::optional<Point> PointOfDegrees(double latitude, double longitude);
// "48.85,2.35", with blanks around the numbers; nullopt for all else.
std::optional<Point> ParsePoint(std::string_view text);
// One number of degrees: "48.85".
std::optional<double> ParseDegrees(std::string_view text);

// Never kAbsent or kOverflow: no latitude is that far south.
inline Cell CellOfPoint(Point point) {
  return static_cast<Cell>(static_cast<std::uint64_t>(static_cast<std::uint32_t>(point.latitude))
                               << 32 |
                           static_cast<std::uint32_t>(point.longitude));
}
inline Point PointOfCell(Cell cell) {
  const auto bits = static_cast<std::uint64_t>(cell);
  return {static_cast<std::int32_t>(bits >> 32), static_cast<std::int32_t>(bits)};
}

// Along a great circle of a sphere (haversine, mean radius 6,371.0088 km), to the millimetre.
double DistanceKm(Point a, Point b);

// JSON: {"lat":48.85,"lon":2.35}.
void AppendPoint(Point point, std::string* out);

}  // namespace parcours
