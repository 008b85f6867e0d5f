#include "state/seen.h"

#include <gtest/gtest.h>

namespace parcours::state {
namespace {

TEST(SeenIds, KnowAnIdForSeventyTwoHoursAndNotLonger) {
  SeenIds seen;
  seen.Add(11, 1000);
  EXPECT_TRUE(seen.Has(11, 1000));
  EXPECT_FALSE(seen.Has(12, 1000));
  EXPECT_TRUE(seen.Has(11, 1000 + kSeenForMs));
  EXPECT_FALSE(seen.Has(11, 1000 + kSeenForMs + 1));
}

TEST(SeenIds, KnowTheNewestFiveHundredAndTwelve) {
  SeenIds seen;
  for (int i = 0; i < kSeenMax + 1; ++i) seen.Add(static_cast<std::uint64_t>(1000 + i), i);
  EXPECT_FALSE(seen.Has(1000, kSeenMax));
  EXPECT_TRUE(seen.Has(1001, kSeenMax));
  EXPECT_TRUE(seen.Has(1000 + kSeenMax, kSeenMax));
  EXPECT_EQ(seen.size(), kSeenMax);
}

TEST(SeenIds, KnowAnIdThatWasAcceptedAgain) {
  SeenIds seen;
  seen.Add(5, 0);
  const TimeMs later = kSeenForMs + 10;
  EXPECT_FALSE(seen.Has(5, later));
  seen.Add(5, later);
  EXPECT_TRUE(seen.Has(5, later + kSeenForMs));
}

TEST(SeenIds, AnswerByAgeWhateverIsStillStored) {
  SeenIds few, many;
  few.Add(1, 0);
  many.Add(1, 0);
  for (int i = 0; i < 100; ++i) many.Add(static_cast<std::uint64_t>(100 + i), 2 * kSeenForMs);
  EXPECT_FALSE(few.Has(1, 2 * kSeenForMs));
  EXPECT_FALSE(many.Has(1, 2 * kSeenForMs));
}

}  // namespace
}  // namespace parcours::state
