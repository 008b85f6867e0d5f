#include "cli/live_process.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/kafka_settings.h"
#include "cli/live_metrics.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topics.h"
#include "log/output_file.h"
#include "processor/live_lane.h"
#include "runtime/clock.h"
#include "runtime/health.h"
#include "runtime/http.h"
#include "runtime/journal.h"
#include "runtime/metrics.h"
#include "runtime/process.h"
#include "runtime/worker.h"

namespace parcours::cli {

namespace {

namespace fs = std::filesystem;
using runtime::Journal;

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr int kRebuildsMax = 3;
constexpr double kFlushSeconds = 60, kLookSeconds = 1, kAskBrokerSeconds = 1;
constexpr int kSyslogWarning = 4;

// How the memory is shared out.
struct Memory {
  explicit Memory(const RunConfig& config) {
    constexpr std::size_t kProgram = 64 * kMiB;       // code, definitions, metrics
    constexpr std::size_t kHandlesALane = 64 * kMiB;  // what librdkafka has on its way out
    // What waits to be read is held with as much again beside it.
    constexpr std::size_t kHeldForAByteRead = 2;
    const std::size_t all = config.memory_bytes,
                      lane_count = static_cast<std::size_t>(config.lanes);
    store = std::clamp(all / 8, 16 * kMiB, 512 * kMiB);
    commit = std::clamp(all / 64 / lane_count, 2 * kMiB, 32 * kMiB);
    queue = std::clamp(all / 32 / lane_count, 8 * kMiB, 64 * kMiB);
    // What the heap keeps free, in gaps and for what comes next (runtime::KeepMemoryTight).
    const std::size_t gaps = 64 * kMiB + all / 16;
    const std::size_t lane_takes = kHandlesALane + kHeldForAByteRead * queue + 3 * commit;
    const std::size_t taken = kProgram + gaps + store + lane_count * lane_takes;
    lane = std::max(all - std::min(all, taken), all / 4) / lane_count;
  }
  // Of each partition that a lane reads when it has as many as the others.
  std::size_t QueueOf(int partitions, int lanes) const {
    const auto each = static_cast<std::size_t>(std::max(1, partitions / lanes));
    return std::clamp(queue / each, kMiB, 16 * kMiB);
  }
  std::size_t store, queue, commit, lane;
};

class Process {
 public:
  Process(const RunConfig& config, std::shared_ptr<const catalog::Catalog> catalog)
      : config_(config),
        catalog_(std::move(catalog)),
        memory_(config),
        journal_({.format = config.log}),
        health_(config.lanes, runtime::MonotonicSeconds()),
        metrics_(config.lanes, BuildOf()) {}

  absl::Status Run();

 private:
  absl::Status Serve();
  // Waits for the brokers, then looks whether the topics are as they must be.
  absl::Status WaitForTopics();
  absl::Status OpenStore();
  absl::Status SetStoreAside(const absl::Status& why);
  // Until something ends it.
  absl::Status RunLanes();
  void RunLane(int number);
  absl::Status FollowLane(int number);
  void Fail(const absl::Status& status);
  bool Ended() const { return failed_.load() || runtime::StopAsked(); }
  std::string StoreFolder() const { return config_.data + "/store"; }

  const RunConfig& config_;
  const std::shared_ptr<const catalog::Catalog> catalog_;
  const Memory memory_;
  Journal journal_;
  runtime::Health health_;
  runtime::Metrics metrics_;
  std::unique_ptr<runtime::HttpServer> http_;
  std::unique_ptr<log::KafkaShared> kafka_;
  std::unique_ptr<runtime::CrashSlots> crash_slots_;
  std::unique_ptr<state::Store> store_;
  int shards_ = 0;
  TimeMs tombstone_ms_ = 0;  // how long the changelog keeps what says that a key is gone
  std::atomic<bool> failed_ = false;
  Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // of the lane that failed first
};

void Process::Fail(const absl::Status& status) {
  const MutexLock lock(&mutex_);
  status_.Update(status);
  failed_ = true;
}

absl::Status Process::Serve() {
  const auto answer = [this](std::string_view path) -> runtime::HttpResponse {
    if (path == "/healthz") return health_.Healthz(runtime::MonotonicSeconds());
    if (path == "/readyz") return health_.Readyz();
    if (path == "/metrics") return {200, runtime::kMetricsContentType, metrics_.Text()};
    return {404, "text/plain; charset=utf-8", "there are /healthz, /readyz and /metrics\n"};
  };
  ASSIGN_OR_RETURN(http_,
                   runtime::HttpServer::Start(config_.http_address, config_.http_port, answer));
  journal_.Info("http", "listening", {{"address", config_.http_address}, {"port", http_->port()}});
  return absl::OkStatus();
}

absl::Status Process::WaitForTopics() {
  const std::vector<log::TopicWish> wishes = log::WishedTopics(config_.application);
  for (;;) {
    const auto states = log::LookAtTopics(kafka_->settings, wishes);
    for (int lane = 0; lane < config_.lanes; ++lane) {
      health_.Beat(lane, runtime::MonotonicSeconds());
      health_.SetReady(lane, false, "no broker answers");
    }
    if (states.ok()) {
      const std::vector<std::string> faults = log::FaultsOf(wishes, *states);
      shards_ = states->front().partitions;
      tombstone_ms_ = log::TombstoneMs(*states, config_.application);
      std::string all;
      for (const std::string& fault : faults) absl::StrAppend(&all, all.empty() ? "" : "; ", fault);
      if (all.empty()) return absl::OkStatus();
      return absl::FailedPreconditionError(
          absl::StrCat(all, ": `parcours topics plan` says what to do"));
    }
    if (!absl::IsUnavailable(states.status())) return states.status();
    journal_.Warning("kafka", "waiting for a broker",
                     {{"reason", std::string(states.status().message())}});
    if (!runtime::WaitUntil(runtime::MonotonicSeconds() + kAskBrokerSeconds)) {
      return absl::CancelledError("stopped");
    }
  }
}

absl::Status Process::OpenStore() {
  state::StoreOptions options;
  options.folder = StoreFolder();
  options.shards = shards_;
  options.memory_bytes = memory_.store;
  ASSIGN_OR_RETURN(store_, state::Store::Open(options));
  return absl::OkStatus();
}

absl::Status Process::SetStoreAside(const absl::Status& why) {
  store_ = nullptr;
  std::error_code error;
  for (int i = 1;; ++i) {
    const std::string aside = absl::StrCat(StoreFolder(), ".damaged-", i);
    if (fs::exists(aside, error)) continue;
    fs::rename(StoreFolder(), aside, error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat("set aside ", StoreFolder(), ": ", error.message()));
    }
    journal_.Error("store", "damaged, set aside, made again from the changelog",
                   {{"reason", std::string(why.message())}, {"folder", aside}});
    return absl::OkStatus();
  }
}

absl::Status Process::FollowLane(int number) {
  const std::string member = absl::StrCat(config_.instance, "-", number);
  ASSIGN_OR_RETURN(const auto log, log::KafkaLog::Open(kafka_.get(), member,
                                                       memory_.QueueOf(shards_, config_.lanes)));
  processor::LaneOptions options;
  options.partitions = shards_;
  options.memory_bytes = memory_.lane;
  options.commit_bytes = memory_.commit;
  options.commit_seconds = 1e9;  // the follower knows when
  options.slice_records = 4096;
  options.stale_ms = tombstone_ms_ / 2;
  options.headers = true;
  options.encoding = config_.outputs == RunConfig::Outputs::kProtobuf
                         ? processor::Encoding::kProtobuf
                         : processor::Encoding::kJson;
  options.crash_slots = crash_slots_.get();
  options.number = number;
  const auto tell = [this, number](processor::LiveLane::Notice notice, const std::string& what) {
    journal_.Write(notice == processor::LiveLane::Notice::kInfo ? Journal::Level::kInfo
                                                                : Journal::Level::kWarning,
                   "lane", what, {{"lane", number}});
  };
  TimedLog timed(log.get(), &metrics_.lane(number).commit);
  processor::LiveLane lane(catalog_, options, &timed, &log->group(), store_.get(), tell);
  LaneWatch watch(*catalog_, &metrics_, number, &lane, log.get());
  double looked_s = 0;
  absl::Status status;
  while (status.ok() && !Ended()) {
    const double now_s = runtime::MonotonicSeconds();
    health_.Beat(number, now_s);
    status = lane.Round(now_s, runtime::WallTime());
    health_.SetReady(number, lane.ready(), lane.owned() > 0 ? "restoring" : "joining");
    watch.Round(now_s, runtime::MonotonicSeconds());
    if (now_s - looked_s < kLookSeconds) continue;
    looked_s = now_s;
    watch.Publish();
  }
  if (!status.ok()) return status;
  return lane.Stop(runtime::MonotonicSeconds(), config_.leave);
}

void Process::RunLane(int number) {
  const absl::Status status = FollowLane(number);
  if (!status.ok()) Fail(status);
}

absl::Status Process::RunLanes() {
  failed_ = false;
  {
    const MutexLock lock(&mutex_);
    status_ = absl::OkStatus();
  }
  std::vector<std::unique_ptr<runtime::Worker>> workers;
  for (int lane = 0; lane < config_.lanes; ++lane) {
    workers.push_back(std::make_unique<runtime::Worker>(absl::StrCat("lane-", lane),
                                                        [this, lane] { RunLane(lane); }));
  }
  double flushed_s = runtime::MonotonicSeconds();
  while (!Ended()) {
    const double now_s = runtime::MonotonicSeconds();
    if (now_s - flushed_s >= kFlushSeconds) {
      flushed_s = now_s;
      const absl::Status flushed = store_->Flush();
      if (!flushed.ok()) {
        journal_.Warning("store", "flush", {{"reason", std::string(flushed.message())}});
      }
    }
    PublishStore(*store_, &metrics_);
    journal_.Flush();
    runtime::WaitUntil(now_s + kLookSeconds);
  }
  workers.clear();
  const absl::Status flushed = store_->Flush();
  const MutexLock lock(&mutex_);
  return status_.ok() ? flushed : status_;
}

absl::Status Process::Run() {
  RETURN_IF_ERROR(Serve());
  log::KafkaSettings settings = SettingsOf(config_);
  settings.journal = [this](int level, std::string_view text) {
    journal_.Write(level <= kSyslogWarning ? Journal::Level::kWarning : Journal::Level::kInfo,
                   "kafka", text);
  };
  const std::string faults = log::KnownFaults();
  if (!faults.empty()) journal_.Warning("kafka", faults);
  ASSIGN_OR_RETURN(kafka_, log::KafkaShared::Open(settings, config_.application));
  RETURN_IF_ERROR(log::CreateFolder(config_.data));
  ASSIGN_OR_RETURN(crash_slots_, runtime::CrashSlots::Open(config_.data + "/crashes"));
  const absl::Status topics = WaitForTopics();
  if (absl::IsCancelled(topics)) return absl::OkStatus();
  RETURN_IF_ERROR(topics);
  if (config_.lanes > shards_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "lanes: ", config_.lanes, " are more than the ", shards_, " shards there are"));
  }
  journal_.Info("run", "starting",
                {{"application", config_.application},
                 {"instance", config_.instance},
                 {"definitions", catalog_->version},
                 {"shards", shards_},
                 {"lanes", config_.lanes}});
  for (int rebuilds = 0;; ++rebuilds) {
    absl::Status status = OpenStore();
    if (status.ok()) status = RunLanes();
    if (!absl::IsDataLoss(status) || rebuilds == kRebuildsMax) {
      store_ = nullptr;
      if (status.ok()) journal_.Info("run", "stopped");
      return status;
    }
    RETURN_IF_ERROR(SetStoreAside(status));
  }
}

}  // namespace

absl::Status RunLive(const RunConfig& config, std::shared_ptr<const catalog::Catalog> catalog) {
  Process process(config, std::move(catalog));
  return process.Run();
}

}  // namespace parcours::cli
