#include "log/local_log_check.h"

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/batch.h"
#include "log/local_log_format.h"
#include "log/local_log_status.h"

namespace parcours::log {
namespace {

// What is still to be found of each partition: from begin up to end.
using Ranges = std::map<PartitionId, OffsetRange>;

absl::Status Damaged(const std::string& folder, std::string_view what) {
  return absl::DataLossError(absl::StrCat("check log ", folder, ": damaged: ", std::string(what)));
}

std::unique_ptr<rocksdb::Iterator> Everything(const LogDatabase& database,
                                              LogDatabase::Family family) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  std::unique_ptr<rocksdb::Iterator> at(
      database.db()->NewIterator(options, database.family(family)));
  at->SeekToFirst();
  return at;
}

absl::Status ReadRanges(const LogDatabase& database, const std::string& folder, Ranges* ranges) {
  const auto at = Everything(database, LogDatabase::kSmall);
  for (; at->Valid(); at->Next()) {
    if (!at->key().ToStringView().starts_with(kRangePrefix)) continue;
    PartitionId id;
    StoredRange range;
    if (!ParseRangeKey(at->key().ToStringView(), &id) ||
        !DecodeRange(at->value().ToStringView(), &range)) {
      return Damaged(folder, "unreadable range");
    }
    (*ranges)[id] = range.offsets;
  }
  return FromRocks("check log", folder, at->status());
}

bool IsWhole(const StoredBatch& batch) {
  BatchReader reader(batch.records);
  Entry entry;
  std::uint32_t count = 0;
  while (reader.Next(&entry)) ++count;
  return reader.ok() && count == batch.count;
}

absl::Status CheckBatches(const LogDatabase& database, const std::string& folder,
                          LogDatabase::Family family, Ranges* ranges) {
  const auto at = Everything(database, family);
  for (; at->Valid(); at->Next()) {
    PartitionId id;
    Offset first = 0;
    StoredBatch batch;
    if (!ParseBatchKey(at->key().ToStringView(), &id, &first)) {
      return Damaged(folder, "unreadable key");
    }
    Offset& expected = (*ranges)[id].begin;
    if (first != expected) {
      return Damaged(folder, absl::StrCat(FormatPartition(id), " has offset ", first, " where ",
                                          expected, " is expected"));
    }
    if (!DecodeBatch(at->value().ToStringView(), &batch) || !IsWhole(batch)) {
      return Damaged(folder,
                     absl::StrCat(FormatPartition(id), " makes no sense at offset ", first));
    }
    expected += batch.count;
  }
  return FromRocks("check log", folder, at->status());
}

}  // namespace

absl::Status CheckDatabase(const LogDatabase& database, const std::string& folder) {
  RETURN_IF_ERROR(FromRocks("check log", folder, database.db()->VerifyChecksum()));
  Ranges ranges;
  RETURN_IF_ERROR(ReadRanges(database, folder, &ranges));
  for (const auto family : {LogDatabase::kEvents, LogDatabase::kChangelog, LogDatabase::kRecords}) {
    RETURN_IF_ERROR(CheckBatches(database, folder, family, &ranges));
  }
  for (const auto& [id, range] : ranges) {
    if (range.begin == range.end) continue;
    return Damaged(folder, absl::StrCat(FormatPartition(id), " ends at offset ", range.begin,
                                        ", not at ", range.end));
  }
  return absl::OkStatus();
}

}  // namespace parcours::log
