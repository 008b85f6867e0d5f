// What the commands that speak to Kafka have in common.
#pragma once

#include <string>
#include <vector>

#include "cli/run_config.h"
#include "log/kafka/client.h"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace parcours::cli {

// --config and --set, as every such command takes them.
struct ConfigRequest {
  std::string config;
  std::vector<std::string> sets;
};
void AddConfig(CLI::App& command, ConfigRequest* request);

// The settings for librdkafka; without a journal.
log::KafkaSettings SettingsOf(const RunConfig& config);

}  // namespace parcours::cli
