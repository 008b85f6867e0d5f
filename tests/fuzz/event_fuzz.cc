// Arbitrary bytes as a line of events: the reader must stay inside them, keep its promises about
// what it accepts, say the same whatever stands behind the line, and agree with another parser on
// JSON.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "processor/sources/event_json.h"
#include "tests/processor/sources/read_event.h"

namespace {

using parcours::TimeMs;
using parcours::expr::Field;
using parcours::expr::Item;
using parcours::sources::EventBuffer;
using parcours::sources::EventReader;
using parcours::sources::Outcome;
using parcours::sources::Reason;

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::size_t Touch(std::string_view text) {
  std::size_t sum = 0;
  for (char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

// Reads every byte that the event views, so that the address sanitizer sees a view gone wrong.
std::size_t TouchFields(const EventBuffer& buffer) {
  using parcours::sources::OrderField;
  std::size_t sum = 0;
  const auto& fields = buffer.event.fields;
  if (buffer.event.type != 0) return 0;
  for (int text : {int{OrderField::kOrderId}, int{OrderField::kNote}}) {
    const Field& field = fields[static_cast<std::size_t>(text)];
    if (parcours::IsValue(field.cell)) sum += Touch(field.Text());
  }
  const Field& total = fields[OrderField::kTotal];
  Check(!parcours::IsValue(total.cell) || total.cell >= 0, "negative money");
  const Field& items = fields[OrderField::kItems];
  if (parcours::IsValue(items.cell)) {
    Check(items.cell <= parcours::sources::kListElementsMax, "too many items");
    for (const Item& item : items.Items()) sum += Touch(item.product_id) + Touch(item.category);
  }
  const Field& tags = fields[OrderField::kTags];
  if (parcours::IsValue(tags.cell)) {
    for (std::string_view tag : tags.Texts()) sum += Touch(tag);
  }
  return sum;
}

void CheckEvent(const EventBuffer& buffer) {
  const auto& event = buffer.event;
  Check(!event.customer.empty() && event.customer.size() <= parcours::engine::kCustomerIdBytesMax,
        "customer");
  Check(!event.id.empty() && !event.source.empty(), "id or source");
  Check(event.time >= parcours::kTimeMinMs && event.time < parcours::kTimeMaxMs, "time");
  static volatile std::size_t sum = 0;  // volatile: the reads must happen
  sum = sum + Touch(event.customer) + Touch(event.id) + Touch(event.source) + TouchFields(buffer);
}

// Whether `line` is one JSON object to simdjson's document parser; -1: it cannot tell.
int JudgeByDocument(const std::string& line) {
  static simdjson::dom::parser parser;
  simdjson::dom::element element;
  const simdjson::error_code error = parser.parse(line).get(element);
  if (error == simdjson::NUMBER_ERROR || error == simdjson::DEPTH_ERROR) return -1;
  // It lets half of a \u pair pass in places.
  if (line.find("\\u") != std::string::npos) return -1;
  return error == simdjson::SUCCESS && element.is_object() ? 1 : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const parcours::catalog::Catalog catalog = parcours::sources::ShopCatalog();
  static EventReader reader(catalog);
  static EventBuffer buffer;
  const std::string line(reinterpret_cast<const char*>(data), size);
  Outcome outcomes[2];
  for (int i = 0; i < 2; ++i) {
    const std::string padded =
        line + std::string(parcours::sources::kLinePadding, i == 0 ? '}' : '1');
    outcomes[i] = reader.Read(std::string_view(padded).substr(0, size), &buffer);
    if (outcomes[i] == Outcome::kEvent) CheckEvent(buffer);
  }
  Check(outcomes[0] == outcomes[1], "what stands behind the line was read");
  const bool json = outcomes[0] == Outcome::kEvent || outcomes[0] == Outcome::kIgnored ||
                    (outcomes[0] == Outcome::kRejected && buffer.reason != Reason::kJson &&
                     buffer.reason != Reason::kUtf8);
  const bool told = outcomes[0] != Outcome::kRejected ||
                    (buffer.reason != Reason::kTooLong && buffer.reason != Reason::kTooDeep);
  const int judged = JudgeByDocument(line);
  Check(!told || judged < 0 || json == (judged == 1), "another parser disagrees on what JSON is");
  return 0;
}
