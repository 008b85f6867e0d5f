#include "log/batch.h"

#include <random>
#include <string>
#include <vector>

#include "base/varint.h"
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

std::vector<Header> Listed(const Headers& headers) { return {headers.begin(), headers.end()}; }

TEST(Batch, HeadersStandBesideTheValue) {
  const std::vector<Header> two = {{"event-id", std::string_view("e\0\x80", 3)}, {"", ""}};
  Batch batch;
  batch.Add("a", "1");
  const std::size_t place = batch.size();
  EXPECT_EQ(batch.Add("b", std::string(127, 'v'), two), 0);  // a value whose size begins with 0x80
  EXPECT_EQ(batch.Add(std::string(128, 'k'), "", {}), 0);
  batch.AddTombstone("c");
  EXPECT_EQ(batch.count(), 4U);

  BatchReader reader(batch.bytes());
  Entry entry;
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_TRUE(entry.headers.empty());
  EXPECT_TRUE(Listed(entry.headers).empty());
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(entry.key, "b");
  EXPECT_EQ(entry.value, std::string(127, 'v'));
  EXPECT_FALSE(entry.headers.empty());
  EXPECT_EQ(Listed(entry.headers), two);
  ASSERT_TRUE(reader.Next(&entry));  // those of the record before are forgotten
  EXPECT_EQ(entry.key, std::string(128, 'k'));
  EXPECT_TRUE(entry.headers.empty());
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_TRUE(entry.tombstone && entry.headers.empty());
  EXPECT_FALSE(reader.Next(&entry));
  EXPECT_TRUE(reader.ok());

  const Entry at = EntryAt(batch.bytes().data() + place);
  EXPECT_EQ(at.key, "b");
  EXPECT_EQ(at.value, std::string(127, 'v'));
  EXPECT_EQ(Listed(at.headers), two);
}

TEST(Batch, ARecordWithoutHeadersHasTheBytesItAlwaysHad) {
  Batch without, with_none;
  without.Add("key", "value");
  with_none.Add("key", "value", {});
  EXPECT_EQ(without.bytes(), "\x03key\x06value");
  EXPECT_EQ(with_none.bytes(), without.bytes());
  Batch with_one;
  with_one.Add("key", "value", std::vector<Header>{{"n", "xy"}});
  EXPECT_EQ(with_one.bytes(), std::string_view("\x03key\x80\0\x05\x01n\x02xy\x06value", 18));
}

TEST(Batch, LeavesOutHeadersBeyondTheBounds) {
  const std::string long_text(kHeaderBytesMax, 'x');
  std::vector<Header> headers = {{"", long_text}, {"n", long_text}, {long_text, ""}};
  Batch batch;
  EXPECT_EQ(batch.Add("k", "v", headers), 1);
  headers.assign(20, {"n", "v"});
  headers[2].value = long_text;
  EXPECT_EQ(batch.Add("k", "v", headers), 4);
  EXPECT_EQ(batch.Add("k", "v", std::vector<Header>{{"n", long_text}}), 1);

  BatchReader reader(batch.bytes());
  Entry entry;
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(Listed(entry.headers), (std::vector<Header>{{"", long_text}, {long_text, ""}}));
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_EQ(Listed(entry.headers), std::vector<Header>(kHeadersMax, {"n", "v"}));
  ASSERT_TRUE(reader.Next(&entry));
  EXPECT_TRUE(entry.headers.empty());
  EXPECT_EQ(entry.value, "v");
  EXPECT_FALSE(reader.Next(&entry));
  EXPECT_TRUE(reader.ok());
}

// A record of key "k" and value "v" with `headers` between them, as they are.
std::string WithHeaderBytes(const std::string& headers) {
  std::string bytes("\x01k\x80\0", 4);
  PutText(headers, &bytes);
  return bytes + "\x02v";
}

TEST(Batch, HeadersWithoutSenseAreDamage) {
  const std::string one("\x01n\x01v");
  std::string sixteen, too_long;
  for (int i = 0; i < kHeadersMax; ++i) sixteen += one;
  PutText("n", &too_long);
  PutText(std::string(kHeaderBytesMax, 'x'), &too_long);
  Entry entry;
  EXPECT_TRUE(BatchReader(WithHeaderBytes(one)).Next(&entry));
  EXPECT_TRUE(BatchReader(WithHeaderBytes(sixteen)).Next(&entry));
  for (const std::string& headers :
       {std::string(), sixteen + one, too_long, std::string("\x01n"), one + "\x01",
        std::string("\x01n\x02v"), std::string("\x05n\x01v"), std::string("\x80\0", 2)}) {
    const std::string bytes = WithHeaderBytes(headers);
    BatchReader reader(bytes);
    EXPECT_FALSE(reader.Next(&entry)) << testing::PrintToString(headers);
    EXPECT_FALSE(reader.ok());
  }
  // Nothing behind the mark, and headers longer than the bytes.
  EXPECT_FALSE(BatchReader(std::string_view("\x01k\x80\0", 4)).Next(&entry));
  EXPECT_FALSE(BatchReader(std::string_view("\x01k\x80\0\x09\x01n\x01v\x02v", 11)).Next(&entry));
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
    int headers = 0;
    for (const Header& header : entry.headers) {
      ++headers;
      for (std::string_view view : {header.name, header.value}) {
        ASSERT_TRUE(view.data() >= begin && view.data() + view.size() <= end);
        ASSERT_LE(view.size(), kHeaderBytesMax);
      }
    }
    ASSERT_LE(headers, kHeadersMax);
    ASSERT_EQ(headers == 0, entry.headers.empty());
  }
}

TEST(Batch, DamagedBytesEndReadingAndNeverLeaveIt) {
  Batch batch;
  for (int i = 0; i < 20; ++i) {
    batch.Add("key" + std::to_string(i), std::string(static_cast<std::size_t>(i * 13), 'v'));
    if (i % 5 == 0) batch.AddTombstone("gone");
    if (i % 3 == 0) batch.Add("h", "v", std::vector<Header>{{"name", "value"}, {"n", ""}});
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
