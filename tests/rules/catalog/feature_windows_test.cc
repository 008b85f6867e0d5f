#include "rules/catalog/feature_windows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace parcours::catalog {
namespace {

std::vector<std::int64_t> WeightsOf(TimeMs grain, int grains, TimeMs half_life) {
  return DecayWeights({.length = grain * grains, .grain = grain, .grains = grains}, half_life);
}

TEST(DecayWeights, HalveWithEachHalfLife) {
  const auto weights = WeightsOf(kDayMs, 5, 2 * kDayMs);
  EXPECT_EQ(weights, (std::vector<std::int64_t>{1'000'000, 707'107, 500'000, 353'553, 250'000}));
}

TEST(DecayWeights, AreThePowersRounded) {
  for (const TimeMs half_life : {7 * kHourMs, 14 * kDayMs, TimeMs{1'234'567}, 900 * kDayMs}) {
    const auto weights = WeightsOf(kHourMs, kGrainsMax, half_life);
    ASSERT_EQ(weights.size(), static_cast<std::size_t>(kGrainsMax));
    for (std::size_t age = 0; age < weights.size(); ++age) {
      const double power =
          std::exp2(-static_cast<double>(age) * kHourMs / static_cast<double>(half_life));
      EXPECT_NEAR(static_cast<double>(weights[age]), power * 1e6, 0.5 + 1e-6) << age;
    }
  }
}

}  // namespace
}  // namespace parcours::catalog
