#include "runtime/journal.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "runtime/worker.h"

namespace parcours::runtime {
namespace {

// A journal with a clock that is set and lines that are kept.
struct Kept {
  explicit Kept(Journal::Format format = Journal::Format::kJson, int same_max = 5) {
    Journal::Options options;
    options.format = format;
    options.same_max = same_max;
    options.clock = [this] { return now.load(); };
    options.write = [this](std::string_view line) { lines.emplace_back(line); };
    journal = std::make_unique<Journal>(std::move(options));
  }
  std::atomic<TimeMs> now{1'772'360'130'123};  // 2026-03-01T10:15:30.123Z
  std::vector<std::string> lines;
  std::unique_ptr<Journal> journal;
};

TEST(Journal, WritesOneObjectALineWithTypedFields) {
  Kept kept;
  const std::string topic = "shop-events";
  kept.journal->Warning("lane", "set aside",
                        {{"lane", 3},
                         {"topic", topic},
                         {"offset", std::int64_t{9'000'000'000}},
                         {"ratio", 0.5},
                         {"bad", 0.0 / 0.0},
                         {"again", true},
                         {"reason", absl::string_view("cut here", 3)},
                         {"why", "a \"quote\"\n"}});
  ASSERT_EQ(kept.lines.size(), 1u);
  EXPECT_EQ(kept.lines[0],
            "{\"ts\":\"2026-03-01T10:15:30.123Z\",\"level\":\"warning\",\"component\":\"lane\","
            "\"msg\":\"set aside\",\"lane\":3,\"topic\":\"shop-events\",\"offset\":9000000000,"
            "\"ratio\":0.5,\"bad\":null,\"again\":true,\"reason\":\"cut\",\"why\":\"a "
            "\\\"quote\\\"\\u000a\"}\n");
}

TEST(Journal, WritesTextForPeople) {
  Kept kept(Journal::Format::kText);
  kept.journal->Info("kafka", "line one\nline two",
                     {{"lane", 0}, {"topic", "a-b"}, {"why", "two words"}, {"empty", ""}});
  EXPECT_EQ(kept.lines.at(0),
            "2026-03-01T10:15:30.123Z info kafka: line one line two lane=0 topic=a-b "
            "why=\"two words\" empty=\"\"\n");
}

TEST(Journal, StaysValidWhateverBytesItIsGiven) {
  Kept kept;
  const std::string hostile[] = {"\xFF\xFE",
                                 "\xC0\xAF",
                                 "\xED\xA0\x80",
                                 "\xF4\x90\x80\x80",
                                 "\xE2\x82",
                                 "\xF0\x9F\x98",
                                 "ok \xE2\x82\xAC",
                                 std::string("\0x", 2),
                                 "\x7F\x1F\\\"",
                                 "\xE0\x80\x80",
                                 "\xF8\x88\x80",
                                 std::string(70'000, '\xE4'),
                                 std::string(70'000, 'a'),
                                 "\xF0\x80\x80\x80"};
  for (const std::string& bytes : hostile) {
    kept.lines.clear();
    kept.journal->Error("c", bytes, {{"value", bytes}});
    ASSERT_EQ(kept.lines.size(), 1u);
    EXPECT_LT(kept.lines[0].size(), 2 * kJournalTextBytesMax + 200);
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    ASSERT_EQ(parser.parse(kept.lines[0]).get(element), simdjson::SUCCESS) << kept.lines[0];
    EXPECT_EQ(kept.lines[0].find('\n'), kept.lines[0].size() - 1);
  }
  kept.lines.clear();
  kept.journal->Info("c", "10 \xE2\x82\xAC, \xF0\x9F\x98\x80, \xFF.");
  EXPECT_NE(kept.lines.at(0).find("\"10 \xE2\x82\xAC, \xF0\x9F\x98\x80, \xEF\xBF\xBD.\""),
            std::string::npos)
      << kept.lines[0];
}

TEST(Journal, LeavesOutWhatRepeatsAndSaysHowOften) {
  Kept kept(Journal::Format::kJson, 2);
  for (int i = 0; i < 10; ++i) {
    kept.journal->Warning("kafka", "broker down", {{"attempt", i}});
    kept.journal->Info("lane", "committed", {{"lane", i}});
  }
  EXPECT_EQ(kept.lines.size(), 4u) << "two of each";
  kept.lines.clear();
  kept.now += 900;  // 31.023: the next second
  kept.journal->Warning("kafka", "broker down");
  ASSERT_EQ(kept.lines.size(), 3u) << "two tell what was left out, then the message again";
  std::string told = kept.lines[0] + kept.lines[1];
  EXPECT_NE(told.find("\"level\":\"warning\",\"component\":\"kafka\",\"msg\":\"repeated messages "
                      "left out\",\"repeated\":\"broker down\",\"times\":8}"),
            std::string::npos)
      << told;
  EXPECT_NE(told.find("\"level\":\"info\",\"component\":\"lane\",\"msg\":\"repeated messages left "
                      "out\",\"repeated\":\"committed\",\"times\":8}"),
            std::string::npos)
      << told;
  EXPECT_NE(kept.lines[2].find("\"msg\":\"broker down\""), std::string::npos);
}

TEST(Journal, TellsWhatWasLeftOutEvenIfNobodyWritesAgain) {
  Kept kept(Journal::Format::kJson, 1);
  for (int i = 0; i < 3; ++i) kept.journal->Info("a", "x");
  kept.journal->Flush();
  EXPECT_EQ(kept.lines.size(), 1u) << "the second is not over";
  kept.now += kSecondMs;
  kept.journal->Flush();
  kept.journal->Flush();
  ASSERT_EQ(kept.lines.size(), 2u);
  EXPECT_NE(kept.lines[1].find("\"times\":2}"), std::string::npos) << kept.lines[1];
  for (int i = 0; i < 5; ++i) kept.journal->Info("a", "y");
  kept.journal.reset();
  ASSERT_EQ(kept.lines.size(), 4u);
  EXPECT_NE(kept.lines[3].find("\"times\":4}"), std::string::npos) << kept.lines[3];
}

TEST(Journal, IsBoundedHoweverManyMessagesThereAre) {
  Kept kept(Journal::Format::kJson, 3);
  for (int i = 0; i < 5000; ++i) kept.journal->Info("a", "message " + std::to_string(i));
  EXPECT_EQ(kept.lines.size(), kJournalMessagesMax + 3);
  kept.now += kSecondMs;
  kept.journal->Flush();
  EXPECT_NE(kept.lines.back().find("\"repeated\":\"others\",\"times\":4741}"), std::string::npos)
      << kept.lines.back();
}

TEST(Journal, LeavesOutWhatIsOfNoInterest) {
  Kept kept;
  kept.journal->Write(Journal::Level::kDebug, "a", "x");
  EXPECT_TRUE(kept.lines.empty());
}

TEST(Journal, IsWrittenByManyAtOnce) {
  Kept kept(Journal::Format::kJson, 1'000'000);
  {
    std::vector<std::unique_ptr<Worker>> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.push_back(std::make_unique<Worker>([&kept, writer] {
        for (int i = 0; i < 500; ++i) kept.journal->Info("w", "m", {{"w", writer}, {"i", i}});
      }));
    }
  }
  EXPECT_EQ(kept.lines.size(), 2000u);
  for (const std::string& line : kept.lines) ASSERT_TRUE(line.starts_with("{\"ts\"")) << line;
}

}  // namespace
}  // namespace parcours::runtime
