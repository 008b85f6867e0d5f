// Shop: small definitions with timers, a journey and contact data, and events for them: for tests
// of what keeps customers.
// Threads: one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/time.h"
#include "processor/batch.h"
#include "processor/engine/step.h"
#include "processor/sources/event_json.h"
#include "rules/catalog/catalog.h"
#include "state/stored.h"

namespace parcours::processor {

inline constexpr TimeMs kStart = 1'760'000'000'000;

inline constexpr char kShopDefinitions[] = R"(
programme: {currency: EUR, time_zone: UTC}
events: {order: {fields: {total: money, label: string}}}
attributes:
  language: string
  email: {type: string, contact: true}
  phone: {type: string, contact: true}
features:
  orders: {on: order, aggregate: count}
  orders_7d: {on: order, aggregate: count, window: 7d}
  spend: {on: order, aggregate: sum, of: event.total, keep: true}
  last_order_at: {on: order, aggregate: last, of: event.time}
  last_label: {on: order, aggregate: last, of: event.label, keep: true}
segmentations:
  lifecycle:
    segments:
      lapsing: now - last_order_at > days(30)
      busy: orders_7d >= 2
      known: orders >= 1
journeys:
  nudge:
    enter: {event: order, when: orders == 1}
    exit_when: orders >= 3
    goal: {when: orders >= 2, within: 10d, from: send}
    steps: [wait: 3d, send: {channel: email, template: nudge}]
)";

inline std::shared_ptr<const catalog::Catalog> CompileShop(
    const std::string& definitions = kShopDefinitions) {
  std::vector<Issue> issues;
  auto catalog = catalog::CompileCatalog({{"shop.yaml", definitions}}, &issues);
  for (const Issue& issue : issues) ADD_FAILURE() << FormatIssue(issue);
  return catalog;
}

// One order, as it is read.
inline std::string OrderLine(const std::string& customer, const std::string& id, TimeMs time) {
  return absl::StrCat(R"({"specversion":"1.0","id":")", id, R"(","source":"web","type":"order",)",
                      R"("time":")", FormatTime(time), R"(","subject":")", customer,
                      R"(","data":{"total":)", 1 + time % 90, R"(,"label":"label of )", id, "\"}}");
}

// What somebody says of themselves; `traits` as JSON.
inline std::string IdentifyLine(const std::string& customer, const std::string& id, TimeMs time,
                                const std::string& traits) {
  return absl::StrCat(R"({"type":"identify","messageId":")", id, R"(","userId":")", customer,
                      R"(","timestamp":")", FormatTime(time), R"(","traits":)", traits, "}");
}

// Lines read into slots that stay where they are.
class Slots {
 public:
  explicit Slots(std::shared_ptr<const catalog::Catalog> catalog)
      : catalog_(std::move(catalog)), reader_(*catalog_) {}

  Slot& Read(const std::string& line, int partitions = 1) {
    Slot& slot = slots_.emplace_back();
    slot.SetLine(line);
    EXPECT_EQ(reader_.Read(slot.text(), &slot.buffer), sources::Outcome::kEvent) << line;
    slot.position = slots_.size();
    slot.customer_hash = Hash64(slot.event().customer);
    slot.partition = PartitionOf(slot.event().customer, partitions);
    slot.log_time = slot.event().time;
    return slot;
  }

 private:
  const std::shared_ptr<const catalog::Catalog> catalog_;
  sources::EventReader reader_;
  std::deque<Slot> slots_;
};

// Everything that is stored of a customer in its own record, as bytes.
inline std::string BytesOf(const engine::Rules& rules, const state::Customer& customer) {
  std::string bytes;
  state::EncodeCustomer(rules.shape, customer, &bytes);
  return bytes;
}

}  // namespace parcours::processor
