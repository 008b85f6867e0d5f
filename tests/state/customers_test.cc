#include "state/customers.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "base/hash.h"

namespace parcours::state {
namespace {

Shape SmallShape() {
  Shape shape;
  shape.initial = {kAbsent, 0, 42};
  shape.text_cells = {0};
  shape.windows = {BucketShape{.width = 2, .text_cell = 1}};
  return shape;
}

TEST(Customers, FindWhoWasAddedAndNobodyElse) {
  const Shape shape = SmallShape();
  Customers customers(shape);
  for (int i = 0; i < 5000; ++i) {
    const std::string id = "c" + std::to_string(i);
    ASSERT_EQ(customers.Find(id, Hash64(id)), Customers::kNone);
    ASSERT_EQ(customers.Add(id, Hash64(id)), static_cast<std::uint32_t>(i));
  }
  for (int i = 0; i < 5000; ++i) {
    const std::string id = "c" + std::to_string(i);
    ASSERT_EQ(customers.Find(id, Hash64(id)), static_cast<std::uint32_t>(i));
    EXPECT_EQ(customers[static_cast<std::uint32_t>(i)].id(), id);
  }
  EXPECT_EQ(customers.Find("nobody", Hash64("nobody")), Customers::kNone);
}

TEST(Customers, TellApartIdsOfOneHash) {
  const Shape shape = SmallShape();
  Customers customers(shape);
  EXPECT_EQ(customers.Add("a", 1), 0u);  // one hash for two ids, as if they collided
  EXPECT_EQ(customers.Find("b", 1), Customers::kNone);
  EXPECT_EQ(customers.Add("b", 1), 1u);
  EXPECT_EQ(customers.Find("a", 1), 0u);
  EXPECT_EQ(customers.Find("b", 1), 1u);
}

TEST(Customers, GiveTheNumberOfAForgottenOneToTheNext) {
  const Shape shape = SmallShape();
  Customers customers(shape);
  for (const char* id : {"a", "b", "c"}) customers.Add(id, Hash64(id));
  customers.Remove(1);
  EXPECT_EQ(customers.size(), 2u);
  EXPECT_EQ(customers.numbers(), 3u);
  EXPECT_EQ(customers.Pointer(1), nullptr);
  EXPECT_EQ(customers.Find("b", Hash64("b")), Customers::kNone);
  EXPECT_EQ(customers.Find("c", Hash64("c")), 2u);
  EXPECT_EQ(customers.Add("d", Hash64("d")), 1u);
  EXPECT_EQ(customers[1].id(), "d");
  EXPECT_EQ(customers[1].booked_at, kNever) << "nothing of who had the number before";
  EXPECT_EQ(customers.Add("e", Hash64("e")), 3u);
}

TEST(Customers, CountTheirBytesAsTheyGrowAndAreForgotten) {
  const Shape shape = SmallShape();
  Customers customers(shape);
  const std::size_t empty = customers.bytes();
  const std::uint32_t number = customers.Add("a", 1);
  const std::size_t one = customers.bytes();
  EXPECT_GE(one, empty + sizeof(Customer));
  customers[number].cells()[0] = NewText(std::string(1000, 'x'));
  customers.Count(customers[number]);
  EXPECT_GE(customers.bytes(), one + 1000);
  customers.Count(customers[number]);  // twice is once
  EXPECT_LT(customers.bytes(), one + 2000);
  customers.Remove(number);
  EXPECT_LT(customers.bytes(), one);
  EXPECT_LE(customers.bytes(), empty + 64) << "all but the room for pointers";
}

// Hashes of few home slots, so that the ones behind a gap must be moved up, or not, as they lie;
// some at the table's end, so that they go round.
TEST(Customers, AgreeWithAMapWhateverIsAddedAndForgotten) {
  const Shape shape = SmallShape();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    Customers customers(shape);
    std::map<std::string, std::uint32_t> expected;
    const auto hash_of = [&](int i) {
      const auto n = static_cast<std::uint64_t>(i);
      if (seed % 2 == 0) return Hash64(std::to_string(i));
      return (1020 + n % 7 * (n % 3)) | (n % 5) << 32;
    };
    for (int round = 0; round < 4000; ++round) {
      const int i = static_cast<int>(random() % (seed % 2 == 0 ? 2000 : 120));
      const std::string id = std::to_string(i);
      const std::uint32_t number = customers.Find(id, hash_of(i));
      const auto known = expected.find(id);
      ASSERT_EQ(number, known == expected.end() ? Customers::kNone : known->second);
      if (number == Customers::kNone) {
        expected[id] = customers.Add(id, hash_of(i));
        ASSERT_EQ(customers[expected[id]].id(), id);
      } else if (random() % 4 != 0) {
        customers.Remove(number);
        expected.erase(known);
      }
      ASSERT_EQ(customers.size(), expected.size());
      if (round % 50 != 0) continue;
      for (const auto& [each, its] : expected) {
        const std::uint64_t hash = hash_of(std::stoi(each));
        ASSERT_EQ(customers.Find(each, hash), its) << "seed " << seed << " round " << round;
        ASSERT_NE(customers.Guess(hash), nullptr);
      }
    }
  }
}

TEST(Customers, BeginAsTheShapeSaysAndOwnTheirText) {
  const Shape shape = SmallShape();
  Customers customers(shape);
  Customer& customer = customers[customers.Add("a", 1)];
  EXPECT_EQ(customer.cells()[0], kAbsent);
  EXPECT_EQ(customer.cells()[2], 42);
  customer.cells()[0] = NewText("text that is longer than seven bytes");
  EXPECT_EQ(TextOf(customer.cells()), "text that is longer than seven bytes");
  bool fresh;
  Cell* bucket = customer.buckets(0).Get(shape.windows[0], 7, &fresh);
  bucket[1] = NewText("owned by the bucket, freed with it");
  EXPECT_GT(customer.MemoryBytes(shape), sizeof(Customer) + 3 * sizeof(Cell));
}

TEST(Buckets, KeepTheirLinesAscendingWhateverTheOrderOfArrival) {
  const BucketShape shape{.width = 1};
  Buckets buckets;
  bool fresh;
  for (const std::int64_t line : {5, 1, 9, 5, 3}) {
    Cell* cell = buckets.Get(shape, line, &fresh);
    EXPECT_EQ(fresh, cell[0] == kAbsent);
    cell[0] = line * 10;
  }
  ASSERT_EQ(buckets.size(), 4);
  const std::int64_t lines[] = {1, 3, 5, 9};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(buckets.line(shape, i), lines[i]);
    EXPECT_EQ(buckets.cells(shape, i)[0], lines[i] * 10);
  }
  buckets.DropOldest(shape, 2);
  ASSERT_EQ(buckets.size(), 2);
  EXPECT_EQ(buckets.line(shape, 0), 5);
  buckets.Clear(shape);
  EXPECT_EQ(buckets.size(), 0);
}

TEST(Text, IsInTheCellUpToSevenBytesAndComesBackWhole) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv, "a"sv, "1234567"sv, "12345678"sv, "\0x\0"sv}) {
    const Cell cell = NewText(text);
    EXPECT_TRUE(IsValue(cell));
    EXPECT_EQ(TextOf(&cell), text);
    FreeText(cell);
  }
}

}  // namespace
}  // namespace parcours::state
