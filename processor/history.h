// History: the events of files in one agreed order, a batch at a time.
//
// Lines become events (sources) and stand in order: kSort puts all inputs into one order by (time,
// source, id) with an external merge sort; kSorted trusts the files and sorts only ties; kArrival
// keeps the files' order. Every line has a position in that order, so that a run that was cut off
// goes on where it was. Limits: sort_bytes; a batch (batch.h). Threads: owned by one worker.
// Failure: InvalidArgument for input that breaks its promise; everything else is the machine's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "log/sorted_lines.h"
#include "processor/batch.h"
#include "processor/input.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

enum class Order { kSort, kSorted, kArrival };

// What is told while it runs, every few thousand lines.
struct Progress {
  const char* phase;          // "sorting", "replaying"
  std::uint64_t done, total;  // bytes of input; total 0: not known
  std::uint64_t events;
};
using ProgressFn = std::function<void(const Progress&)>;

struct HistoryOptions {
  std::vector<std::string> inputs;  // files; "-" is standard input
  Order order = Order::kSort;
  std::optional<TimeMs> until;  // exclusive
  std::size_t sort_bytes = std::size_t{256} << 20;
  std::size_t batch_bytes_max = std::size_t{1} << 30;
  std::string temporary_folder = "/tmp";
  int partitions = 1;
  // Lines that need not be told again: judged ones as rejected, and those of the agreed order at
  // all.
  std::uint64_t skip_judged = 0, skip_asides = 0, skip = 0;
};

class History {
 public:
  History(const catalog::Catalog& catalog, HistoryOptions options, ProgressFn progress);

  // Fills `batch`, which the caller has cleared and hands in again each time, and `order`: the
  // events to be applied. False at the end; then `batch` may still hold what was read beside.
  absl::StatusOr<bool> Next(Batch* batch, std::vector<Slot*>* order);

 private:
  absl::StatusOr<bool> ReadEvent(Batch* batch);
  absl::StatusOr<bool> Fill(Batch* batch);
  // Reads on for the sort. False once all lines are sorted.
  absl::StatusOr<bool> Judge(Batch* batch);
  absl::StatusOr<bool> NextLine(SourceLine* line);
  absl::Status TimeGoesBack(const Slot& slot, TimeMs before) const;
  // Whether what is read beside the current line counts.
  bool Counts() const;
  void Reject(const SourceLine& line, std::string_view reason, std::string_view detail,
              Batch* batch) const;
  void Tell();

  const catalog::Catalog& catalog_;
  const HistoryOptions options_;
  const ProgressFn progress_;
  const std::uint64_t input_bytes_;
  sources::EventReader reader_;
  FileLines files_;
  std::unique_ptr<log::LineSorter> sorter_;
  std::unique_ptr<SortedLines> sorted_;
  LineSource* source_;
  bool judging_ = false;
  bool waiting_ = false;  // the batch's next() holds an event that did not fit in the batch before
  bool ended_ = false;
  TimeMs last_time_ = INT64_MIN;  // of the batch before
  std::uint64_t judged_ = 0, position_ = 0, waiting_position_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace parcours::processor
