// What the reader makes of the envelope of CloudEvents.
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/hash.h"
#include "base/time.h"
#include "gtest/gtest.h"
#include "tests/processor/sources/read_event.h"
#include "tests/support/proto_json.h"

namespace parcours::sources {
namespace {

TEST(CloudEvent, BecomesATypedEvent) {
  TestReader reader;
  ASSERT_EQ(reader.Say(Order(R"("order_id":"1","total":12.30)")), "event");
  const engine::Event& event = reader.event();
  EXPECT_EQ(event.type, 0);
  EXPECT_EQ(event.time, ParseTime("2026-03-01T10:15:30.123Z").value());
  EXPECT_EQ(event.customer, "anna");
  EXPECT_EQ(event.id, "o-1");
  EXPECT_EQ(event.source, "web");
  EXPECT_EQ(event.key, Hash64(std::string_view("o-1\0web", 7)));
  EXPECT_TRUE(event.attributes.empty());
  ASSERT_EQ(event.fields.size(), std::size_t{kHome + 1});
  EXPECT_EQ(reader.field(engine::kFieldTime).cell, event.time);
  EXPECT_EQ(reader.field(engine::kFieldId).Text(), "o-1");
  EXPECT_EQ(reader.field(engine::kFieldSource).Text(), "web");
  EXPECT_EQ(reader.field(kOrderId).Text(), "1");
  EXPECT_EQ(reader.field(kTotal).cell, 1230);
  EXPECT_EQ(reader.field(kWeight).cell, kAbsent);
}

constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(CloudEvent, TellsWhereItStandsInATrace) {
  TestReader reader;
  const auto with = [](const std::string& value) {
    return Order(R"("order_id":"1")", R"("traceparent":)" + value + ",");
  };
  ASSERT_EQ(reader.Say(with('"' + std::string(kTraceparent) + '"')), "event");
  EXPECT_EQ(reader.event().traceparent, kTraceparent);
  ASSERT_EQ(reader.Say(with(R"("\u0030)" + std::string(kTraceparent + 1) + '"')), "event");
  EXPECT_EQ(reader.event().traceparent, kTraceparent);
  ASSERT_EQ(reader.Say(Order(R"("order_id":"1")")), "event");
  EXPECT_EQ(reader.event().traceparent, "") << "not that of the event before";
  ASSERT_EQ(reader.Say(R"({"specversion":"1.0","id":"i","source":"web","type":"identify",)"
                       R"("time":"2026-03-01T10:15:30Z","subject":"anna","traceparent":")" +
                       std::string(kTraceparent) + "\"}"),
            "event");
  EXPECT_EQ(reader.event().traceparent, kTraceparent);
}

TEST(CloudEvent, IsTakenWhateverItsTraceparentIs) {
  TestReader reader;
  const std::string good(kTraceparent);
  std::vector<std::string> values = {
      "null", "17", "true", R"("")", R"("00")", '"' + good + R"(-00")", '"' + good.substr(1) + '"'};
  for (const auto& [place, text] :
       std::vector<std::pair<std::size_t, std::string>>{{0, "ff"},
                                                        {2, "_"},
                                                        {3, "A"},
                                                        {4, "g"},
                                                        {35, "0"},
                                                        {52, "/"},
                                                        {54, "\xc3\xa9"},
                                                        {3, std::string(32, '0')},
                                                        {36, std::string(16, '0')}}) {
    values.push_back('"' + std::string(good).replace(place, text.size(), text) + '"');
  }
  for (const std::string& value : values) {
    ASSERT_EQ(reader.Say(Order(R"("total":5)", R"("traceparent":)" + value + ",")), "event")
        << value;
    EXPECT_EQ(reader.event().traceparent, "") << value;
    EXPECT_EQ(reader.field(kTotal).cell, 500);
  }
  // As with every extension, its value must be simple.
  EXPECT_EQ(reader.Say(Order("", R"("traceparent":{},)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("traceparent":1.5,)")), "envelope");
  ASSERT_EQ(reader.Say(Track(R"("order_id":"1","traceparent":"x")")), "event");
}

// The committed bytes of parcours.v1.Event have the content of a line that is taken.
TEST(CloudEvent, HasTheContentOfTheMessage) {
  std::ifstream file("tests/proto/golden/event.bin", std::ios::binary);
  v1::Event message;
  ASSERT_TRUE(message.ParseFromIstream(&file));
  TestReader reader;
  ASSERT_EQ(reader.Say(LineOf(message)), "event") << LineOf(message);
  const engine::Event& event = reader.event();
  EXPECT_EQ(event.id, "order-17");
  EXPECT_EQ(event.source, "shop");
  EXPECT_EQ(event.customer, "anna");
  EXPECT_EQ(event.time, 1'767'225'600'123);
  EXPECT_EQ(event.traceparent, kTraceparent);
  EXPECT_EQ(reader.field(kOrderId).Text(), "no. \"17\"");
  EXPECT_EQ(reader.field(kTotal).cell, 1230);
  EXPECT_EQ(reader.field(kWeight).cell, 500);
  EXPECT_EQ(reader.field(kPromotion).cell, 1);
  ASSERT_EQ(reader.field(kItems).Items().size(), 1U);
  EXPECT_EQ(reader.field(kItems).Items()[0].quantity, 2);
  EXPECT_EQ(reader.field(kPieces).cell, kAbsent);
  EXPECT_EQ(reader.field(kShipped).cell, -1);
  EXPECT_EQ(reader.field(kDay).cell, 20454);
}

// The order of keys means nothing, so every order must give the same event.
TEST(CloudEvent, MayHaveItsKeysInAnyOrder) {
  std::vector<std::string> parts = {R"("specversion":"1.0")",
                                    R"("id":"o-1")",
                                    R"("source":"web")",
                                    R"("type":"order_completed")",
                                    R"("time":"2026-03-01T10:15:30Z")",
                                    R"("subject":"anna")",
                                    R"("data":{"total":5,"items":[{"quantity":2}]})"};
  std::sort(parts.begin(), parts.end());
  TestReader reader;
  int orders = 0;
  do {
    std::string line;
    for (const std::string& part : parts) line += (line.empty() ? "{" : ",") + part;
    ASSERT_EQ(reader.Say(line + "}"), "event") << line;
    ASSERT_EQ(reader.field(kTotal).cell, 500);
    ASSERT_EQ(reader.field(kItems).Items().size(), 1U);
    ASSERT_EQ(reader.field(kItems).Items()[0].quantity, 2);
    ASSERT_EQ(reader.event().customer, "anna");
    ++orders;
  } while (std::next_permutation(parts.begin(), parts.end()));
  EXPECT_EQ(orders, 5040);
}

TEST(CloudEvent, OfARepeatedKeyTheLastWins) {
  TestReader reader;
  ASSERT_EQ(reader.Say(Order(R"("total":"x","total":7)", R"("id":"o-2","data":{"total":1},)")),
            "event");
  EXPECT_EQ(reader.event().id, "o-2");
  EXPECT_EQ(reader.field(kTotal).cell, 700);
  // A later type, data or specversion also rules over what was noted early.
  ASSERT_EQ(reader.Say(R"({"specversion":"1.0","id":"1","source":"w","type":"order_completed",)"
                       R"("time":"2026-03-01T10:15:30Z","subject":"a","data":{"product_id":"p"},)"
                       R"("type":"product_viewed"})"),
            "event");
  EXPECT_EQ(reader.event().type, 1);
  EXPECT_EQ(reader.field(engine::kCommonFields).Text(), "p");
  ASSERT_EQ(reader.Say(R"({"specversion":"1.0","id":"1","source":"w","type":"order_completed",)"
                       R"("time":"2026-03-01T10:15:30Z","subject":"a","data":{"total":"x"},)"
                       R"("data":{"total":1},"data":null})"),
            "event");
  EXPECT_EQ(reader.field(kTotal).cell, kAbsent);
  EXPECT_EQ(reader.Say(Order(R"("total":7,"total":"x")")), "type");
  // The list that lost leaves no item behind.
  ASSERT_EQ(
      reader.Say(Order(R"("items":[{"quantity":1},{"quantity":2}],"items":[{"quantity":3}])")),
      "event");
  ASSERT_EQ(reader.field(kItems).Items().size(), 1U);
  EXPECT_EQ(reader.field(kItems).Items()[0].quantity, 3);
}

TEST(CloudEvent, KeysMayBeWrittenWithEscapes) {
  TestReader reader;
  ASSERT_EQ(reader.Say(Order(
                R"("tot\u0061l":3,"\u006eote_that_has_a_long_name":"n\/\u00e9\ud83d\ude00")")),
            "event");
  EXPECT_EQ(reader.field(kTotal).cell, 300);
  EXPECT_EQ(reader.field(kNote).Text(), "n/\xc3\xa9\xf0\x9f\x98\x80");
}

TEST(CloudEvent, NeedsItsAttributes) {
  TestReader reader;
  const auto say = [&reader](std::string_view envelope) {
    return reader.Say("{" + std::string(envelope) + "}");
  };
  const std::string rest =
      R"(,"type":"product_viewed","time":"2026-03-01T10:15:30Z","subject":"a")";
  const std::string good = R"("specversion":"1.0","id":"1","source":"w")" + rest;
  ASSERT_EQ(say(good), "event");
  EXPECT_EQ(say(R"("specversion":"0.3","id":"1","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":1.0,"id":"1","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":null,"id":"1","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("id":"1","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","id":"","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","id":7,"source":"w")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","id":"1")" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","id":"1","source":null)" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","id":"1","source":["w"])" + rest), "envelope");
  EXPECT_EQ(say(R"("specversion":"1.0","id":"a\u0000b","source":"w")" + rest), "envelope");
  EXPECT_EQ(say(good + R"(,"type":null)"), "envelope");
  EXPECT_EQ(say(good + R"(,"type":"")"), "envelope");
  EXPECT_EQ(say(good + R"(,"type":5)"), "envelope");
  EXPECT_EQ(say(good + R"(,"subject":"")"), "envelope");
  EXPECT_EQ(say(good + R"(,"subject":5)"), "envelope");
  EXPECT_EQ(say(good + R"(,"subject":null)"), "customer");
  EXPECT_EQ(say(good + R"(,"subject":"a\tb")"), "customer");
  EXPECT_EQ(say(good + R"(,"data":{},"data_base64":"eA==")"), "envelope");
  EXPECT_EQ(say(good + R"(,"data_base64":"eA==")"), "type");
  EXPECT_EQ(say(good + R"(,"data":{},"data_base64":null)"), "event");
  EXPECT_EQ(say(good + R"(,"data":"text")"), "type");
  EXPECT_EQ(say(good + R"(,"data":[])"), "type");
  EXPECT_EQ(say(good + R"(,"data":null)"), "event");
}

TEST(CloudEvent, ExtensionsHaveSmallNamesAndSimpleValues) {
  TestReader reader;
  EXPECT_EQ(reader.Say(Order("", R"("traceparent":"00-1","n1":5,"ok":true,"none":null,)")),
            "event");
  EXPECT_EQ(reader.Say(Order("", R"("traceParent":"00-1",)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("trace_parent":"00-1",)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("":"00-1",)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("messageId":"00-1",)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("ext":{},)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("ext":[1],)")), "envelope");
  EXPECT_EQ(reader.Say(Order("", R"("ext":1.5,)")), "envelope");
}

TEST(CloudEvent, IdSourceAndSubjectHaveAtMost256Bytes) {
  TestReader reader;
  const std::string longest(256, 'x'), longer(257, 'x');
  EXPECT_EQ(reader.Say(Order("", "\"id\":\"" + longest + "\",")), "event");
  EXPECT_EQ(reader.Say(Order("", "\"id\":\"" + longer + "\",")), "envelope");
  EXPECT_EQ(reader.Say(Order("", "\"source\":\"" + longest + "\",")), "event");
  EXPECT_EQ(reader.Say(Order("", "\"source\":\"" + longer + "\",")), "envelope");
  EXPECT_EQ(reader.Say(Order("", "\"subject\":\"" + longest + "\",")), "event");
  EXPECT_EQ(reader.event().customer, longest);
  EXPECT_EQ(reader.Say(Order("", "\"subject\":\"" + longer + "\",")), "customer");
}

TEST(CloudEvent, TimeIsRfc3339From1970To9998) {
  TestReader reader;
  const auto say = [&reader](std::string_view time) {
    return reader.Say(Order("", "\"time\":" + std::string(time) + ","));
  };
  EXPECT_EQ(say(R"("1970-01-01T00:00:00Z")"), "event");
  EXPECT_EQ(reader.event().time, 0);
  EXPECT_EQ(say(R"("1969-12-31T23:59:59.999Z")"), "time");
  EXPECT_EQ(say(R"("9998-12-31T23:59:59.999999Z")"), "event");
  EXPECT_EQ(reader.event().time, kTimeMaxMs - 1);
  EXPECT_EQ(say(R"("9999-01-01T00:00:00Z")"), "time");
  EXPECT_EQ(say(R"("2026-03-01T10:15:30.1239+01:00")"), "event");
  EXPECT_EQ(reader.event().time, ParseTime("2026-03-01T09:15:30.123Z").value());
  EXPECT_EQ(say(R"("2026-03-01T10:15:30\u005a")"), "event");
  for (std::string_view wrong : {R"("lunchtime")", R"("2026-03-01T10:15:30")", "1772360130", "null",
                                 R"("2026-03-01T10:15:30+24:00")", R"("")", "{}"}) {
    EXPECT_EQ(say(wrong), "time") << wrong;
  }
}

TEST(CloudEvent, OfAnUndeclaredTypeIsIgnoredIfItIsValid) {
  TestReader reader;
  EXPECT_EQ(reader.Say(R"({"specversion":"1.0","id":"1","source":"w","type":"x"})"), "ignored");
  EXPECT_EQ(reader.Say(R"({"specversion":"1.0","id":"1","source":"w","type":"x","data":"text"})"),
            "ignored");
  EXPECT_EQ(reader.Say(R"({"specversion":"1.0","id":"1","source":"w","type":"x","time":"no"})"),
            "time");
  EXPECT_EQ(reader.Say(R"({"specversion":"1.0","id":"1","source":"w","type":"order_complete"})"),
            "ignored");
}

TEST(CloudEvent, IdentifyWritesAttributesFromItsTraits) {
  TestReader reader;
  const auto say = [&reader](std::string_view data) {
    return reader.Say(R"({"specversion":"1.0","id":"1","source":"crm","type":"identify",)"
                      R"("time":"2026-03-01T10:15:30Z","subject":"anna","data":)" +
                      std::string(data) + "}");
  };
  ASSERT_EQ(say(R"({"traits":{"birthday":"1985-02-28"}})"), "event");
  EXPECT_EQ(reader.event().type, engine::Event::kIdentify);
  EXPECT_TRUE(reader.event().fields.empty());
  ASSERT_NE(reader.write(kBirthDate), nullptr);
  EXPECT_EQ(reader.write(kBirthDate)->cell, DayOfDate({1985, 2, 28}));
  EXPECT_EQ(say("{}"), "event");
  EXPECT_EQ(say("null"), "event");
  EXPECT_EQ(say(R"({"traits":null})"), "event");
  EXPECT_TRUE(reader.event().attributes.empty());
  EXPECT_EQ(say(R"({"traits":[]})"), "type");
  EXPECT_EQ(say("[]"), "type");
  EXPECT_EQ(say(R"({"traits":{"points":"x"},"traits":{"points":3}})"), "event");
  EXPECT_EQ(reader.write(kPoints)->cell, 3);
}

// Events that others collected: what their names say of them must hold here too.
class Conformance : public ::testing::Test {
 protected:
  // Calls each(id, event as one line) for every test in a file of the collection.
  template <class Each>
  static void ForAll(const char* file, Each each) {
    const std::string path = std::string("../shared/data/cloudevents/") + file;
    std::ifstream in(path, std::ios::binary);
    if (!in) GTEST_SKIP() << path << " is not there";
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    simdjson::dom::parser parser;
    for (simdjson::dom::element test : parser.parse(text)["tests"].get_array()) {
      each(std::string(test["id"]), simdjson::minify(test["event"]));
    }
  }
};

TEST_F(Conformance, RejectsEveryInvalidEvent) {
  TestReader reader;
  ForAll("invalid-events.json", [&reader](const std::string& id, const std::string& event) {
    const std::string said = reader.Say(event);
    EXPECT_TRUE(said == "envelope" || said == "time") << id << ": " << said;
  });
}

// They are of a type that is not declared here. With ours, they lack a customer or a time, or their
// data is no object; their envelope is never at fault.
TEST_F(Conformance, BlamesNoValidEnvelope) {
  TestReader reader;
  ForAll("valid-events.json", [&reader](const std::string& id, std::string event) {
    EXPECT_EQ(reader.Say(event), "ignored") << id;
    const std::string theirs = "\"io.cloudevents.test\"";
    event.replace(event.find(theirs), theirs.size(), "\"order_completed\"");
    const std::string said = reader.Say(event);
    EXPECT_TRUE(said == "event" || said == "customer" || said == "type" || said == "time")
        << id << ": " << said;
  });
}

}  // namespace
}  // namespace parcours::sources
