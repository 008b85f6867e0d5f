#include "processor/meta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/shop.h"

namespace parcours::processor {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Every number of it another one, so that none can take another's place.
Meta FullMeta(const catalog::Catalog& catalog) {
  Meta meta(catalog);
  std::uint64_t next = 1000;
  meta.run = ++next;
  meta.judged = ++next;
  meta.position = ++next;
  meta.sequence = ++next;
  meta.log_time = -5;
  meta.clock = kStart;
  meta.timers_from = kNever;
  Totals& totals = meta.totals;
  engine::Counters& engine = totals.engine;
  for (auto* count : {&engine.events, &engine.duplicates, &engine.duplicates_unchecked,
                      &engine.late, &engine.times_cut, &engine.evaluations, &engine.dues_fired,
                      &engine.idle_wakeups, &totals.rejected, &totals.ignored, &totals.after_until,
                      &totals.early_pops, &totals.customer_loads}) {
    *count = ++next;
  }
  for (auto& count : totals.records) count = ++next;
  for (Digest::Sum& sum : totals.digests) {
    for (std::uint64_t& word : sum) word = UINT64_MAX - ++next;
  }
  for (engine::JourneyTally& journey : totals.journeys) {
    for (auto* count : {&journey.entered, &journey.completed, &journey.goals_dropped}) {
      *count = ++next;
    }
    for (engine::StepTally& step : journey.steps) {
      for (auto* count : {&step.entered, &step.sent, &step.exited, &step.converted}) {
        *count = ++next;
      }
    }
  }
  for (SegmentationTally& tally : totals.segmentations) {
    tally.pairs.front().by_time = ++next;
    tally.pairs[5].by_event = ++next;
    tally.pairs.back() = {++next, ++next};
  }
  return meta;
}

std::string Encoded(const Meta& meta) {
  std::string bytes;
  EncodeMeta(meta, &bytes);
  return bytes;
}

class MetaTest : public testing::Test {
 protected:
  const std::shared_ptr<const catalog::Catalog> catalog_ = CompileShop();
};

TEST_F(MetaTest, ComesBackWithEverythingThatWasCounted) {
  const Meta meta = FullMeta(*catalog_);
  ASSERT_EQ(meta.totals.journeys.size(), 1u);
  ASSERT_EQ(meta.totals.journeys[0].steps.size(), 2u);
  Meta back(*catalog_);
  back.totals.rejected = 77;  // what was there before is gone
  ASSERT_TRUE(DecodeMeta(*catalog_, Encoded(meta), &back).ok());
  EXPECT_EQ(back.run, meta.run);
  EXPECT_EQ(back.judged, meta.judged);
  EXPECT_EQ(back.position, meta.position);
  EXPECT_EQ(back.sequence, meta.sequence);
  EXPECT_EQ(back.log_time, -5);
  EXPECT_EQ(back.clock, kStart);
  EXPECT_EQ(back.timers_from, kNever);
  EXPECT_EQ(back.totals.engine.events, meta.totals.engine.events);
  EXPECT_EQ(back.totals.engine.idle_wakeups, meta.totals.engine.idle_wakeups);
  EXPECT_EQ(back.totals.rejected, meta.totals.rejected);
  EXPECT_EQ(back.totals.records, meta.totals.records);
  EXPECT_EQ(back.totals.digests, meta.totals.digests);
  EXPECT_EQ(back.totals.journeys[0].goals_dropped, meta.totals.journeys[0].goals_dropped);
  EXPECT_EQ(back.totals.journeys[0].steps[1].converted, meta.totals.journeys[0].steps[1].converted);
  const SegmentationTally &found = back.totals.segmentations[0],
                          &wanted = meta.totals.segmentations[0];
  for (std::size_t i = 0; i < wanted.pairs.size(); ++i) {
    EXPECT_EQ(found.pairs[i].by_event, wanted.pairs[i].by_event) << i;
    EXPECT_EQ(found.pairs[i].by_time, wanted.pairs[i].by_time) << i;
  }
  EXPECT_EQ(Encoded(back), Encoded(meta));
}

TEST_F(MetaTest, IsRefusedWhereItIsCutOffOrLonger) {
  const std::string bytes = Encoded(FullMeta(*catalog_));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Meta meta(*catalog_);
    const absl::Status status =
        DecodeMeta(*catalog_, std::string_view(bytes).substr(0, size), &meta);
    ASSERT_TRUE(absl::IsDataLoss(status)) << size << ": " << status;
  }
  Meta meta(*catalog_);
  EXPECT_TRUE(absl::IsDataLoss(DecodeMeta(*catalog_, bytes + '\0', &meta)));
}

TEST_F(MetaTest, OfAnotherFormatIsNamed) {
  std::string bytes = Encoded(Meta(*catalog_));
  bytes[0] = kMetaFormat + 1;
  Meta meta(*catalog_);
  const absl::Status status = DecodeMeta(*catalog_, bytes, &meta);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("format 3"));
}

TEST_F(MetaTest, SaysOfWhichDefinitionsItIs) {
  catalog::Catalog mine = *catalog_;
  mine.version = "0123456789abcdef";
  Meta meta(mine), back(mine);
  ASSERT_TRUE(DecodeMeta(mine, Encoded(meta), &back).ok());
  EXPECT_EQ(back.definitions, mine.version);
  catalog::Catalog other = *catalog_;
  other.version = "fedcba9876543210";
  const absl::Status status = DecodeMeta(other, Encoded(meta), &back);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("0123456789abcdef"), HasSubstr("fedcba9876543210")));
}

TEST_F(MetaTest, OfTheFormatBeforeIsRead) {
  Meta meta = FullMeta(*catalog_);
  meta.definitions = "";
  std::string bytes = Encoded(meta);
  meta.definitions = "x";
  const std::string named = Encoded(meta);
  // Format 1 lacks the definitions: here, the one byte that says how long they are.
  const auto differs = std::mismatch(bytes.begin(), bytes.end(), named.begin()).first;
  ASSERT_EQ(*differs, '\0');
  bytes.erase(differs);
  bytes[0] = 1;
  Meta back(*catalog_);
  ASSERT_TRUE(DecodeMeta(*catalog_, bytes, &back).ok());
  EXPECT_EQ(back.position, meta.position);
  EXPECT_EQ(back.totals.digests, meta.totals.digests);
  EXPECT_EQ(back.definitions, catalog_->version);
}

TEST_F(MetaTest, OfOtherDefinitionsIsRefused) {
  std::string other = kShopDefinitions;
  other.replace(other.find("busy: orders_7d >= 2"), 20, "busy: orders_7d >= 2\n      none: false");
  const auto more = CompileShop(other);
  Meta meta(*more);
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeMeta(*catalog_, Encoded(FullMeta(*more)), &meta)));
  Meta nameless = FullMeta(*more);
  nameless.definitions = "";
  EXPECT_TRUE(absl::IsDataLoss(DecodeMeta(*catalog_, Encoded(nameless), &meta)));
  EXPECT_FALSE(DecodeMeta(*more, "", &meta).ok());
}

TEST_F(MetaTest, BreaksNothingWhateverItsBytesAre) {
  const std::string good = Encoded(FullMeta(*catalog_));
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (std::uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    Meta meta(*catalog_);
    const absl::Status status = DecodeMeta(*catalog_, bytes, &meta);
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status) || absl::IsInvalidArgument(status))
        << status;
  }
}

TEST_F(MetaTest, TotalsOfSeveralShardsAreTheirSums) {
  Totals one = FullMeta(*catalog_).totals, sum(*catalog_);
  one.digests[0] = {UINT64_MAX, 0, 0, 1};
  sum.Add(one);
  sum.Add(one);
  EXPECT_EQ(sum.engine.late, 2 * one.engine.late);
  EXPECT_EQ(sum.customer_loads, 2 * one.customer_loads);
  EXPECT_EQ(sum.records[kActionRecord], 2 * one.records[kActionRecord]);
  EXPECT_EQ(sum.journeys[0].steps[1].sent, 2 * one.journeys[0].steps[1].sent);
  EXPECT_EQ(sum.segmentations[0].pairs[5].by_event, 2 * one.segmentations[0].pairs[5].by_event);
  EXPECT_EQ(sum.digests[0], (Digest::Sum{UINT64_MAX - 1, 1, 0, 2})) << "with its carry";
}

}  // namespace
}  // namespace parcours::processor
