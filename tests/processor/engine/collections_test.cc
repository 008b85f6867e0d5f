#include "processor/engine/collections.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/hash.h"

namespace parcours::engine {
namespace {

class TextCell {
 public:
  ~TextCell() { FreeText(cell); }
  std::string bytes() const { return std::string(BytesOfCell(&cell)); }
  Cell cell = kAbsent;
};

std::string SetOf(const std::vector<int>& values) {
  TextCell set;
  for (int value : values) {
    Contribution contribution;
    contribution.value = value;
    AddToSet(contribution, false, &set.cell);
  }
  return set.bytes();
}

std::vector<int> UpTo(int n) {
  std::vector<int> values(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = i;
  return values;
}

TEST(Collections, DistinctIsExactWhileEveryHashIsKept) {
  EXPECT_EQ(CountOf(SetOf({})), 0);
  EXPECT_EQ(CountOf(SetOf({5, 7, 5, 5, 7})), 2);
  EXPECT_EQ(CountOf(SetOf(UpTo(255))), 255);
}

TEST(Collections, DistinctIsAnEstimateBeyondThat) {
  EXPECT_GE(CountOf(SetOf(UpTo(256))), 256);
  for (int n : {1'000, 20'000}) {
    const std::string set = SetOf(UpTo(n));
    EXPECT_EQ(set.size(), kDistinctKept * kHashBytes);
    // The standard error of 256 hashes is 6 %.
    EXPECT_NEAR(static_cast<double>(CountOf(set)), n, 0.2 * n);
  }
}

TEST(Collections, DistinctIsTheSameInAnyOrderAndInParts) {
  std::vector<int> values = UpTo(600);
  const std::string whole = SetOf(values);
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    EXPECT_EQ(SetOf(values), whole);
    const std::string half = SetOf({values.begin(), values.begin() + 300});
    const std::string rest = SetOf({values.begin() + 200, values.end()});
    EXPECT_EQ(JoinedSets(half, rest), whole);
  }
}

catalog::Feature MapOf(int keys) {
  catalog::Feature feature;
  feature.aggregate = catalog::Aggregate::kMap;
  feature.keys = keys;
  return feature;
}

std::map<std::string, std::int64_t> PairsOf(std::string_view bytes) {
  std::map<std::string, std::int64_t> pairs;
  for (MapPair pair; GetPair(&bytes, &pair);) {
    pairs[std::string(pair.key)] = static_cast<std::int64_t>(pair.sum);
  }
  return pairs;
}

struct Amount {
  std::string key;
  Cell value;
};

std::string MapBytes(const catalog::Feature& feature, const std::vector<Amount>& amounts) {
  TextCell map;
  for (const Amount& amount : amounts) {
    Contribution contribution;
    contribution.value = amount.value;
    contribution.key = amount.key;
    AddToMap(feature, contribution, &map.cell);
  }
  return map.bytes();
}

TEST(Collections, AMapIsTheSameInAnyOrder) {
  const catalog::Feature feature = MapOf(5);
  std::mt19937 random(3);
  std::vector<Amount> amounts;
  std::map<std::string, Cell> all;
  for (int i = 0; i < 200; ++i) {
    const Amount amount{absl::StrCat("key", random() % 20), static_cast<Cell>(random() % 100) - 50};
    amounts.push_back(amount);
    all[amount.key] += amount.value;
  }
  // Said once more, the slow way: the five keys of smallest hash, and the rest.
  std::vector<std::string> ranked;
  for (const auto& [key, sum] : all) ranked.push_back(key);
  std::sort(ranked.begin(), ranked.end(),
            [](const auto& a, const auto& b) { return Hash64(a) < Hash64(b); });
  std::map<std::string, Cell> expected;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    expected[i < 5 ? ranked[i] : ""] += all[ranked[i]];
  }
  for (int round = 0; round < 20; ++round) {
    std::shuffle(amounts.begin(), amounts.end(), random);
    EXPECT_EQ(PairsOf(MapBytes(feature, amounts)), expected);
    const std::vector<Amount> half(amounts.begin(), amounts.begin() + 90);
    const std::vector<Amount> rest(amounts.begin() + 90, amounts.end());
    EXPECT_EQ(PairsOf(JoinedMaps(feature, MapBytes(feature, half), MapBytes(feature, rest))),
              expected);
  }
}

TEST(Collections, AKeyThatIsEmptyOrTooLongCountsAmongTheOthers) {
  const std::string long_key(kMapKeyBytesMax + 1, 'x'), fits(kMapKeyBytesMax, 'x');
  const auto pairs = PairsOf(MapBytes(MapOf(8), {{long_key, 2}, {"", 3}, {fits, 4}}));
  EXPECT_EQ(pairs, (std::map<std::string, Cell>{{"", 5}, {fits, 4}}));
}

TEST(Collections, AListKeepsTheLatestInAnyOrder) {
  catalog::Feature feature;
  feature.n = 4;
  feature.of_text = true;
  std::deque<std::string> texts;
  std::vector<Contribution> all;
  for (int i = 0; i < 30; ++i) {
    const std::string& text = texts.emplace_back(absl::StrCat("a text of its own ", i));
    Contribution contribution;
    contribution.time = i / 3;
    contribution.id = contribution.source = contribution.text = text;
    all.push_back(contribution);
  }
  std::string first;
  std::mt19937 random(5);
  for (int round = 0; round < 10; ++round) {
    TextCell list;
    for (const Contribution& each : all) AddToList(feature, each, &list.cell);
    std::string bytes = list.bytes();
    if (round == 0) first = bytes;
    EXPECT_EQ(bytes, first);
    std::string_view rest = bytes;
    std::vector<TimeMs> times;
    for (ListEntry entry; GetEntry(true, &rest, &entry);) times.push_back(entry.time);
    EXPECT_EQ(times, (std::vector<TimeMs>{8, 9, 9, 9}));
    std::shuffle(all.begin(), all.end(), random);
  }
}

TEST(Collections, WhatChangesNothingSaysSo) {
  catalog::Feature feature;
  feature.n = 1;
  TextCell set, list;
  Contribution contribution;
  contribution.time = 10;
  EXPECT_TRUE(AddToSet(contribution, false, &set.cell));
  EXPECT_FALSE(AddToSet(contribution, false, &set.cell));
  EXPECT_TRUE(AddToList(feature, contribution, &list.cell));
  contribution.time = 9;
  EXPECT_FALSE(AddToList(feature, contribution, &list.cell));
}

}  // namespace
}  // namespace parcours::engine
