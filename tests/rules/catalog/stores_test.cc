// Stores and personas: reference data and cards.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rules/catalog/compile.h"

namespace parcours::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Loaded {
  std::shared_ptr<const Catalog> catalog;
  std::vector<std::string> issues;
};

// Definitions that name `file`, which holds `text`.
Loaded Load(const std::string& file, const std::string& text) {
  std::vector<Issue> issues;
  Loaded loaded;
  loaded.catalog = CompileCatalog(
      {{"definitions.yaml", absl::StrCat("stores: {file: ", file, "}")}}, &issues,
      [&](const std::string& name) { return name == file ? std::optional(text) : std::nullopt; });
  for (const Issue& issue : issues) loaded.issues.push_back(FormatIssue(issue));
  return loaded;
}

TEST(Stores, AreReadFromCsv) {
  const Loaded loaded = Load("stores.csv",
                             "\xEF\xBB\xBFid,area,\"lat\",lon,time_zone\r\n"
                             "s1,seaside,48.85,2.35,Europe/Paris\r\n"
                             "\"a \"\"big\"\", one\",\"two\nlines\",,,\r\n"
                             "\r\n"
                             "last,city,-1,-2,");
  ASSERT_THAT(loaded.issues, IsEmpty());
  const expr::Stores& stores = *loaded.catalog->stores;
  EXPECT_EQ(stores.size(), 3u);
  ASSERT_NE(stores.Find("s1"), nullptr);
  EXPECT_EQ(stores.Find("s1")->area, "seaside");
  EXPECT_EQ(stores.Find("s1")->location->latitude, 488'500'000);
  EXPECT_NE(stores.Find("s1")->zone, nullptr);
  ASSERT_NE(stores.Find("a \"big\", one"), nullptr);
  EXPECT_EQ(stores.Find("a \"big\", one")->area, "two\nlines");
  EXPECT_FALSE(stores.Find("a \"big\", one")->location.has_value());
  EXPECT_EQ(stores.Find("last")->location->longitude, -20'000'000);
  EXPECT_EQ(stores.Find("s2"), nullptr);
}

TEST(Stores, MistakesInCsvStandAtTheirPlace) {
  EXPECT_THAT(Load("s.csv", "id,aera,id\na,b,c\n").issues,
              ElementsAre("s.csv:1:4: a store has no column 'aera'; did you mean 'area'?",
                          "s.csv:1:9: there are two columns 'id'"));
  EXPECT_THAT(
      Load("s.csv", "id,location,time_zone\na,\"48.85\",\nb,\"1,2\",Europe/Pari\n,,\nb,,\nb\n")
          .issues,
      ElementsAre(
          "s.csv:2:3: '48.85' is no location; write \"48.85,2.35\"",
          "s.csv:3:9: 'Europe/Pari' is no time zone; write its IANA name, such as Europe/Paris",
          "s.csv:4:1: a store needs an 'id'", "s.csv:5:1: the store 'b' stands twice",
          "s.csv:6:1: the header has 3 fields, this record 1"));
  const std::string hint =
      "; a field with a quote or a comma stands in double quotes, a quote in it twice; a field has "
      "at "
      "most 1,024 bytes";
  EXPECT_THAT(Load("s.csv", "id,area\na,b\"c\n").issues,
              ElementsAre(absl::StrCat("s.csv:2:4: the record is broken here", hint)));
  EXPECT_THAT(Load("s.csv", "id,area\na,\"b\n").issues,
              ElementsAre(absl::StrCat("s.csv:3:1: the record is broken here", hint)));
}

TEST(Stores, AreReadFromJsonLines) {
  const Loaded loaded =
      Load("stores.ndjson",
           "{\"id\":\"s1\",\"location\":{\"lat\":48.85,\"lon\":2.35},\"area\":\"x\"}\n\n"
           "{\"id\":\"s2\",\"lat\":1.5,\"lon\":-2,\"time_zone\":null}");
  ASSERT_THAT(loaded.issues, IsEmpty());
  EXPECT_EQ(loaded.catalog->stores->Find("s1")->location->longitude, 23'500'000);
  EXPECT_EQ(loaded.catalog->stores->Find("s2")->location->latitude, 15'000'000);
  EXPECT_THAT(
      Load("s.ndjson", "[1]\n{\"id\":\"a\",\"area\":[]}\n{\"id\":\"b\",\"nam\":1}\n{\"id\":")
          .issues,
      ElementsAre(
          "s.ndjson:1:1: the line is no JSON object", "s.ndjson:2:1: 'area' must be text",
          "s.ndjson:3:1: a store has no column 'nam'; expected id, location, lat, lon, area or "
          "time_zone",
          "s.ndjson:4:1: the line is no JSON object"));
}

TEST(Stores, AreBoundedAndPartOfTheVersion) {
  std::string many = "id\n";
  for (std::size_t i = 0; i < kStoresMax; ++i) absl::StrAppend(&many, "s", i, "\n");
  const Loaded full = Load("s.csv", many);
  ASSERT_THAT(full.issues, IsEmpty());
  EXPECT_EQ(full.catalog->stores->size(), kStoresMax);
  EXPECT_THAT(Load("s.csv", absl::StrCat(many, "one-more\n")).issues,
              ElementsAre("s.csv:100002:1: more than 100000 stores"));
  EXPECT_THAT(Load("s.csv", std::string(kStoresBytesMax + 1, 'a')).issues, SizeIs(1));
  EXPECT_NE(Load("s.csv", "id\na\n").catalog->version, Load("s.csv", "id\nb\n").catalog->version);
}

// Unread features have everything compiled again, but for the stores, which may be many.
TEST(Stores, AreReadOnce) {
  int reads = 0;
  std::vector<Issue> issues;
  const auto catalog = CompileCatalog({{"definitions.yaml", R"(
events: {order: {}}
stores: {file: stores.csv}
features: {unread: {on: order, aggregate: count}}
)"}},
                                      &issues, [&](const std::string&) {
                                        ++reads;
                                        return std::optional<std::string>("id\nnice\n");
                                      });
  ASSERT_NE(catalog, nullptr);
  EXPECT_THAT(catalog->features, IsEmpty());
  EXPECT_EQ(catalog->stores->size(), 1u);
  EXPECT_EQ(reads, 1);
}

TEST(Personas, HaveCardsAndMakeASegmentation) {
  const auto catalog = Compiled(R"(
attributes: {visits: int}
segmentations:
  zeal: {segments: {high: visits > 9}}
personas:
  tourist:
    card:
      goals: [rest, "see the sea"]
      title: "Lea, the tourist"
      age: 25-45
    when: visits == 1
  local: {when: visits > 1}
)");
  ASSERT_THAT(catalog->personas, SizeIs(2));
  const std::vector<CardEntry>& card = catalog->personas[0].card;
  ASSERT_THAT(card, SizeIs(3));
  EXPECT_EQ(card[0].key, "title");
  EXPECT_THAT(card[1].texts, ElementsAre("25-45"));
  EXPECT_THAT(card[2].texts, ElementsAre("rest", "see the sea"));
  EXPECT_THAT(catalog->personas[1].card, IsEmpty());
  const Segmentation& segmentation = catalog->segmentations.back();
  EXPECT_EQ(segmentation.name, kPersonaName);
  EXPECT_EQ(segmentation.segments[1].name, "local");
  // Its dues come last, although `zeal` is greater.
  EXPECT_EQ(catalog->plan[static_cast<std::size_t>(catalog->plan_of_dues.back())].number, 1);
}

}  // namespace
}  // namespace parcours::catalog
