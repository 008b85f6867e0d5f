// docs/language.md: every function and every aggregate stands in an example that a test runs
// (tests/docs/check_examples.py), so that nobody adds one without saying how it is used.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "rules/catalog/aggregates.h"
#include "rules/expr/functions.h"

namespace parcours::catalog {
namespace {

// What stands in the blocks marked ```cel and ```case of the pages.
std::string Examples() {
  std::string examples;
  for (const char* page : {"docs/language.md", "docs/recipes.md"}) {
    std::ifstream file(page);
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("```")) {
        inside = line == "```cel" || line == "```case";
      } else if (inside) {
        examples += line + "\n";
      }
    }
  }
  return examples;
}

TEST(Language, EveryFunctionStandsInAnExampleThatIsRun) {
  const std::string examples = Examples();
  ASSERT_GT(examples.size(), 1000u) << "run from the project's root";
  for (const std::string& name : expr::FunctionNames()) {
    EXPECT_NE(examples.find(name + "("), std::string::npos) << name;
  }
}

TEST(Language, EveryAggregateStandsInAnExampleThatIsRun) {
  const std::string examples = Examples();
  for (const std::string& name : AggregateNames()) {
    const std::string key = "aggregate: " + name;
    EXPECT_TRUE(examples.find(key + ",") != std::string::npos ||
                examples.find(key + "}") != std::string::npos)
        << name;
  }
}

}  // namespace
}  // namespace parcours::catalog
