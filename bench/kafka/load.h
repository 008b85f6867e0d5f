// kafka_load: what it can be told to do, and what its commands have in common.
//
// Each command adds itself to the command line; when it is chosen it runs and leaves its exit code.
// What it found it prints as lines `name value unit`.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/time.h"
#include "cli/retailer.h"
#include "log/kafka/client.h"

namespace CLI {
class App;
}

namespace parcours::bench {

// Which topics, on which brokers.
struct Target {
  std::string brokers, application;
  log::KafkaSettings Settings() const { return {.brokers = brokers}; }
};
void AddTarget(CLI::App& command, Target* target);
// Which customers there are, and how they are drawn.
void AddCrowd(CLI::App& command, cli::RetailerOptions* retailer);

void AddFill(CLI::App& app, int* exit_code);
void AddMass(CLI::App& app, int* exit_code);
void AddPace(CLI::App& app, int* exit_code);
void AddCompare(CLI::App& app, int* exit_code);

// 0, or 1 after the sentence is said on standard error.
int ExitCode(const absl::Status& status);

void Print(const char* name, std::uint64_t value, const char* unit);
void Print(const char* name, double value, const char* unit);

}  // namespace parcours::bench
