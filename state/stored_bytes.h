// StoredWriter, StoredReader: the words that stored customers are made of.
//
// Numbers are folded varints, moved by three so that absent, overflow and never are one byte. An
// instant is one number too: a repeat of one that the record told before (the first kToldMax are
// remembered), or a distance in hours or milliseconds. Which cells follow is said by a mask for
// each kBlock of them. Only stored.cc and stored_contacts.cc use this.
// Bytes: docs/formats.md#stored-customers. Threads: owned by one caller.
// Failure: a reader that met bytes without sense reads no further and gives values without meaning;
// ask ok() before they count.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/cell.h"
#include "base/time.h"
#include "base/varint.h"
#include "state/buckets.h"
#include "state/stored.h"

namespace parcours::state {

// The format a value begins with, 0 if it is not one of those that are read.
inline int FormatOf(std::string_view bytes) {
  const int format = bytes.empty() ? 0 : static_cast<unsigned char>(bytes[0]);
  return format >= kStoredFormatOldest && format <= kStoredFormat ? format : 0;
}
inline std::string UnknownFormat(std::string_view bytes) {
  if (bytes.empty()) return "no bytes";
  return absl::StrCat("format ", static_cast<unsigned char>(bytes[0]), ", newest known ",
                      kStoredFormat);
}

inline constexpr int kToldMax = 32;
inline constexpr int kBlock = Shape::kBlock;

// Calls `use(i)` for every bit of `mask`, lowest first.
template <typename Use>
void EachBit(std::uint64_t mask, const Use& use) {
  for (; mask != 0; mask &= mask - 1) use(std::countr_zero(mask));
}

// Calls `use(first, count)` for each block of `size` things.
template <typename Use>
void EachBlock(std::size_t size, const Use& use) {
  const auto end = static_cast<int>(size);
  for (int first = 0; first < end; first += kBlock) use(first, std::min(end - first, kBlock));
}

// Instants that are told as numbers; all that events and definitions can make lie inside.
inline constexpr TimeMs kPlainMs = TimeMs{1} << 50;
inline bool IsPlain(TimeMs t) { return t > -kPlainMs && t < kPlainMs; }

// How the spelling of an instant begins: a special one, a repeat, or a distance.
enum TimeWord : std::uint64_t {
  kWordAbsent,
  kWordNever,
  kWordOverflow,
  kWordRaw,  // eight bytes follow
  kWordRepeat,
  kWordDistance = kWordRepeat + kToldMax,
  kWordDistanceFormat1 = kWordRepeat,  // which knew no repeats
};
// What a record has told of time so far; the same while it is written and while it is read.
class ToldInstants {
 public:
  // Distances count from `base`, which is told.
  explicit ToldInstants(TimeMs base) : base_(base), latest_(base) { Tell(base); }
  // Its place among those told, kToldMax if it is not there, or was driven out of its slot by
  // another: a search would cost more than telling an instant again.
  int Find(TimeMs t) const {
    const int place = places_[SlotOf(t)];
    return told_[place] == t ? place : kToldMax;
  }
  int count() const { return count_; }
  TimeMs operator[](int i) const { return told_[i]; }
  TimeMs base() const { return base_; }
  TimeMs latest() const { return latest_; }
  void Tell(TimeMs t) {
    latest_ = t;
    if (count_ == kToldMax) return;
    places_[SlotOf(t)] = static_cast<std::uint8_t>(count_);
    told_[count_++] = t;
  }
  void Repeat(int i) { latest_ = told_[i]; }

 private:
  static std::size_t SlotOf(TimeMs t) {
    return static_cast<std::uint64_t>(t) * 0x9e3779b97f4a7c15 >> 58;
  }

  TimeMs told_[kToldMax];         // the first count_
  std::uint8_t places_[64] = {};  // by slot: the last told of it
  int count_ = 0;
  TimeMs base_, latest_;
};

class StoredWriter {
 public:
  // Appends to `out`, at the latest when Flush is called.
  explicit StoredWriter(std::string* out) : out_(out) {}
  void Byte(int byte) {
    Room(1);
    *at_++ = static_cast<char>(byte);
  }
  void Varint(std::uint64_t value) {
    Room(kVarintBytesMax);
    at_ = WriteVarint(value, at_);
  }
  void Signed(std::int64_t value) { Varint(FoldSigned(value)); }
  void Number(Cell cell) { Varint(FoldSigned(cell) + 3); }
  void Bits(Cell cell) {
    Room(sizeof cell);
    std::memcpy(at_, &cell, sizeof cell);
    at_ += sizeof cell;
  }
  // Which of the `count` <= kBlock things of a block follow.
  void Mask(std::uint64_t mask, int count);
  void Text(Cell cell);
  void Time(TimeMs t, ToldInstants* told) {
    if (t == kNever) return Varint(kWordNever);
    const int place = told->Find(t);
    if (place == kToldMax) return NewTime(t, told);
    told->Repeat(place);
    Varint(kWordRepeat + static_cast<std::uint64_t>(place));
  }
  // A cell of a kind.
  void Value(CellKind kind, Cell cell, ToldInstants* told) {
    switch (kind) {
      case CellKind::kNumber:
        return Number(cell);
      case CellKind::kTime:
        return Time(cell, told);
      case CellKind::kBits:
        return Bits(cell);
      case CellKind::kText:
        return Text(cell);
    }
  }
  void Flush() {
    out_->append(buffer_, static_cast<std::size_t>(at_ - buffer_));
    at_ = buffer_;
  }

 private:
  void NewTime(TimeMs t, ToldInstants* told);
  void Room(std::size_t bytes) {
    if (static_cast<std::size_t>(buffer_ + sizeof buffer_ - at_) < bytes) Flush();
  }

  std::string* const out_;
  char buffer_[512];
  char* at_ = buffer_;
};

class StoredReader {
 public:
  StoredReader(std::string_view bytes, int format)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), format_(format) {}
  bool ok() const { return ok_; }
  void Fail() {
    ok_ = false;
    at_ = end_;
  }
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

  int Byte() {
    if (at_ == end_) return Fail(), 0;
    return static_cast<unsigned char>(*at_++);
  }
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    const char* behind = ReadVarint(at_, end_, &value);
    if (behind == nullptr) return Fail(), 0;
    at_ = behind;
    return value;
  }
  // A number of at most `max`.
  std::uint64_t Varint(std::uint64_t max) {
    const std::uint64_t value = Varint();
    if (value > max) return Fail(), 0;
    return value;
  }
  // A signed number for which IsPlain holds.
  std::int64_t Plain() {
    const std::int64_t value = UnfoldSigned(Varint());
    if (!IsPlain(value)) return Fail(), 0;
    return value;
  }
  Cell Number() { return UnfoldSigned(Varint() - 3); }
  Cell Bits() {
    Cell cell = 0;
    if (rest().size() < sizeof cell) return Fail(), 0;
    std::memcpy(&cell, at_, sizeof cell);
    at_ += sizeof cell;
    return cell;
  }
  std::uint64_t Mask(int count);
  // The caller owns the text.
  Cell Text();
  TimeMs Time(ToldInstants* told);
  Cell Value(CellKind kind, ToldInstants* told) {
    switch (kind) {
      case CellKind::kNumber:
        return Number();
      case CellKind::kTime:
        return Time(told);
      case CellKind::kBits:
        return Bits();
      case CellKind::kText:
        return Text();
    }
    return 0;
  }

 private:
  TimeMs Distance(std::uint64_t word, const ToldInstants& told);

  const char* at_;
  const char* const end_;
  const int format_;
  bool ok_ = true;
};

inline void StoredWriter::Mask(std::uint64_t mask, int count) {
  Room(1 + sizeof mask);
  if (count <= 8) return Byte(static_cast<int>(mask));
  char* which = at_++;
  unsigned bytes = 0;
  for (unsigned i = 0; i < sizeof mask; ++i, mask >>= 8) {
    const auto byte = static_cast<unsigned char>(mask);
    *at_ = static_cast<char>(byte);
    at_ += byte != 0;
    bytes |= static_cast<unsigned>(byte != 0) << i;
  }
  *which = static_cast<char>(bytes);
}

inline std::uint64_t StoredReader::Mask(int count) {
  std::uint64_t mask = 0;
  auto bytes = static_cast<unsigned>(count <= 8 ? 1 : Byte());
  for (; bytes != 0; bytes &= bytes - 1) {
    mask |= static_cast<std::uint64_t>(Byte()) << (8 * std::countr_zero(bytes));
  }
  if (count < kBlock && mask >> count != 0) return Fail(), 0;
  return ok_ ? mask : 0;
}

}  // namespace parcours::state
