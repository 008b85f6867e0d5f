// Folders of definitions.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/catalog/catalog.h"

namespace parcours::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LoadCatalogTest : public ::testing::Test {
 protected:
  LoadCatalogTest() : folder_(fs::path(testing::TempDir()) / ("load_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~LoadCatalogTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::shared_ptr<const Catalog> Load() { return LoadCatalog(folder_.string(), &issues_); }

  fs::path folder_;
  std::vector<Issue> issues_;
};

TEST_F(LoadCatalogTest, ReadsYamlFilesInTheOrderOfTheirNames) {
  Write("b.yml", "events: {second: }");
  Write("a.yaml", "events: {first: }");
  Write("notes.txt", "nothing of ours");
  Write(".hidden.yaml", "nonsense: 1");
  fs::create_directories(folder_ / "below");
  Write("below/c.yaml", "nonsense: 1");
  const auto catalog = Load();
  ASSERT_NE(catalog, nullptr) << FormatIssue(issues_.at(0));
  ASSERT_THAT(catalog->events, SizeIs(2));
  EXPECT_EQ(catalog->events[0].name, "first");
}

TEST_F(LoadCatalogTest, NamesTheFileOfEachMistakeInOrder) {
  Write("b.yaml", "events: {x: {fileds: {}}}");
  Write("a.yaml", "segmentations: {s: {segments: {a: nothing > 1}}}");
  EXPECT_EQ(Load(), nullptr);
  ASSERT_THAT(issues_, SizeIs(2));
  EXPECT_EQ(issues_[0].file, "a.yaml");
  EXPECT_EQ(issues_[1].file, "b.yaml");
}

TEST_F(LoadCatalogTest, ReadsTheStoresBesideTheDefinitions) {
  Write("a.yaml", "stores: {file: stores.csv}");
  EXPECT_EQ(Load(), nullptr);
  ASSERT_THAT(issues_, SizeIs(1));
  EXPECT_THAT(FormatIssue(issues_[0]), HasSubstr("a.yaml:1:16: cannot read 'stores.csv'"));
  Write("stores.csv", "id,area\nbiarritz,seaside\n");
  const auto catalog = Load();
  ASSERT_NE(catalog, nullptr);
  EXPECT_EQ(catalog->stores->Find("biarritz")->area, "seaside");
}

TEST_F(LoadCatalogTest, ANameDefinedInTwoFilesIsRefused) {
  Write("a.yaml", "events:\n  x:\n");
  Write("b.yaml", "events:\n  x:\n");
  EXPECT_EQ(Load(), nullptr);
  ASSERT_THAT(issues_, SizeIs(1));
  EXPECT_EQ(FormatIssue(issues_[0]), "b.yaml:2:3: 'x' is defined twice; the first is in a.yaml:2");
}

TEST_F(LoadCatalogTest, AFolderThatIsMissingOrEmptyIsAnIssue) {
  EXPECT_EQ(Load(), nullptr);
  ASSERT_THAT(issues_, SizeIs(1));
  EXPECT_THAT(issues_[0].message, HasSubstr("no definitions"));
  issues_.clear();
  EXPECT_EQ(LoadCatalog((folder_ / "missing").string(), &issues_), nullptr);
  ASSERT_THAT(issues_, SizeIs(1));
  EXPECT_THAT(issues_[0].message, HasSubstr("cannot read the folder"));
}

TEST_F(LoadCatalogTest, TooManyBytesAreRefused) {
  Write("a.yaml", "# " + std::string(kDefinitionsBytesMax - 2, 'x'));
  EXPECT_NE(Load(), nullptr);
  Write("b.yaml", "#");
  EXPECT_EQ(Load(), nullptr);
  ASSERT_THAT(issues_, SizeIs(1));
  EXPECT_THAT(FormatIssue(issues_[0]), HasSubstr("b.yaml:1:1: the definitions have more than"));
}

TEST(ShippedDefinitions, HaveNeitherMistakesNorWarnings) {
  std::vector<Issue> issues;
  const auto catalog = LoadCatalog("config", &issues);
  for (const Issue& issue : issues) ADD_FAILURE() << FormatIssue(issue);
  ASSERT_NE(catalog, nullptr);
  EXPECT_THAT(catalog->segmentations, SizeIs(3));
  EXPECT_THAT(catalog->journeys, SizeIs(1));
}

}  // namespace
}  // namespace parcours::catalog
