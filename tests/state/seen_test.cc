#include "state/seen.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

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

// A store of one customer's ids: what a commit writes and a load reads.
struct StoredIds {
  std::string tail;
  std::map<std::uint32_t, std::string> chunks;
  std::uint32_t from = 0, to = 0;

  void Commit(const SeenIds& seen, TimeMs now) {
    tail.clear();
    seen.EncodeTail(now, &tail);
    from = seen.FirstChunk(now);
    for (; to < seen.sealed(); ++to) {
      if (to >= from) seen.EncodeChunk(to, &chunks[to]);
    }
    chunks.erase(chunks.begin(), chunks.lower_bound(from));
  }
  std::unique_ptr<SeenIds> Load(TimeMs now) const {
    auto seen = std::make_unique<SeenIds>();
    std::string_view bytes = tail;
    EXPECT_TRUE(seen->DecodeTail(now, &bytes) && bytes.empty());
    for (std::uint32_t i = seen->sealed(); i-- > from;) {
      EXPECT_TRUE(seen->PrependChunk(chunks.at(i)));
    }
    return seen;
  }
};

// Adds ids at random steps to a SeenIds and to one that is often stored and loaded again.
void CompareWithStored(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  SeenIds whole;
  auto stored = std::make_unique<SeenIds>();
  StoredIds ids;
  TimeMs now = 1'767'225'600'000, latest = now;
  const TimeMs step = kSeenForMs / (TimeMs{1} << random() % 12);
  const std::uint64_t commits = 1 + random() % 700, keys = 100 + random() % 2000;
  for (int i = 0; i < 3000; ++i) {
    now += static_cast<TimeMs>(random() % static_cast<std::uint64_t>(step));
    if (random() % 500 == 0) now += kSeenForMs - static_cast<TimeMs>(random() % 3);
    const std::uint64_t key = (random() % keys) * 0x9e3779b97f4a7c15;
    ASSERT_EQ(whole.Has(key, now), stored->Has(key, now));
    if (!whole.Has(key, now)) {
      whole.Add(key, now);
      stored->Add(key, now);
      latest = now;
    }
    ASSERT_EQ(whole.added(), stored->added());
    if (random() % commits != 0) continue;
    ids.Commit(*stored, latest);
    if (random() % 2 == 0) stored = ids.Load(latest);
    for (std::uint64_t k = 0; k < keys; ++k) {
      const std::uint64_t asked = k * 0x9e3779b97f4a7c15;
      ASSERT_EQ(whole.Has(asked, now), stored->Has(asked, now)) << i;
    }
  }
}

TEST(SeenIds, AnswerTheSameWhenTheyWereStoredMeanwhile) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    CompareWithStored(seed);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(SeenIds, KeepWhatTheyHaveWhereAChunkMakesNoSense) {
  SeenIds whole;
  for (int i = 0; i < 40; ++i) whole.Add(static_cast<std::uint64_t>(i), i);
  std::string tail, first, second;
  whole.EncodeTail(40, &tail);
  whole.EncodeChunk(0, &first);
  whole.EncodeChunk(1, &second);
  SeenIds seen;
  std::string_view bytes = tail;
  ASSERT_TRUE(seen.DecodeTail(40, &bytes));
  EXPECT_FALSE(seen.PrependChunk(""));
  for (std::size_t size = 0; size < second.size(); ++size) {
    EXPECT_FALSE(seen.PrependChunk(second.substr(0, size))) << size;
  }
  EXPECT_FALSE(seen.PrependChunk(second + "x"));
  EXPECT_EQ(seen.size(), 8);
  EXPECT_TRUE(seen.PrependChunk(second));
  EXPECT_FALSE(seen.PrependChunk(second)) << "later than what stands behind it";
  EXPECT_TRUE(seen.PrependChunk(first));
  EXPECT_FALSE(seen.PrependChunk(first)) << "more than were ever added";
  for (std::uint64_t i = 0; i < 40; ++i) EXPECT_TRUE(seen.Has(i, 40)) << i;
}

}  // namespace
}  // namespace parcours::state
