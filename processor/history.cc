#include "processor/history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::processor {

namespace {

constexpr std::uint64_t kLinesBetweenProgress = 8192;
// Lines after which a batch without events is given, so that what is beside them is kept in bounds.
constexpr std::uint64_t kRejectedAtOnce = 1024;
constexpr std::uint64_t kJudgedAtOnce = 4096;

}  // namespace

History::History(const catalog::Catalog& catalog, HistoryOptions options, ProgressFn progress)
    : catalog_(catalog),
      options_(std::move(options)),
      progress_(std::move(progress)),
      input_bytes_(progress_ ? InputBytes(options_.inputs) : 0),
      reader_(catalog_),
      files_(options_.inputs),
      source_(&files_),
      judging_(options_.order == Order::kSort) {
  if (!judging_) return;
  log::SorterOptions sorting;
  sorting.memory_bytes = options_.sort_bytes;
  sorting.temporary_folder = options_.temporary_folder;
  sorter_ = std::make_unique<log::LineSorter>(sorting);
}

void History::Tell() {
  if (!progress_) return;
  progress_(Progress{judging_ ? "sorting" : "replaying", source_->done(), input_bytes_, events_});
}

bool History::Counts() const {
  return judging_ ? judged_ > options_.skip_judged : position_ > options_.skip_asides;
}

void History::Reject(const SourceLine& line, std::string_view reason, std::string_view detail,
                     Batch* batch) const {
  if (!Counts()) return;
  batch->aside.rejected.push_back(
      {line.file, line.number, std::string(reason), std::string(detail)});
}

absl::StatusOr<bool> History::NextLine(SourceLine* line) {
  for (;;) {
    const absl::StatusOr<bool> more = source_->Next(line);
    // A damaged input is wrong input; what is lost is not ours.
    if (absl::IsDataLoss(more.status())) return absl::InvalidArgumentError(more.status().message());
    RETURN_IF_ERROR(more.status());
    if (!*more) return false;
    const std::uint64_t read = judging_ ? ++judged_ : ++position_;
    if (read % kLinesBetweenProgress == 0) Tell();
    if (judging_ || position_ > options_.skip) return true;
  }
}

// Reads into batch->next() until it is an event to be applied. False at the end of the source, or
// where the batch holds enough beside.
absl::StatusOr<bool> History::ReadEvent(Batch* batch) {
  SourceLine line;
  while (batch->size() > 0 || batch->aside.rejected.size() < kRejectedAtOnce) {
    ASSIGN_OR_RETURN(const bool more, NextLine(&line));
    if (!more) {
      ended_ = true;
      return false;
    }
    if (line.too_long) {
      Reject(line, sources::ReasonName(sources::Reason::kTooLong), "the line is longer than 1 MiB",
             batch);
      continue;
    }
    Slot& slot = batch->next();
    slot.SetLine(line.text);
    slot.file = line.file;
    slot.number = line.number;
    slot.position = position_;
    switch (reader_.Read(slot.text(), &slot.buffer)) {
      case sources::Outcome::kEmpty:
        continue;
      case sources::Outcome::kIgnored:
        if (Counts()) ++batch->aside.ignored;
        continue;
      case sources::Outcome::kRejected:
        Reject(line, sources::ReasonName(slot.buffer.reason), slot.buffer.detail, batch);
        continue;
      case sources::Outcome::kEvent:
        break;
    }
    if (options_.until.has_value() && slot.event().time >= *options_.until) {
      if (Counts()) ++batch->aside.after_until;
      continue;
    }
    return true;
  }
  return false;
}

absl::Status History::TimeGoesBack(const Slot& slot, TimeMs before) const {
  return absl::InvalidArgumentError(
      absl::StrCat(options_.inputs[static_cast<std::size_t>(slot.file)], ":", slot.number,
                   ": time goes back from ", FormatTime(before), " to ",
                   FormatTime(slot.event().time), "; use --order sort, or arrival"));
}

// Reads until the batch is full and its last instant complete. False at the end.
absl::StatusOr<bool> History::Fill(Batch* batch) {
  const bool sorted = options_.order != Order::kArrival;
  for (;;) {
    if (!waiting_) {
      ASSIGN_OR_RETURN(waiting_, ReadEvent(batch));
      if (!waiting_) {
        batch->position = position_;
        return !ended_;
      }
      waiting_position_ = position_;
    }
    const Slot& next = batch->next();
    if (sorted && batch->size() > 0) {
      const TimeMs before = batch->last().event().time;
      if (next.event().time < before) return TimeGoesBack(next, before);
      if (batch->bytes() > options_.batch_bytes_max) {
        return absl::ResourceExhaustedError(absl::StrCat("sort the events of ", FormatTime(before),
                                                         ": they fill --memory; raise it"));
      }
    }
    const bool same_instant =
        sorted && batch->size() > 0 && next.event().time == batch->last().event().time;
    if (batch->size() >= kBatchEvents && !same_instant) {
      batch->position = waiting_position_ - 1;
      return true;
    }
    batch->Keep();
    waiting_ = false;
  }
}

absl::StatusOr<bool> History::Judge(Batch* batch) {
  for (std::uint64_t end = judged_ + kJudgedAtOnce; judged_ < end;) {
    ASSIGN_OR_RETURN(const bool more, ReadEvent(batch));
    batch->judged = judged_;
    if (!more) return !ended_;
    const Slot& slot = batch->next();
    RETURN_IF_ERROR(sorter_->Add({.time = slot.event().time,
                                  .source = slot.event().source,
                                  .id = slot.event().id,
                                  .payload = slot.text(),
                                  .file = static_cast<std::uint32_t>(slot.file),
                                  .line = static_cast<std::int64_t>(slot.number)}));
  }
  return true;
}

absl::StatusOr<bool> History::Next(Batch* batch, std::vector<Slot*>* order) {
  order->clear();
  batch->judged = judged_;
  batch->position = position_;
  if (judging_) {
    ASSIGN_OR_RETURN(judging_, Judge(batch));
    batch->position = 0;
    if (judging_) return true;
    sorted_ = std::make_unique<SortedLines>(*sorter_);
    source_ = sorted_.get();
    ended_ = false;
    return true;
  }
  ASSIGN_OR_RETURN(const bool more, Fill(batch));
  if (!more && sorter_ != nullptr) {
    // Known for certain only now; counted at a position of its own, behind all lines.
    batch->position = ++position_;
    if (Counts()) batch->aside.repeated += static_cast<std::uint64_t>(sorter_->duplicates());
  }
  for (std::size_t i = 0; i < batch->size(); ++i) {
    Slot& slot = batch->slot(i);
    slot.partition = PartitionOf(slot.event().customer, options_.partitions);
  }
  events_ += batch->size();
  if (options_.order == Order::kArrival) {
    batch->InOrder(order);
    return more;
  }
  const std::uint64_t repeated = batch->Sort(order);
  if (batch->position > options_.skip_asides) batch->aside.repeated += repeated;
  if (!order->empty()) {
    const Slot& first = *order->front();
    if (first.event().time < last_time_) return TimeGoesBack(first, last_time_);
    last_time_ = order->back()->event().time;
  }
  return more;
}

}  // namespace parcours::processor
