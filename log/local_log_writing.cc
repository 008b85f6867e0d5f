#include "log/local_log_writing.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

constexpr std::size_t kOverheadBytes = 4096;  // keys, headers, small values

rocksdb::Slice SliceOf(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

PendingWrite::PendingWrite(const LogDatabase& database, std::size_t bytes)
    : database_(database), batch_(bytes + kOverheadBytes) {}

PendingWrite::~PendingWrite() {
  for (Partition* partition : staged_) partition->is_staged = false;
}

StoredRange& PendingWrite::Stage(Partition* partition) {
  if (!partition->is_staged) {
    partition->is_staged = true;
    partition->staged = {{partition->begin.load(), partition->end.load()}, partition->last_time};
    staged_.push_back(partition);
  }
  return partition->staged;
}

absl::StatusOr<Offset> PendingWrite::AddBatch(Partition* partition, const Batch& batch,
                                              TimeMs log_time) {
  if (batch.empty()) {
    return partition->is_staged ? partition->staged.offsets.end : partition->end.load();
  }
  StoredRange& range = Stage(partition);
  const Offset first = range.offsets.end;
  if (!PARCOURS_MUTANT("log-time-goes-back")) log_time = std::max(log_time, range.last_time);
  if (batch.size() <= kBatchBytesMax) {
    AddPiece(*partition, first, batch.count(), log_time, batch.bytes());
  } else {
    RETURN_IF_ERROR(AddPieces(partition, batch, log_time));
  }
  range.offsets.end = first + batch.count();
  range.last_time = log_time;
  return first;
}

absl::Status PendingWrite::AddPieces(Partition* partition, const Batch& batch, TimeMs log_time) {
  BatchReader reader(batch.bytes());
  const char* begin = batch.bytes().data();
  const char* end = begin;
  Offset first = partition->staged.offsets.end;
  std::uint32_t count = 0;
  Entry entry;
  while (reader.Next(&entry)) {
    if (count > 0 && reader.position() - begin > static_cast<std::ptrdiff_t>(kBatchBytesMax)) {
      AddPiece(*partition, first, count, log_time, {begin, end});
      first += count;
      count = 0;
      begin = end;
    }
    end = reader.position();
    ++count;
  }
  if (!reader.ok()) return absl::InvalidArgumentError("append to log: a batch makes no sense");
  AddPiece(*partition, first, count, log_time, {begin, end});
  return absl::OkStatus();
}

void PendingWrite::AddPiece(const Partition& partition, Offset first, std::uint32_t count,
                            TimeMs log_time, std::string_view records) {
  const std::string key = BatchKey(partition.id, first);
  const std::string header = BatchHeader(count, log_time);
  const rocksdb::Slice key_slice(key);
  const rocksdb::Slice value_slices[] = {header, SliceOf(records)};
  batch_
      .Put(database_.family(LogDatabase::FamilyOf(partition.id.topic)),
           rocksdb::SliceParts(&key_slice, 1), rocksdb::SliceParts(value_slices, 2))
      .PermitUncheckedError();
}

void PendingWrite::AddTrim(Partition* partition, Offset begin) {
  StoredRange& range = Stage(partition);
  batch_
      .DeleteRange(database_.family(LogDatabase::FamilyOf(partition->id.topic)),
                   BatchKey(partition->id, range.offsets.begin), BatchKey(partition->id, begin))
      .PermitUncheckedError();
  range.offsets.begin = begin;
}

void PendingWrite::AddSmall(std::string_view key, std::string_view value) {
  batch_.Put(database_.family(LogDatabase::kSmall), SliceOf(key), SliceOf(value))
      .PermitUncheckedError();
  key_ = key;
  value_ = value;
}

void PendingWrite::AddRanges() {
  if (PARCOURS_MUTANT("log-end-offset-not-stored")) return;
  for (const Partition* partition : staged_) {
    AddSmall(RangeKey(partition->id), EncodeRange(partition->staged));
  }
}

void PendingWrite::Publish() {
  for (Partition* partition : staged_) {
    partition->last_time = partition->staged.last_time;
    partition->begin.store(partition->staged.offsets.begin);
    // Last: who sees the new end may read up to it.
    partition->end.store(partition->staged.offsets.end, std::memory_order_release);
  }
}

absl::StatusOr<bool> PendingWrite::IsIn(const LogDatabase& database) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, database.Small(key_));
  return stored.has_value() && *stored == value_;
}

}  // namespace parcours::log
