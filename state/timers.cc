#include "state/timers.h"

#include <algorithm>

#include "base/mutant.h"

namespace parcours::state {

void Timers::Book(TimeMs due, std::uint32_t customer) {
  const Entry entry{due, customer};
  const std::int64_t day = DayOf(due);
  if (day > day_) {
    later_[day].push_back(entry);
  } else {
    added_.push(entry);
  }
  not_before_ = std::min(not_before_, due);
  ++size_;
}

bool Timers::Pop(TimeMs until, Entry* entry) {
  for (;;) {
    if (until < not_before_) return false;
    if (next_ == today_.size() && added_.empty()) {
      if (later_.empty() || later_.begin()->first > DayOf(until)) break;
      day_ = later_.begin()->first;
      today_ = std::move(later_.begin()->second);
      later_.erase(later_.begin());
      next_ = 0;
      std::sort(today_.begin(), today_.end());
    }
    const bool from_added =
        !added_.empty() && (next_ == today_.size() || added_.top() < today_[next_]);
    const Entry& first = from_added ? added_.top() : today_[next_];
    if (PARCOURS_MUTANT("due-at-until-left-behind") ? first.due >= until : first.due > until) break;
    *entry = first;
    if (from_added) {
      added_.pop();
    } else {
      ++next_;
    }
    --size_;
    return true;
  }
  Refresh();
  return false;
}

void Timers::Refresh() {
  not_before_ = kNever;
  if (next_ < today_.size()) not_before_ = today_[next_].due;
  if (!added_.empty()) not_before_ = std::min(not_before_, added_.top().due);
  if (!later_.empty()) not_before_ = std::min(not_before_, later_.begin()->first << 26);
}

}  // namespace parcours::state
