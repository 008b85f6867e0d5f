// Timers: which customer to look at next, in order of due instant, then customer.
//
// An index, not the truth: a customer's own dues are. The days ahead lie unsorted, a list each; the
// day that is reached is sorted once, so booking and popping cost little whatever the number.
// At most one entry of a customer counts (Customer::booked_at); others are dropped when popped.
// Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <map>
#include <queue>
#include <vector>

#include "base/time.h"

namespace parcours::state {

class Timers {
 public:
  struct Entry {
    TimeMs due;
    std::uint32_t customer;
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.due != b.due ? a.due < b.due : a.customer < b.customer;
    }
    friend bool operator>(const Entry& a, const Entry& b) { return b < a; }
  };

  // REQUIRES: due != kNever. A due behind the last one popped is popped next.
  void Book(TimeMs due, std::uint32_t customer);
  // Removes the first entry with due <= `until`. False if there is none.
  bool Pop(TimeMs until, Entry* entry);
  // The entry `ahead` places behind the next one of the sorted day, or null: for prefetching.
  const Entry* Peek(std::size_t ahead) const {
    return next_ + ahead < today_.size() ? &today_[next_ + ahead] : nullptr;
  }
  // No entry is due before this instant. Cheap; may be earlier than the first entry.
  TimeMs NotBefore() const { return not_before_; }
  std::size_t size() const { return size_; }

 private:
  static std::int64_t DayOf(TimeMs due) { return due >> 26; }  // a "day" of 18.6 hours
  void Refresh();

  std::vector<Entry> today_;  // sorted; popped up to next_
  std::size_t next_ = 0;
  std::int64_t day_ = INT64_MIN;  // entries of days <= day_ are in today_ or added_
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> added_;  // booked for today_'s day
  std::map<std::int64_t, std::vector<Entry>> later_;
  TimeMs not_before_ = kNever;
  std::size_t size_ = 0;
};

}  // namespace parcours::state
