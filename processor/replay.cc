#include "processor/replay.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "processor/batch.h"
#include "processor/input.h"
#include "processor/outputs.h"
#include "processor/shard.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::processor {

namespace {

constexpr int kDuesBetweenDrains = 512;
constexpr std::uint64_t kLinesBetweenProgress = 8192;

class Run {
 public:
  Run(std::shared_ptr<const catalog::Catalog> catalog, const ReplayOptions& options,
      const ProgressFn& progress, Outputs* outputs)
      : options_(options),
        progress_(progress),
        catalog_(*catalog),
        rules_(std::move(catalog)),
        shard_(rules_, &effects_, options.memory_bytes - SortBytes(options)),
        outputs_(outputs),
        reader_(catalog_),
        input_bytes_(progress ? InputBytes(options.inputs) : 0) {}

  absl::StatusOr<Summary> Finish();
  absl::Status ReadAll();

 private:
  absl::Status Feed(LineSource& source);
  absl::Status Sorted();
  // Reads lines until the batch is full and its last instant complete. False at the end.
  absl::StatusOr<bool> Fill(LineSource& source);
  absl::StatusOr<bool> ReadEvent(LineSource& source);
  absl::Status ApplyBatch();
  absl::Status TickTo(TimeMs clock);
  void Reject(const SourceLine& line, sources::Reason reason, std::string_view detail);
  void Tell(std::uint64_t done);
  static std::size_t SortBytes(const ReplayOptions& options) {
    return options.order == Order::kSort ? options.memory_bytes / 4 : 0;
  }

  const ReplayOptions& options_;
  const ProgressFn& progress_;
  const catalog::Catalog& catalog_;
  engine::Rules rules_;
  engine::Effects effects_;
  Shard shard_;
  Outputs* const outputs_;
  sources::EventReader reader_;
  Batch batch_;
  std::vector<Slot*> order_;
  std::vector<Shard::Upcoming> upcoming_;
  bool waiting_ = false;  // batch_.next() holds an event that did not fit in the batch before
  TimeMs log_time_ = 0;   // the highest event time applied
  bool any_ = false;      // whether any event was
  const char* phase_ = "replaying";
  const std::uint64_t input_bytes_;
  std::uint64_t lines_ = 0, ignored_ = 0, repeated_ = 0, after_until_ = 0;
};

void Run::Tell(std::uint64_t done) {
  if (progress_) progress_(Progress{phase_, done, input_bytes_, effects_.counters.events});
}

void Run::Reject(const SourceLine& line, sources::Reason reason, std::string_view detail) {
  outputs_->Reject(options_.inputs[line.file], line.number, sources::ReasonName(reason), detail);
}

// Reads into batch_.next() until it is an event to be applied. False at the end of the source.
absl::StatusOr<bool> Run::ReadEvent(LineSource& source) {
  SourceLine line;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, source.Next(&line));
    if (!more) return false;
    if (++lines_ % kLinesBetweenProgress == 0) Tell(source.done());
    if (line.too_long) {
      Reject(line, sources::Reason::kTooLong, "the line is longer than 1 MiB");
      continue;
    }
    Slot& slot = batch_.next();
    slot.SetLine(line.text);
    slot.file = line.file;
    slot.number = line.number;
    switch (reader_.Read(slot.text(), &slot.buffer)) {
      case sources::Outcome::kEmpty:
        continue;
      case sources::Outcome::kIgnored:
        ++ignored_;
        continue;
      case sources::Outcome::kRejected:
        Reject(line, slot.buffer.reason, slot.buffer.detail);
        continue;
      case sources::Outcome::kEvent:
        break;
    }
    if (options_.until.has_value() && slot.event().time >= *options_.until) {
      ++after_until_;
      continue;
    }
    return true;
  }
}

absl::StatusOr<bool> Run::Fill(LineSource& source) {
  const bool sorted = options_.order != Order::kArrival;
  for (;;) {
    if (!waiting_) {
      ASSIGN_OR_RETURN(waiting_, ReadEvent(source));
      if (!waiting_) return false;
    }
    const Slot& next = batch_.next();
    if (sorted && batch_.size() > 0) {
      const TimeMs before = batch_.last().event().time;
      if (next.event().time < before) {
        return absl::InvalidArgumentError(absl::StrCat(options_.inputs[next.file], ":", next.number,
                                                       ": time goes back from ", FormatTime(before),
                                                       " to ", FormatTime(next.event().time),
                                                       "; use --order sort, or arrival"));
      }
      if (batch_.bytes() > options_.memory_bytes) {
        return absl::ResourceExhaustedError(absl::StrCat("sort the events of ", FormatTime(before),
                                                         ": they fill --memory; raise it"));
      }
      const bool same_instant = next.event().time == before;
      if (batch_.size() >= kBatchEvents && !same_instant) return true;
    }
    if (!sorted && batch_.size() >= kBatchEvents) return true;
    batch_.Keep();
    waiting_ = false;
  }
}

absl::Status Run::TickTo(TimeMs clock) {
  while (!shard_.Tick(clock, kDuesBetweenDrains)) outputs_->Drain(&effects_);
  outputs_->Drain(&effects_);
  return outputs_->status();
}

absl::Status Run::ApplyBatch() {
  if (batch_.size() == 0) return absl::OkStatus();
  order_.clear();
  if (options_.order == Order::kArrival) {
    batch_.InOrder(&order_);
  } else {
    repeated_ += batch_.Sort(&order_);
    if (order_.front()->event().time < log_time_) {
      const Slot& slot = *order_.front();
      return absl::InvalidArgumentError(
          absl::StrCat(options_.inputs[slot.file], ":", slot.number, ": time goes back to ",
                       FormatTime(slot.event().time), "; use --order sort, or arrival"));
    }
  }
  upcoming_.clear();
  for (Slot* slot : order_) upcoming_.push_back({slot->customer_hash, slot->event().type});
  shard_.Prefetch(upcoming_);
  for (Slot* slot : order_) {
    log_time_ = std::max(log_time_, slot->event().time);
    any_ = true;
    if (shard_.HasDue(log_time_)) RETURN_IF_ERROR(TickTo(log_time_));
    shard_.Tick(log_time_, 0);
    ASSIGN_OR_RETURN(const Shard::Result result,
                     shard_.Apply(slot->event(), slot->customer_hash, log_time_));
    if (result == Shard::Result::kFuture) {
      outputs_->Reject(options_.inputs[slot->file], slot->number,
                       sources::ReasonName(sources::Reason::kFuture), "ahead of log time");
    }
    outputs_->Drain(&effects_);
  }
  batch_.Clear();
  return outputs_->status();
}

absl::Status Run::Feed(LineSource& source) {
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, Fill(source));
    RETURN_IF_ERROR(ApplyBatch());
  }
  return absl::OkStatus();
}

// Reads everything once to judge and to sort it, then again in order.
absl::Status Run::Sorted() {
  log::SorterOptions sorting;
  sorting.memory_bytes = SortBytes(options_);
  sorting.temporary_folder = options_.temporary_folder;
  log::LineSorter sorter(sorting);
  FileLines files(options_.inputs);
  phase_ = "sorting";
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, ReadEvent(files));
    if (!more) break;
    const Slot& slot = batch_.next();
    RETURN_IF_ERROR(sorter.Add({.time = slot.event().time,
                                .source = slot.event().source,
                                .id = slot.event().id,
                                .payload = slot.text(),
                                .file = static_cast<std::uint32_t>(slot.file),
                                .line = static_cast<std::int64_t>(slot.number)}));
  }
  phase_ = "replaying";
  SortedLines lines(sorter);
  RETURN_IF_ERROR(Feed(lines));
  repeated_ += static_cast<std::uint64_t>(sorter.duplicates());
  return absl::OkStatus();
}

absl::Status Run::ReadAll() {
  if (options_.order == Order::kSort) return Sorted();
  FileLines files(options_.inputs);
  return Feed(files);
}

absl::StatusOr<Summary> Run::Finish() {
  if (any_ || options_.until.has_value()) {
    const TimeMs clock = options_.until.has_value() ? *options_.until - 1 : log_time_ + 1;
    RETURN_IF_ERROR(TickTo(clock));
  }
  outputs_->WriteCustomers(shard_, shard_.clock());
  Summary summary;
  summary.engine = effects_.counters;
  summary.engine.duplicates += repeated_;
  summary.journeys = effects_.journeys;
  summary.ignored = ignored_;
  summary.after_until = after_until_;
  summary.early_pops = shard_.early_pops();
  summary.customer_loads = shard_.customer_loads();
  summary.customers_bytes = shard_.customers().MemoryBytes();
  summary.clock = shard_.clock();
  RETURN_IF_ERROR(outputs_->Finish(&summary));
  return summary;
}

}  // namespace

absl::StatusOr<Summary> Replay(std::shared_ptr<const catalog::Catalog> catalog,
                               const ReplayOptions& options, const ProgressFn& progress) {
  const double start = runtime::MonotonicSeconds();
  ASSIGN_OR_RETURN(const std::unique_ptr<Outputs> outputs, Outputs::Open(*catalog, options.out));
  Run run(std::move(catalog), options, progress, outputs.get());
  RETURN_IF_ERROR(run.ReadAll());
  ASSIGN_OR_RETURN(Summary summary, run.Finish());
  summary.seconds = runtime::MonotonicSeconds() - start;
  summary.peak_memory_bytes = runtime::PeakMemoryBytes();
  return summary;
}

}  // namespace parcours::processor
