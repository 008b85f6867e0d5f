#include "state/seen.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/mutant.h"
#include "base/varint.h"

namespace parcours::state {

namespace {

constexpr int kFirstCapacity = 1;
constexpr char kChunkFormat = 1;
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

void SeenIds::Move(int capacity, int front) {
  auto* marks_of_new = static_cast<std::uint16_t*>(
      std::malloc(MarkBytes(capacity) + static_cast<std::size_t>(capacity) * sizeof(Entry)));
  if (marks_of_new == nullptr) std::abort();
  auto* entries_of_new =
      reinterpret_cast<Entry*>(reinterpret_cast<char*>(marks_of_new) + MarkBytes(capacity));
  for (int i = 0; i < size_; ++i) {
    marks_of_new[front + i] = marks()[Place(i)];
    entries_of_new[front + i] = entries()[Place(i)];
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
      Move(capacity_ == 0 ? kFirstCapacity : capacity_ * 2, 0);
    }
  }
  const int place = Place(size_);
  marks()[place] = MarkOf(key);
  entries()[place] = Entry{key, now};
  ++size_;
  ++added_;
}

int SeenIds::Known(TimeMs now) const {
  if (size_ == 0 || entries()[first_].time >= now - kSeenForMs) return size_;  // most of the time
  int stale = 0, end = size_;  // what lies before `stale` is, what lies from `end` on is not
  while (stale < end) {
    const int middle = (stale + end) / 2;
    if (entries()[Place(middle)].time < now - kSeenForMs) {
      stale = middle + 1;
    } else {
      end = middle;
    }
  }
  return size_ - stale;
}

std::uint32_t SeenIds::FirstChunk(TimeMs now) const {
  const std::uint32_t first = (added_ - static_cast<std::uint32_t>(Known(now))) / kChunkIds;
  return PARCOURS_MUTANT("seen-first-chunk-lost") && first < sealed() ? first + 1 : first;
}

void SeenIds::EncodeIds(std::uint32_t end, int count, TimeMs time, std::string* out) const {
  char bytes[kChunkIds * (sizeof(std::uint64_t) + kVarintBytesMax)];
  char* to = bytes;
  const int newest = size_ - static_cast<int>(added_ - end) - 1;
  for (int i = newest; i > newest - count; --i) {
    const Entry& entry = entries()[Place(i)];
    std::memcpy(to, &entry.key, sizeof entry.key);
    to = WriteVarint(static_cast<std::uint64_t>(time - entry.time), to + sizeof entry.key);
    time = entry.time;
  }
  out->append(bytes, static_cast<std::size_t>(to - bytes));
}

bool SeenIds::DecodeIds(int count, TimeMs time, TimeMs age_max, std::string_view* bytes,
                        Entry* entries) {
  for (int i = count - 1; i >= 0; --i) {
    std::uint64_t& key = entries[i].key;
    if (bytes->size() < sizeof key) return false;
    std::memcpy(&key, bytes->data(), sizeof key);
    bytes->remove_prefix(sizeof key);
    std::uint64_t age = 0;
    if (!GetVarint(bytes, &age) || age > static_cast<std::uint64_t>(age_max)) return false;
    time -= static_cast<TimeMs>(age);
    entries[i].time = time;
  }
  return true;
}

void SeenIds::PutInFront(const Entry* entries, int count) {
  Move(static_cast<int>(std::bit_ceil(static_cast<unsigned>(size_ + count))), count);
  std::copy(entries, entries + count, this->entries());
  for (int i = 0; i < count; ++i) marks()[i] = MarkOf(entries[i].key);
  size_ = static_cast<std::int16_t>(size_ + count);
}

void SeenIds::EncodeTail(TimeMs now, std::string* out) const {
  const int behind_chunks = static_cast<int>(added_ % kChunkIds);
  const int count = std::min(behind_chunks, Known(now));
  PutVarint(added_, out);
  if (behind_chunks == 0) return;
  PutVarint(static_cast<std::uint64_t>(count), out);
  EncodeIds(added_, count, now, out);
}

bool SeenIds::DecodeTail(TimeMs now, std::string_view* bytes) {
  std::uint64_t added = 0, count = 0;
  if (!GetVarint(bytes, &added) || added > UINT32_MAX) return false;
  if (added % kChunkIds != 0 && !GetVarint(bytes, &count)) return false;
  if (count > added % kChunkIds) return false;
  added_ = static_cast<std::uint32_t>(PARCOURS_MUTANT("seen-tail-forgets-count") ? count : added);
  if (count == 0) return true;
  Entry read[kChunkIds];
  if (!DecodeIds(static_cast<int>(count), now, kSeenForMs, bytes, read)) return false;
  PutInFront(read, static_cast<int>(count));
  return true;
}

void SeenIds::EncodeChunk(std::uint32_t number, std::string* out) const {
  const std::uint32_t end = (number + 1) * kChunkIds;
  const std::uint32_t oldest = added_ - static_cast<std::uint32_t>(size_);
  const std::uint32_t begin = std::max(number * kChunkIds, oldest);
  const int count = begin < end && end <= added_ ? static_cast<int>(end - begin) : 0;
  out->push_back(kChunkFormat);
  PutVarint(static_cast<std::uint64_t>(count), out);
  if (count == 0) return;
  const TimeMs newest = entries()[Place(static_cast<int>(end - 1 - oldest))].time;
  PutSigned(newest, out);
  EncodeIds(end, count, newest, out);
}

bool SeenIds::PrependChunk(std::string_view bytes) {
  std::uint64_t count = 0;
  TimeMs newest = 0;
  if (bytes.empty() || bytes[0] != kChunkFormat) return false;
  bytes.remove_prefix(1);
  const std::uint32_t before = added_ - static_cast<std::uint32_t>(size_);
  if (!GetVarint(&bytes, &count) || count > std::min(kChunkIds, before)) return false;
  if (count == 0) return bytes.empty();
  const int all = static_cast<int>(count), kept = std::min(all, kSeenMax - size_);
  if (kept == 0) return true;
  if (!GetSigned(&bytes, &newest) || newest < -kTimeMaxMs) return false;
  const TimeMs next = size_ > 0 ? entries()[first_].time : kTimeMaxMs;
  if (before % kChunkIds != 0 || newest > next) return false;
  Entry read[kChunkIds];
  if (!DecodeIds(all, newest, kTimeMaxMs, &bytes, read) || !bytes.empty()) return false;
  PutInFront(read + all - kept, kept);
  return true;
}

std::size_t SeenIds::MemoryBytes() const {
  return MarkBytes(capacity_) + static_cast<std::size_t>(capacity_) * sizeof(Entry);
}

}  // namespace parcours::state
