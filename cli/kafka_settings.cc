#include "cli/kafka_settings.h"

#include <CLI/CLI.hpp>

namespace parcours::cli {

void AddConfig(CLI::App& command, ConfigRequest* request) {
  command.add_option("--config", request->config, "The configuration, a YAML file")->required();
  command.add_option("--set", request->sets,
                     "key=value, instead of what the file says; kafka.NAME for librdkafka's");
}

log::KafkaSettings SettingsOf(const RunConfig& config) {
  return {.brokers = config.brokers, .properties = config.kafka};
}

}  // namespace parcours::cli
