#include "state/customers.h"

#include <gtest/gtest.h>

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
