// SeenIds: which of a customer's events were applied, so that a duplicate is known.
//
// An id is known by its 64-bit hash for kSeenForMs of log time and among the newest kSeenMax: by
// age and rank, never by what happens to be still stored. What is older is accepted again. A ring
// of hashes and times, with 16 bits of each hash apart: a busy customer has hundreds of ids, and
// nearly every event is answered by looking at those alone.
//
// Stored in chunks, so that a busy customer does not rewrite all ids at every commit: ids are
// numbered from 0 as they are added; chunk n holds the ids 16 n to 16 n + 15 and is sealed, never
// to change, once it is full; the newest, fewer than 16, lie in the customer's record.
// Bytes: docs/formats.md#seen-ids. Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace parcours::state {

inline constexpr TimeMs kSeenForMs = 72 * kHourMs;
inline constexpr int kSeenMax = 512;
inline constexpr std::uint32_t kChunkIds = 16;

class SeenIds {
 public:
  SeenIds() = default;
  SeenIds(const SeenIds&) = delete;
  SeenIds& operator=(const SeenIds&) = delete;
  ~SeenIds();

  // Whether `key` is known at `now`.
  bool Has(std::uint64_t key, TimeMs now) const;
  // Remembers `key` as of `now`, which never goes back; forgets what is too old or too many.
  void Add(std::uint64_t key, TimeMs now);
  int size() const { return size_; }
  // How many were ever added.
  std::uint32_t added() const { return added_; }
  // Chunks below this are sealed.
  std::uint32_t sealed() const { return added_ / kChunkIds; }
  // The first chunk with an id that is known at `now`; sealed() if no sealed one has any.
  std::uint32_t FirstChunk(TimeMs now) const;

  // Appends what the record holds: how many were added, and the ids behind the sealed chunks that
  // are known at `now`; times as differences to `now`.
  void EncodeTail(TimeMs now, std::string* out) const;
  // Reads it from the front of `*bytes`. REQUIRES: empty. False: the bytes make no sense.
  bool DecodeTail(TimeMs now, std::string_view* bytes);
  // Appends chunk `number` as a value of its own, with what of it is still remembered.
  void EncodeChunk(std::uint32_t number, std::string* out) const;
  // Puts the ids of a chunk in front of all others; those beyond kSeenMax are left out. Chunks come
  // newest first. False: the bytes make no sense.
  bool PrependChunk(std::string_view bytes);

  std::size_t MemoryBytes() const;
  // Starts fetching what Has will read.
  void Prefetch() const { __builtin_prefetch(block_); }

 private:
  struct Entry {
    std::uint64_t key;
    TimeMs time;
  };
  // Reads what EncodeIds wrote to `entries`, oldest first. False if a difference is above
  // `age_max`.
  static bool DecodeIds(int count, TimeMs time, TimeMs age_max, std::string_view* bytes,
                        Entry* entries);
  // The block: capacity_ marks, padded to 8 bytes, then capacity_ entries.
  std::uint16_t* marks() const { return static_cast<std::uint16_t*>(block_); }
  Entry* entries() const;
  int Place(int i) const { return (first_ + i) & (capacity_ - 1); }
  // Moves all to a new block, where they lie from `front` on.
  void Move(int capacity, int front);
  // How many are known at `now`: the newest ones.
  int Known(TimeMs now) const;
  // Writes the newest `count` <= kChunkIds of the ids below number `end`, newest first; times as
  // differences to `time`, then to each other.
  void EncodeIds(std::uint32_t end, int count, TimeMs time, std::string* out) const;
  // Puts `count` entries, oldest first, in front of all others.
  void PutInFront(const Entry* entries, int count);

  void* block_ = nullptr;
  std::uint32_t added_ = 0;
  std::int16_t size_ = 0, first_ = 0, capacity_ = 0;  // first_: of the oldest; capacity_: 2^n
};

}  // namespace parcours::state
