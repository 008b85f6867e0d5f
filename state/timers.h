// Timers: which customer to look at next, in order of due instant, then hash, whether the booking
// lies in memory or in the store.
//
// An index, not the truth: a customer's own dues are. Bookings made here lie in memory: the days
// ahead unsorted, a list each; the day that is reached is sorted once, so booking and popping cost
// little whatever the number. Rows of the store (one a stored customer, at its next due) are read
// ahead a few hundred at a time, and both are popped in one order. Whoever pops checks against the
// customer: an entry or a row that is not where the customer is booked (Customer::booked_at) is
// stale and dropped.
// Limits: a list is rid of stale entries when it has doubled; 2 * kRowsAtOnce rows.
// Threads: owned by one worker.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "state/customers.h"

namespace parcours::state {

inline constexpr std::size_t kRowsAtOnce = 512;

class Timers {
 public:
  struct Entry {
    TimeMs due;
    std::uint64_t hash;  // of the customer's id
    std::uint32_t number;
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.due != b.due ? a.due < b.due : a.hash < b.hash;
    }
    friend bool operator>(const Entry& a, const Entry& b) { return b < a; }
  };
  struct Row {
    TimeMs due = 0;
    std::uint64_t hash = 0;
    std::string customer;
    friend auto operator<=>(const Row& a, const Row& b) {
      return std::tie(a.due, a.hash, a.customer) <=> std::tie(b.due, b.hash, b.customer);
    }
    friend bool operator==(const Row& a, const Row& b) = default;
  };
  // What is popped: a customer in memory, or a row, whose customer may or may not be in memory.
  struct Popped {
    TimeMs due = 0;
    std::uint64_t hash = 0;
    std::uint32_t number = Customers::kNone;
    std::string_view customer;  // of a row; good until the next call
  };

  // `customers` tells which entries are stale; it must outlive this.
  explicit Timers(const Customers& customers) : customers_(customers) {}

  // REQUIRES: due != kNever. A due behind the last one popped is popped next.
  void Book(TimeMs due, const Customer& customer);
  // Removes the first entry or row with due <= `until`. False if there is none. REQUIRES:
  // !WantsRows(until).
  bool Pop(TimeMs until, Popped* popped);
  // The entry `ahead` places behind the next one of the sorted day, or null: for prefetching.
  const Entry* Peek(std::size_t ahead) const {
    return next_ + ahead < today_.size() ? &today_[next_ + ahead] : nullptr;
  }
  // No entry or row is due before this instant. Cheap; may be earlier than the first.
  TimeMs NotBefore() const { return std::min(not_before_, RowsNotBefore()); }
  std::size_t size() const { return size_; }
  // About how many are due by `until`, counted no further than `max`: stale entries are included,
  // and a day that is only now reached is whole; `max` where the store may have more rows. Costs by
  // its result.
  std::size_t DueBy(TimeMs until, std::size_t max) const;

  // --- rows of the store
  // There are rows in the store, none due before `from`.
  void StartRows(TimeMs from);
  // Whether rows must be read, from rows_read() on, before Pop can tell what is due by `until`.
  bool WantsRows(TimeMs until) const { return rows_.empty() && RowsNotBefore() <= until; }
  // Rows up to here, itself included, have been read; the next ones are given to GiveRows.
  const Row& rows_read() const { return read_to_; }
  // `rows`: at most kRowsAtOnce next ones, in order; fewer if there are no more.
  void GiveRows(std::vector<Row>* rows);
  // The customer is no longer in memory: its row, which is in the store, must be found again.
  void Return(TimeMs due, std::uint64_t hash, std::string_view customer);

 private:
  struct Day {
    std::vector<Entry> entries;
    std::size_t after_sweep = 0;  // entries there were when stale ones were last dropped
  };
  static std::int64_t DayOf(TimeMs due) { return due >> 26; }  // a "day" of 18.6 hours
  bool Stale(const Entry& entry) const;
  void Sweep(Day* day);
  void OpenDay(TimeMs until);
  void Refresh();
  TimeMs RowsNotBefore() const {
    return !rows_.empty() ? rows_.front().due : rows_ended_ ? kNever : read_to_.due;
  }
  const Entry* FirstEntry(bool* added);

  const Customers& customers_;
  std::vector<Entry> today_;  // sorted; popped up to next_
  std::size_t next_ = 0;
  std::int64_t day_ = INT64_MIN;  // entries of days <= day_ are in today_ or added_
  std::vector<Entry> added_;      // booked for today_'s day: a heap, the first due on top
  std::map<std::int64_t, Day> later_;
  TimeMs not_before_ = kNever;  // of entries
  std::size_t size_ = 0;

  std::deque<Row> rows_;  // read and not yet popped, in order
  Row read_to_;
  bool rows_ended_ = true;  // the store has none behind read_to_
  std::string popped_customer_;
};

}  // namespace parcours::state
