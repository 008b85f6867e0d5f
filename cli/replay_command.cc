// parcours replay: a history of events in; transitions, actions, decisions and customers out.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/definitions.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/names.h"
#include "processor/log_replay.h"
#include "processor/replay.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::cli {

namespace {

struct Request {
  std::string definitions, until, format = "table", brokers, application;
  std::uint64_t memory_bytes = 0;
  processor::ReplayOptions options;
};

// One line on the terminal, redrawn a few times a second: how far, how fast, how long still.
class ProgressLine {
 public:
  void Show(const processor::Progress& progress) {
    const double now = runtime::MonotonicSeconds();
    if (now - shown_at_ < 0.2) return;
    shown_at_ = now;
    if (phase_ != progress.phase) {
      phase_ = progress.phase;
      phase_began_ = now;
    }
    const double seconds = now - began_;
    std::string line = absl::StrFormat("%s  %d events, %.0f/s", progress.phase, progress.events,
                                       static_cast<double>(progress.events) / seconds);
    if (progress.total > 0 && progress.done > 0) {
      const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
      const int filled = std::min(30, static_cast<int>(share * 30));
      line = absl::StrFormat("%s  [%s%s] %.0f %%, %.0f s left", line, std::string(filled, '#'),
                             std::string(30 - filled, ' '), share * 100,
                             (now - phase_began_) * (1 - share) / share);
    }
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
  }
  void Clear() {
    if (shown_at_ > 0) std::fprintf(stderr, "\r\033[K");
  }

 private:
  const double began_ = runtime::MonotonicSeconds();
  double shown_at_ = 0, phase_began_ = began_;
  std::string phase_;
};

absl::Status Print(const Request& request, const catalog::Catalog& catalog,
                   const processor::Summary& summary) {
  const std::string text = request.format == "json" ? SummaryJson(catalog, summary) + "\n"
                                                    : SummaryTable(catalog, summary);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return absl::FailedPreconditionError("write standard output: it is closed or full");
  }
  return absl::OkStatus();
}

// What an application's live topics hold, read only.
absl::Status ReplayBrokers(const Request& request,
                           const std::shared_ptr<const catalog::Catalog>& catalog) {
  ASSIGN_OR_RETURN(const auto kafka,
                   log::KafkaShared::Open({.brokers = request.brokers}, request.application));
  processor::LogReplayOptions options;
  ASSIGN_OR_RETURN(options.partitions, kafka->watermarks->Partitions(log::KafkaTopic(
                                           request.application, log::Topic::kEvents)));
  ASSIGN_OR_RETURN(options.dead_letter_partitions,
                   kafka->watermarks->Partitions(
                       log::KafkaTopic(request.application, log::Topic::kDeadLetters)));
  options.memory_bytes =
      request.memory_bytes > 0 ? request.memory_bytes : runtime::MachineMemoryBytes() / 2;
  options.out = request.options.out;
  options.temporary_folder = std::filesystem::temp_directory_path().string();
  log::KafkaReadLog log(kafka.get());
  ASSIGN_OR_RETURN(const processor::Summary summary, processor::ReplayLog(catalog, options, &log));
  return Print(request, *catalog, summary);
}

absl::Status Replay(Request& request, const std::shared_ptr<const catalog::Catalog>& catalog) {
  if (!request.brokers.empty()) return ReplayBrokers(request, catalog);
  if (!request.until.empty()) {
    absl::StatusOr<TimeMs> until = ParseTime(request.until);
    if (!until.ok()) {
      return absl::InvalidArgumentError("--until: " + std::string(until.status().message()));
    }
    request.options.until = *until;
  }
  request.options.temporary_folder = std::filesystem::temp_directory_path().string();
  request.options.memory_bytes =
      request.memory_bytes > 0 ? request.memory_bytes : runtime::MachineMemoryBytes() / 2;
  ProgressLine line;
  processor::ProgressFn show;
  if (runtime::ErrorIsTerminal()) {
    show = [&line](const processor::Progress& progress) { line.Show(progress); };
  }
  const auto notice = [&line](const std::string& words) {
    line.Clear();
    std::fprintf(stderr, "parcours: %s\n", words.c_str());
  };
  absl::StatusOr<processor::Summary> summary =
      processor::Replay(catalog, request.options, show, notice);
  line.Clear();
  RETURN_IF_ERROR(summary.status());
  return Print(request, *catalog, *summary);
}

void Run(Request& request, int* exit_code) {
  if (request.brokers.empty() == request.options.inputs.empty() ||
      request.brokers.empty() != request.application.empty()) {
    *exit_code = kExitUsage;
    std::fputs("parcours: replay: give --input, or --brokers and --application\n", stderr);
    return;
  }
  auto catalog = LoadDefinitions(request.definitions);
  if (catalog == nullptr) {
    *exit_code = kExitInput;
    return;
  }
  if (request.options.lanes > request.options.shards) {
    std::fprintf(stderr, "parcours: --lanes %d: there are only %d shards; raise --shards\n",
                 request.options.lanes, request.options.shards);
    *exit_code = kExitUsage;
    return;
  }
  const absl::Status status = Replay(request, catalog);
  if (!status.ok()) *exit_code = Fail(status);
}

}  // namespace

void AddReplay(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("replay", "Run a history of events through definitions");
  auto request = std::make_shared<Request>();
  command->add_option("--definitions", request->definitions, "Folder of *.yaml")->required();
  CLI::Option* const input = command->add_option(
      "--input", request->options.inputs, "NDJSON files, plain, gzip or zstd; - is standard input");
  CLI::Option* const brokers =
      command
          ->add_option("--brokers", request->brokers,
                       "host:port,...: replay an application's live topics instead, read only")
          ->excludes(input);
  command->add_option("--application", request->application, "Which one: what its topics are named")
      ->needs(brokers);
  const std::map<std::string, processor::Order> orders = {{"sort", processor::Order::kSort},
                                                          {"sorted", processor::Order::kSorted},
                                                          {"arrival", processor::Order::kArrival}};
  command
      ->add_option(
          "--order", request->options.order,
          "sort: put all inputs in order (default); sorted: they are; arrival: as they are")
      ->transform(
          CLI::CheckedTransformer(orders, CLI::ignore_case).description("{sort,sorted,arrival}"));
  command->add_option("--until", request->until,
                      "Stop before this instant (RFC 3339); by default 1 ms after the last event");
  command->add_option("--state", request->options.state,
                      "Folder that keeps what is known, so that a run that was cut off goes on and "
                      "further input may follow");
  command->add_option("--shards", request->options.shards, "Parts that customers are divided into")
      ->check(CLI::Range(1, processor::kShardsMax))
      ->capture_default_str();
  command
      ->add_option("--lanes", request->options.lanes, "Threads that the shards are divided among")
      ->check(CLI::Range(1, processor::kLanesMax))
      ->capture_default_str();
  command->add_option("--commit-every", request->options.commit_events,
                      "Commit after so many events of a lane, beside every 2 s or 64 MB");
  command->add_option("--out", request->options.out, "Folder for the NDJSON files of records");
  command
      ->add_option("--memory", request->memory_bytes,
                   "Bound of what sort, customers and store hold, as 512MB or 4GB; by default half "
                   "the machine's")
      ->transform(CLI::AsSizeValue(false));
  command->add_option("--format", request->format, "How to print the summary")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  // What the log itself says, or what only files have.
  for (const char* name :
       {"--order", "--until", "--state", "--shards", "--lanes", "--commit-every"}) {
    brokers->excludes(command->get_option(name));
  }
  command->callback([request, exit_code] { Run(*request, exit_code); });
}

}  // namespace parcours::cli
