// Bytes that are not one JSON object, in every way they may fail to be.
#include <simdjson.h>

#include <chrono>
#include <random>

#include "gtest/gtest.h"
#include "tests/processor/sources/read_event.h"

namespace parcours::sources {
namespace {

const char kGood[] =
    R"({"specversion":"1.0","id":"o-1","source":"web","type":"order_completed",)"
    R"("time":"2026-03-01T10:15:30Z","subject":"anna","data":{"order_id":"\u00e9","total":12.30,)"
    R"("promotion":false,"items":[{"quantity":1,"price":-0e-1},{}],"x":[true,null,-1.5E+7,[],{}]}})";

TEST(HostileLine, EveryTruncationIsRejected) {
  TestReader reader;
  const std::string good = kGood;
  ASSERT_EQ(reader.Say(good), "event") << reader.buffer().detail;
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(reader.Say(good.substr(0, size)), "json") << good.substr(0, size);
  }
}

TEST(HostileLine, WhateverFollowsTheObjectIsRejected) {
  TestReader reader;
  for (std::string_view tail :
       {"x", "{}", "}", "]", ",", ":", "\"a\"", "1", "null", " {}", "\x01", "//", "\xef\xbb\xbf"}) {
    EXPECT_EQ(reader.Say(kGood + std::string(tail)), "json") << tail;
  }
  EXPECT_EQ(reader.Say(kGood + std::string(" \t\r")), "event");
  EXPECT_EQ(reader.Say(" \t" + std::string(kGood)), "event");
}

TEST(HostileLine, WhatIsNoObjectIsRejectedAndWhiteSpaceIsEmpty) {
  TestReader reader;
  for (std::string_view line : {"[]", "5", "\"a\"", "null", "true", "x", "[{}]", "}", "{", "{{}}",
                                ",", ":", "[", "\"", "\"\"", "'a'", "\\", "\x0c", "\x1a"}) {
    EXPECT_EQ(reader.Say(line), "json") << line;
  }
  for (std::string_view line : {"", " ", "\t", "\r", " \r"}) EXPECT_EQ(reader.Say(line), "empty");
}

TEST(HostileLine, SkippedPartsAreValidatedToo) {
  TestReader reader;
  for (std::string_view value : {"tru",        "truee",        "nul",          "nulll",
                                 "fals",       "True",         "NaN",          "Infinity",
                                 "-",          "+1",           "01",           "-01",
                                 "1.",         ".5",           "1e",           "1e+",
                                 "1.e5",       "0x10",         "1_000",        "--1",
                                 "1-",         "1.2.3",        "'a'",          "a",
                                 "[1,]",       "[,1]",         "[1 2]",        "[1",
                                 "1]",         "{\"a\"}",      "{\"a\":}",     "{\"a\":1,}",
                                 "{a:1}",      "{1:1}",        "{,}",          "{\"a\":1 \"b\":2}",
                                 "{\"a\" 1}",  "{\"a\"::1}",   "[}",           "{]",
                                 "\"a\"b\"",   "\"a\"b",       "true\"x\"",    "1\"x\"",
                                 "\"a\"\"b\"", "[\"a\"\"b\"]", "\\\"a\"",      "\"\\x\"",
                                 "\"\\u12\"",  "\"\\u12G4\"",  "\"\\\"",       "",
                                 "[[[1]]",     "{\"a\":[}]",   "null null",    "1 2",
                                 "\x0c",       "1\x0c",        "\"a\" \x1a 1", "tru\\u0065",
                                 "\"\x01\"",   "\"\t\""}) {
    for (const std::string& line :
         {Order("\"x\":" + std::string(value)), Order("\"x\":[" + std::string(value) + "]"),
          Order("\"items\":[{\"x\":" + std::string(value) + "}]"),
          Order("", "\"x\":" + std::string(value) + ","),
          Track("\"x\":{\"y\":" + std::string(value) + "}"),
          Identify("{\"x\":" + std::string(value) + ",\"address\":{\"x\":" + std::string(value) +
                   "}}")}) {
      // An empty value makes an empty list, which is good.
      if (value.empty() && line.find("[]") != std::string::npos) continue;
      EXPECT_EQ(reader.Say(line), "json") << line;
    }
  }
  for (std::string_view value :
       {"true", "-0", "0.0e-0", "1E400", "[]", "{}", "[ ]", "{ }", "\"\"", "[1,[2,{\"a\":[]}]]",
        "\"\\u0000\"", "123456789012345678901234567890"}) {
    EXPECT_EQ(reader.Say(Order("\"x\":" + std::string(value))), "event") << value;
  }
}

TEST(HostileLine, NulsAndControlCharactersAreRejected) {
  TestReader reader;
  for (int c = 0; c < 0x20; ++c) {
    std::string in_string = Order(R"("order_id":"a?b")");
    in_string[in_string.find('?')] = static_cast<char>(c);
    EXPECT_EQ(reader.Say(in_string), "json") << c;
    std::string between = Order(R"(?"order_id":"a")");
    between[between.find('?')] = static_cast<char>(c);
    const bool space = c == '\t' || c == '\r' || c == '\n';
    EXPECT_EQ(reader.Say(between), space ? "event" : "json") << c;
  }
}

TEST(HostileLine, WhatIsNotUtf8IsRejected) {
  TestReader reader;
  for (std::string_view bytes :
       {"\x80", "\xc3", "\xc3(", "\xe2\x82", "\xe2(\xa1", "\xf0\x9f\x98", "\xf0(\x8c\xbc", "\xff",
        "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80"}) {
    EXPECT_EQ(reader.Say(Order("\"order_id\":\"" + std::string(bytes) + "\"")), "utf8") << bytes;
    EXPECT_EQ(reader.Say(Order("\"x\":{\"" + std::string(bytes) + "\":1}")), "utf8") << bytes;
  }
  for (std::string_view half :
       {"\\ud800", "\\udc00", "\\ud800x", "\\ud800\\n", "\\ud83d\\ud83d", "\\udbff\\ue000"}) {
    EXPECT_EQ(reader.Say(Order("\"order_id\":\"" + std::string(half) + "\"")), "utf8") << half;
    EXPECT_EQ(reader.Say(Order("\"x\":[\"" + std::string(half) + "\"]")), "utf8") << half;
    EXPECT_EQ(reader.Say(Order("\"" + std::string(half) + "\":1")), "utf8") << half;
  }

  EXPECT_EQ(reader.Say(Order("\"order_id\":\"\xf4\x8f\xbf\xbf \\udbff\\udfff\"")), "event");
  EXPECT_EQ(reader.field(kOrderId).Text(), "\xf4\x8f\xbf\xbf \xf4\x8f\xbf\xbf");
}

std::string Nested(std::string_view open, std::string_view inner, std::string_view close,
                   int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += open;
  text += inner;
  for (int i = 0; i < levels; ++i) text += close;
  return text;
}

// The line is one level, its data another: what stands in a field may have 62 more.
TEST(HostileLine, Nests64DeepAndNoDeeper) {
  TestReader reader;
  EXPECT_EQ(reader.Say(Order("\"x\":" + Nested("[", "", "]", 62))), "event");
  EXPECT_EQ(reader.Say(Order("\"x\":" + Nested("[", "", "]", 63))), "too_deep");
  EXPECT_EQ(reader.Say(Order("\"x\":" + Nested("{\"a\":", "1", "}", 62))), "event");
  EXPECT_EQ(reader.Say(Order("\"x\":" + Nested("{\"a\":", "1", "}", 63))), "too_deep");
  EXPECT_EQ(reader.Say(Order("\"items\":[{\"x\":" + Nested("[", "", "]", 60) + "}]")), "event");
  EXPECT_EQ(reader.Say(Order("\"items\":[{\"x\":" + Nested("[", "", "]", 61) + "}]")), "too_deep");
  EXPECT_EQ(reader.SayTraits("{\"x\":" + Nested("[", "", "]", 62) + "}"), "event");
  EXPECT_EQ(reader.SayTraits("{\"x\":" + Nested("[", "", "]", 63) + "}"), "too_deep");
  EXPECT_EQ(reader.SayTraits("{\"address\":{\"x\":" + Nested("[", "", "]", 61) + "}}"), "event");
  EXPECT_EQ(reader.SayTraits("{\"address\":{\"x\":" + Nested("[", "", "]", 62) + "}}"), "too_deep");
}

TEST(HostileLine, EndlessNestingIsRejectedAtOnce) {
  TestReader reader;
  for (std::string_view open : {"[", "{\"a\":", "[{\"a\":"}) {
    EXPECT_EQ(reader.Say("{\"x\":" + Nested(open, "", "", 100'000) + "}"), "too_deep");
    EXPECT_EQ(reader.Say(Nested(open, "", "}", 100'000)), open == "{\"a\":" ? "too_deep" : "json");
  }
}

TEST(HostileLine, HasAtMostOneMebibyte) {
  TestReader reader;
  const std::string empty = Order("\"x\":\"\"");
  const std::string fill((1 << 20) - empty.size(), 'x');
  EXPECT_EQ(reader.Say(Order("\"x\":\"" + fill + "\"")), "event");
  EXPECT_EQ(reader.Say(Order("\"x\":\"" + fill + "x\"")), "too_long");
  EXPECT_EQ(reader.Say(Order("\"x\":\"" + fill.substr(0, 100'000) + "\"")), "event");
  // Of nothing but tokens, of lists that must not be kept, and of escapes.
  EXPECT_EQ(reader.Say(std::string(1 << 20, '{')), "json");
  std::string many;
  while (many.size() < 900'000) many += "{},";
  EXPECT_EQ(reader.Say(Order("\"items\":[" + many + "{}]")), "type");
  std::string escapes;
  while (escapes.size() < 900'000) escapes += "\\u00e9\\n";
  EXPECT_EQ(reader.Say(Order("\"order_id\":\"" + escapes + "\"")), "type");
  EXPECT_EQ(reader.Say(Order("\"" + escapes + "\":1,\"total\":5")), "event");
  EXPECT_EQ(reader.field(kTotal).cell, 500);
  EXPECT_EQ(reader.Say(Order("\"total\":" + std::string(900'000, '1'))), "amount");
  EXPECT_EQ(reader.Say(Order("\"total\":" + std::string(900'000, ' ') + "5")), "event");
}

// What is looked up while the line is walked must not be paid for again by each repetition.
TEST(HostileLine, RepeatedDataIsReadAsOftenAsItsTypeIsKnownCheaply) {
  TestReader reader;
  std::string type;
  while (type.size() < 300'000) type += "\\u0041";
  std::string repeated;
  while (repeated.size() < 600'000) repeated += "\"data\":{},";
  EXPECT_EQ(reader.Say(R"({"specversion":"1.0","id":"\u0031","source":"\u0077","type":")" + type +
                       "\"," + repeated + R"("subject":"a","time":"2026-03-01T10:15:30Z"})"),
            "ignored");
  EXPECT_EQ(reader.Say(Order(R"("total":1)", repeated)), "event");
  EXPECT_EQ(reader.field(kTotal).cell, 100);
  EXPECT_EQ(
      reader.Say(R"({"messageId":"m","event":")" + type + "\"," + repeated + R"("properties":{}})"),
      "envelope");
}

// simdjson's own document parser is the judge of what JSON is. It has no opinion on numbers that no
// double holds, on our depth, and none on half pairs that we would share.
TEST(HostileLine, IsJudgedAsAnotherParserWould) {
  TestReader reader;
  simdjson::dom::parser parser;
  std::mt19937 random(7);
  const std::string good = kGood;
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string line = good;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::string_view soup = "{}[]:,\"\\ue01-.+ntfa \x1f\xc3\xa9";
      const std::size_t at = random() % line.size();
      switch (random() % 4) {
        case 0:
          line[at] = soup[random() % soup.size()];
          break;
        case 1:
          line.insert(at, 1, soup[random() % soup.size()]);
          break;
        case 2:
          line.erase(at, 1 + random() % 3);
          break;
        default:
          line.insert(at, line.substr(random() % line.size(), random() % 12));
      }
      if (line.empty()) break;
    }
    if (line.empty()) continue;
    simdjson::dom::element element;
    const simdjson::error_code error = parser.parse(line).get(element);
    if (error == simdjson::NUMBER_ERROR) continue;
    const std::string said = reader.Say(line);
    const bool is_json = error == simdjson::SUCCESS && element.is_object();
    const bool we_think = said != "json" && said != "utf8" && said != "empty" && said != "too_deep";
    if (said == "utf8" && line.find("\\u") != std::string::npos) continue;
    ASSERT_EQ(we_think, is_json) << said << " " << reader.buffer().detail << "\n" << line;
    valid += is_json ? 1 : 0;
  }
  EXPECT_GT(valid, 10'000);
}

TEST(HostileLine, DetailsNameThePlace) {
  TestReader reader;
  reader.Say(R"({"a":tru})");
  EXPECT_EQ(reader.buffer().detail, "not a value, at byte 6");
  reader.Say(R"({"a":1 "b":2})");
  EXPECT_EQ(reader.buffer().detail, "expected , or }, at byte 8");
  reader.Say(R"({"a":[1})");
  EXPECT_EQ(reader.buffer().detail, "expected , or ], at byte 8");
  reader.Say(R"({"a":{})");
  EXPECT_EQ(reader.buffer().detail, "the line ends too early");
}

}  // namespace
}  // namespace parcours::sources
