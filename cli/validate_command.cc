// parcours validate DIR: checks definitions and prints every mistake and every warning.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/definitions.h"

namespace parcours::cli {

void AddValidate(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("validate", "Check a folder of definitions");
  auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "Folder of *.yaml")->required();
  command->callback([folder, exit_code] {
    const auto catalog = LoadDefinitions(*folder, true);
    if (catalog == nullptr) {
      *exit_code = kExitInput;
      return;
    }
    std::size_t segments = 0;
    for (const auto& segmentation : catalog->segmentations)
      segments += segmentation.segments.size();
    std::printf(
        "%s: %zu events, %zu attributes, %zu features, %zu segmentations with %zu segments, "
        "%zu journeys; version %s\n",
        folder->c_str(), catalog->events.size(), catalog->attributes.size(),
        catalog->features.size(), catalog->segmentations.size(), segments, catalog->journeys.size(),
        catalog->version.c_str());
  });
}

}  // namespace parcours::cli
