#include "log/batch.h"

#include <utility>

#include "base/varint.h"

namespace parcours::log {
namespace {

// What headers begin with: as a number it has no sense, so that no value begins with it.
constexpr std::string_view kHeadersMark("\x80\0", 2);

std::size_t VarintSize(std::size_t value) {
  char bytes[kVarintBytesMax];
  return static_cast<std::size_t>(WriteVarint(value, bytes) - bytes);
}

bool Fits(const Header& header) {
  return header.name.size() <= kHeaderBytesMax &&
         header.value.size() <= kHeaderBytesMax - header.name.size();
}

std::size_t SizeOf(const Header& header) {
  return VarintSize(header.name.size()) + header.name.size() + VarintSize(header.value.size()) +
         header.value.size();
}

// Takes what headers there are from the front. False if they make no sense.
bool GetHeaders(std::string_view* bytes, std::string_view* headers) {
  bytes->remove_prefix(kHeadersMark.size());
  if (!GetText(bytes, headers)) return false;
  std::string_view rest = *headers;
  int count = 0;
  for (Header header; !rest.empty(); ++count) {
    if (!GetText(&rest, &header.name) || !GetText(&rest, &header.value) || !Fits(header)) {
      return false;
    }
  }
  return count >= 1 && count <= kHeadersMax;
}

}  // namespace

Headers::Iterator& Headers::Iterator::operator++() {
  at_ = rest_.empty() ? nullptr : rest_.data();
  if (at_ != nullptr && !(GetText(&rest_, &header_.name) && GetText(&rest_, &header_.value))) {
    at_ = nullptr;  // never of a batch that was read: BatchReader has looked
  }
  return *this;
}

void Batch::Add(std::string_view key, std::string_view value) {
  PutText(key, &bytes_);
  PutVarint(value.size() + 1, &bytes_);
  bytes_.append(value);
  ++count_;
}

int Batch::Add(std::string_view key, std::string_view value, std::span<const Header> headers) {
  std::size_t size = 0;
  int kept = 0;
  for (const Header& header : headers) {
    if (kept == kHeadersMax || !Fits(header)) continue;
    size += SizeOf(header);
    ++kept;
  }
  PutText(key, &bytes_);
  if (kept > 0) {
    bytes_.append(kHeadersMark);
    PutVarint(size, &bytes_);
  }
  int left = kept;
  for (const Header& header : headers) {
    if (left == 0 || !Fits(header)) continue;
    PutText(header.name, &bytes_);
    PutText(header.value, &bytes_);
    --left;
  }
  PutVarint(value.size() + 1, &bytes_);
  bytes_.append(value);
  ++count_;
  return static_cast<int>(headers.size()) - kept;
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
  std::string_view headers;
  ok_ = GetText(&bytes, &entry->key);
  if (ok_ && bytes.starts_with(kHeadersMark)) ok_ = GetHeaders(&bytes, &headers);
  ok_ = ok_ && GetVarint(&bytes, &size) && size <= bytes.size() + 1;
  if (!ok_) return false;
  entry->headers = Headers(headers);
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
  const char* behind_key = key + key_size;
  Entry entry{.key = {key, key_size}};
  // Where the first byte is the mark's, another one follows.
  if (behind_key[0] == kHeadersMark[0] && behind_key[1] == kHeadersMark[1]) {
    const char* const mark_end = behind_key + kHeadersMark.size();
    std::uint64_t size = 0;
    const char* const headers = ReadVarint(mark_end, mark_end + kVarintBytesMax, &size);
    entry.headers = Headers({headers, size});
    behind_key = headers + size;
  }
  const char* const value = ReadVarint(behind_key, behind_key + kVarintBytesMax, &value_size);
  entry.tombstone = value_size == 0;
  if (!entry.tombstone) entry.value = {value, value_size - 1};
  return entry;
}

}  // namespace parcours::log
