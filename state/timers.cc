#include "state/timers.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/mutant.h"

namespace parcours::state {

namespace {

constexpr std::size_t kSweepSlack = 256;  // stale entries a day's list may hold in any case
constexpr std::size_t kPrefetchAhead = 16;

}  // namespace

void Timers::Book(TimeMs due, const Customer& customer) {
  const Entry entry{due, customer.hash, customer.number};
  const std::int64_t day = DayOf(due);
  if (day > day_) {
    Day& list = later_[day];
    list.entries.push_back(entry);
    if (list.entries.size() > 2 * list.after_sweep + kSweepSlack) Sweep(&list);
  } else {
    added_.push_back(entry);
    std::push_heap(added_.begin(), added_.end(), std::greater<>());
  }
  not_before_ = std::min(not_before_, due);
  ++size_;
}

bool Timers::Stale(const Entry& entry) const {
  const Customer* customer = customers_.Pointer(entry.number);
  return customer == nullptr || customer->hash != entry.hash || customer->booked_at != entry.due;
}

void Timers::Sweep(Day* day) {
  std::vector<Entry>& entries = day->entries;
  std::size_t kept = 0;
  for (std::size_t i = 0; i + 1 < entries.size(); ++i) {  // the last one is being booked
    if (i + kPrefetchAhead < entries.size()) {
      __builtin_prefetch(customers_.Pointer(entries[i + kPrefetchAhead].number));
    }
    if (!Stale(entries[i])) entries[kept++] = entries[i];
  }
  entries[kept++] = entries.back();
  size_ -= entries.size() - kept;
  entries.resize(kept);
  day->after_sweep = kept;
}

void Timers::OpenDay(TimeMs until) {
  if (next_ != today_.size() || !added_.empty()) return;
  if (later_.empty() || later_.begin()->first > DayOf(until)) return;
  day_ = later_.begin()->first;
  today_ = std::move(later_.begin()->second.entries);
  later_.erase(later_.begin());
  next_ = 0;
  std::sort(today_.begin(), today_.end());
}

// The first entry of the days that are reached, or null; `*added` tells where it lies.
const Timers::Entry* Timers::FirstEntry(bool* added) {
  *added = !added_.empty() && (next_ == today_.size() || added_.front() < today_[next_]);
  if (*added) return &added_.front();
  return next_ < today_.size() ? &today_[next_] : nullptr;
}

bool Timers::Pop(TimeMs until, Popped* popped) {
  if (until < NotBefore()) return false;
  bool added = false;
  const Entry* entry = nullptr;
  if (until >= not_before_) {
    OpenDay(until);
    entry = FirstEntry(&added);
  }
  const Row* row = rows_.empty() ? nullptr : &rows_.front();
  const bool take_row =
      row != nullptr &&
      (entry == nullptr || std::tie(row->due, row->hash) < std::tie(entry->due, entry->hash));
  const TimeMs due = take_row ? row->due : entry != nullptr ? entry->due : kNever;
  if (PARCOURS_MUTANT("due-at-until-left-behind") ? due >= until : due > until) {
    Refresh();
    return false;
  }
  *popped = Popped{.due = due};
  if (take_row) {
    popped->hash = row->hash;
    popped_customer_ = std::move(rows_.front().customer);
    popped->customer = popped_customer_;
    rows_.pop_front();
    return true;
  }
  popped->hash = entry->hash;
  popped->number = entry->number;
  if (added) {
    std::pop_heap(added_.begin(), added_.end(), std::greater<>());
    added_.pop_back();
  } else {
    ++next_;
  }
  --size_;
  return true;
}

std::size_t Timers::DueBy(TimeMs until, std::size_t max) const {
  if (!rows_ended_ && read_to_.due <= until) return max;
  std::size_t count = 0;
  for (std::size_t i = next_; i < today_.size() && today_[i].due <= until && count < max; ++i) {
    ++count;
  }
  for (auto day = later_.begin(); day != later_.end() && day->first <= DayOf(until); ++day) {
    count += day->second.entries.size();
  }
  // Of a heap, what lies below one that is not due is not due either.
  std::vector<std::size_t> left = {0};
  while (!left.empty() && count < max) {
    const std::size_t i = left.back();
    left.pop_back();
    if (i >= added_.size() || added_[i].due > until) continue;
    ++count;
    left.push_back(2 * i + 1);
    left.push_back(2 * i + 2);
  }
  return std::min(count, max);
}

void Timers::Refresh() {
  not_before_ = kNever;
  if (next_ < today_.size()) not_before_ = today_[next_].due;
  if (!added_.empty()) not_before_ = std::min(not_before_, added_.front().due);
  if (!later_.empty()) not_before_ = std::min(not_before_, later_.begin()->first << 26);
}

void Timers::StartRows(TimeMs from) {
  rows_.clear();
  rows_ended_ = false;
  read_to_ = Row{.due = from};
}

void Timers::GiveRows(std::vector<Row>* rows) {
  rows_ended_ = rows->size() < kRowsAtOnce;
  if (!rows->empty()) read_to_ = rows->back();
  for (Row& row : *rows) rows_.push_back(std::move(row));
}

void Timers::Return(TimeMs due, std::uint64_t hash, std::string_view customer) {
  Row row{due, hash, std::string(customer)};
  // Rows behind what was read are found there.
  if (!rows_ended_ && read_to_ < row) return;
  if (PARCOURS_MUTANT("timer-behind-the-cursor-lost")) return;
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), row);
  if (place != rows_.end() && *place == row) return;
  rows_.insert(place, std::move(row));
  if (rows_.size() <= 2 * kRowsAtOnce) return;
  rows_.resize(kRowsAtOnce);  // the others are in the store, and will be read there again
  read_to_ = rows_.back();
  rows_ended_ = false;
}

}  // namespace parcours::state
