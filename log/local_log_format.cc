#include "log/local_log_format.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/varint.h"

namespace parcours::log {
namespace {

constexpr std::size_t kPartitionBytes = 5;  // topic, partition
constexpr std::size_t kOffsetBytes = 8;

// Big-endian, so that keys sort as their numbers do.
void PutBigEndian(std::uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

std::uint64_t GetBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void PutPartition(const PartitionId& id, std::string* out) {
  out->push_back(static_cast<char>(id.topic));
  PutBigEndian(static_cast<std::uint32_t>(id.partition), 4, out);
}

bool GetPartition(std::string_view bytes, PartitionId* id) {
  if (static_cast<unsigned char>(bytes[0]) >= kTopics) return false;
  id->topic = static_cast<Topic>(bytes[0]);
  id->partition = static_cast<int>(GetBigEndian(bytes.substr(1, 4)));
  return true;
}

}  // namespace

std::string NoteKey(std::string_view name) { return "note/" + std::string(name); }
std::string FileKey(std::string_view path) { return "file/" + std::string(path); }

std::string FormatPartition(const PartitionId& id) {
  return absl::StrCat(TopicName(id.topic), "/", id.partition);
}

std::string RangeKey(const PartitionId& id) {
  std::string key(kRangePrefix);
  PutPartition(id, &key);
  return key;
}

bool ParseRangeKey(std::string_view key, PartitionId* id) {
  if (key.size() != kRangePrefix.size() + kPartitionBytes || !key.starts_with(kRangePrefix)) {
    return false;
  }
  return GetPartition(key.substr(kRangePrefix.size()), id);
}

std::string EncodeRange(const StoredRange& range) {
  std::string bytes;
  PutVarint(static_cast<std::uint64_t>(range.offsets.begin), &bytes);
  PutVarint(static_cast<std::uint64_t>(range.offsets.end), &bytes);
  PutSigned(range.last_time, &bytes);
  return bytes;
}

bool DecodeRange(std::string_view bytes, StoredRange* range) {
  std::uint64_t begin = 0, end = 0;
  if (!GetVarint(&bytes, &begin) || !GetVarint(&bytes, &end) ||
      !GetSigned(&bytes, &range->last_time)) {
    return false;
  }
  range->offsets = {static_cast<Offset>(begin), static_cast<Offset>(end)};
  return bytes.empty() && begin <= end && end <= static_cast<std::uint64_t>(INT64_MAX);
}

std::string EncodeNumber(std::int64_t number) {
  std::string bytes;
  PutVarint(static_cast<std::uint64_t>(number), &bytes);
  return bytes;
}

bool DecodeNumber(std::string_view bytes, std::int64_t* number) {
  std::uint64_t value = 0;
  if (!GetVarint(&bytes, &value) || !bytes.empty()) return false;
  *number = static_cast<std::int64_t>(value);
  return *number >= 0;
}

std::string BatchKey(const PartitionId& id, Offset first) {
  std::string key;
  key.reserve(kPartitionBytes + kOffsetBytes);
  PutPartition(id, &key);
  PutBigEndian(static_cast<std::uint64_t>(first), kOffsetBytes, &key);
  return key;
}

bool ParseBatchKey(std::string_view key, PartitionId* id, Offset* first) {
  if (key.size() != kPartitionBytes + kOffsetBytes || !GetPartition(key, id)) return false;
  *first = static_cast<Offset>(GetBigEndian(key.substr(kPartitionBytes)));
  return true;
}

std::string BatchHeader(std::uint32_t count, TimeMs log_time) {
  std::string header;
  PutVarint(count, &header);
  PutSigned(log_time, &header);
  return header;
}

bool DecodeBatch(std::string_view value, StoredBatch* batch) {
  std::uint64_t count = 0;
  if (!GetVarint(&value, &count) || count == 0 || count > value.size()) return false;
  if (!GetSigned(&value, &batch->log_time)) return false;
  batch->count = static_cast<std::uint32_t>(count);
  batch->records = value;
  return true;
}

}  // namespace parcours::log
