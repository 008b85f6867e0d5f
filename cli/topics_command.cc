// parcours topics plan | apply: the topics of an application as they are, and as they must be.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/kafka_settings.h"
#include "cli/run_config.h"
#include "log/kafka/topics.h"
#include "runtime/clock.h"

namespace parcours::cli {

namespace {

struct Request {
  ConfigRequest config;
  int partitions = 0, replication = 0;
};

// What was made is not seen by every broker at once.
absl::Status WaitUntilSeen(const log::KafkaSettings& settings,
                           const std::vector<log::TopicWish>& wishes, int partitions,
                           int replication) {
  constexpr int kLooks = 50;
  constexpr double kLookSeconds = 0.2;
  for (int i = 0; i < kLooks; ++i) {
    ASSIGN_OR_RETURN(const auto states, log::LookAtTopics(settings, wishes));
    if (log::PlanTopics(wishes, states, partitions, replication).empty()) return absl::OkStatus();
    runtime::WaitUntil(runtime::MonotonicSeconds() + kLookSeconds);
  }
  return absl::UnavailableError("apply: it was done, but the brokers do not show it yet");
}

int Go(const Request& request, bool apply) {
  const absl::StatusOr<RunConfig> config =
      LoadRunConfig(request.config.config, request.config.sets);
  if (!config.ok()) return Fail(config.status());
  const log::KafkaSettings settings = SettingsOf(*config);
  const std::vector<log::TopicWish> wishes = log::WishedTopics(config->application);
  const auto states = log::LookAtTopics(settings, wishes);
  if (!states.ok()) return Fail(states.status());
  // An application that is there keeps its number of shards, unless one asks for another.
  int partitions = request.partitions, replication = request.replication;
  if (partitions == 0 && states->front().exists) partitions = states->front().partitions;
  if (partitions == 0) partitions = 48;
  if (replication == 0 && states->front().exists) replication = states->front().replication;
  if (replication == 0) replication = 3;
  for (const log::TopicState& state : *states) {
    if (!state.exists) {
      std::printf("%s: missing\n", state.name.c_str());
      continue;
    }
    std::printf("%s: %d partitions, replication %d", state.name.c_str(), state.partitions,
                state.replication);
    for (const auto& [name, value] : state.settings) {
      std::printf(", %s=%s", name.c_str(), value.c_str());
    }
    std::printf("\n");
  }
  int impossible = 0;
  const auto steps = log::PlanTopics(wishes, *states, partitions, replication);
  for (const log::TopicStep& step : steps) {
    const bool can = step.kind != log::TopicStep::Kind::kCannot;
    std::printf("%s %s: %s\n", can ? (apply ? "do" : "would do") : "cannot mend",
                step.topic.c_str(), step.text.c_str());
    impossible += can ? 0 : 1;
    if (!apply || !can) continue;
    const absl::Status status = log::ApplyStep(settings, step);
    if (!status.ok()) return Fail(status);
  }
  if (steps.empty()) std::printf("all topics are as they must be\n");
  if (apply && impossible == 0) {
    const absl::Status seen = WaitUntilSeen(settings, wishes, partitions, replication);
    if (!seen.ok()) return Fail(seen);
  }
  return impossible > 0 ? kExitMachine : 0;
}

}  // namespace

void AddTopics(CLI::App& app, int* exit_code) {
  CLI::App* topics = app.add_subcommand("topics", "Look at, and make, an application's topics");
  topics->require_subcommand(1);
  for (const bool apply : {false, true}) {
    auto request = std::make_shared<Request>();
    CLI::App* command = topics->add_subcommand(
        apply ? "apply" : "plan",
        apply ? "Make what is missing and set what is wrong" : "Say what apply would do");
    AddConfig(*command, &request->config);
    command
        ->add_option("--partitions", request->partitions,
                     "Shards, for ever; of a new application 48 by default")
        ->check(CLI::Range(1, 1024));
    command->add_option("--replication", request->replication, "Of new topics; 3 by default")
        ->check(CLI::Range(1, 16));
    command->callback([request, exit_code, apply] { *exit_code = Go(*request, apply); });
  }
}

}  // namespace parcours::cli
