#include "base/point.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/decimal.h"

namespace parcours {
namespace {

constexpr int kDecimals = 7;
constexpr double kUnits = 1e7;  // in a degree
constexpr double kEarthRadiusKm = 6371.0088;

double Radians(std::int64_t units) {
  return static_cast<double>(units) * (std::numbers::pi / 180 / kUnits);
}

double SquareOfHalfSine(std::int64_t units) {
  const double sine = std::sin(Radians(units) / 2);
  return sine * sine;
}

void AppendDegrees(std::int32_t units, std::string* out) {
  AppendDecimal(units, kDecimals, out);
  while (out->back() == '0') out->pop_back();
  if (out->back() == '.') out->pop_back();
}

}  // namespace

std::optional<Point> PointOfDegrees(double latitude, double longitude) {
  const bool good = latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180;
  if (!good) return std::nullopt;
  return Point{static_cast<std::int32_t>(std::lround(latitude * kUnits)),
               static_cast<std::int32_t>(std::lround(longitude * kUnits))};
}

std::optional<double> ParseDegrees(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  double degrees = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, degrees);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return degrees;
}

std::optional<Point> ParsePoint(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto latitude = ParseDegrees(text.substr(0, comma));
  const auto longitude = ParseDegrees(text.substr(comma + 1));
  if (!latitude || !longitude) return std::nullopt;
  return PointOfDegrees(*latitude, *longitude);
}

double DistanceKm(Point a, Point b) {
  const std::int64_t north = std::int64_t{b.latitude} - a.latitude;
  const std::int64_t east = std::int64_t{b.longitude} - a.longitude;
  const double h = SquareOfHalfSine(north) + std::cos(Radians(a.latitude)) *
                                                 std::cos(Radians(b.latitude)) *
                                                 SquareOfHalfSine(east);
  const double km = 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(h, 1.0)));
  // Mathematical libraries differ in the last bits, which must not be seen.
  constexpr double kMillimetres = 1e6;
  return std::round(km * kMillimetres) / kMillimetres;
}

void AppendPoint(Point point, std::string* out) {
  out->append("{\"lat\":");
  AppendDegrees(point.latitude, out);
  out->append(",\"lon\":");
  AppendDegrees(point.longitude, out);
  out->push_back('}');
}

}  // namespace parcours
