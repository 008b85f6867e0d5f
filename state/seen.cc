#include "state/seen.h"

#include <cstdlib>
#include <cstring>

#include "base/mutant.h"

namespace parcours::state {

namespace {

constexpr int kFirstCapacity = 1;
constexpr int kMarksAtOnce = 32;  // looked at without a branch between

std::uint16_t MarkOf(std::uint64_t key) { return static_cast<std::uint16_t>(key >> 48); }
std::size_t MarkBytes(int capacity) {
  return (static_cast<std::size_t>(capacity) * sizeof(std::uint16_t) + 7) & ~std::size_t{7};
}

// Whether any of `count` marks is `mark`.
bool AnyMark(const std::uint16_t* marks, int count, std::uint16_t mark) {
  for (; count >= kMarksAtOnce; count -= kMarksAtOnce, marks += kMarksAtOnce) {
    std::uint16_t any = 0;
    for (int i = 0; i < kMarksAtOnce; ++i) {
      any = static_cast<std::uint16_t>(any | (marks[i] == mark ? 0xFFFF : 0));
    }
    if (any != 0) return true;
  }
  for (int i = 0; i < count; ++i) {
    if (marks[i] == mark) return true;
  }
  return false;
}

}  // namespace

SeenIds::~SeenIds() { std::free(block_); }

SeenIds::Entry* SeenIds::entries() const {
  return reinterpret_cast<Entry*>(static_cast<char*>(block_) + MarkBytes(capacity_));
}

bool SeenIds::Has(std::uint64_t key, TimeMs now) const {
  // While the ring is not full its ids lie from 0 on; then they fill it.
  if (size_ == 0 ||
      !AnyMark(marks(), size_ < capacity_ ? first_ + size_ : capacity_, MarkOf(key))) {
    return false;
  }
  TimeMs kept_for = kSeenForMs;
  if (PARCOURS_MUTANT("seen-ids-forgotten-early")) kept_for -= 1;
  for (int i = size_ - 1; i >= 0; --i) {  // newest first: an id may have been accepted again
    const Entry& entry = entries()[Place(i)];
    if (entry.time < now - kept_for) return false;
    if (entry.key == key) return true;
  }
  return false;
}

void SeenIds::Grow() {
  const int capacity = capacity_ == 0 ? kFirstCapacity : capacity_ * 2;
  auto* marks_of_new = static_cast<std::uint16_t*>(
      std::malloc(MarkBytes(capacity) + static_cast<std::size_t>(capacity) * sizeof(Entry)));
  if (marks_of_new == nullptr) std::abort();
  auto* entries_of_new =
      reinterpret_cast<Entry*>(reinterpret_cast<char*>(marks_of_new) + MarkBytes(capacity));
  for (int i = 0; i < size_; ++i) {
    marks_of_new[i] = marks()[Place(i)];
    entries_of_new[i] = entries()[Place(i)];
  }
  std::free(block_);
  block_ = marks_of_new;
  first_ = 0;
  capacity_ = static_cast<std::int16_t>(capacity);
}

void SeenIds::Add(std::uint64_t key, TimeMs now) {
  if (size_ == capacity_) {
    const bool stale = size_ > 0 && entries()[first_].time < now - kSeenForMs;
    if (stale || size_ == kSeenMax) {
      first_ = static_cast<std::int16_t>(Place(1));
      --size_;
    } else {
      Grow();
    }
  }
  const int place = Place(size_);
  marks()[place] = MarkOf(key);
  entries()[place] = Entry{key, now};
  ++size_;
}

std::size_t SeenIds::MemoryBytes() const {
  return MarkBytes(capacity_) + static_cast<std::size_t>(capacity_) * sizeof(Entry);
}

}  // namespace parcours::state
