// parcours demo: a made-up retailer, its clock sped up, told in words as it happens.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/definitions.h"
#include "cli/narrator.h"
#include "cli/retailer.h"
#include "log/local_log.h"
#include "processor/follower.h"
#include "processor/summary.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::cli {

namespace {

struct Request {
  std::string definitions = "config";
  double seconds = 60;
  double days_per_second = 2;
  std::uint64_t seed = 1;
};

constexpr double kEventsPerDay = 8;
constexpr double kRoundsPerSecond = 20;
constexpr int kShards = 4;

// The made-up shop on an embedded log of its own: events and ticks go in as records, a lane
// follows.
class Demo {
 public:
  Demo(std::shared_ptr<const catalog::Catalog> catalog, const Request& request)
      : request_(request),
        catalog_(std::move(catalog)),
        narrator_(*catalog_, runtime::OutputIsTerminal()),
        options_(RetailOptions(request)),
        retailer_(options_) {}

  absl::Status Open(const std::string& folder);
  absl::Status Play();
  absl::StatusOr<processor::Summary> Finish();

 private:
  static RetailerOptions RetailOptions(const Request& request) {
    const double days = std::max(1.0, request.seconds * request.days_per_second);
    return {.seed = request.seed,
            .events = static_cast<std::uint64_t>(days * kEventsPerDay),
            .customers = 400,
            .zipf = 0.4,
            .span = static_cast<TimeMs>(days * static_cast<double>(kDayMs))};
  }
  TimeMs StoryTime(double seconds) const {
    return options_.start +
           static_cast<TimeMs>(seconds * request_.days_per_second * static_cast<double>(kDayMs));
  }
  absl::Status AppendNext();
  // Follows the log until nothing is left to do, commits, and tells what happened.
  absl::Status Follow();
  void Hear(const engine::Effects& effects);

  const Request request_;
  const std::shared_ptr<const catalog::Catalog> catalog_;
  const Narrator narrator_;
  const RetailerOptions options_;
  Retailer retailer_;
  std::unique_ptr<log::LocalLog> log_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<processor::Lane> lane_;
  std::unique_ptr<processor::Follower> follower_;
  std::vector<std::string> heard_;  // not yet committed, so not yet told
  std::string line_;
};

absl::Status Demo::Open(const std::string& folder) {
  log::LocalLogOptions log_options;
  log_options.folder = folder + "/log";
  ASSIGN_OR_RETURN(log_, log::LocalLog::Open(log_options));
  state::StoreOptions store_options;
  store_options.folder = folder + "/store";
  store_options.shards = kShards;
  ASSIGN_OR_RETURN(store_, state::Store::Open(store_options));
  processor::LaneOptions lane;
  for (int shard = 0; shard < kShards; ++shard) lane.shards.push_back(shard);
  lane.partitions = kShards;
  lane.watch = [this](const engine::Effects& effects) { Hear(effects); };
  lane_ = std::make_unique<processor::Lane>(catalog_, lane, log_.get(), nullptr, nullptr);
  RETURN_IF_ERROR(lane_->Restore(store_.get()));
  follower_ = std::make_unique<processor::Follower>(*catalog_, lane_.get(), log_.get(),
                                                    processor::FollowerOptions{});
  return follower_->Start();
}

void Demo::Hear(const engine::Effects& effects) {
  for (const auto& transition : effects.transitions) heard_.push_back(narrator_.Tell(transition));
  for (const auto& action : effects.actions) heard_.push_back(narrator_.Tell(action));
  for (const auto& decision : effects.decisions) {
    std::string words = narrator_.Tell(decision);
    if (!words.empty()) heard_.push_back(std::move(words));
  }
}

absl::Status Demo::AppendNext() {
  const TimeMs now = retailer_.NextTime();
  retailer_.Next(&line_);
  log::Batch batch;
  batch.Add(retailer_.customer(), line_);
  const int partition = PartitionOf(retailer_.customer(), kShards);
  return log_->Append(log::Topic::kEvents, partition, batch, now);
}

absl::Status Demo::Follow() {
  for (bool busy = true; busy;) {
    ASSIGN_OR_RETURN(busy, follower_->Round(runtime::MonotonicSeconds()));
  }
  RETURN_IF_ERROR(follower_->Commit(runtime::MonotonicSeconds()));
  for (const std::string& words : heard_) std::printf("%s\n", words.c_str());
  heard_.clear();
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status Demo::Play() {
  const double began = runtime::MonotonicSeconds();
  for (double at = 0;; at += 1 / kRoundsPerSecond) {
    if (at > request_.seconds || !runtime::WaitUntil(began + at)) return absl::OkStatus();
    const TimeMs story = StoryTime(at);
    while (retailer_.NextTime() <= story && retailer_.NextTime() < options_.start + options_.span) {
      // What was due before the event comes first, as it would at its own pace.
      RETURN_IF_ERROR(follower_->Tick(retailer_.NextTime()));
      RETURN_IF_ERROR(AppendNext());
      RETURN_IF_ERROR(Follow());
    }
    RETURN_IF_ERROR(follower_->Tick(story));
    RETURN_IF_ERROR(Follow());
  }
}

absl::StatusOr<processor::Summary> Demo::Finish() {
  RETURN_IF_ERROR(lane_->WriteBackAll());
  processor::Summary summary(*catalog_);
  ASSIGN_OR_RETURN(const auto no_file, processor::CustomerFile::Open(""));
  processor::Census census(*catalog_);
  RETURN_IF_ERROR(lane_->WriteCustomers(no_file.get(), &census));
  summary.Take(census);
  summary.totals = lane_->totals();
  for (const auto& shard : lane_->shards()) summary.clock = std::max(summary.clock, shard->clock());
  summary.peak_memory_bytes = runtime::PeakMemoryBytes();
  return summary;
}

absl::Status PlayIn(const std::string& folder, const Request& request,
                    const std::shared_ptr<const catalog::Catalog>& catalog) {
  runtime::CatchStopSignals();
  const double began = runtime::MonotonicSeconds();
  Demo demo(catalog, request);
  RETURN_IF_ERROR(demo.Open(folder));
  RETURN_IF_ERROR(demo.Play());
  ASSIGN_OR_RETURN(processor::Summary summary, demo.Finish());
  summary.seconds = runtime::MonotonicSeconds() - began;
  std::printf("%s", SummaryTable(*catalog, summary).c_str());
  return absl::OkStatus();
}

absl::Status Play(const Request& request, const std::shared_ptr<const catalog::Catalog>& catalog) {
  ASSIGN_OR_RETURN(const std::string folder,
                   runtime::MakeTemporaryFolder(std::filesystem::temp_directory_path().string()));
  const absl::Status status = PlayIn(folder, request, catalog);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return status;
}

}  // namespace

void AddDemo(CLI::App& app, int* exit_code) {
  CLI::App* command =
      app.add_subcommand("demo", "Watch a made-up retailer's customers move, its clock sped up");
  auto request = std::make_shared<Request>();
  command->add_option("--definitions", request->definitions, "Folder of *.yaml")
      ->capture_default_str();
  command->add_option("--for", request->seconds, "How long, as 30s")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}},
                                CLI::AsNumberWithUnit::UNIT_OPTIONAL, "LENGTH"))
      ->check(CLI::Range(0.0, 86'400.0))
      ->default_str("60s");
  command->add_option("--speed", request->days_per_second, "Days a second")
      ->check(CLI::Range(0.001, 365.0))
      ->capture_default_str();
  command->add_option("--seed", request->seed, "Seed")->capture_default_str();
  command->callback([request, exit_code] {
    const auto catalog = LoadDefinitions(request->definitions);
    if (catalog == nullptr) {
      *exit_code = kExitInput;
      return;
    }
    const absl::Status status = Play(*request, catalog);
    if (!status.ok()) *exit_code = Fail(status);
  });
}

}  // namespace parcours::cli
