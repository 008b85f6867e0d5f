// StateFolder: what a replay keeps between calls: its log, its store, and which inputs it has read.
//
//   DIR/log     the embedded log: the changelog, how far the record files reach
//   DIR/store   the customers
//   DIR/crashes which events a process died of (runtime/crash_slots.h)
//   DIR/runs    one line a run: what it read, so that the same words go on with it
// What is damaged is set aside, never deleted, and made again: the store from the changelog where
// that reaches back far enough, else everything from the inputs, if the one run that was made is
// asked for again. Where neither can be, it says so and touches nothing. Bytes:
// docs/formats.md#a-state-folder.   Threads: owned by one worker. Failure: FailedPrecondition: in
// use, not writable, newer, of other definitions or shards; DataLoss: damaged beyond what can be
// made again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "base/time.h"
#include "log/local_log.h"
#include "processor/history.h"
#include "processor/overlaps.h"
#include "runtime/crash_slots.h"
#include "state/store/store.h"

namespace parcours::processor {

// What a run reads, in the words that make it the same run.
struct RunWords {
  std::string definitions;  // their version
  int shards = 1;
  Order order = Order::kSort;
  std::optional<TimeMs> until;
  std::string out;
  struct Input {
    std::uint64_t bytes = 0;
    std::string sha256;
  };
  std::vector<Input> inputs;
};
// The words with their inputs, which take a while to be read. Safe for concurrent use.
using TellWords = std::function<absl::StatusOr<RunWords>()>;

// Size and SHA-256 of a file.
absl::StatusOr<RunWords::Input> IdentifyInput(const std::string& path);

// What a finished run adds to the totals.
struct RunEnd {
  Digest::Sum customers_digest{};
  std::uint64_t customers = 0;
  std::vector<Overlap> overlaps;  // above kOverlapPercent; of many the first kOverlapsKept
};

// For who only looks at a state folder: the runs that led to it, the earliest first.
// InvalidArgument: no state lies there.
absl::StatusOr<std::vector<RunWords>> RunsOf(const std::string& folder);
// What run `number`, from 1, ended with; nothing where it is not finished.
absl::StatusOr<std::optional<RunEnd>> EndOfRun(log::LocalLog& log, std::uint64_t number);
std::string LogFolder(const std::string& folder);
std::string StoreFolder(const std::string& folder);
std::string CrashesFile(const std::string& folder);
const char* OrderName(Order order);

class StateFolder {
 public:
  using Notice = std::function<void(const std::string&)>;
  // Opens or makes the folder. `words` may still be without inputs; `tell_words` gives all of them,
  // and is asked at once only where there were runs before.
  static absl::StatusOr<std::unique_ptr<StateFolder>> Open(const std::string& folder,
                                                           const RunWords& words,
                                                           const TellWords& tell_words,
                                                           std::size_t store_bytes,
                                                           std::size_t log_buffer_bytes);

  log::LocalLog& log() { return *log_; }
  state::Store& store() { return *store_; }
  runtime::CrashSlots& crash_slots() { return *crash_slots_; }
  // The number of the run that was asked for, from 1.
  std::uint64_t run() const { return run_; }
  // To be called before anything of this run is committed: from here on the folder holds it. Words
  // that turn out to be wrong before that leave no trace. Safe for concurrent use.
  absl::Status Begin();
  // Set once that run is finished.
  const std::optional<RunEnd>& end() const { return end_; }
  absl::Status Finish(const RunEnd& end);

  // After DataLoss: closes everything and sets aside what is damaged, so that Open can begin again.
  // The status that is given back tells why it cannot.
  static absl::Status SetAside(std::unique_ptr<StateFolder> state, const std::string& folder,
                               const RunWords& words, const absl::Status& damage,
                               const Notice& notice);

 private:
  StateFolder() = default;

  std::string folder_;
  std::unique_ptr<log::LocalLog> log_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<runtime::CrashSlots> crash_slots_;
  Mutex mutex_;
  // Of a run that has not begun; else empty.
  std::vector<std::string> runs_before_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = true;
  TellWords tell_words_;
  std::uint64_t run_ = 0;
  std::optional<RunEnd> end_;
};

}  // namespace parcours::processor
