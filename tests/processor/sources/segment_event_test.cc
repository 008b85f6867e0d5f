// What the reader makes of Segment's track and identify.
#include "base/hash.h"
#include "base/time.h"
#include "gtest/gtest.h"
#include "tests/processor/sources/read_event.h"

namespace parcours::sources {
namespace {

TEST(SegmentEvent, TrackIsAnEventOfItsDeclaredType) {
  TestReader reader;
  ASSERT_EQ(reader.Say(Track(R"("order_id":"7","revenue":12.30,"products":[{"quantity":2}])")),
            "event");
  const engine::Event& event = reader.event();
  EXPECT_EQ(event.type, 0);
  EXPECT_EQ(event.time, ParseTime("2026-03-01T10:15:30.123Z").value());
  EXPECT_EQ(event.customer, "anna");
  EXPECT_EQ(event.id, "m-1");
  EXPECT_EQ(event.source, "segment");
  EXPECT_EQ(event.key, Hash64(std::string_view("m-1\0segment", 11)));
  EXPECT_EQ(reader.field(kOrderId).Text(), "7");
  // Their names for the same things: `revenue` is our total, `products` our items.
  EXPECT_EQ(reader.field(kTotal).cell, 1230);
  EXPECT_EQ(reader.field(kItems).Items()[0].quantity, 2);
  ASSERT_EQ(reader.Say(Track(R"("total":12.30)")), "event");
  EXPECT_EQ(reader.field(kTotal).cell, kAbsent);
}

TEST(SegmentEvent, MayHaveItsKeysInTheOrderOfTheAlphabet) {
  TestReader reader;
  const std::string line =
      R"({"anonymousId":"v-1","channel":"web","context":{"ip":"8.8.8.8","page":{"path":"/"}},)"
      R"("event":"Order Completed","integrations":{"All":true},"messageId":"m-1",)"
      R"("originalTimestamp":"2026-03-01T10:00:00Z","properties":{"revenue":5},)"
      R"("receivedAt":"2026-03-01T10:00:02Z","sentAt":"2026-03-01T10:00:01Z",)"
      R"("timestamp":"2026-03-01T10:00:00.500Z","type":"track","userId":"anna","version":"1.1"})";
  ASSERT_EQ(reader.Say(line), "event");
  EXPECT_EQ(reader.field(kTotal).cell, 500);
  EXPECT_EQ(reader.event().customer, "anna");
  EXPECT_EQ(reader.event().time, ParseTime("2026-03-01T10:00:00.500Z").value());
}

TEST(SegmentEvent, NamesBecomeTypesByRuleOrAsStated) {
  TestReader reader;
  const auto say = [&reader](std::string_view event) {
    return reader.Say(R"({"type":"track","messageId":"m","userId":"a","event":)" +
                      std::string(event) +
                      R"(,"timestamp":"2026-03-01T10:15:30Z","properties":{"product_id":"p"}})");
  };
  for (int round = 0; round < 2; ++round) {  // the second time from the cache
    EXPECT_EQ(say(R"("Product Viewed")"), "event");
    EXPECT_EQ(reader.event().type, 1);
    EXPECT_EQ(reader.field(engine::kCommonFields).Text(), "p");
    EXPECT_EQ(say(R"("Order Completed")"), "event");
    EXPECT_EQ(reader.event().type, 0);
    EXPECT_EQ(say(R"("Order\u0020Completed")"), "event");
    EXPECT_EQ(say(R"("Product Clicked")"), "ignored");
    EXPECT_EQ(say("\"" + std::string(1000, 'P') + "\""), "ignored");
    EXPECT_EQ(say(R"("")"), "envelope");
    EXPECT_EQ(say("null"), "envelope");
    EXPECT_EQ(say("5"), "envelope");
  }
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(say("\"Name " + std::to_string(i) + "\""), "ignored");
  }
  EXPECT_EQ(say(R"("Product Viewed")"), "event");
}

TEST(SegmentEvent, SeveralFieldsMayReadOneProperty) {
  catalog::Catalog catalog = ShopCatalog();
  for (catalog::Field& field : catalog.events[0].fields) {
    if (field.type.kind == expr::Kind::kString) field.segment = "name";
  }
  EventReader reader(catalog);
  EventBuffer buffer;
  const std::string name(1000, 'n');
  std::string line = Track("\"name\":\"\\u0041" + name + "\"");
  line.append(kLinePadding, ' ');
  ASSERT_EQ(reader.Read(line, &buffer), Outcome::kEvent);
  for (int field : {int{kOrderId}, int{kNote}}) {
    EXPECT_EQ(buffer.event.fields[static_cast<std::size_t>(field)].Text(), "A" + name);
  }
}

TEST(SegmentEvent, OfOtherKindsIsIgnored) {
  TestReader reader;
  for (std::string_view kind : {"page", "screen", "group", "alias"}) {
    EXPECT_EQ(reader.Say(R"({"messageId":"m","type":")" + std::string(kind) + R"("})"), "ignored");
  }
  EXPECT_EQ(reader.Say(R"({"messageId":"m","type":"delete"})"), "envelope");
  EXPECT_EQ(reader.Say(R"({"messageId":"m"})"), "envelope");
  EXPECT_EQ(reader.Say(R"({"type":"track","event":"Order Completed"})"), "envelope");
  EXPECT_EQ(reader.Say(R"({"type":"track","event":"Order Completed","messageId":""})"), "envelope");
  EXPECT_EQ(reader.Say("{}"), "envelope");
}

TEST(SegmentEvent, CustomerIsTheUserElseTheVisitor) {
  TestReader reader;
  const auto say = [&reader](std::string_view who) {
    return reader.Say(R"({"type":"track","messageId":"m","event":"Order Completed",)" +
                      std::string(who) + R"("timestamp":"2026-03-01T10:15:30Z"})");
  };
  EXPECT_EQ(say(R"("userId":"anna","anonymousId":"v",)"), "event");
  EXPECT_EQ(reader.event().customer, "anna");
  for (std::string_view nobody : {"", R"("userId":null,)", R"("userId":"",)"}) {
    EXPECT_EQ(say(std::string(nobody) + R"("anonymousId":"v",)"), "event");
    EXPECT_EQ(reader.event().customer, "anon:v");
    EXPECT_EQ(say(nobody), "customer");
    EXPECT_EQ(say(std::string(nobody) + R"("anonymousId":"",)"), "customer");
  }
  EXPECT_EQ(say(R"("anonymousId":"v\u00e9",)"), "event");
  EXPECT_EQ(reader.event().customer, "anon:v\xc3\xa9");
  EXPECT_EQ(say(R"("userId":7,)"), "customer");
  EXPECT_EQ(say("\"anonymousId\":\"" + std::string(251, 'v') + "\","), "event");
  EXPECT_EQ(say("\"anonymousId\":\"" + std::string(252, 'v') + "\","), "customer");
}

TEST(SegmentEvent, TimeIsTheTimestampElseTheOriginalOne) {
  TestReader reader;
  const auto say = [&reader](std::string_view times) {
    return reader.Say(R"({"type":"track","messageId":"m","event":"Order Completed","userId":"a")" +
                      std::string(times) + "}");
  };
  EXPECT_EQ(say(R"(,"originalTimestamp":"2026-03-01T10:00:00Z")"), "event");
  EXPECT_EQ(reader.event().time, ParseTime("2026-03-01T10:00:00Z").value());
  EXPECT_EQ(say(R"(,"timestamp":null,"originalTimestamp":"2026-03-01T10:00:00Z")"), "event");
  EXPECT_EQ(say(R"(,"timestamp":"x","originalTimestamp":"2026-03-01T10:00:00Z")"), "time");
  EXPECT_EQ(say(""), "time");
  EXPECT_EQ(say(R"(,"sentAt":"2026-03-01T10:00:00Z")"), "time");
}

TEST(SegmentEvent, IdentifyFindsTraitsByTheirPaths) {
  TestReader reader;
  ASSERT_EQ(
      reader.SayTraits(R"({"birthday":"1985-02-28T00:00:00.000Z","vip":true,)"
                       R"("address":{"city":"Paris","street":{"name":"Rue X"},"zip":"75001"},)"
                       R"("time_zone":"Europe/Paris","email":"a@example.com",)"
                       R"("points":5,"limit":"10.50","createdAt":"2020-01-01T00:00:00Z"})"),
      "event");
  EXPECT_EQ(reader.event().type, engine::Event::kIdentify);
  EXPECT_EQ(reader.event().source, "segment");
  EXPECT_EQ(reader.write(kBirthDate)->cell, DayOfDate({1985, 2, 28}));
  EXPECT_EQ(reader.write(kCity)->Text(), "Paris");
  EXPECT_EQ(reader.write(kStreet)->Text(), "Rue X");
  EXPECT_EQ(reader.write(kZone)->Text(), "Europe/Paris");
  EXPECT_EQ(reader.write(kPoints)->cell, 5);
  EXPECT_EQ(reader.write(kLimit)->cell, 1050);
  EXPECT_EQ(reader.write(kSince)->cell, ParseTime("2020-01-01T00:00:00Z").value());
  EXPECT_EQ(reader.write(kVip)->cell, 1);
  EXPECT_EQ(reader.write(kEmail)->Text(), "a@example.com");
  EXPECT_EQ(reader.SayTraits(R"({"email":5})"), "type");
}

TEST(SegmentEvent, WhatTraitsLackIsNotWritten) {
  TestReader reader;
  ASSERT_EQ(reader.SayTraits(R"({"points":null,"address":null,"other":[{}]})"), "event");
  EXPECT_TRUE(reader.event().attributes.empty());
  EXPECT_EQ(reader.SayTraits("null"), "event");
  EXPECT_EQ(reader.SayTraits(R"({"address":"Rue X 5, Paris"})"), "event");
  EXPECT_EQ(reader.SayTraits(R"({"address":{"city":{"name":"Paris"}}})"), "type");
  EXPECT_EQ(reader.SayTraits(R"([1])"), "type");
  // Of a repeated object the last one counts, as a whole.
  ASSERT_EQ(reader.SayTraits(R"({"address":{"city":"Paris"},"address":{"zip":"1"}})"), "event");
  EXPECT_EQ(reader.write(kCity), nullptr);
}

TEST(SegmentEvent, ATimeZoneMustExist) {
  TestReader reader;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":"America/Santiago"})"), "event");
    EXPECT_EQ(reader.write(kZone)->Text(), "America/Santiago");
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":"Europe\/Paris"})"), "event");
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":"Mars/Olympus"})"), "type");
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":""})"), "type");
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":"../../etc/passwd"})"), "type");
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":"Europe/Paris\u0000"})"), "type");
    EXPECT_EQ(reader.SayTraits("{\"time_zone\":\"" + std::string(300, 'x') + "\"}"), "type");
    EXPECT_EQ(reader.SayTraits(R"({"time_zone":2})"), "type");
  }
}

}  // namespace
}  // namespace parcours::sources
