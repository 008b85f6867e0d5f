#include "cli/definitions.h"

#include <cstdio>
#include <vector>

#include "base/issue.h"

namespace parcours::cli {

std::shared_ptr<const catalog::Catalog> LoadDefinitions(const std::string& folder) {
  std::vector<Issue> issues;
  auto catalog = catalog::LoadCatalog(folder, &issues);
  for (const Issue& issue : issues) std::fprintf(stderr, "%s\n", FormatIssue(issue).c_str());
  if (catalog == nullptr) {
    std::fprintf(stderr, "parcours: %zu mistake%s in %s\n", issues.size(),
                 issues.size() == 1 ? "" : "s", folder.c_str());
  }
  return catalog;
}

}  // namespace parcours::cli
