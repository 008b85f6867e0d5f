#include "base/collection.h"

#include <gtest/gtest.h>

namespace parcours {
namespace {

TEST(Collection, AListReadsBackWhatWasWritten) {
  std::string bytes, texts;
  PutEntry(false, {1'000, "b", "web", -7, ""}, &bytes);
  PutEntry(false, {-1, "", "", kCellMin, ""}, &bytes);
  PutEntry(true, {5, "id", "s", 0, "a text"}, &texts);
  std::string_view rest = bytes;
  ListEntry entry;
  ASSERT_TRUE(GetEntry(false, &rest, &entry));
  EXPECT_EQ(entry.time, 1'000);
  EXPECT_EQ(entry.id, "b");
  EXPECT_EQ(entry.source, "web");
  EXPECT_EQ(entry.cell, -7);
  ASSERT_TRUE(GetEntry(false, &rest, &entry));
  EXPECT_EQ(entry.cell, kCellMin);
  EXPECT_FALSE(GetEntry(false, &rest, &entry));
  rest = texts;
  ASSERT_TRUE(GetEntry(true, &rest, &entry));
  EXPECT_EQ(entry.text, "a text");
}

TEST(Collection, EntriesGoByTimeThenIdThenSource) {
  const ListEntry first{1, "b", "b", 0, ""};
  EXPECT_TRUE(ComesBefore(first, {2, "a", "a", 0, ""}));
  EXPECT_TRUE(ComesBefore(first, {1, "c", "a", 0, ""}));
  EXPECT_TRUE(ComesBefore(first, {1, "b", "c", 0, ""}));
  EXPECT_FALSE(ComesBefore(first, first));
}

TEST(Collection, SumsOfAMapHave128Bits) {
  const WideSum large = (WideSum{1} << 126) + 12345;
  for (const WideSum sum : {WideSum{0}, WideSum{-1}, WideSum{63}, WideSum{64}, large, -large}) {
    std::string bytes;
    PutPair({"key", sum}, &bytes);
    std::string_view rest = bytes;
    MapPair pair;
    ASSERT_TRUE(GetPair(&rest, &pair));
    EXPECT_EQ(pair.key, "key");
    EXPECT_TRUE(pair.sum == sum);
    EXPECT_TRUE(rest.empty());
  }
}

TEST(Collection, BytesThatMakeNoSenseEndIt) {
  std::string bytes;
  PutPair({"key", 300}, &bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string_view part = std::string_view(bytes).substr(0, size);
    MapPair pair;
    EXPECT_FALSE(GetPair(&part, &pair)) << size;
  }
  const std::string endless = std::string("\x01k", 2) + std::string(40, '\xff');
  std::string_view rest = endless;
  MapPair pair;
  EXPECT_FALSE(GetPair(&rest, &pair));
}

TEST(Collection, HashesSortAsBytesDo) {
  std::string bytes;
  PutHash(255, &bytes);
  PutHash(256, &bytes);
  EXPECT_EQ(HashAt(bytes, 0), 255U);
  EXPECT_EQ(HashAt(bytes, 1), 256U);
  EXPECT_LT(bytes.substr(0, kHashBytes), bytes.substr(kHashBytes));
}

}  // namespace
}  // namespace parcours
