#include "state/stored.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/state/stored_shape.h"

namespace parcours::state {
namespace {

constexpr TimeMs kNow = 1'767'225'600'123;

class Stored : public testing::Test {
 protected:
  ~Stored() override {
    for (Customer* customer : made_) Customer::Destroy(shape_, customer, arena_);
  }
  Customer* New() { return made_.emplace_back(Customer::Create(shape_, "anna", arena_)); }
  std::string Encode(const Customer& customer) {
    std::string bytes;
    EncodeCustomer(shape_, customer, &bytes);
    return bytes;
  }
  std::string EncodeContact(const Customer& customer) {
    std::string bytes;
    EncodeContacts(shape_, customer, &bytes);
    return bytes;
  }
  std::string Tell(const Customer& customer) { return TellCustomer(shape_, customer); }
  // Decodes what `customer` encodes to, and compares.
  void ExpectSameAgain(const Customer& customer) {
    const std::string bytes = Encode(customer);
    Customer* again = New();
    ASSERT_TRUE(DecodeCustomer(shape_, bytes, again).ok());
    EXPECT_EQ(Tell(*again), Tell(customer));
    EXPECT_EQ(Encode(*again), bytes);
    ASSERT_TRUE(StoredNextDue(bytes).ok());
    EXPECT_EQ(*StoredNextDue(bytes), customer.next_due);
  }

  const Shape shape_ = ShapeOfAllKinds();
  Arena arena_;
  std::vector<Customer*> made_;
};

// Cells of one kind, the rare ones among them often.
class RandomCells {
 public:
  explicit RandomCells(std::uint64_t seed) : random_(seed) {}
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  Cell Any() { return static_cast<Cell>(random_()) >> Below(64); }
  TimeMs Time() {
    if (Below(3) > 0) return kNow - static_cast<TimeMs>(Below(40)) * kHourMs + (Below(2) ? 0 : 877);
    return kNow - static_cast<TimeMs>(Below(200 * kDayMs));
  }
  Cell Of(CellKind kind) {
    switch (Below(8)) {
      case 0:
        return kAbsent;
      case 1:
        return kOverflow;
      case 2:
        return kNever;
    }
    if (kind == CellKind::kText) return NewText(std::string(Below(20) * Below(20), 'x'));
    return kind == CellKind::kTime && Below(4) > 0 ? Time() : Any();
  }

 private:
  std::mt19937_64 random_;
};

Run RandomRun(RandomCells* random, int journey) {
  Run run{.journey = static_cast<std::int16_t>(journey),
          .state = static_cast<Run::State>(random->Below(3)),
          .step = static_cast<std::uint8_t>(random->Below(256)),
          .occurrence = static_cast<std::uint32_t>(1 + random->Below(3)),
          .sent = static_cast<std::uint32_t>(random->Below(3))};
  run.entered_at = random->Time();
  run.step_started_at = run.entered_at + 7 * kDayMs;
  for (TimeMs* time :
       {&run.step_due, &run.exit_due, &run.goal_due, &run.goal_until, &run.converted_at}) {
    if (random->Below(2) == 0) *time = random->Time();
  }
  return run;
}

void Fill(const Shape& shape, RandomCells* random, Customer* customer) {
  customer->last_instant = random->Time();
  customer->latest_time = random->Time();
  if (random->Below(2) == 0) customer->next_due = random->Time();
  customer->events = static_cast<std::uint32_t>(random->Below(300));
  customer->transitions = static_cast<std::uint32_t>(random->Below(300));
  customer->has_contact = random->Below(2) == 0;
  const std::uint64_t sparse = 1 + random->Below(8);
  for (std::size_t i = 0; i < shape.kinds.size(); ++i) {
    if (random->Below(sparse) == 0) customer->cells()[i] = random->Of(shape.kinds[i]);
  }
  for (std::size_t window = 0; window < shape.windows.size(); ++window) {
    const BucketShape& bucket = shape.windows[window];
    for (std::uint64_t i = random->Below(2) * random->Below(6); i > 0; --i) {
      bool fresh;
      Cell* cells =
          customer->buckets(static_cast<int>(window))
              .Get(bucket, 490'000 + static_cast<std::int64_t>(random->Below(300)), &fresh);
      if (!fresh) continue;
      for (std::size_t k = 0; k < static_cast<std::size_t>(bucket.width); ++k) {
        cells[k] = random->Of(bucket.kinds[k]);
      }
    }
  }
  if (random->Below(2) == 0) {
    Cell* note = customer->Write(shape, static_cast<int>(random->Below(3)));
    note[0] = random->Time();
    note[1] = random->Of(CellKind::kText);
  }
  for (int i = static_cast<int>(random->Below(2) * random->Below(5)), journey = 0; i > 0; --i) {
    customer->runs.push_back(RandomRun(random, journey += static_cast<int>(random->Below(3))));
  }
  for (std::uint64_t i = random->Below(2) * random->Below(kChunkIds); i > 0; --i) {
    customer->seen.Add(i, customer->last_instant - static_cast<TimeMs>(i) * kHourMs);
  }
}

TEST_F(Stored, ACustomerComesBackAsItWas) {
  RandomCells random(7);
  for (int i = 0; i < 3000; ++i) {
    SCOPED_TRACE(i);
    Customer* customer = New();
    Fill(shape_, &random, customer);
    ExpectSameAgain(*customer);
    if (HasFailure()) return;
  }
}

TEST_F(Stored, WhoWasNeverHeardOfTakesAFewBytes) {
  Customer* customer = New();
  ExpectSameAgain(*customer);
  customer->cells()[4] = customer->cells()[8] = kNever;  // as after the first look
  ExpectSameAgain(*customer);
  EXPECT_LE(Encode(*customer).size(), 13u);
}

TEST_F(Stored, EveryKindOfCellHoldsWhatIsReserved) {
  for (const Cell cell : {kAbsent, kOverflow, kNever}) {
    Customer* customer = New();
    for (int i = 0; i < 70; ++i) customer->cells()[i] = cell;
    for (int window = 0; window < 4; ++window) {
      bool fresh;
      const BucketShape& bucket = shape_.windows[static_cast<std::size_t>(window)];
      Cell* cells = customer->buckets(window).Get(bucket, 1, &fresh);
      for (int k = 0; k < bucket.width; ++k) cells[k] = cell;
    }
    ExpectSameAgain(*customer);
  }
}

TEST_F(Stored, NumbersAndInstantsMayBeAnyOfSixtyFourBits) {
  for (const Cell cell : {INT64_MIN, INT64_MIN + 1, INT64_MIN + 2, Cell{-1}, Cell{0}, Cell{1},
                          INT64_MAX - 2, INT64_MAX - 1, INT64_MAX}) {
    Customer* customer = New();
    customer->last_instant = kNow;
    for (int i : {0, 1, 2, 3, 4, 5, 8}) customer->cells()[i] = cell;
    ExpectSameAgain(*customer);
  }
}

TEST_F(Stored, AnInstantThatWasToldBeforeIsOneByte) {
  Customer* customer = New();
  customer->last_instant = customer->latest_time = kNow;
  customer->next_due = kNow + 90 * kDayMs + 1;
  customer->cells()[8] = kNever;
  customer->cells()[4] = kNow - 5;
  const std::size_t before = Encode(*customer).size();
  customer->cells()[3] = customer->next_due;
  customer->cells()[8] = kNow - 5;
  ExpectSameAgain(*customer);
  EXPECT_EQ(Encode(*customer).size(), before + 3);  // the two, and a byte more of the mask
}

TEST_F(Stored, MoreInstantsThanAreRememberedComeBackToo) {
  Customer* customer = New();
  customer->last_instant = kNow;
  bool fresh;
  for (int i = 0; i < 100; ++i) {
    customer->buckets(3).Get(shape_.windows[3], i, &fresh)[0] = kNow - (i % 50) * 7777;
  }
  ExpectSameAgain(*customer);
}

TEST_F(Stored, ChunksOfIdsThatAreStillKnownAreTold) {
  Customer* customer = New();
  for (int i = 0; i < 100; ++i) customer->seen.Add(static_cast<std::uint64_t>(i), kNow + i);
  customer->last_instant = kNow + 40 + kSeenForMs;  // the first 40 are forgotten
  Customer* again = New();
  ASSERT_TRUE(DecodeCustomer(shape_, Encode(*customer), again).ok());
  EXPECT_EQ(again->chunks_from, 40u / kChunkIds);
  EXPECT_EQ(again->chunks_to, 100u / kChunkIds);
  EXPECT_EQ(again->seen.size(), static_cast<int>(100 % kChunkIds));
  EXPECT_EQ(again->seen.added(), 100u);
}

TEST_F(Stored, ContactDataComesBackAsItWas) {
  RandomCells random(9);
  for (int i = 0; i < 300; ++i) {
    Customer* customer = New();
    Cell* contacts = customer->Contacts(shape_);
    for (std::size_t k = 0; k < shape_.contacts.size(); ++k, contacts += kContactCells) {
      if (random.Below(3) == 0) continue;
      contacts[0] = random.Of(shape_.contacts[k]);
      contacts[1] = random.Of(CellKind::kTime);
      contacts[2] = random.Of(CellKind::kText);
    }
    const std::string bytes = EncodeContact(*customer);
    Customer* again = New();
    ASSERT_TRUE(DecodeContacts(shape_, bytes, again).ok());
    EXPECT_EQ(TellContacts(shape_, *again), TellContacts(shape_, *customer));
    EXPECT_FALSE(DecodeContacts(shape_, bytes + "x", New()).ok());
  }
}

TEST_F(Stored, BytesThatAreCutOrTooManyOrOfANewerFormatAreRefused) {
  RandomCells random(3);
  Customer* customer = New();
  Fill(shape_, &random, customer);
  std::string bytes = Encode(*customer);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeCustomer(shape_, bytes.substr(0, size), New()))) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeCustomer(shape_, bytes + '\0', New())));
  bytes[0] = kStoredFormat + 1;
  EXPECT_EQ(DecodeCustomer(shape_, bytes, New()).message(),
            "decode customer anna: format 3, newest known 2");
  EXPECT_TRUE(absl::IsDataLoss(StoredNextDue(bytes).status()));
  EXPECT_TRUE(absl::IsDataLoss(StoredNextDue("\2\x85").status()));
}

TEST_F(Stored, AMaskBeyondTheShapeIsRefused) {
  Shape small = shape_;
  small.initial.resize(3);
  small.kinds.resize(3);
  small.text_cells.clear();
  std::string bytes;
  Customer* customer = Customer::Create(small, "anna", arena_);
  customer->cells()[2] = 1;
  EncodeCustomer(small, *customer, &bytes);
  Customer::Destroy(small, customer, arena_);
  const std::size_t mask = bytes.size() - 3;  // then the cell, and that no id was seen
  ASSERT_EQ(bytes[mask], 4);
  bytes[mask] = 8;
  customer = Customer::Create(small, "anna", arena_);
  EXPECT_TRUE(absl::IsDataLoss(DecodeCustomer(small, bytes, customer)));
  Customer::Destroy(small, customer, arena_);
}

// What was written before repeats of instants were; these bytes are never to change.
constexpr char kFormat1[] =
    "0181a2d5edee66f6a1d5edee66d30f030201ac021f0103ff0111040083bab703f9a1d5edee660000"
    "0000000000f83f06616263146c6f6e676572207468616e20736576656e20030f01a0e83b04740409"
    "696400737263020205030701000d02ffffffffffffffff010105020706746965020218028390e4c0"
    "0483bab7030e849092e70e04e60301040909071416051101887766554433221104";

void SetCells(std::initializer_list<Cell> values, Cell* cells) {
  std::copy(values.begin(), values.end(), cells);
}

// The customer that they are of.
void FillAsFormat1(const Shape& shape, Customer* customer) {
  customer->next_due = kNow + 5;
  customer->last_instant = kNow;
  customer->latest_time = kNow - 1000;
  customer->events = 3, customer->transitions = 2, customer->actions = 1, customer->decisions = 300;
  customer->has_contact = true;
  SetCells({7, -1, kOverflow, kNow - kHourMs, 0, CellOfDouble(1.5), NewText("abc"),
            NewText("longer than seven"), kAbsent},
           customer->cells());
  customer->cells()[69] = NewText("");
  bool fresh;
  using namespace std::string_view_literals;
  SetCells({NewText("t"), kNow, NewText("id\0src"sv)},
           customer->buckets(0).Get(shape.windows[0], 490'000, &fresh));
  customer->buckets(1).Get(shape.windows[1], 490'001, &fresh)[0] = 1;
  customer->buckets(1).Get(shape.windows[1], 490'005, &fresh)[0] = 2;
  SetCells({5, kAbsent, -1}, customer->buckets(2).Get(shape.windows[2], 490'001, &fresh));
  customer->buckets(3).Get(shape.windows[3], 490'000, &fresh)[0] = kNow - 1;
  SetCells({kNow - 2, NewText("tie")}, customer->Write(shape, 1));
  customer->runs.push_back({.journey = 1,
                            .step = 2,
                            .entered_at = kNow - 7 * kDayMs,
                            .step_started_at = kNow - kHourMs,
                            .step_due = kNow + 5,
                            .goal_until = kNow + 23 * kDayMs});
  customer->runs.push_back({.journey = 3,
                            .state = Run::State::kExited,
                            .step = 1,
                            .occurrence = 4,
                            .sent = 9,
                            .entered_at = kNow - 3,
                            .step_started_at = kNow - 2,
                            .exit_due = kNow + 8,
                            .goal_due = kNow + 9,
                            .converted_at = kNow - 1});
}

TEST_F(Stored, TheFirstFormatIsReadStill) {
  Customer* expected = New();
  FillAsFormat1(shape_, expected);
  const std::string bytes = absl::HexStringToBytes(kFormat1);
  Customer* customer = New();
  ASSERT_TRUE(DecodeCustomer(shape_, bytes, customer).ok());
  EXPECT_EQ(Tell(*customer), Tell(*expected));
  EXPECT_EQ(*StoredNextDue(bytes), kNow + 5);
  EXPECT_EQ(customer->chunks_from, 0u);
  EXPECT_EQ(customer->chunks_to, 1u);
  EXPECT_EQ(customer->seen.size(), 1);
  EXPECT_TRUE(customer->seen.Has(0x1122334455667788, kNow - 4));
  EXPECT_LT(Encode(*customer).size(), bytes.size());
}

}  // namespace
}  // namespace parcours::state
