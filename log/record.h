// Record: one line to be put in order, and how records compare.
//
// Whoever sorts knows no format: the time, source and id are handed in beside the bytes.
// Bytes: of a stored record: RecordHeader, then source, id and payload, as they lie in memory; only
// this process reads them.
// Threads: plain data.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace parcours::log {

struct Record {
  TimeMs time = 0;
  std::string_view source, id;  // without NUL
  std::string_view payload;     // kReadablePadding bytes may be read behind it
  std::uint32_t file = 0;       // whatever the caller numbers
  std::int64_t line = 0;
};

struct RecordHeader {
  TimeMs time;
  std::uint32_t source_size, id_size, payload_size, file;
  std::int64_t line;

  std::size_t StoredSize() const { return sizeof *this + source_size + id_size + payload_size; }
};
static_assert(sizeof(RecordHeader) == 32);

std::size_t StoredSize(const Record& record);
// REQUIRES: StoredSize(record) bytes are free at `to`.
void StoreRecord(const Record& record, char* to);
RecordHeader HeaderAt(const char* stored);
Record RecordAt(const char* stored);

// The order: time, source, id; then what decides among equals: payload, file, line. < 0, 0, > 0.
int CompareRecords(const Record& a, const Record& b);
// Whether two records are the same event told twice.
bool SameEvent(const Record& a, const Record& b);

}  // namespace parcours::log
