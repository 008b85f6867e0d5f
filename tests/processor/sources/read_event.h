// A shop's catalog made by hand, and a reader over it that owns the lines it reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "processor/sources/event_json.h"
#include "rules/catalog/catalog.h"

namespace parcours::sources {

// Programme currency EUR. Events: order_completed (all kinds of fields; Segment: "Order Completed",
// its items under `products`), product_viewed (no money). Attributes as AttributeNumber says.
inline catalog::Catalog ShopCatalog() {
  using expr::Kind;
  using expr::Type;
  catalog::Catalog catalog;
  catalog.currency = "EUR";
  catalog.decimals = 2;
  catalog::EventType order;
  order.name = "order_completed";
  order.segment = "Order Completed";
  order.has_money = true;
  const auto field = [&order](const char* name, Type type, int scale, const char* segment) {
    order.fields.push_back(
        {.name = name, .type = std::move(type), .scale = scale, .segment = segment});
  };
  field("order_id", Type::Of(Kind::kString), 0, "order_id");
  field("total", Type::Of(Kind::kMoney), 2, "revenue");
  field("weight", Type::Of(Kind::kDouble), 3, "weight");
  field("promotion", Type::Of(Kind::kBool), 0, "promotion");
  field("items", Type::ListOf(Type::Of(Kind::kItem)), 0, "products");
  field("tags", Type::ListOf(Type::Of(Kind::kString)), 0, "tags");
  field("pieces", Type::Of(Kind::kInt), 0, "pieces");
  field("shipped", Type::Of(Kind::kTimestamp), 0, "shipped");
  field("day", Type::Of(Kind::kDate), 0, "day");
  field("note_that_has_a_long_name", Type::Of(Kind::kString), 0, "note_that_has_a_long_name");
  catalog.events.push_back(std::move(order));
  catalog::EventType view;
  view.name = "product_viewed";
  view.fields.push_back(
      {.name = "product_id", .type = Type::Of(Kind::kString), .segment = "product_id"});
  catalog.events.push_back(std::move(view));

  const auto attribute = [&catalog](const char* name, Type type, const char* trait) {
    catalog::Attribute added;
    added.name = name;
    added.type = std::move(type);
    added.trait = trait;
    catalog.attributes.push_back(std::move(added));
  };
  attribute("birth_date", Type::Of(Kind::kDate), "birthday");
  attribute("city", Type::Of(Kind::kString), "address.city");
  attribute("street", Type::Of(Kind::kString), "address.street.name");
  attribute("time_zone", Type::Of(Kind::kString), "time_zone");
  catalog.attributes.back().is_time_zone = true;
  attribute("email", Type::Of(Kind::kString), "email");
  catalog.attributes.back().contact = true;
  attribute("points", Type::Of(Kind::kInt), "points");
  attribute("credit_limit", Type::Of(Kind::kMoney), "limit");
  catalog.attributes.back().scale = 2;
  attribute("since", Type::Of(Kind::kTimestamp), "createdAt");
  attribute("vip", Type::Of(Kind::kBool), "vip");
  return catalog;
}

// Fields of order_completed, after the common ones.
enum OrderField {
  kOrderId = engine::kCommonFields,
  kTotal,
  kWeight,
  kPromotion,
  kItems,
  kTags,
  kPieces,
  kShipped,
  kDay,
  kNote,
};
enum AttributeNumber { kBirthDate, kCity, kStreet, kZone, kEmail, kPoints, kLimit, kSince, kVip };

class TestReader {
 public:
  TestReader() : catalog_(ShopCatalog()), reader_(catalog_) {}

  Outcome Read(std::string_view line) {
    // Behind the line stand bytes that would mislead whoever read them.
    line_ =
        std::string(line) + std::string(kLinePadding / 2, '"') + std::string(kLinePadding / 2, '1');
    return reader_.Read(std::string_view(line_).substr(0, line.size()), &buffer_);
  }
  // "event", "ignored", "empty", or the reason of a rejection.
  std::string Say(std::string_view line);
  // An order with `fields` as its data, by either format.
  std::string SayOrder(std::string_view fields);
  std::string SayTraits(std::string_view traits);

  const engine::Event& event() const { return buffer_.event; }
  const expr::Field& field(int number) const {
    return event().fields[static_cast<std::size_t>(number)];
  }
  // What the last identify writes to an attribute; nullptr if nothing.
  const expr::Field* write(int attribute) const;
  const EventBuffer& buffer() const { return buffer_; }

 private:
  catalog::Catalog catalog_;
  EventReader reader_;
  EventBuffer buffer_;
  std::string line_;
};

inline std::string Order(std::string_view fields, std::string_view envelope = "") {
  return R"({"specversion":"1.0","id":"o-1","source":"web","type":"order_completed",)"
         R"("time":"2026-03-01T10:15:30.123Z","subject":"anna",)" +
         std::string(envelope) + R"("data":{)" + std::string(fields) + "}}";
}

inline std::string Track(std::string_view properties) {
  return R"({"type":"track","messageId":"m-1","userId":"anna","event":"Order Completed",)"
         R"("timestamp":"2026-03-01T10:15:30.123Z","properties":{)" +
         std::string(properties) + "}}";
}

inline std::string Identify(std::string_view traits) {
  return R"({"type":"identify","messageId":"m-2","userId":"anna",)"
         R"("timestamp":"2026-03-01T10:15:30.123Z","traits":)" +
         std::string(traits) + "}";
}

inline std::string TestReader::Say(std::string_view line) {
  switch (Read(line)) {
    case Outcome::kEvent:
      return "event";
    case Outcome::kEmpty:
      return "empty";
    case Outcome::kIgnored:
      return "ignored";
    case Outcome::kRejected:
      break;
  }
  return std::string(ReasonName(buffer_.reason));
}

inline std::string TestReader::SayOrder(std::string_view fields) { return Say(Order(fields)); }
inline std::string TestReader::SayTraits(std::string_view traits) { return Say(Identify(traits)); }

inline const expr::Field* TestReader::write(int attribute) const {
  for (const engine::AttributeWrite& write : event().attributes) {
    if (write.attribute == attribute) return &write.value;
  }
  return nullptr;
}

}  // namespace parcours::sources
