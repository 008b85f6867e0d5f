#include "log/batch.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parcours::log {
namespace {

TEST(Batch, GivesBackWhatWasAdded) {
  const std::string long_value(300, 'v');
  const std::string strange("k\0\xff", 3);
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.Add("key", "value");
  batch.Add("", "");
  batch.AddTombstone("gone");
  const std::size_t place = batch.size();
  batch.Add(strange, long_value);
  EXPECT_EQ(batch.count(), 4U);

  BatchReader reader(batch.bytes());
  Entry entry;
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(entry.key, "key");
  EXPECT_EQ(entry.value, "value");
  EXPECT_FALSE(entry.tombstone);
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(entry.key, "");
  EXPECT_EQ(entry.value, "");
  EXPECT_FALSE(entry.tombstone);  // an empty value is one
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(entry.key, "gone");
  EXPECT_TRUE(entry.tombstone);
  EXPECT_EQ(reader.position(), batch.bytes().data() + place);
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(entry.key, strange);
  EXPECT_EQ(entry.value, long_value);
  EXPECT_FALSE(entry.tombstone);
  EXPECT_FALSE(reader.Next(&entry));
  EXPECT_TRUE(reader.ok());

  const Entry at = EntryAt(batch.bytes().data() + place);
  EXPECT_EQ(at.key, strange);
  EXPECT_EQ(at.value, long_value);
  EXPECT_TRUE(EntryAt(batch.bytes().data() + place - 6).tombstone);
}

TEST(Batch, IsEmptyOnceItsBytesAreTaken) {
  Batch batch;
  batch.Add("a", "1");
  const std::string bytes = batch.Take();
  EXPECT_EQ(bytes, std::string("\x01"
                               "a\x02"
                               "1"));
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.size(), 0U);
  batch.Add("a", "1");
  EXPECT_EQ(batch.bytes(), bytes);
  batch.Clear();
  EXPECT_TRUE(batch.empty() && batch.bytes().empty());
}

// Whatever the bytes hold, every view lies inside them, and reading comes to an end.
void ExpectViewsInside(const std::string& bytes) {
  BatchReader reader(bytes);
  Entry entry;
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  while (reader.Next(&entry)) {
    ASSERT_TRUE(entry.key.data() >= begin && entry.key.data() + entry.key.size() <= end);
    if (!entry.value.empty()) {
      ASSERT_TRUE(entry.value.data() >= begin && entry.value.data() + entry.value.size() <= end);
    }
    ASSERT_TRUE(reader.position() > begin && reader.position() <= end);
  }
}

TEST(Batch, DamagedBytesEndReadingAndNeverLeaveIt) {
  Batch batch;
  for (int i = 0; i < 20; ++i) {
    batch.Add("key" + std::to_string(i), std::string(static_cast<std::size_t>(i * 13), 'v'));
    if (i % 5 == 0) batch.AddTombstone("gone");
  }
  const std::string whole(batch.bytes());
  for (std::size_t cut = 0; cut < whole.size(); ++cut) ExpectViewsInside(whole.substr(0, cut));
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = whole;
    for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    ExpectViewsInside(bytes);
  }
  for (const std::string& bytes :
       {std::string("\x05"
                    "abc"),
        std::string("\x01"
                    "a"),
        std::string("\x01"
                    "a\x04"
                    "12"),
        std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string("\x80")}) {
    BatchReader reader(bytes);
    Entry entry;
    EXPECT_FALSE(reader.Next(&entry));
    EXPECT_FALSE(reader.ok());
    EXPECT_FALSE(reader.Next(&entry));
  }
}

}  // namespace
}  // namespace parcours::log
