// parcours: the command line.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "runtime/process.h"

namespace parcours::cli {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "parcours: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitInput : kExitMachine;
}

}  // namespace parcours::cli

int main(int argc, char** argv) {
  parcours::runtime::KeepMemoryTight();
  CLI::App app("Parcours: a real-time event-stream processor for retailers", "parcours");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  int exit_code = 0;
  parcours::cli::AddDemo(app, &exit_code);
  parcours::cli::AddReplay(app, &exit_code);
  parcours::cli::AddState(app, &exit_code);
  parcours::cli::AddRun(app, &exit_code);
  parcours::cli::AddTopics(app, &exit_code);
  parcours::cli::AddProduce(app, &exit_code);
  parcours::cli::AddTail(app, &exit_code);
  parcours::cli::AddValidate(app, &exit_code);
  parcours::cli::AddEval(app, &exit_code);
  parcours::cli::AddGenerate(app, &exit_code);
  parcours::cli::AddVersion(app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help
    app.exit(error);
    return asked ? 0 : parcours::cli::kExitUsage;
  }
  return exit_code;
}
