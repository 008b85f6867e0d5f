// kafka_load: fills the topics of an application, sends to them at a pace, compares what came out.

#include "bench/kafka/load.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "runtime/process.h"

namespace parcours::bench {

void AddTarget(CLI::App& command, Target* target) {
  command.add_option("--brokers", target->brokers, "host:port, several with commas")->required();
  command.add_option("--application", target->application, "What its topics are named after")
      ->required();
}

void AddCrowd(CLI::App& command, cli::RetailerOptions* retailer) {
  command.add_option("--customers", retailer->customers, "How many")
      ->capture_default_str()
      ->check(CLI::Range(1u, 100'000'000u));
  command.add_option("--zipf", retailer->zipf, "Exponent of the Zipf law")->capture_default_str();
  command.add_option("--seed", retailer->seed, "Seed")->capture_default_str();
}

int ExitCode(const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "kafka_load: %s\n", std::string(status.message()).c_str());
  return 1;
}

void Print(const char* name, std::uint64_t value, const char* unit) {
  std::printf("%s %llu %s\n", name, static_cast<unsigned long long>(value), unit);
}

void Print(const char* name, double value, const char* unit) {
  std::printf("%s %.3f %s\n", name, value, unit);
}

}  // namespace parcours::bench

int main(int argc, char** argv) {
  CLI::App app("Load for the benches on Kafka", "kafka_load");
  app.require_subcommand(1);
  int exit_code = 0;
  parcours::bench::AddFill(app, &exit_code);
  parcours::bench::AddMass(app, &exit_code);
  parcours::bench::AddPace(app, &exit_code);
  parcours::bench::AddCompare(app, &exit_code);
  parcours::runtime::CatchStopSignals();
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
