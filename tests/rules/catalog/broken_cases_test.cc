// tests/cases/broken: one file a case, the definitions and then every issue expected of them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/rules/catalog/compile.h"

namespace parcours::catalog {
namespace {

constexpr char kFolder[] = "tests/cases/broken";
constexpr char kMark[] = "--- expect\n";

std::vector<std::string> CaseFiles() {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, error)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(BrokenCases, TellEveryMistakeAtItsPlace) {
  const std::vector<std::string> files = CaseFiles();
  ASSERT_GE(files.size(), 40u) << "run from the project's root";
  for (const std::string& file : files) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    const std::string all = text.str();
    const std::size_t mark = all.find(kMark);
    ASSERT_NE(mark, std::string::npos) << file;
    std::string told;
    for (const std::string& line : MistakesIn(all.substr(0, mark))) told += line + "\n";
    EXPECT_EQ(told, all.substr(mark + sizeof kMark - 1)) << file;
  }
}

}  // namespace
}  // namespace parcours::catalog
