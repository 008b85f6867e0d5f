#include "cli/definitions.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/issue.h"

namespace parcours::cli {

std::shared_ptr<const catalog::Catalog> LoadDefinitions(const std::string& folder) {
  std::vector<Issue> issues;
  auto catalog = catalog::LoadCatalog(folder, &issues);
  for (const Issue& issue : issues) std::fprintf(stderr, "%s\n", FormatIssue(issue).c_str());
  if (catalog == nullptr) {
    const auto mistakes = std::count_if(issues.begin(), issues.end(),
                                        [](const Issue& issue) { return !issue.warning; });
    std::fprintf(stderr, "parcours: %td mistake%s in %s\n", mistakes, mistakes == 1 ? "" : "s",
                 folder.c_str());
  }
  return catalog;
}

}  // namespace parcours::cli
