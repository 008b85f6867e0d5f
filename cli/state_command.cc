// parcours state DIR: what lies in a state folder, and whether it is whole.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/status_macros.h"
#include "cli/commands.h"
#include "log/kafka/kafka_log.h"
#include "processor/fold_check.h"
#include "processor/state_report.h"
#include "state/store/store.h"

namespace parcours::cli {

namespace {

struct Request {
  std::string folder, format = "table", brokers, application;
  bool check = false;
};

int Show(const Request& request) {
  const auto report = processor::ReportState(request.folder, request.check);
  if (!report.ok()) return Fail(report.status());
  const std::string text = request.format == "json" ? processor::StateJson(*report) + "\n"
                                                    : processor::StateTable(*report);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Fail(absl::FailedPreconditionError("write standard output: it is closed or full"));
  }
  return report->damage_count == 0 ? 0 : kExitMachine;
}

// The store of `parcours run`, against the changelog it follows.
absl::Status CheckAgainst(const Request& request) {
  const std::string folder = request.folder + "/store";
  ASSIGN_OR_RETURN(const int shards, state::ShardsOfStore(folder));
  if (shards == 0) {
    return absl::InvalidArgumentError("open state " + request.folder + ": no store lies there");
  }
  state::StoreOptions options;
  options.folder = folder;
  options.shards = shards;
  options.read_only = true;
  ASSIGN_OR_RETURN(const auto store, state::Store::Open(options));
  if (request.check) RETURN_IF_ERROR(store->Check());
  ASSIGN_OR_RETURN(const auto kafka,
                   log::KafkaShared::Open({.brokers = request.brokers}, request.application));
  log::KafkaReadLog log(kafka.get());
  for (int shard = 0; shard < shards; ++shard) {
    ASSIGN_OR_RETURN(const processor::FoldCount count,
                     processor::CheckFold(store.get(), &log, shard));
    if (!count.stored) continue;
    std::printf("shard %d: %llu keys, as the changelog has them; %lld records still to be read\n",
                shard, static_cast<unsigned long long>(count.keys),
                static_cast<long long>(count.tail));
  }
  return absl::OkStatus();
}

}  // namespace

void AddState(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("state", "Look into the folder of replay --state");
  auto request = std::make_shared<Request>();
  command->add_option("DIR", request->folder, "The folder")->required();
  command->add_flag("--check", request->check,
                    "Read everything, count it, and see whether it is whole");
  command->add_option("--format", request->format, "How to print it")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  CLI::Option* const brokers = command->add_option(
      "--brokers", request->brokers,
      "host:port,...: of the data folder of `run`, compare the store with the live changelog");
  command->add_option("--application", request->application, "Which one: what its topics are named")
      ->needs(brokers);
  brokers->needs("--application");
  brokers->excludes("--format");
  command->callback([request, exit_code] {
    if (request->brokers.empty()) {
      *exit_code = Show(*request);
    } else {
      const absl::Status status = CheckAgainst(*request);
      *exit_code = status.ok() ? 0 : Fail(status);
    }
  });
}

}  // namespace parcours::cli
