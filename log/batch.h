// Batch: records for one partition of one topic, one behind another in one piece of memory.
//
// A lane encodes its records straight into a batch; the log stores the batch as it is; the lane may
// keep the same bytes for as long as it needs the records. A record's offset is the batch's first
// offset plus its place. Bytes: see docs/formats.md#record-batches.
//   record = varint(key size) key varint(value size + 1) value | varint(key size) key varint(0)
// The latter, a tombstone, says that the key has no value any more.
// Threads: owned by one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parcours::log {

struct Entry {
  std::string_view key, value;
  bool tombstone = false;
};

class Batch {
 public:
  void Add(std::string_view key, std::string_view value);
  void AddTombstone(std::string_view key);
  void Clear();
  // Makes room for `bytes` more.
  void Reserve(std::size_t bytes) { bytes_.reserve(bytes_.size() + bytes); }

  std::uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::string_view bytes() const { return bytes_; }
  // Where the next record will begin in bytes().
  std::size_t size() const { return bytes_.size(); }
  // Gives the bytes away and is empty.
  std::string Take();

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
};

// Reads the records of `bytes` one after another. Damaged bytes end it with ok() false; every view
// lies inside `bytes`, whatever they hold.
class BatchReader {
 public:
  explicit BatchReader(std::string_view bytes) : rest_(bytes) {}
  // False at the end, or where the bytes make no sense.
  bool Next(Entry* entry);
  bool ok() const { return ok_; }
  // Where the next record begins.
  const char* position() const { return rest_.data(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// The record that begins at `record`. REQUIRES: it is whole.
Entry EntryAt(const char* record);

}  // namespace parcours::log
