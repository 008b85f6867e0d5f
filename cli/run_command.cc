// parcours run: the processor on Kafka.

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/definitions.h"
#include "cli/kafka_settings.h"
#include "cli/live_process.h"
#include "runtime/process.h"

namespace parcours::cli {

namespace {

int Run(const ConfigRequest& request) {
  const absl::StatusOr<RunConfig> config = LoadRunConfig(request.config, request.sets);
  if (!config.ok()) return Fail(config.status());
  auto catalog = LoadDefinitions(config->definitions);
  if (catalog == nullptr) return kExitInput;
  runtime::CatchStopSignals();
  const absl::Status status = RunLive(*config, std::move(catalog));
  if (status.ok()) return 0;
  Fail(status);
  return kExitMachine;
}

}  // namespace

void AddRun(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("run", "Process events on Kafka until told to stop");
  auto request = std::make_shared<ConfigRequest>();
  AddConfig(*command, request.get());
  command->callback([request, exit_code] { *exit_code = Run(*request); });
}

}  // namespace parcours::cli
