#include "base/point.h"

#include <gtest/gtest.h>

namespace parcours {
namespace {

constexpr Point kParis{488'566'000, 23'522'000}, kLondon{515'074'000, -1'278'000};

TEST(Point, FitsACellWhereverItIs) {
  for (const Point point :
       {kParis, kLondon, Point{-900'000'000, -1'800'000'000}, Point{900'000'000, 1'800'000'000},
        Point{0, -1}, Point{-1, 0}, Point{}}) {
    const Cell cell = CellOfPoint(point);
    EXPECT_TRUE(IsValue(cell));
    EXPECT_EQ(PointOfCell(cell).latitude, point.latitude);
    EXPECT_EQ(PointOfCell(cell).longitude, point.longitude);
  }
}

TEST(Point, IsReadFromText) {
  const auto point = ParsePoint(" 48.8566, -2.35220004 ");
  ASSERT_TRUE(point.has_value());
  EXPECT_EQ(point->latitude, 488'566'000);
  EXPECT_EQ(point->longitude, -23'522'000);
  for (const char* text : {"", "48.85", "48.85,", ",2", "90.1,0", "0,180.5", "nan,1", "1,inf",
                           "a,b", "1,2,3", "48.85;2.35"}) {
    EXPECT_FALSE(ParsePoint(text).has_value()) << text;
  }
}

TEST(Point, IsWrittenWithoutTrailingZeros) {
  std::string text;
  AppendPoint(kParis, &text);
  AppendPoint({-5, 1'800'000'000}, &text);
  EXPECT_EQ(text, "{\"lat\":48.8566,\"lon\":2.3522}{\"lat\":-0.0000005,\"lon\":180}");
}

TEST(Point, DistancesGoAlongGreatCircles) {
  EXPECT_DOUBLE_EQ(DistanceKm(kParis, kLondon), 343.556535);
  EXPECT_DOUBLE_EQ(DistanceKm(kLondon, kParis), 343.556535);
  EXPECT_EQ(DistanceKm(kParis, kParis), 0);
  // Half the way around, and across the line where the date changes.
  EXPECT_NEAR(DistanceKm({900'000'000, 0}, {-900'000'000, 0}), 20'015.115, 0.001);
  EXPECT_NEAR(DistanceKm({0, 1'799'000'000}, {0, -1'799'000'000}), 22.239, 0.001);
  EXPECT_NEAR(DistanceKm({0, 0}, {0, 1'800'000'000}), 20'015.115, 0.001);
}

}  // namespace
}  // namespace parcours
