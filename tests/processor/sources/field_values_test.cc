// How the values of declared fields are read, by type.
#include "base/point.h"
#include "base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/processor/sources/read_event.h"

namespace parcours::sources {
namespace {

using ::testing::HasSubstr;

// Reads one field of an order; "event" or the reason.
class FieldValue : public ::testing::Test {
 protected:
  std::string Say(std::string_view name, std::string_view value) {
    return reader_.SayOrder("\"" + std::string(name) + "\":" + std::string(value));
  }
  Cell CellOf(int field, std::string_view name, std::string_view value) {
    EXPECT_EQ(Say(name, value), "event") << name << " " << value << ": " << reader_.buffer().detail;
    return reader_.field(field).cell;
  }
  TestReader reader_;
};

TEST_F(FieldValue, MoneyIsExactMinorUnits) {
  EXPECT_EQ(CellOf(kTotal, "total", "12.30"), 1230);
  EXPECT_EQ(CellOf(kTotal, "total", "12.3"), 1230);
  EXPECT_EQ(CellOf(kTotal, "total", "12"), 1200);
  EXPECT_EQ(CellOf(kTotal, "total", "12.300000"), 1230);
  EXPECT_EQ(CellOf(kTotal, "total", "1.23e1"), 1230);
  EXPECT_EQ(CellOf(kTotal, "total", "0"), 0);
  EXPECT_EQ(CellOf(kTotal, "total", "-0.00"), 0);
  EXPECT_EQ(CellOf(kTotal, "total", "0.07"), 7);
  EXPECT_EQ(CellOf(kTotal, "total", "\"12.30\""), 1230);
  EXPECT_EQ(CellOf(kTotal, "total", "\"1\\u0032.30\""), 1230);
  // Beyond what a double can tell apart.
  EXPECT_EQ(CellOf(kTotal, "total", "92233720368547758.07"), INT64_MAX);
  EXPECT_EQ(CellOf(kTotal, "total", "9007199254740993.01"), 900'719'925'474'099'301);
  EXPECT_EQ(CellOf(kTotal, "total", " 12.30\t"), 1230);
}

TEST_F(FieldValue, MoneyOutsideItsBoundsIsAnAmountAtFault) {
  for (std::string_view amount : {"-0.01", "-5", "12.305", "1e-3", "92233720368547758.08", "1e400",
                                  "\"-5\"", "123456789012345678901234567890"}) {
    EXPECT_EQ(Say("total", amount), "amount") << amount;
    EXPECT_THAT(reader_.buffer().detail, HasSubstr("total: "));
  }
  for (std::string_view other :
       {"\"12,30\"", "\"\"", "\" 12\"", "\"EUR 5\"", "true", "{}", "[5]", "\"+5\"", "\"05\""}) {
    EXPECT_EQ(Say("total", other), "type") << other;
  }
}

TEST_F(FieldValue, ADoubleIsFixedPointOfItsScale) {
  EXPECT_EQ(CellOf(kWeight, "weight", "1.5"), 1500);
  EXPECT_EQ(CellOf(kWeight, "weight", "-0.125"), -125);
  EXPECT_EQ(CellOf(kWeight, "weight", "\"0.125\""), 125);
  EXPECT_EQ(Say("weight", "0.1234"), "amount");
  EXPECT_EQ(Say("weight", "1e30"), "amount");
  EXPECT_EQ(Say("weight", "\"heavy\""), "type");
}

TEST_F(FieldValue, AnIntIsAWholeNumberOf64Bits) {
  EXPECT_EQ(CellOf(kPieces, "pieces", "3"), 3);
  EXPECT_EQ(CellOf(kPieces, "pieces", "-3"), -3);
  EXPECT_EQ(CellOf(kPieces, "pieces", "3.0"), 3);
  EXPECT_EQ(CellOf(kPieces, "pieces", "9223372036854775807"), INT64_MAX);
  EXPECT_EQ(CellOf(kPieces, "pieces", "-9223372036854775806"), kCellMin);
  for (std::string_view other :
       {"3.5", "\"3\"", "true", "9223372036854775808", "[3]", "-9223372036854775807"}) {
    EXPECT_EQ(Say("pieces", other), "type") << other;
  }
}

TEST_F(FieldValue, BoolsTimesAndDatesAreTyped) {
  EXPECT_EQ(CellOf(kPromotion, "promotion", "true"), 1);
  EXPECT_EQ(CellOf(kPromotion, "promotion", "false"), 0);
  EXPECT_EQ(Say("promotion", "0"), "type");
  EXPECT_EQ(Say("promotion", "\"true\""), "type");
  EXPECT_EQ(CellOf(kShipped, "shipped", "\"2026-03-01T10:15:30.5+01:00\""),
            ParseTime("2026-03-01T09:15:30.500Z").value());
  EXPECT_EQ(CellOf(kShipped, "shipped", "\"1950-03-01T10:15:30Z\""),
            ParseTime("1950-03-01T10:15:30Z").value());
  EXPECT_EQ(Say("shipped", "\"2026-03-01\""), "type");
  EXPECT_EQ(Say("shipped", "1772360130"), "type");
  EXPECT_EQ(CellOf(kDay, "day", "\"1984-02-29\""), DayOfDate({1984, 2, 29}));
  // The date as it is written there, whatever it would be in UTC.
  EXPECT_EQ(CellOf(kDay, "day", "\"1984-02-29T23:30:00-05:00\""), DayOfDate({1984, 2, 29}));
  for (std::string_view other : {"\"1985-02-29\"", "\"1985-2-9\"", "\"1985-02-28T\"", "\"\"",
                                 "\"1985-02-28 10:00\"", "19850228", "\"1985-02-28x\""}) {
    EXPECT_EQ(Say("day", other), "type") << other;
  }
}

TEST_F(FieldValue, AStringHasAtMost1024BytesAndNoNul) {
  const std::string longest(1024, 'x');
  EXPECT_EQ(Say("order_id", "\"" + longest + "\""), "event");
  EXPECT_EQ(reader_.field(kOrderId).Text(), longest);
  EXPECT_EQ(Say("order_id", "\"" + longest + "x\""), "type");
  EXPECT_EQ(Say("order_id", "\"a\\u0000b\""), "type");
  EXPECT_EQ(Say("order_id", "5"), "type");
  // 1,024 bytes count after unescaping.
  std::string escaped;
  for (int i = 0; i < 512; ++i) escaped += "\\u00e9";
  EXPECT_EQ(Say("order_id", "\"" + escaped + "\""), "event");
  EXPECT_EQ(reader_.field(kOrderId).Text().size(), 1024U);
  ASSERT_EQ(Say("order_id", R"("\"\\\/\b\f\n\r\t")"), "event");
  EXPECT_EQ(reader_.field(kOrderId).Text(), "\"\\/\b\f\n\r\t");
  ASSERT_EQ(Say("order_id", "\"\""), "event");
  EXPECT_EQ(reader_.field(kOrderId).cell, 0);
  EXPECT_NE(reader_.field(kOrderId).data, nullptr);
}

TEST_F(FieldValue, NullIsAbsentAndSoIsWhatIsMissing) {
  ASSERT_EQ(reader_.SayOrder(R"("order_id":"1","total":1,"weight":1,"promotion":true,"items":[{}],)"
                             R"("tags":["a"],"pieces":1,"day":"2026-01-01")"),
            "event");
  for (std::string_view fields :
       {R"("order_id":null,"total":null,"weight":null,"promotion":null,"items":null,"tags":null,)"
        R"("pieces":null,"shipped":null,"day":null)",
        ""}) {
    ASSERT_EQ(reader_.SayOrder(fields), "event");
    for (int field = engine::kCommonFields; field <= kNote; ++field) {
      EXPECT_EQ(reader_.field(field).cell, kAbsent) << field;
      EXPECT_EQ(reader_.field(field).data, nullptr) << field;
    }
  }
}

TEST_F(FieldValue, ItemsAreReadWithTheirFields) {
  ASSERT_EQ(Say("items", R"([{"product_id":"p1","category":"c/d","quantity":2,"price":"8.95"},)"
                         R"({}, {"price":0,"color":{"deep":[1]},"quantity":null,)"
                         R"("product_id":"\u0070"}])"),
            "event");
  const auto items = reader_.field(kItems).Items();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].product_id, "p1");
  EXPECT_EQ(items[0].category, "c/d");
  EXPECT_EQ(items[0].quantity, 2);
  EXPECT_EQ(items[0].price, 895);
  EXPECT_EQ(items[1].product_id.data(), nullptr);
  EXPECT_EQ(items[1].quantity, kAbsent);
  EXPECT_EQ(items[1].price, kAbsent);
  EXPECT_EQ(items[2].product_id, "p");
  EXPECT_EQ(items[2].price, 0);
  EXPECT_EQ(items[2].quantity, kAbsent);
  ASSERT_EQ(Say("items", "[]"), "event");
  EXPECT_EQ(reader_.field(kItems).cell, 0);
}

TEST_F(FieldValue, ItemsOfAWrongShapeAreRejected) {
  for (std::string_view list :
       {"{}", "\"x\"", "5", "[5]", "[[]]", "[null]", "[{},5]", R"([{"quantity":"2"}])",
        R"([{"quantity":1.5}])", R"([{"product_id":5}])", R"([{"category":{}}])",
        R"([{"price":true}])"}) {
    EXPECT_EQ(Say("items", list), "type") << list;
  }
  EXPECT_EQ(Say("items", R"([{"price":-1}])"), "amount");
  EXPECT_EQ(Say("items", R"([{"price":1.005}])"), "amount");
}

TEST_F(FieldValue, TextsAreReadInOrder) {
  ASSERT_EQ(reader_.SayOrder(R"("tags":[ "a" , "\u0062", ""],"items":[{"product_id":"p\n"}])"),
            "event");
  const auto texts = reader_.field(kTags).Texts();
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0], "a");
  EXPECT_EQ(texts[1], "b");
  EXPECT_EQ(texts[2], "");
  EXPECT_EQ(reader_.field(kItems).Items()[0].product_id, "p\n");
  for (std::string_view list :
       {"\"a\"", "{}", "[1]", "[null]", "[[\"a\"]]", "[\"a\",{}]", "[\"\\u0000\"]"}) {
    EXPECT_EQ(Say("tags", list), "type") << list;
  }
}

std::string Repeated(std::string_view element, int count) {
  std::string list = "[";
  for (int i = 0; i < count; ++i) list += (i > 0 ? "," : "") + std::string(element);
  return list + "]";
}

TEST_F(FieldValue, ListsHaveAtMost1000Elements) {
  EXPECT_EQ(Say("items", Repeated("{\"quantity\":1}", 1000)), "event");
  EXPECT_EQ(reader_.field(kItems).Items().size(), 1000U);
  EXPECT_EQ(reader_.field(kItems).Items()[999].quantity, 1);
  EXPECT_EQ(Say("items", Repeated("{}", 1001)), "type");
  EXPECT_EQ(Say("tags", Repeated("\"x\"", 1000)), "event");
  EXPECT_EQ(reader_.field(kTags).Texts()[999], "x");
  EXPECT_EQ(Say("tags", Repeated("\"x\"", 1001)), "type");
  EXPECT_EQ(Say("tags", Repeated("\"\\u0078\"", 1000)), "event");
  EXPECT_EQ(reader_.field(kTags).Texts()[0], "x");
}

TEST_F(FieldValue, ACurrencyBesideMoneyMustBeTheProgrammes) {
  EXPECT_EQ(reader_.SayOrder(R"("total":1,"currency":"EUR")"), "event");
  EXPECT_EQ(reader_.SayOrder(R"("total":1,"currency":"eur")"), "event");
  EXPECT_EQ(reader_.SayOrder(R"("total":1,"currency":null)"), "event");
  EXPECT_EQ(reader_.SayOrder(R"("total":1,"currency":"USD")"), "currency");
  EXPECT_EQ(reader_.SayOrder(R"("currency":"USD","total":1)"), "currency");
  EXPECT_EQ(reader_.SayOrder(R"("total":1,"currency":978)"), "currency");
  EXPECT_EQ(reader_.Say(Track(R"("revenue":1,"currency":"USD")")), "currency");
  // Where no money is declared, currency is an unknown field like others.
  EXPECT_EQ(reader_.Say(R"({"type":"track","messageId":"m","userId":"a","event":"Product Viewed",)"
                        R"("timestamp":"2026-03-01T10:15:30Z","properties":{"currency":"USD"}})"),
            "event");
}

TEST_F(FieldValue, UnknownFieldsAreIgnored) {
  EXPECT_EQ(reader_.SayOrder(R"("a":{"total":"x"},"b":[1,{"c":[]}],"totals":"x","tota":"x")"),
            "event");
  EXPECT_EQ(reader_.field(kTotal).cell, kAbsent);
}

TEST_F(FieldValue, NothingOfAnEarlierEventStays) {
  ASSERT_EQ(reader_.SayOrder(R"("order_id":"1\n","tags":["a"],"items":[{"quantity":1}])"), "event");
  ASSERT_EQ(reader_.SayTraits(R"({"points":5})"), "event");
  EXPECT_EQ(reader_.event().fields.size(), 0U);
  EXPECT_EQ(reader_.event().attributes.size(), 1U);
  ASSERT_EQ(reader_.SayOrder(""), "event");
  EXPECT_EQ(reader_.event().attributes.size(), 0U);
  EXPECT_EQ(reader_.field(kOrderId).cell, kAbsent);
}

TEST_F(FieldValue, APointIsAnObjectOfTwoNumbers) {
  EXPECT_EQ(CellOf(kHome, "home", R"({"lat":48.85,"lon":-2.35})"),
            CellOfPoint({488'500'000, -23'500'000}));
  EXPECT_EQ(CellOf(kHome, "home", R"({"longitude": 180, "x": [{}, 1], "latitude": -90 })"),
            CellOfPoint({-900'000'000, 1'800'000'000}));
  EXPECT_EQ(CellOf(kHome, "home", "null"), kAbsent);
  for (std::string_view other :
       {"{}", R"({"lat":1})", R"({"lat":"1","lon":2})", R"({"lat":91,"lon":2})", "[1,2]", "\"1,2\"",
        R"({"lat":1,"lon":null})", R"({"lat":1e400,"lon":2})", R"({"lat":[1],"lon":2})"}) {
    EXPECT_EQ(Say("home", other), "type") << other;
  }
}

}  // namespace
}  // namespace parcours::sources
