// What one order event costs to read, beside a bare pass of simdjson over the same fields.
//
// Prints "name value unit" lines: parse_event is our reader (validated, typed, keyed), yardstick is
// simdjson's on-demand front end taking out the same values and doing nothing with them.
//
// `parse_bench meanwhile` prints a yardstick for each line that it is given, from a millisecond of
// its own CPU: how fast the machine is while it does something else.

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "processor/sources/event_json.h"

namespace {

using parcours::catalog::Catalog;
using parcours::expr::Kind;
using parcours::expr::Type;
using parcours::sources::EventBuffer;
using parcours::sources::EventReader;
using parcours::sources::Outcome;

constexpr int kEvents = 1'000'000;
constexpr int kSlots = 64;  // as many as a batch has
constexpr int kRounds = 5;

std::string OrderEvent(int i) {
  const std::string number = std::to_string(1'000'000 + i);
  return R"({"specversion":"1.0","id":"o-)" + number +
         R"(","source":"web","type":"order_completed","time":"2026-03-01T10:15:)" +
         std::to_string(10 + i % 50) + R"(.123Z","subject":"c-)" + number +
         R"(","data":{"order_id":")" + number +
         R"(","total":124.90,"store":"paris-12","promotion":false,"items":[)"
         R"({"product_id":"sku-48210","category":"hiking/shoes","quantity":1,"price":89.95},)"
         R"({"product_id":"sku-7","category":"hiking/socks","quantity":3,"price":11.65}]}})";
}

Catalog OrderCatalog() {
  Catalog catalog;
  catalog.currency = "EUR";
  parcours::catalog::EventType order;
  order.name = "order_completed";
  const auto field = [&order](const char* name, Type type, int scale) {
    order.fields.push_back({name, std::move(type), scale, name});
  };
  field("order_id", Type::Of(Kind::kString), 0);
  field("total", Type::Of(Kind::kMoney), 2);
  field("store", Type::Of(Kind::kString), 0);
  field("promotion", Type::Of(Kind::kBool), 0);
  field("items", Type::ListOf(Type::Of(Kind::kItem)), 0);
  order.has_money = true;
  catalog.events.push_back(std::move(order));
  return catalog;
}

// Lines in one block, with the padding that readers need behind the last.
struct Lines {
  std::string block;
  std::vector<std::string_view> views;

  Lines() {
    std::vector<std::size_t> ends;
    for (int i = 0; i < kSlots; ++i) {
      block += OrderEvent(i);
      ends.push_back(block.size());
      block += '\n';
    }
    block.append(parcours::sources::kLinePadding, '\0');
    std::size_t begin = 0;
    for (std::size_t end : ends) {
      views.push_back(std::string_view(block).substr(begin, end - begin));
      begin = end + 1;
    }
  }
};

template <class Once>
double MedianNanos(Once once) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kEvents; ++i) once(static_cast<std::size_t>(i % kSlots));
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    rounds.push_back(took.count() / kEvents);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[kRounds / 2];
}

// CPU time: what others do on this core meanwhile takes none of it.
double ThreadNanos() {
  std::timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::uint64_t TakeItems(simdjson::ondemand::object& data) {
  std::uint64_t sum = 0;
  for (simdjson::ondemand::object item : data["items"].get_array()) {
    sum += std::string_view(item["product_id"]).size();
    sum += std::string_view(item["category"]).size();
    sum += std::uint64_t(item["quantity"]);
    sum += static_cast<std::uint64_t>(double(item["price"]));
  }
  return sum;
}

std::uint64_t TakeFields(simdjson::ondemand::parser& parser, std::string_view line) {
  std::uint64_t sum = 0;
  simdjson::ondemand::document document =
      parser.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::object event = document.get_object();
  for (const char* name : {"id", "source", "type", "time", "subject"}) {
    sum += std::string_view(event[name]).size();
  }
  simdjson::ondemand::object data = event["data"];
  sum += std::string_view(data["order_id"]).size();
  sum += static_cast<std::uint64_t>(double(data["total"]));
  sum += std::string_view(data["store"]).size();
  sum += bool(data["promotion"]) ? 1 : 0;
  return sum + TakeItems(data);
}

int Meanwhile() {
  constexpr int kWarmUp = 1000, kTimed = 4000;  // the first bring code and lines into the caches
  const Lines lines;
  simdjson::ondemand::parser parser;
  std::uint64_t sum = 0;
  const auto take = [&](int times) {
    for (int i = 0; i < times; ++i) {
      sum += TakeFields(parser, lines.views[static_cast<std::size_t>(i % kSlots)]);
    }
  };
  while (std::getchar() != EOF) {
    take(kWarmUp);
    const double begin = ThreadNanos();
    take(kTimed);
    std::printf("yardstick %.1f ns\n", (ThreadNanos() - begin) / kTimed);
    std::fflush(stdout);
  }
  return sum == 0 ? 1 : 0;  // it is used: nothing of the work may be left out
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "meanwhile") return Meanwhile();
  const Lines lines;
  std::uint64_t sum = 0;

  simdjson::ondemand::parser parser;
  const double yardstick =
      MedianNanos([&](std::size_t i) { sum += TakeFields(parser, lines.views[i]); });

  const Catalog catalog = OrderCatalog();
  EventReader reader(catalog);
  std::vector<EventBuffer> buffers(kSlots);
  bool good = true;
  const double ours = MedianNanos([&](std::size_t i) {
    good = reader.Read(lines.views[i], &buffers[i]) == Outcome::kEvent && good;
    sum += buffers[i].event.key;
  });

  std::printf("parse_event %.1f ns\n", ours);
  std::printf("yardstick %.1f ns\n", yardstick);
  std::fprintf(stderr, "%zu bytes an event, checksum %llu\n", lines.views[0].size(),
               static_cast<unsigned long long>(sum));
  return good ? 0 : 1;
}
