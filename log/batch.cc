#include "log/batch.h"

#include <utility>

#include "base/varint.h"

namespace parcours::log {

void Batch::Add(std::string_view key, std::string_view value) {
  PutText(key, &bytes_);
  PutVarint(value.size() + 1, &bytes_);
  bytes_.append(value);
  ++count_;
}

void Batch::AddTombstone(std::string_view key) {
  PutText(key, &bytes_);
  PutVarint(0, &bytes_);
  ++count_;
}

void Batch::Clear() {
  bytes_.clear();
  count_ = 0;
}

std::string Batch::Take() {
  count_ = 0;
  return std::exchange(bytes_, std::string());
}

bool BatchReader::Next(Entry* entry) {
  if (!ok_ || rest_.empty()) return false;
  std::string_view bytes = rest_;
  std::uint64_t size = 0;
  if (!GetText(&bytes, &entry->key) || !GetVarint(&bytes, &size) || size > bytes.size() + 1) {
    ok_ = false;
    return false;
  }
  entry->tombstone = size == 0;
  entry->value = bytes.substr(0, size == 0 ? 0 : size - 1);
  bytes.remove_prefix(entry->value.size());
  rest_ = bytes;
  return true;
}

Entry EntryAt(const char* record) {
  const char* const at_most = record + kVarintBytesMax;
  std::uint64_t key_size = 0, value_size = 0;
  const char* const key = ReadVarint(record, at_most, &key_size);
  const char* const behind_key = key + key_size;
  const char* const value = ReadVarint(behind_key, behind_key + kVarintBytesMax, &value_size);
  Entry entry{.key = {key, key_size}, .tombstone = value_size == 0};
  if (!entry.tombstone) entry.value = {value, value_size - 1};
  return entry;
}

}  // namespace parcours::log
