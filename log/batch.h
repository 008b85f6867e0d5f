// Batch: records for one partition of one topic, one behind another in one piece of memory.
//
// A lane encodes its records straight into a batch; the log stores the batch as it is; the lane may
// keep the same bytes for as long as it needs the records. A record's offset is the batch's first
// offset plus its place. Bytes: see docs/formats.md#record-batches.
//   record = varint(key size) key varint(value size + 1) value | varint(key size) key varint(0)
// The latter, a tombstone, says that the key has no value any more. Behind the key headers may
// stand: what others want to know of a record without reading its value.
// Limits: kHeadersMax, kHeaderBytesMax. Threads: owned by one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace parcours::log {

struct Header {
  std::string_view name, value;
  friend bool operator==(const Header&, const Header&) = default;
};
inline constexpr int kHeadersMax = 16;                // of a record
inline constexpr std::size_t kHeaderBytesMax = 1024;  // a name and its value together

// The headers of one record, in the order they were added in: for (Header header : entry.headers).
class Headers {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Header;
    using difference_type = std::ptrdiff_t;
    using pointer = const Header*;
    using reference = const Header&;

    Iterator() = default;
    const Header& operator*() const { return header_; }
    const Header* operator->() const { return &header_; }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    friend class Headers;
    // Stands at the header that `bytes` begins with.
    explicit Iterator(std::string_view bytes) : rest_(bytes) { ++*this; }

    std::string_view rest_;     // behind the header
    const char* at_ = nullptr;  // where it begins; null at the end
    Header header_;
  };

  Headers() = default;
  Iterator begin() const { return Iterator(bytes_); }
  static Iterator end() { return {}; }
  bool empty() const { return bytes_.empty(); }

 private:
  friend class BatchReader;
  friend struct Entry EntryAt(const char* record);
  explicit Headers(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes_;
};

struct Entry {
  std::string_view key, value;
  bool tombstone = false;
  Headers headers = {};
};

class Batch {
 public:
  void Add(std::string_view key, std::string_view value);
  // Leaves out headers behind the kHeadersMax-th and those beyond kHeaderBytesMax, since a record
  // matters more than what is said beside it; returns how many.
  int Add(std::string_view key, std::string_view value, std::span<const Header> headers);
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
