#include "log/record.h"

#include <cstring>

#include "base/mutant.h"

namespace parcours::log {

std::size_t StoredSize(const Record& record) {
  return sizeof(RecordHeader) + record.source.size() + record.id.size() + record.payload.size();
}

void StoreRecord(const Record& record, char* to) {
  const RecordHeader header{record.time,
                            static_cast<std::uint32_t>(record.source.size()),
                            static_cast<std::uint32_t>(record.id.size()),
                            static_cast<std::uint32_t>(record.payload.size()),
                            record.file,
                            record.line};
  std::memcpy(to, &header, sizeof header);
  to += sizeof header;
  for (std::string_view part : {record.source, record.id, record.payload}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
}

RecordHeader HeaderAt(const char* stored) {
  RecordHeader header;
  std::memcpy(&header, stored, sizeof header);
  return header;
}

Record RecordAt(const char* stored) {
  const RecordHeader header = HeaderAt(stored);
  const char* const source = stored + sizeof header;
  const char* const id = source + header.source_size;
  const char* const payload = id + header.id_size;
  return {header.time,          {source, header.source_size},
          {id, header.id_size}, {payload, header.payload_size},
          header.file,          header.line};
}

int CompareRecords(const Record& a, const Record& b) {
  if (a.time != b.time) return a.time < b.time ? -1 : 1;
  if (const int order = a.source.compare(b.source); order != 0) return order;
  if (const int order = a.id.compare(b.id); order != 0) return order;
  if (const int order = a.payload.compare(b.payload); order != 0) {
    return PARCOURS_MUTANT("sort-largest-bytes-win") ? -order : order;
  }
  if (a.file != b.file) return a.file < b.file ? -1 : 1;
  if (a.line != b.line) return a.line < b.line ? -1 : 1;
  return 0;
}

bool SameEvent(const Record& a, const Record& b) {
  return a.time == b.time && a.id == b.id && a.source == b.source;
}

}  // namespace parcours::log
