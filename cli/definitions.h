// Definitions, as the commands load them.
#pragma once

#include <memory>
#include <string>

#include "rules/catalog/catalog.h"

namespace parcours::cli {

// Loads a folder of definitions. On mistakes prints all of them to standard error, one a line, and
// returns null. Warnings are printed if asked for.
std::shared_ptr<const catalog::Catalog> LoadDefinitions(const std::string& folder,
                                                        bool with_warnings = false);

}  // namespace parcours::cli
