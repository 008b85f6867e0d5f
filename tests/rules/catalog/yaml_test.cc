#include "rules/catalog/yaml.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parcours::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> Mistakes(std::string_view text) {
  std::vector<Issue> issues;
  const auto file = ParseYaml("f.yaml", text, &issues);
  EXPECT_EQ(file == nullptr, !issues.empty());
  std::vector<std::string> lines;
  for (const Issue& issue : issues) lines.push_back(FormatIssue(issue));
  return lines;
}

// Where the last character of the first value of the first key stands: "2:7".
std::string PlaceOf(std::string_view text, std::string_view part) {
  std::vector<Issue> issues;
  const auto file = ParseYaml("f.yaml", text, &issues);
  if (file == nullptr) return FormatIssue(issues.at(0));
  const YamlNode& scalar = file->root.items.at(0);
  const std::size_t offset = scalar.text.find(part);
  if (offset == std::string::npos) return "not in: " + scalar.text;
  const Place place = PlaceInScalar(scalar, offset);
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST(Yaml, BecomesATreeThatKnowsWhereItStands) {
  std::vector<Issue> issues;
  const auto file = ParseYaml("f.yaml", "a: 1\nb: {c: [x, 'y'], d: }\n", &issues);
  ASSERT_NE(file, nullptr);
  const YamlNode& root = file->root;
  ASSERT_TRUE(root.IsMap());
  ASSERT_THAT(root.keys, SizeIs(2));
  EXPECT_EQ(root.items[0].text, "1");
  EXPECT_TRUE(root.items[1].flow);
  const YamlNode& list = root.items[1].items[0];
  ASSERT_EQ(list.kind, YamlNode::Kind::kList);
  EXPECT_EQ(list.items[1].text, "y");
  EXPECT_EQ(list.items[1].style, YamlNode::Style::kSingleQuoted);
  EXPECT_EQ(file->PlaceOf(list.items[1].pos).line, 2);
  EXPECT_EQ(file->PlaceOf(list.items[1].pos).column, 12);
  EXPECT_EQ(root.items[1].items[1].kind, YamlNode::Kind::kNull);
}

TEST(Yaml, AnEmptyFileIsNothingAndNoMistake) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
    EXPECT_THAT(Mistakes(text), SizeIs(0)) << text;
  }
}

TEST(Yaml, PlacesInPlainAndQuotedScalarsAreExact) {
  EXPECT_EQ(PlaceOf("a: x == y", "y"), "1:9");
  EXPECT_EQ(PlaceOf("a: 'x == y'", "y"), "1:10");
  EXPECT_EQ(PlaceOf("a: \"x == y\"", "y"), "1:10");
  EXPECT_EQ(PlaceOf("{a: x == y}", "y"), "1:10");
  EXPECT_EQ(PlaceOf("a: \"\\\"x\\\" == y\"", "y"), "1:14");
  EXPECT_EQ(PlaceOf("a: '''x'' == y'", "y"), "1:14");
  EXPECT_EQ(PlaceOf("a: \"\\u00e9 == y\"", "y"), "1:15");
  EXPECT_EQ(PlaceOf("a: \"x\\ny\"", "y"), "1:8");
}

TEST(Yaml, ColumnsCountCharactersNotBytes) {
  EXPECT_EQ(PlaceOf("é: \"ü\" == y", "y"),
            "f.yaml:1:8: a value goes on after its closing quote or "
            "bracket; put the expression in quotes");
  EXPECT_EQ(PlaceOf("é: ü == y", "y"), "1:9");
}

TEST(Yaml, PlacesInFoldedScalarsAndBlocksAreExactToo) {
  EXPECT_EQ(PlaceOf("a: x &&\n   y", "y"), "2:4");
  EXPECT_EQ(PlaceOf("a: 'x &&\n   y'", "y"), "2:4");
  EXPECT_EQ(PlaceOf("a: |\n  x &&\n  y", "y"), "3:3");
  EXPECT_EQ(PlaceOf("a: |\n  x &&\n    y", "y"), "3:5");
  EXPECT_EQ(PlaceOf("a: >- # why\n  x &&\n\n  y\n", "y"), "4:3");
  EXPECT_EQ(PlaceOf("a: >-\n  x && z\n", "z"), "2:8");
}

TEST(Yaml, WindowsLineEndsAndAByteOrderMarkChangeNothing) {
  EXPECT_EQ(PlaceOf("\xEF\xBB\xBF"
                    "a: x &&\r\n   y\r\n",
                    "y"),
            "2:4");
}

TEST(Yaml, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_THAT(Mistakes("a: &x 1"), ElementsAre(HasSubstr("1:4: definitions have no anchors")));
  EXPECT_THAT(Mistakes("a: *x"), ElementsAre(HasSubstr("1:4: definitions have no aliases")));
  EXPECT_THAT(Mistakes("a: !has(x)"),
              ElementsAre("f.yaml:1:4: '!' begins a YAML tag, and definitions have none; put the "
                          "expression in quotes"));
  EXPECT_THAT(Mistakes("a: !!str x"), SizeIs(1));
  EXPECT_THAT(Mistakes("a: ! x"), SizeIs(1));
  EXPECT_THAT(Mistakes("a: '!'"), SizeIs(0));
}

TEST(Yaml, ABillionLaughsAreRefusedAtTheFirst) {
  std::string text = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    const char last = static_cast<char>(c - 1);
    text += std::string(1, c) + ": &" + c + " [*" + last + ", *" + last + "]\n";
  }
  EXPECT_THAT(Mistakes(text).back(), HasSubstr("definitions have no aliases"));
}

TEST(Yaml, KeysMustBeTextAndDiffer) {
  EXPECT_THAT(Mistakes("a: 1\nb: 2\na: 3"),
              ElementsAre("f.yaml:3:1: the key 'a' is written twice; the first is in line 1"));
  EXPECT_THAT(Mistakes("x: {a: 1, 'a': 2}"), SizeIs(1));
  EXPECT_THAT(Mistakes("[a]: 1"), ElementsAre(HasSubstr("a key must be a name")));
}

TEST(Yaml, TabsControlCharactersAndOtherEncodingsAreRefused) {
  EXPECT_THAT(Mistakes("a:\n\tb: 1"),
              ElementsAre("f.yaml:2:1: a tab; indent and align with spaces"));
  EXPECT_THAT(Mistakes("a: \xff"), ElementsAre("f.yaml:1:4: not UTF-8; save the file as UTF-8"));
  EXPECT_THAT(Mistakes("a: \xed\xa0\x80"), ElementsAre(HasSubstr("not UTF-8")));
  EXPECT_THAT(Mistakes("\xff\xfe"
                       "a"),
              ElementsAre(HasSubstr("1:1: not UTF-8")));
  EXPECT_THAT(Mistakes(std::string_view("a: \0", 4)),
              ElementsAre("f.yaml:1:4: a control character, U+0000"));
  EXPECT_THAT(Mistakes("a: x\ry"), ElementsAre(HasSubstr("U+000d")));
}

TEST(Yaml, NestingIsBounded) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + "1" +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_THAT(Mistakes(nested(kYamlDepthMax - 1)), SizeIs(0));
  EXPECT_THAT(Mistakes(nested(kYamlDepthMax)),
              ElementsAre("f.yaml:1:33: nested deeper than 32 levels"));
  for (const char* open : {"[", "{", "- ", "? ", "{a: "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_THAT(Mistakes(text), ElementsAre(HasSubstr("nested deeper"))) << open;
  }
}

TEST(Yaml, AScalarOfAMegabyteIsReadQuickly) {
  const std::string big(1 << 20, 'x');
  for (const std::string& text :
       {"a: " + big, "a: \"" + big + "\"", "a: |\n  " + big, big + ": a"}) {
    const auto mistakes = Mistakes(text);
    for (const std::string& mistake : mistakes) EXPECT_LT(mistake.size(), 400u);
  }
}

TEST(Yaml, AnUnquotedExpressionThatYamlReadsOtherwiseIsToldToTakeQuotes) {
  EXPECT_THAT(Mistakes("a: b ? c : d"),
              ElementsAre("f.yaml:1:10: ': ' is not allowed inside an unquoted value; put the "
                          "expression in quotes"));
  EXPECT_THAT(Mistakes("a: {value: b ? c : d}"), ElementsAre(HasSubstr("1:14: expected ',' or '}'; "
                                                                       "inside { }")));
  EXPECT_THAT(Mistakes("a: \"x\" == y"), ElementsAre(HasSubstr("put the expression in quotes")));
  EXPECT_THAT(Mistakes("a: @x"), ElementsAre("f.yaml:1:4: '@' cannot begin an unquoted value; put "
                                             "the expression in quotes"));
  EXPECT_THAT(Mistakes("a: > 5"), ElementsAre(HasSubstr("put the expression in quotes")));
}

TEST(Yaml, AQuoteThatIsNeverClosedIsToldWhereItOpens) {
  EXPECT_THAT(Mistakes("a: 1\nb: \"x\nc: 2\n"),
              ElementsAre(HasSubstr("2:4: a quote that is opened here is never closed")));
  EXPECT_THAT(Mistakes("a: 1\nb: 'x\nc: 'y'\n"),
              ElementsAre(HasSubstr("2:4: a quote that is opened here is never closed")));
  EXPECT_THAT(Mistakes("a: {b: \"x\n"), ElementsAre(HasSubstr("1:8: a quote")));
  EXPECT_THAT(Mistakes("a: \"x"), ElementsAre(HasSubstr("1:4: a quote")));
  EXPECT_THAT(Mistakes("a: \"x\n\n  y\"\nb:\n  \"x\n  y\""), SizeIs(0));
}

TEST(Yaml, ASecondDocumentIsRefused) {
  EXPECT_THAT(
      Mistakes("a: 1\n---\nb: 2"),
      ElementsAre("f.yaml:2:1: the definitions of a file are one map, which ended above; check "
                  "the indentation, and write no '---' between sections"));
  EXPECT_THAT(Mistakes("---\na: 1\n"), SizeIs(0));
}

}  // namespace
}  // namespace parcours::catalog
