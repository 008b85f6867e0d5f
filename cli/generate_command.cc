// parcours generate: a made-up retailer's history, to try and to measure with.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/retailer.h"
#include "log/output_file.h"

namespace parcours::cli {

namespace {

absl::Status Generate(const RetailerOptions& options, const std::string& path) {
  ASSIGN_OR_RETURN(auto file, log::OutputFile::Create(path));
  Retailer retailer(options);
  std::string line;
  while (file->status().ok() && retailer.Next(&line)) file->WriteLine(line);
  return file->Close();
}

}  // namespace

void AddGenerate(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("generate", "Write a made-up retailer's history");
  auto options = std::make_shared<RetailerOptions>();
  auto path = std::make_shared<std::string>("/dev/stdout");
  auto days = std::make_shared<int>(180);
  command->add_option("--events", options->events, "How many events")->capture_default_str();
  command->add_option("--customers", options->customers, "How many customers")
      ->capture_default_str()
      ->check(CLI::Range(1u, 100'000'000u));
  command->add_option("--days", *days, "Over how many days")
      ->capture_default_str()
      ->check(CLI::Range(1, 36'500));
  command->add_option("--zipf", options->zipf, "Exponent of the Zipf law")->capture_default_str();
  command->add_option("--seed", options->seed, "Seed")->capture_default_str();
  command->add_option("--output", *path, "File to write")->capture_default_str();
  command->callback([options, path, days, exit_code] {
    options->span = *days * kDayMs;
    const absl::Status status = Generate(*options, *path);
    if (!status.ok()) *exit_code = Fail(status);
  });
}

}  // namespace parcours::cli
