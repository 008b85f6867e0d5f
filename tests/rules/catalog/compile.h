// Compiles one text of definitions, for tests.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog/catalog.h"

namespace parcours::catalog {

// The issues as FormatIssue prints them, of a file named definitions.yaml.
inline std::vector<std::string> MistakesIn(std::string_view text) {
  std::vector<Issue> issues;
  const auto catalog = CompileCatalog({{"definitions.yaml", std::string(text)}}, &issues);
  std::vector<std::string> lines;
  bool mistakes = false;
  for (const Issue& issue : issues) {
    lines.push_back(FormatIssue(issue));
    mistakes |= !issue.warning;
  }
  if ((catalog == nullptr) != mistakes) lines.push_back("a catalog with mistakes, or neither");
  return lines;
}

// REQUIRES: `text` has no mistakes; else the test process ends with the first one.
inline std::shared_ptr<const Catalog> Compiled(std::string_view text) {
  std::vector<Issue> issues;
  auto catalog = CompileCatalog({{"definitions.yaml", std::string(text)}}, &issues);
  if (catalog == nullptr) {
    fprintf(stderr, "%s\n", issues.empty() ? "no catalog" : FormatIssue(issues[0]).c_str());
    abort();
  }
  return catalog;
}

}  // namespace parcours::catalog
