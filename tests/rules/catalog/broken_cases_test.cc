// tests/cases/broken and doubtful: one file a case, the definitions and then every issue expected
// of them, mistakes or warnings.
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

constexpr char kMark[] = "--- expect\n";

std::vector<std::string> CaseFilesIn(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void ExpectTold(const std::vector<std::string>& files) {
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

TEST(BrokenCases, TellEveryMistakeAtItsPlace) {
  const std::vector<std::string> files = CaseFilesIn("tests/cases/broken");
  ASSERT_GE(files.size(), 50u) << "run from the project's root";
  ExpectTold(files);
}

TEST(DoubtfulCases, TellEveryWarningAtItsPlace) {
  const std::vector<std::string> files = CaseFilesIn("tests/cases/doubtful");
  ASSERT_GE(files.size(), 5u) << "run from the project's root";
  ExpectTold(files);
}

}  // namespace
}  // namespace parcours::catalog
