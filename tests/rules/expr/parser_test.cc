#include "rules/expr/parser.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/expr/limits.h"

namespace parcours::expr {
namespace {

// A tree as text: (op child child).
std::string Shown(const Tree& tree, int id) {
  const Ast& ast = tree.at(id);
  std::string children;
  for (int child : ast.children) absl::StrAppend(&children, " ", Shown(tree, child));
  switch (ast.kind) {
    case Ast::Kind::kLiteral:
      return ast.literal.ToJson();
    case Ast::Kind::kName:
      return absl::StrCat(ast.rooted ? "." : "", ast.text);
    case Ast::Kind::kSelect:
      return absl::StrCat("(.", ast.text, children, ")");
    case Ast::Kind::kCall:
      return absl::StrCat("(", ast.text, children, ")");
    case Ast::Kind::kList:
      return absl::StrCat("[", children, "]");
    case Ast::Kind::kMap:
      return absl::StrCat("{", children, "}");
    case Ast::Kind::kMessage:
      return absl::StrCat(ast.text, "{", children, "}");
  }
  return "";
}

std::string Parsed(const std::string& text) {
  std::vector<Issue> issues;
  const auto tree = Parse(text, &issues);
  if (tree) return Shown(*tree, tree->root);
  std::string all;
  for (const Issue& issue : issues)
    absl::StrAppend(&all, all.empty() ? "" : "\n", FormatIssue(issue));
  return all;
}

std::string Repeated(const std::string& part, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part;
  return text;
}

TEST(Parser, OperatorsBindAsCelSays) {
  EXPECT_EQ(Parsed("1 + 2 * 3"), "(+ 1 (* 2 3))");
  EXPECT_EQ(Parsed("(1 + 2) * 3"), "(* (+ 1 2) 3)");
  EXPECT_EQ(Parsed("1 - 2 - 3"), "(- (- 1 2) 3)");
  EXPECT_EQ(Parsed("a || b && !c"), "(|| a (&& b (! c)))");
  EXPECT_EQ(Parsed("a ? b : c ? d : e"), "(?: a b (?: c d e))");
  EXPECT_EQ(Parsed("a + 1 < b && c in [1, 2,]"), "(&& (< (+ a 1) b) (in c [ 1 2]))");
  EXPECT_EQ(Parsed("-a.b"), "(- (.b a))");
  EXPECT_EQ(Parsed("--1 - -2"), "(- (- -1) -2)");
  EXPECT_EQ(Parsed("a&&b&&c"), "(&& a b c)");
}

TEST(Parser, EveryLiteralIsRead) {
  EXPECT_EQ(Parsed("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Parsed("[0x1F, 3u, 0xfU, .5, 1.5e3, 1e-2]"), "[ 31 3 15 0.5 1500 0.01]");
  EXPECT_EQ(Parsed(R"(["a\n", 'it''s'.size()])").substr(0, 5), "1:13:");
  EXPECT_EQ(Parsed(R"(r"\n" + R'\x')"), R"((+ "\\n" "\\x"))");
  EXPECT_EQ(Parsed("'''a\n\"b''' + \"\"\"c\"d\"\"\""), R"((+ "a\n\"b" "c\"d"))");
  EXPECT_EQ(Parsed(R"("\x41\u00e9\U0001F600\101")"),
            "\"A\xC3\xA9\xF0\x9F\x98\x80"
            "A\"");
  EXPECT_EQ(Parsed(R"([b"\xff\377é", true, false, null])"), R"([ "///DqQ==" true false null])");
  EXPECT_EQ(Parsed("{'a': 1, 2: b}"), "{ \"a\" 1 2 b}");
}

TEST(Parser, CallsSelectionsAndMessagesAreRead) {
  EXPECT_EQ(Parsed("a.b.c(1, d)[0].e"), "(.e ([] (c (.b a) 1 d) 0))");
  EXPECT_EQ(Parsed(".a.b"), "(.b .a)");
  EXPECT_EQ(Parsed("a.`content-type`"), "(.content-type a)");
  EXPECT_EQ(Parsed("a.b{c: 1, d: 2}.e"), "(.e a.b{ 1 2})");
  EXPECT_EQ(Parsed("m.as.while"), "(.while (.as m))");
  EXPECT_EQ(Parsed("[1].exists(x, x > 1)"), "(exists [ 1] x (> x 1))");
  EXPECT_EQ(Parsed("a // a comment\n + b // another"), "(+ a b)");
}

TEST(Parser, EachMistakeIsToldWithItsPlace) {
  EXPECT_EQ(Parsed(""), "1:1: the expression is empty");
  EXPECT_EQ(Parsed("a ="), "1:3: '=' is not an operator; to compare, write ==");
  EXPECT_EQ(Parsed("a & b"),
            "1:3: '&' is not an operator; did you mean '&&'?\n1:5: unexpected 'b'; an operator is "
            "missing before it");
  EXPECT_EQ(Parsed("a +"), "1:4: the expression ends too early");
  EXPECT_EQ(Parsed("(a"), "1:3: the expression ends too early");
  EXPECT_EQ(Parsed("a)"), "1:2: unexpected ')'");
  EXPECT_EQ(Parsed("orders 3"), "1:8: unexpected '3'; an operator is missing before it");
  EXPECT_EQ(Parsed("if + 1"), "1:1: 'if' is a reserved word");
  EXPECT_EQ(Parsed("'abc"), "1:1: this text has no closing '");
  EXPECT_EQ(Parsed("'a\\q'"),
            "1:1: '\\q' is not an escape; write a backslash as \\\\, or put r before the quote");
  EXPECT_EQ(Parsed("'\\ud800'"), "1:1: '\\u' is not followed by the digits of a character");
  EXPECT_EQ(Parsed("9223372036854775808"), "1:1: '9223372036854775808' does not fit in 64 bits");
  EXPECT_EQ(Parsed("12abc"), "1:1: '12abc' is not a number");
}

TEST(Parser, SeveralMistakesAreToldAtOnce) {
  EXPECT_EQ(Parsed("(a + ) && [1, * 2] || #"),
            "1:6: unexpected ')'; a value is expected here\n"
            "1:15: unexpected '*'; a value is expected here\n"
            "1:23: unexpected character '#'\n"
            "1:24: the expression ends too early");
}

TEST(Parser, PlacesCountLinesAndCharacters) {
  EXPECT_EQ(Parsed("'é' == 'ü' &&\n  'ö' + )"), "2:9: unexpected ')'; a value is expected here");
}

TEST(Parser, DeepNestingIsRefusedWithOneIssue) {
  for (const char* open : {"(", "[", "{1:", "!", "-", "a(", "a ? b : ", "a[", "1+("}) {
    const std::string text = Repeated(open, 3'000);
    const std::string told = Parsed(text.substr(0, kExpressionBytesMax));
    EXPECT_NE(told.find("nested deeper than 64 levels"), std::string::npos) << open << "\n" << told;
    EXPECT_EQ(told.find("nested", told.find("nested") + 1), std::string::npos) << told;
    EXPECT_LT(told.size(), 200u) << told;
  }
  EXPECT_NE(Parsed("a" + Repeated(".b", 5'000)).find("nested deeper"), std::string::npos);
  EXPECT_NE(Parsed("1" + Repeated("+1", 5'000)).find("nested deeper"), std::string::npos);
  EXPECT_EQ(Parsed(Repeated("(", 60) + "a" + Repeated(")", 60)), "a");
}

TEST(Parser, LongTextIsRefusedAtOnce) {
  EXPECT_EQ(Parsed(Repeated("(", 100'000)),
            "1:1: the expression has 100000 bytes; at most 16384 are allowed");
}

TEST(Parser, ALongChainOfAndIsNotDeep) {
  EXPECT_EQ(Parsed("a" + Repeated(" && a", 2'000)).substr(0, 6), "(&& a ");
}

TEST(Parser, TextThatIsNotUtf8IsRefused) {
  EXPECT_EQ(Parsed("'\xff'"), "1:1: the expression is not valid UTF-8");
  EXPECT_EQ(Parsed("'\xed\xa0\x80'"), "1:1: the expression is not valid UTF-8");
}

TEST(Parser, ControlCharactersAreNamedByNumber) {
  EXPECT_EQ(Parsed(std::string("a\0b", 3)).substr(0, 51),
            "1:2: an unexpected control character, number 0\n1:3:");
}

}  // namespace
}  // namespace parcours::expr
