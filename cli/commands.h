// Commands: what `parcours` can be told to do. Wiring only; the work lies in the rooms below.
//
// Each adds its subcommand to the command line; when it is chosen it runs and leaves its exit code.
// Exit codes: 0 done; 1 the definitions, the expression or the input is wrong; 2 the command line
// is wrong; 3 the machine let us down (a full disk, a folder that is damaged or cannot be written).
#pragma once

#include "absl/status/status.h"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace parcours::cli {

inline constexpr char kVersion[] = "0.1.0";
inline constexpr int kExitInput = 1, kExitUsage = 2, kExitMachine = 3;

void AddReplay(CLI::App& app, int* exit_code);
void AddValidate(CLI::App& app, int* exit_code);
void AddEval(CLI::App& app, int* exit_code);
void AddDemo(CLI::App& app, int* exit_code);
void AddGenerate(CLI::App& app, int* exit_code);
void AddState(CLI::App& app, int* exit_code);
void AddRun(CLI::App& app, int* exit_code);
void AddTopics(CLI::App& app, int* exit_code);
void AddProduce(CLI::App& app, int* exit_code);
void AddTail(CLI::App& app, int* exit_code);
void AddVersion(CLI::App& app, int* exit_code);

// Prints the status's message to standard error and gives the exit code for it.
int Fail(const absl::Status& status);

}  // namespace parcours::cli
