// parcours version: what this binary is.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/calendar.h"
#include "cli/commands.h"

namespace parcours::cli {

void AddVersion(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "As one JSON object");
  command->callback([json, exit_code] {
    const std::string zones = TimeZoneDataVersion();
    std::printf(*json ? "{\"version\":\"%s\",\"compiler\":\"%s\",\"time_zone_data\":\"%s\"}\n"
                      : "parcours %s (%s), time zone data %s\n",
                kVersion, __VERSION__, zones.c_str());
    *exit_code = 0;
  });
}

}  // namespace parcours::cli
