#include "log/local_log_reader.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/local_log_status.h"

namespace parcours::log {

absl::Status LogReader::Begin() {
  const Offset begin = partition_->begin.load();
  const Offset end = partition_->end.load();
  if (next_ < begin || next_ > end) return OutOfRange();
  if (next_ == begin || next_ == end) return absl::OkStatus();  // there, a batch begins
  RETURN_IF_ERROR(core_->EnsureOpen());
  ASSIGN_OR_RETURN(const Offset first, core_->BatchAt(partition_->id, next_));
  const Offset from = next_;
  RETURN_IF_ERROR(Load(first));
  Entry skipped;
  for (; next_ < from; ++next_) {
    if (!records_.Next(&skipped)) return Damaged("a batch is cut short");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LogReader::Next(ReadRecord* record) {
  while (!records_.Next(&record->entry)) {
    if (!records_.ok() || next_ != batch_end_) return Damaged("a batch makes no sense");
    const Offset end = partition_->end.load(std::memory_order_acquire);
    if (next_ == end) return false;
    if (next_ > end) return Damaged("records that were read are lost");
    RETURN_IF_ERROR(Load(next_));
  }
  record->offset = next_++;
  record->log_time = log_time_;
  return true;
}

absl::Status LogReader::Load(Offset first) {
  RETURN_IF_ERROR(core_->EnsureOpen());
  RETURN_IF_ERROR(core_->GetBatch(partition_->id, first, &bytes_));
  // Asked after the look-up: what is trimmed meanwhile is missing, and is no damage.
  if (first < partition_->begin.load()) return OutOfRange();
  StoredBatch batch;
  if (bytes_.empty()) return Damaged("a batch is missing");
  if (!DecodeBatch(bytes_, &batch)) return Damaged("a batch makes no sense");
  next_ = first;
  batch_end_ = first + batch.count;
  log_time_ = batch.log_time;
  records_ = BatchReader(batch.records);
  return absl::OkStatus();
}

absl::Status LogReader::OutOfRange() const {
  return absl::OutOfRangeError(absl::StrCat(
      "read log ", core_->options.folder, ", ", FormatPartition(partition_->id), ": offset ", next_,
      " is not kept, only ", partition_->begin.load(), " to ", partition_->end.load()));
}

absl::Status LogReader::Damaged(std::string_view what) const {
  return absl::DataLossError(absl::StrCat("read log ", core_->options.folder, ", ",
                                          FormatPartition(partition_->id), ": damaged at offset ",
                                          next_, ": ", std::string(what)));
}

}  // namespace parcours::log
