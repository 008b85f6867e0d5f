// NameTable: which of a fixed set of names a JSON key is, in a few nanoseconds.
//
// Open addressing over a hash of the first and the last eight bytes and the length: they tell names
// of up to 16 bytes apart entirely, and what follows is compared only for longer ones.
// Limits: sized by its names; a look-up reads up to eight bytes behind a short name.
// Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace parcours::sources {

class NameTable {
 public:
  NameTable() : entries_(2) {}

  // Numbers `name` with `value`, or returns the number it already has.
  int Add(std::string_view name, int value);

  // The number of `name`, or -1. REQUIRES: eight bytes are readable at name.data(), whatever its
  // size.
  int Find(std::string_view name) const {
    const std::size_t slot = SlotOf(name, KeyOf(name));
    return entries_[slot].value;
  }

  // Where a walk over keys is: at the note of which name followed last time. Writers repeat the
  // order of their keys, so that one is tried first.
  using Order = std::uint32_t*;
  Order Start() { return &first_; }
  int Find(std::string_view name, Order* order) {
    const std::size_t slot = SlotOf(name, KeyOf(name));
    if (entries_[slot].value < 0) return -1;
    **order = static_cast<std::uint32_t>(slot);
    *order = &entries_[slot].follower;
    return entries_[slot].value;
  }
  // The number of the name that is expected next, and its size, if it stands at `text` with a quote
  // behind it; else -1, which says nothing. REQUIRES: no escapes; 24 bytes are readable at `text`.
  int FindExpected(const char* text, Order* order, std::size_t* size) {
    Entry& entry = entries_[**order];
    std::uint64_t head, tail;
    std::memcpy(&head, text, 8);
    std::memcpy(&tail, text + entry.tail_at, 8);
    const std::uint64_t differs = (head ^ entry.key.head) | (tail ^ entry.expected_tail);
    if ((differs & entry.mask) != 0 || text[entry.key.size] != '"') return -1;
    *order = &entry.follower;
    *size = entry.key.size;
    return entry.value;
  }

 private:
  struct Key {
    std::uint64_t head = 0, tail = 0, size = 0;

    bool operator==(const Key&) const = default;
    std::size_t Slot(int shift) const {
      const std::uint64_t mixed = (head ^ size) * 0x9E3779B97F4A7C15U + tail * 0xC2B2AE3D27D4EB4FU;
      return static_cast<std::size_t>((mixed ^ (mixed >> 32)) * 0x9E3779B97F4A7C15U >> shift);
    }
  };
  struct alignas(64) Entry {
    Key key;
    int value = -1;
    std::uint32_t follower = 0;
    // For FindExpected: which bits of head and tail count, and where the tail begins. Names of more
    // than 16 bytes and free slots have a tail that contradicts their head, and so never match.
    std::uint64_t mask = 1, expected_tail = 1;
    std::uint32_t tail_at = 0;
    std::uint32_t name = 0;  // in names_

    bool Is(const Key& other) const { return value >= 0 && key == other; }
  };

  // The slot that holds `name`, or the free one where it would be.
  std::size_t SlotOf(std::string_view name, const Key& key) const {
    std::size_t slot = key.Slot(shift_);
    while (
        entries_[slot].value >= 0 &&
        !(entries_[slot].Is(key) && (name.size() <= 16 || names_[entries_[slot].name] == name))) {
      slot = (slot + 1) & (entries_.size() - 1);
    }
    return slot;
  }

  static Key KeyOf(std::string_view name) {
    Key key;
    key.size = name.size();
    std::memcpy(&key.head, name.data(), 8);
    if (name.size() < 8) {
      // Cuts what was read behind the name; two shifts, because one by 64 would be undefined.
      key.head = key.head << (63 - 8 * name.size()) << 1 >> (63 - 8 * name.size()) >> 1;
    } else {
      std::memcpy(&key.tail, name.data() + name.size() - 8, 8);
    }
    return key;
  }
  void Insert(const Entry& entry);

  std::vector<Entry> entries_;  // a power of two, at most half full; value < 0: free
  std::vector<std::string> names_;
  int shift_ = 63;           // 64 - log2(entries_.size())
  std::uint32_t first_ = 0;  // the slot of the name that came first last time
};

}  // namespace parcours::sources
