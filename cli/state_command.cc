// parcours state DIR: what lies in a state folder, and whether it is whole.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "processor/state_report.h"

namespace parcours::cli {

namespace {

struct Request {
  std::string folder, format = "table";
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
  command->callback([request, exit_code] { *exit_code = Show(*request); });
}

}  // namespace parcours::cli
