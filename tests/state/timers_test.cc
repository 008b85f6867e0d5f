#include "state/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace parcours::state {
namespace {

// Timers over a few customers, told what to do one word at a time.
class TimersTest : public testing::Test {
 protected:
  Customer& Make(const std::string& id) { return customers_[customers_.Add(id, Hash64(id))]; }
  void Book(Customer& customer, TimeMs due) {
    customer.booked_at = due;
    timers_.Book(due, customer);
  }
  // The ids of all that is due by `until`, in order.
  std::vector<std::string> PopAll(TimeMs until) {
    std::vector<std::string> popped;
    Timers::Popped one;
    while (timers_.Pop(until, &one)) {
      popped.emplace_back(one.number == Customers::kNone ? one.customer
                                                         : customers_[one.number].id());
    }
    return popped;
  }
  static Timers::Row RowOf(TimeMs due, const std::string& id) { return {due, Hash64(id), id}; }
  void Give(std::vector<Timers::Row> rows) { timers_.GiveRows(&rows); }

  const Shape shape_{.initial = {kAbsent}};
  Customers customers_{shape_};
  Timers timers_{customers_};
};

using Ids = std::vector<std::string>;

TEST_F(TimersTest, PopInOrderOfDueThenHash) {
  Book(Make("late"), 50 * kDayMs);
  Book(Make("a"), 20);
  Book(Make("b"), 20);
  Book(Make("soon"), 10);
  const bool a_first = Hash64("a") < Hash64("b");
  EXPECT_EQ(PopAll(100 * kDayMs), (Ids{"soon", a_first ? "a" : "b", a_first ? "b" : "a", "late"}));
}

TEST_F(TimersTest, GiveWhatIsDueAtTheInstantAndNothingLater) {
  Book(Make("a"), 1000);
  EXPECT_EQ(PopAll(999), Ids{});
  EXPECT_EQ(PopAll(1000), Ids{"a"});
  EXPECT_EQ(PopAll(1000), Ids{});
  EXPECT_EQ(timers_.size(), 0u);
}

TEST_F(TimersTest, CountWhatIsDueNoFurtherThanAsked) {
  for (int i = 0; i < 20; ++i) Book(Make(std::to_string(i)), 100 - i);  // the last is the first due
  EXPECT_EQ(timers_.DueBy(81, 100), 20u) << "nobody has looked into the day";
  EXPECT_EQ(PopAll(81),
            Ids{"19"});  // opens the day: the others are in its list, the next are added
  for (int i = 20; i < 40; ++i) Book(Make(std::to_string(i)), 200 - i);
  EXPECT_EQ(timers_.DueBy(81, 100), 0u);
  EXPECT_EQ(timers_.DueBy(90, 100), 9u);
  EXPECT_EQ(timers_.DueBy(170, 100), 29u);
  EXPECT_EQ(timers_.DueBy(1000, 100), 39u);
  EXPECT_EQ(timers_.DueBy(1000, 30), 30u);
  timers_.StartRows(500);
  EXPECT_EQ(timers_.DueBy(170, 100), 29u);
  EXPECT_EQ(timers_.DueBy(500, 100), 100u) << "nobody knows how many rows are due";
}

TEST_F(TimersTest, GiveADueBookedBehindTheLastOnePopped) {
  Book(Make("a"), 40 * kDayMs);
  Book(Make("b"), 41 * kDayMs);
  Timers::Popped popped;
  ASSERT_TRUE(timers_.Pop(50 * kDayMs, &popped));
  Book(Make("behind"), 3 * kDayMs);
  EXPECT_LE(timers_.NotBefore(), 3 * kDayMs);
  EXPECT_EQ(PopAll(50 * kDayMs), (Ids{"behind", "b"}));
}

TEST_F(TimersTest, HoldFewStaleEntriesOfACustomerThatIsBookedAgainAndAgain) {
  Customer& busy = Make("busy");
  for (TimeMs i = 0; i < 20'000; ++i) Book(busy, 100 * kDayMs - i);
  EXPECT_LT(timers_.size(), 1500u);
  EXPECT_EQ(PopAll(100 * kDayMs).front(), "busy");
}

TEST_F(TimersTest, WantRowsOnlyWhereSomeMayBeDue) {
  EXPECT_FALSE(timers_.WantsRows(kNever - 1)) << "there is no store";
  timers_.StartRows(1000);
  EXPECT_FALSE(timers_.WantsRows(999));
  EXPECT_TRUE(timers_.WantsRows(1000));
  EXPECT_EQ(timers_.NotBefore(), 1000);
  EXPECT_EQ(timers_.rows_read().due, 1000);
  Give({RowOf(1000, "a"), RowOf(2000, "b")});
  EXPECT_FALSE(timers_.WantsRows(1000));
  EXPECT_EQ(PopAll(1500), Ids{"a"});
  EXPECT_EQ(PopAll(2000), Ids{"b"});
  EXPECT_FALSE(timers_.WantsRows(kNever - 1)) << "fewer than asked for: there are no more";
  EXPECT_EQ(timers_.NotBefore(), kNever);
}

TEST_F(TimersTest, PopEntriesAndRowsInOneOrder) {
  timers_.StartRows(0);
  Book(Make("in memory"), 15);
  ASSERT_TRUE(timers_.WantsRows(30));
  Give({RowOf(10, "first"), RowOf(20, "last")});
  EXPECT_EQ(PopAll(30), (Ids{"first", "in memory", "last"}));
}

TEST_F(TimersTest, FindTheRowOfAForgottenCustomerBehindTheCursor) {
  timers_.StartRows(0);
  Give({});
  timers_.Return(5, Hash64("gone"), "gone");
  timers_.Return(5, Hash64("gone"), "gone");  // twice is once
  EXPECT_EQ(timers_.NotBefore(), 5);
  EXPECT_EQ(PopAll(10), Ids{"gone"});
}

TEST_F(TimersTest, LeaveTheRowOfAForgottenCustomerThatIsReadLater) {
  timers_.StartRows(0);
  std::vector<Timers::Row> rows;
  for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
    rows.push_back(RowOf(static_cast<TimeMs>(i), std::to_string(i)));
  }
  Give(rows);
  const auto ahead = static_cast<TimeMs>(kRowsAtOnce);
  timers_.Return(ahead, Hash64("ahead"), "ahead");
  EXPECT_EQ(PopAll(ahead).size(), kRowsAtOnce) << "not yet: it is behind what was read";
  ASSERT_TRUE(timers_.WantsRows(ahead));
  Give({RowOf(ahead, "ahead")});
  EXPECT_EQ(PopAll(ahead), Ids{"ahead"});
}

TEST_F(TimersTest, HoldFewRowsHoweverManyAreReturned) {
  timers_.StartRows(0);
  Give({});
  std::set<Timers::Row> store;
  for (int i = 0; i < 5000; ++i) {
    const Timers::Row row = RowOf(7, std::to_string(i * 7919 % 5000));
    store.insert(row);
    timers_.Return(row.due, row.hash, row.customer);
  }
  Ids popped;
  for (int reads = 0; reads < 100; ++reads) {
    for (const std::string& id : PopAll(7)) popped.push_back(id);
    if (!timers_.WantsRows(7)) break;
    std::vector<Timers::Row> rows;
    auto next = store.upper_bound(timers_.rows_read());
    for (; next != store.end() && rows.size() < kRowsAtOnce; ++next) rows.push_back(*next);
    Give(rows);
  }
  Ids expected;
  for (const Timers::Row& row : store) expected.push_back(row.customer);
  EXPECT_EQ(popped, expected);
}

// Customers, timers and a store of rows, as the overlay and the shard use them, against the naive
// truth: a due for each customer.
class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) { Restart(); }

  void Restart() {  // a new process: everything lies in the store
    for (auto& [id, one] : all_) Write(id, one);
    timers_ = nullptr;
    customers_ = std::make_unique<Customers>(shape_);
    timers_ = std::make_unique<Timers>(*customers_);
    for (auto& [id, one] : all_) one.number = Customers::kNone;
    timers_->StartRows(store_.empty() ? kNever : store_.begin()->due);
  }
  // Something happens to a customer: it is due at another instant.
  void Happen(const std::string& id, TimeMs due) {
    One& one = all_[id];
    Customer& customer = Warm(id, one);
    one.due = due;
    one.written = false;
    if (due < customer.booked_at) Book(customer, due);
  }
  void WriteSome(std::uint64_t one_in) {
    for (auto& [id, one] : all_) {
      if (random_() % one_in == 0) Write(id, one);
    }
  }
  void ForgetSome(std::uint64_t one_in) {
    for (auto& [id, one] : all_) {
      if (one.number == Customers::kNone || !one.written || random_() % one_in != 0) continue;
      const Customer& customer = (*customers_)[one.number];
      if (one.row_due != kNever) timers_->Return(one.row_due, customer.hash, id);
      customers_->Remove(one.number);
      one.number = Customers::kNone;
    }
  }
  // Fires what is due by `clock`; it must be what the naive truth says, in its order.
  void Tick(TimeMs clock) {
    std::vector<std::pair<TimeMs, std::uint64_t>> expected, fired;
    for (const auto& [id, one] : all_) {
      if (one.due <= clock) expected.emplace_back(one.due, Hash64(id));
    }
    std::sort(expected.begin(), expected.end());
    if (!expected.empty()) {
      EXPECT_LE(timers_->NotBefore(), expected.front().first);
    }
    Timers::Popped popped;
    for (;;) {
      if (timers_->WantsRows(clock)) ReadRows();
      if (!timers_->Pop(clock, &popped)) break;
      std::string id(popped.customer);
      if (popped.number != Customers::kNone) {
        const Customer* customer = customers_->Pointer(popped.number);
        if (customer == nullptr || customer->hash != popped.hash) continue;
        id = customer->id();
      }
      One& one = all_[id];
      Customer& customer = Warm(id, one);
      if (customer.booked_at != popped.due) continue;
      customer.booked_at = kNever;
      if (one.due > popped.due) {
        if (one.due != kNever) Book(customer, one.due);
        continue;
      }
      fired.emplace_back(one.due, customer.hash);
      one.written = false;
      one.due = random_() % 3 == 0 ? kNever : clock + 1 + Below(30 * kDayMs);
      if (one.due != kNever) Book(customer, one.due);
    }
    ASSERT_EQ(fired, expected) << "at " << clock;
    ASSERT_FALSE(timers_->WantsRows(clock));
  }
  TimeMs Below(TimeMs end) {
    return static_cast<TimeMs>(random_() % static_cast<std::uint64_t>(end));
  }
  std::size_t rows() const { return store_.size(); }

 private:
  struct One {
    TimeMs due = kNever;      // the truth
    TimeMs row_due = kNever;  // of its row in the store
    bool written = true;
    std::uint32_t number = Customers::kNone;
  };
  Customer& Warm(const std::string& id, One& one) {
    if (one.number == Customers::kNone) {
      one.number = customers_->Add(id, Hash64(id));
      (*customers_)[one.number].booked_at = one.row_due;
    }
    return (*customers_)[one.number];
  }
  void Book(Customer& customer, TimeMs due) {
    customer.booked_at = due;
    timers_->Book(due, customer);
  }
  void Write(const std::string& id, One& one) {
    if (one.written) return;
    one.written = true;
    if (one.row_due == one.due) return;
    if (one.row_due != kNever) store_.erase({one.row_due, Hash64(id), id});
    if (one.due != kNever) store_.insert({one.due, Hash64(id), id});
    const TimeMs old_due = std::exchange(one.row_due, one.due);
    Customer& customer = (*customers_)[one.number];
    if (customer.booked_at != old_due) return;
    customer.booked_at = kNever;
    if (one.due != kNever) Book(customer, one.due);
  }
  void ReadRows() {
    std::vector<Timers::Row> rows;
    const Timers::Row& from = timers_->rows_read();
    auto next = from.customer.empty() ? store_.lower_bound(from) : store_.upper_bound(from);
    for (; next != store_.end() && rows.size() < kRowsAtOnce; ++next) rows.push_back(*next);
    timers_->GiveRows(&rows);
  }

  const Shape shape_{.initial = {kAbsent}};
  std::mt19937_64 random_;
  std::map<std::string, One> all_;
  std::set<Timers::Row> store_;
  std::unique_ptr<Customers> customers_;
  std::unique_ptr<Timers> timers_;
};

TEST(Timers, LoseNobodyWhateverTheMixOfBookingsWritesForgettingAndTicks) {
  std::size_t most_rows = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Model model(seed);
    std::mt19937_64 random(seed + 100);
    TimeMs clock = 1'760'000'000'000;
    for (int round = 0; round < 120; ++round) {
      // Many of one instant, some spread out, some behind the clock.
      const TimeMs instant = clock + model.Below(3 * kDayMs);
      const std::uint64_t kind = random() % 4;
      for (std::uint64_t i = random() % (kind == 0 ? 2000 : 60); i > 0; --i) {
        const TimeMs due = kind == 0   ? instant
                           : kind == 1 ? clock - model.Below(kDayMs)
                           : kind == 2 ? kNever
                                       : clock + model.Below(60 * kDayMs);
        model.Happen("c" + std::to_string(random() % 4000), due);
      }
      if (random() % 2 == 0) model.WriteSome(1 + random() % 3);
      if (random() % 2 == 0) model.ForgetSome(1 + random() % 4);
      most_rows = std::max(most_rows, model.rows());
      if (random() % 25 == 0) model.Restart();
      clock += model.Below(random() % 8 == 0 ? 20 * kDayMs : kDayMs);
      ASSERT_NO_FATAL_FAILURE(model.Tick(clock)) << "seed " << seed << ", round " << round;
    }
  }
  EXPECT_GT(most_rows, 2 * kRowsAtOnce) << "or the rows were never cut";
}

}  // namespace
}  // namespace parcours::state
