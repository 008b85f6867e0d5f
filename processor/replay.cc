#include "processor/replay.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "processor/lane.h"
#include "processor/lane_feed.h"
#include "processor/spill_store.h"
#include "processor/state_folder.h"
#include "runtime/clock.h"
#include "runtime/process.h"
#include "runtime/worker.h"
#include "state/keys.h"

namespace parcours::processor {

namespace {

// The store is flushed, and the changelog cut, when either is reached.
constexpr std::size_t kFlushBytes = std::size_t{256} << 20;
constexpr double kFlushSeconds = 60;

// How a memory bound is shared out: what the whole process may take.
struct Memory {
  explicit Memory(const ReplayOptions& options) {
    constexpr std::size_t kMiB = std::size_t{1} << 20;
    constexpr std::size_t kProgram = 48 * kMiB;  // code, libraries, definitions, lines being read
    constexpr std::size_t kSliceBytesARecord = 384;
    const std::size_t all = options.memory_bytes;
    const auto lane_count = static_cast<std::size_t>(options.lanes);
    sort = options.order == Order::kSort ? all / 4 : 0;
    store = std::clamp(all / 8, 16 * kMiB, 512 * kMiB);
    // Nobody waits for a history: large slices, which cost the least a record.
    slice_records = std::clamp(all / 16 / lane_count / kSliceBytesARecord, std::size_t{4096},
                               std::size_t{1} << 17);
    std::size_t taken = kProgram + sort + store + all / 16;
    if (!options.state.empty()) {
      log_buffer = std::clamp(all / 64, 4 * kMiB, 32 * kMiB);
      commit = std::clamp(all / 32 / lane_count, 2 * kMiB, 64 * kMiB);
      // A transaction lies in the lane's hands, in the log's and in the log's buffer.
      taken += 2 * log_buffer + 3 * commit * lane_count;
    }
    lanes = std::max(all - std::min(all, taken), all / 4);
  }
  std::size_t sort, store, slice_records, lanes;
  std::size_t log_buffer = 0, commit = 0;
};

// Flushes the store and cuts the changelog, now and then, beside the lanes.
class Flusher {
 public:
  explicit Flusher(StateFolder* state) : state_(state), errand_([this] { Flush(); }) {}
  // Called by lanes after every group.
  absl::Status AfterGroup(std::uint64_t changelog_bytes) {
    const double now = runtime::MonotonicSeconds();
    const MutexLock lock(&mutex_);
    RETURN_IF_ERROR(status_);
    if (changelog_bytes - asked_bytes_ < kFlushBytes && now - asked_s_ < kFlushSeconds) {
      return absl::OkStatus();
    }
    asked_bytes_ = changelog_bytes;
    asked_s_ = now;
    errand_.Ask();
    return absl::OkStatus();
  }
  void Flush() {
    const absl::Status status = FlushAndTrim(&state_->store(), &state_->log());
    const MutexLock lock(&mutex_);
    status_.Update(status);
  }

 private:
  StateFolder* const state_;
  Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t asked_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  double asked_s_ ABSL_GUARDED_BY(mutex_) = runtime::MonotonicSeconds();
  runtime::Errand errand_;
};

class Run {
 public:
  Run(std::shared_ptr<const catalog::Catalog> catalog, const ReplayOptions& options,
      const ProgressFn& progress)
      : catalog_(std::move(catalog)),
        options_(options),
        progress_(progress),
        memory_(options),
        spill_(options.temporary_folder, options.shards, memory_.store) {}

  absl::Status Open(StateFolder* state);
  absl::Status ReadAll();
  absl::StatusOr<Summary> Finish();

 private:
  LaneOptions OptionsOf(int lane) const;
  absl::Status OpenOutputs();
  // Sets every shard to the run that was asked for, and learns where it stands.
  absl::Status FindPlace();
  absl::Status Deliver(Batch& batch, const std::vector<Slot*>& order);
  absl::Status ForEachLane(const std::function<absl::Status(std::size_t)>& task);
  bool KeepsState() const { return state_ != nullptr; }

  const std::shared_ptr<const catalog::Catalog> catalog_;
  const ReplayOptions& options_;
  const ProgressFn& progress_;
  const Memory memory_;
  SpillStore spill_;
  StateFolder* state_ = nullptr;
  std::unique_ptr<RecordFiles> files_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Flusher> flusher_;
  std::vector<std::unique_ptr<LaneFeed>> feeds_;
  HistoryOptions history_;
  TimeMs log_time_ = 0;
  std::uint64_t events_resumed_ = 0;
};

LaneOptions Run::OptionsOf(int lane) const {
  LaneOptions options;
  for (int shard = lane; shard < options_.shards; shard += options_.lanes) {
    options.shards.push_back(shard);
  }
  options.partitions = options_.shards;
  options.memory_bytes = memory_.lanes / static_cast<std::size_t>(options_.lanes);
  options.commit_bytes = memory_.commit;
  options.commit_events = options_.commit_events;
  // Lanes commit in turn: while one waits for the disk, the others work.
  options.begun_s = runtime::MonotonicSeconds() + options.commit_seconds * lane / options_.lanes;
  options.publish = !options_.out.empty();
  options.slice_records = memory_.slice_records;
  options.number = lane;
  if (!KeepsState()) return options;
  options.crash_slots = &state_->crash_slots();
  options.before_commit = [this] { return state_->Begin(); };
  return options;
}

absl::Status Run::OpenOutputs() {
  if (options_.out.empty()) return absl::OkStatus();
  if (!KeepsState()) {
    ASSIGN_OR_RETURN(files_, RecordFiles::Open(options_.out));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(log::CreateFolder(options_.out));
  for (int topic = 0; topic < log::kTopics; ++topic) {
    const char* file = FileOfTopic(static_cast<log::Topic>(topic));
    if (file == nullptr) continue;
    const absl::Status status = state_->log().SendToFile(static_cast<log::Topic>(topic),
                                                         absl::StrCat(options_.out, "/", file));
    // A file that was cut from outside is no damage of the state: there is nothing to set aside.
    if (absl::IsDataLoss(status)) return absl::FailedPreconditionError(status.message());
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status Run::Open(StateFolder* state) {
  state_ = state;
  RETURN_IF_ERROR(OpenOutputs());
  log::Log* const log = KeepsState() ? &state_->log() : nullptr;
  for (int i = 0; i < options_.lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(catalog_, OptionsOf(i), log, files_.get(),
                                            [this] { return spill_.Get(); }));
  }
  if (KeepsState()) {
    RETURN_IF_ERROR(
        ForEachLane([&](std::size_t lane) { return lanes_[lane]->Restore(&state_->store()); }));
  }
  RETURN_IF_ERROR(FindPlace());
  if (KeepsState()) flusher_ = std::make_unique<Flusher>(state_);
  for (const auto& lane : lanes_) {
    LaneFeed::Options feed;
    feed.thread = options_.lanes > 1;
    feed.inputs = options_.inputs;
    if (flusher_ != nullptr) {
      feed.after_group = [this, lane = lane.get()] {
        return flusher_->AfterGroup(lane->changelog_bytes() * lanes_.size());
      };
    }
    feeds_.push_back(std::make_unique<LaneFeed>(lane.get(), feed));
  }
  return absl::OkStatus();
}

absl::Status Run::FindPlace() {
  history_.inputs = options_.inputs;
  history_.order = options_.order;
  history_.until = options_.until;
  history_.sort_bytes = memory_.sort;
  history_.batch_bytes_max = options_.memory_bytes;
  history_.temporary_folder = options_.temporary_folder;
  history_.partitions = options_.shards;
  if (!KeepsState()) return absl::OkStatus();
  history_.skip = UINT64_MAX;
  for (const auto& lane : lanes_) {
    for (const auto& shard : lane->shards()) {
      Meta& meta = shard->meta();
      if (meta.run < state_->run()) {
        meta.run = state_->run();
        meta.judged = meta.position = 0;
        meta.log_time = meta.clock;  // never below the run before
      }
      if (shard->number() == 0) {
        history_.skip_judged = meta.judged;
        history_.skip_asides = meta.position;
      }
      if (meta.position < history_.skip) {
        history_.skip = meta.position;
        log_time_ = meta.log_time;
      }
      if (options_.until.has_value() && *options_.until <= meta.log_time && meta.position == 0 &&
          meta.log_time > 0) {
        return absl::InvalidArgumentError(absl::StrCat("--until ", FormatTime(*options_.until),
                                                       ": the state has come to ",
                                                       FormatTime(meta.log_time), " already"));
      }
    }
    events_resumed_ += lane->totals().engine.events;
  }
  return absl::OkStatus();
}

absl::Status Run::ForEachLane(const std::function<absl::Status(std::size_t)>& task) {
  if (lanes_.size() == 1) return task(0);
  std::vector<absl::Status> statuses(lanes_.size());
  {
    std::vector<std::unique_ptr<runtime::Worker>> workers;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      workers.push_back(
          std::make_unique<runtime::Worker>([&, lane] { statuses[lane] = task(lane); }));
    }
  }
  for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

absl::Status Run::Deliver(Batch& batch, const std::vector<Slot*>& order) {
  for (Slot* slot : order) {
    log_time_ = std::max(log_time_, slot->event().time);
    slot->log_time = log_time_;
    feeds_[static_cast<std::size_t>(slot->partition) % feeds_.size()]->Add(*slot);
  }
  if (!batch.aside.empty()) feeds_.front()->AddAside(std::move(batch.aside));
  for (const auto& feed : feeds_) {
    RETURN_IF_ERROR(feed->EndBatch(batch.judged, batch.position, log_time_));
  }
  return absl::OkStatus();
}

absl::Status Run::ReadAll() {
  History history(*catalog_, history_, progress_);
  Batch batch;
  std::vector<Slot*> order;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, history.Next(&batch, &order));
    RETURN_IF_ERROR(Deliver(batch, order));
    batch.Clear();
  }
  return absl::OkStatus();
}

absl::StatusOr<Summary> Run::Finish() {
  TimeMs clock = -1;
  if (options_.until.has_value()) {
    clock = *options_.until - 1;
  } else if (log_time_ > 0) {
    clock = log_time_ + 1;
  }
  RETURN_IF_ERROR(ForEachLane([&](std::size_t lane) { return feeds_[lane]->End(clock); }));
  if (files_ != nullptr) RETURN_IF_ERROR(files_->Close());
  if (KeepsState()) RETURN_IF_ERROR(FlushAndTrim(&state_->store(), &state_->log()));

  Summary summary(*catalog_);
  ASSIGN_OR_RETURN(const auto customers, CustomerFile::Open(options_.out));
  std::vector<Census> censuses(lanes_.size(), Census(*catalog_));
  RETURN_IF_ERROR(ForEachLane([&](std::size_t lane) {
    return lanes_[lane]->WriteCustomers(customers.get(), &censuses[lane]);
  }));
  RETURN_IF_ERROR(customers->Close());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = *lanes_[i];
    summary.totals.Add(lane.totals());
    if (i > 0) censuses[0].Add(censuses[i]);
    summary.customers_bytes += lane.customers_bytes();
    summary.commits += lane.commits();
    summary.store_loads += lane.loads();
    summary.changelog_bytes += lane.changelog_bytes();
    summary.clock = lane.shards().front()->clock();
  }
  summary.Take(censuses[0]);
  summary.events_resumed = events_resumed_;
  if (!KeepsState()) return summary;
  summary.store_bytes = state_->store().bytes_put();
  summary.written_bytes = state_->store().bytes_written() + state_->log().bytes_written();
  RETURN_IF_ERROR(state_->Finish({summary.customers_digest, summary.customers, summary.overlaps}));
  return summary;
}

// What a finished run said.
absl::StatusOr<Summary> SayAgain(const catalog::Catalog& catalog, StateFolder& state) {
  Summary summary(catalog);
  for (int shard = 0; shard < state.store().shards(); ++shard) {
    std::string bytes;
    ASSIGN_OR_RETURN(const bool found, state.store().Get(shard, state::kMetaKey, &bytes));
    if (!found) return absl::DataLossError("read the finished run: META is missing");
    log::Offset changelog_next = 0;
    std::string_view encoded;
    RETURN_IF_ERROR(SplitStoredMeta(bytes, &changelog_next, &encoded));
    Meta meta(catalog);
    RETURN_IF_ERROR(DecodeMeta(catalog, encoded, &meta));
    summary.totals.Add(meta.totals);
    summary.clock = meta.clock;
  }
  summary.customers = state.end()->customers;
  summary.customers_digest = state.end()->customers_digest;
  summary.overlaps = state.end()->overlaps;
  summary.events_resumed = summary.totals.engine.events;
  return summary;
}

absl::StatusOr<Summary> ReplayOnce(const std::shared_ptr<const catalog::Catalog>& catalog,
                                   const ReplayOptions& options, const ProgressFn& progress,
                                   StateFolder* state) {
  if (state != nullptr && state->end().has_value()) return SayAgain(*catalog, *state);
  Run run(catalog, options, progress);
  RETURN_IF_ERROR(run.Open(state));
  RETURN_IF_ERROR(run.ReadAll());
  return run.Finish();
}

RunWords WordsOf(const catalog::Catalog& catalog, const ReplayOptions& options) {
  RunWords words;
  words.definitions = catalog.version;
  words.shards = options.shards;
  words.order = options.order;
  words.until = options.until;
  words.out = options.out;
  return words;
}

// Reads all inputs to know them again, on a thread of its own: a new state need not wait for it.
class Identification {
 public:
  Identification(RunWords words, const std::vector<std::string>& inputs)
      : words_(std::move(words)), worker_([this, inputs] {
          std::vector<RunWords::Input> found;
          absl::Status status;
          for (const std::string& input : inputs) {
            absl::StatusOr<RunWords::Input> one = IdentifyInput(input);
            status.Update(one.status());
            if (!status.ok()) break;
            found.push_back(*std::move(one));
          }
          words_.inputs = std::move(found);
          status_ = status;
        }) {}
  // Waits for it.
  absl::StatusOr<RunWords> Words() {
    const MutexLock lock(&mutex_);
    worker_.Join();
    RETURN_IF_ERROR(status_);
    return words_;
  }

 private:
  Mutex mutex_;  // one waits at a time
  // The worker's until it is done.
  RunWords words_;
  absl::Status status_;
  runtime::Worker worker_;
};

absl::StatusOr<Summary> ReplayWithState(const std::shared_ptr<const catalog::Catalog>& catalog,
                                        const ReplayOptions& options, const ProgressFn& progress,
                                        const StateFolder::Notice& notice) {
  for (const std::string& input : options.inputs) {
    if (input != "-") continue;
    return absl::InvalidArgumentError(
        "--state: standard input cannot be read again after a crash; give a file");
  }
  const RunWords words = WordsOf(*catalog, options);
  Identification identification(words, options.inputs);
  const TellWords tell_words = [&identification] { return identification.Words(); };
  const Memory memory(options);
  // Each round may set something aside: first the store alone, then all there is.
  constexpr int kRounds = 3;
  for (int round = 1;; ++round) {
    absl::StatusOr<std::unique_ptr<StateFolder>> state =
        StateFolder::Open(options.state, words, tell_words, memory.store, memory.log_buffer);
    absl::Status status = state.status();
    if (status.ok()) {
      absl::StatusOr<Summary> summary = ReplayOnce(catalog, options, progress, state->get());
      if (summary.ok()) return summary;
      status = summary.status();
    }
    if (!absl::IsDataLoss(status) || round == kRounds) return status;
    ASSIGN_OR_RETURN(const RunWords all_words, tell_words());
    RETURN_IF_ERROR(StateFolder::SetAside(state.ok() ? *std::move(state) : nullptr, options.state,
                                          all_words, status, notice));
  }
}

}  // namespace

absl::StatusOr<Summary> Replay(const std::shared_ptr<const catalog::Catalog>& catalog,
                               const ReplayOptions& options, const ProgressFn& progress,
                               const std::function<void(const std::string&)>& notice) {
  const double start = runtime::MonotonicSeconds();
  absl::StatusOr<Summary> summary = options.state.empty()
                                        ? ReplayOnce(catalog, options, progress, nullptr)
                                        : ReplayWithState(catalog, options, progress, notice);
  RETURN_IF_ERROR(summary.status());
  summary->seconds = runtime::MonotonicSeconds() - start;
  summary->peak_memory_bytes = runtime::PeakMemoryBytes();
  return summary;
}

}  // namespace parcours::processor
