// The bytes of the embedded log: keys and values as they lie in RocksDB.
//
// Bytes: docs/formats.md#the-embedded-log. Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "log/log.h"

namespace parcours::log {

inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kRangePrefix = "range/";
std::string NoteKey(std::string_view name);
std::string FileKey(std::string_view path);

// One partition of one topic.
struct PartitionId {
  Topic topic = Topic::kEvents;
  int partition = 0;
  auto operator<=>(const PartitionId&) const = default;  // NOLINT(modernize-use-nullptr): no 0 here
};
std::string FormatPartition(const PartitionId& id);  // "events/3"

// What is kept of a partition, and the log time of its last record.
struct StoredRange {
  OffsetRange offsets;
  TimeMs last_time = INT64_MIN;
};
std::string RangeKey(const PartitionId& id);
bool ParseRangeKey(std::string_view key, PartitionId* id);
std::string EncodeRange(const StoredRange& range);
bool DecodeRange(std::string_view bytes, StoredRange* range);

std::string EncodeNumber(std::int64_t number);
bool DecodeNumber(std::string_view bytes, std::int64_t* number);

// Keys of batches sort by partition, then by their first offset.
std::string BatchKey(const PartitionId& id, Offset first);
bool ParseBatchKey(std::string_view key, PartitionId* id, Offset* first);

struct StoredBatch {
  std::uint32_t count = 0;
  TimeMs log_time = 0;
  std::string_view records;
};
// What stands before the records.
std::string BatchHeader(std::uint32_t count, TimeMs log_time);
bool DecodeBatch(std::string_view value, StoredBatch* batch);

}  // namespace parcours::log
