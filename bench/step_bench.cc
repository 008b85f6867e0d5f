// Step over many customers: 20 features (3 windows), 50 segments in three segmentations, Zipf 0.9.
//
// Prints one line a figure, `name value unit`. Groups of 64 events are prefetched as replay does;
// outputs are dropped, not formatted. Medians of five slices of one long run.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "processor/shard.h"
#include "rules/catalog/catalog.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours {
namespace {

std::string Definitions() {
  std::string yaml = R"(
programme: {currency: EUR, time_zone: UTC}
events:
  order_completed: {fields: {total: money, promotion: bool, quantity: int}}
  product_viewed: {fields: {category: string}}
  page_viewed: {fields: {path: string}}
features:
  orders: {on: order_completed, aggregate: count}
  spend: {on: order_completed, aggregate: sum, of: event.total}
  largest_order: {on: order_completed, aggregate: max, of: event.total}
  smallest_order: {on: order_completed, aggregate: min, of: event.total, keep: true}
  mean_order: {on: order_completed, aggregate: avg, of: event.total, keep: true}
  pieces: {on: order_completed, aggregate: sum, of: event.quantity}
  promotions: {on: order_completed, where: event.promotion, aggregate: count}
  first_order_at: {on: order_completed, aggregate: first, of: event.time, keep: true}
  last_order_at: {on: order_completed, aggregate: last, of: event.time}
  second_order_at: {on: order_completed, aggregate: nth, n: 2, of: event.time, keep: true}
  orders_30d: {on: order_completed, aggregate: count, window: 30d}
  spend_30d: {on: order_completed, aggregate: sum, of: event.total, window: 30d}
  views: {on: product_viewed, aggregate: count, keep: true}
  last_view_at: {on: product_viewed, aggregate: last, of: event.time, keep: true}
  hiking_views: {on: product_viewed, where: 'event.category.startsWith("hiking")', aggregate: count}
  running_views: {on: product_viewed, where: 'event.category.startsWith("running")', aggregate: count}
  tennis_views: {on: product_viewed, where: 'event.category.startsWith("tennis")', aggregate: count}
  views_7d: {on: product_viewed, aggregate: count, window: 7d}
  last_category: {on: product_viewed, aggregate: last, of: event.category, keep: true}
  recency: {value: 'now - last_order_at < days(14) ? 5 : now - last_order_at < days(33) ? 4 : 1'}
segmentations:
  lifecycle:
    segments:
      lost: now - last_order_at > days(180)
      lapsing: now - last_order_at > days(90)
      vip: spend >= money("1500.00")
      loyal: orders >= 10
      new: orders == 1
      developing: orders >= 2
  interest:
    segments:
      hiking: hiking_views >= 5 && views_7d >= 1
      running: running_views >= 5
      tennis: tennis_views >= 5
      looking: views_7d >= 3
  score:
    segments:
)";
  for (int i = 0; i < 40; ++i) {
    const std::string bound = std::to_string(40 - i);
    const char* rules[] = {"recency >= 4 && orders > 2",
                           "spend_30d > money(\"7.00\") && orders_30d >= ", "pieces > 9",
                           "largest_order > money(\"99.00\") && promotions >= "};
    std::string rule = rules[i % 4];
    if (i % 4 == 0) rule = "recency >= 4 && orders > " + bound + "0";
    if (i % 4 == 1) rule = "spend_30d > money(\"" + bound + "00.00\") && orders_30d >= " + bound;
    if (i % 4 == 2) rule = "pieces > " + bound + "0";
    if (i % 4 == 3) rule = "largest_order > money(\"" + bound + "9.00\") && promotions >= " + bound;
    yaml += "      s" + std::to_string(i) + ": '" + rule + "'\n";
  }
  return yaml;
}

// Dues only: one segmentation that time moves.
constexpr char kDueDefinitions[] = R"(
programme: {currency: EUR, time_zone: UTC}
events: {order_completed: {fields: {total: money}}}
features:
  orders: {on: order_completed, aggregate: count}
  last_order_at: {on: order_completed, aggregate: last, of: event.time}
segmentations:
  lifecycle: {segments: {lapsing: now - last_order_at > days(90), active: orders >= 1}}
)";

std::shared_ptr<const catalog::Catalog> Compile(const std::string& yaml) {
  std::vector<Issue> issues;
  auto compiled = catalog::CompileCatalog({{"bench.yaml", yaml}}, &issues);
  for (const Issue& issue : issues) std::fprintf(stderr, "%s\n", FormatIssue(issue).c_str());
  if (compiled == nullptr) std::exit(1);
  return compiled;
}

// Events of prepared customers, made into one reused group.
class Group {
 public:
  static constexpr int kSize = 64;
  explicit Group(std::uint32_t customers) : random_(42) {
    double total = 0;
    for (std::uint32_t i = 0; i < customers; ++i) {
      total += std::pow(static_cast<double>(i) + 1, -0.9);
      shares_.push_back(total);
      ids_.push_back("customer-" + std::to_string(i));
      hashes_.push_back(Hash64(ids_.back()));
    }
    fields_.resize(kSize * 8);
  }

  // Makes events from `time` on, `step` apart. `type` < 0: half orders, half views.
  void Make(TimeMs time, TimeMs step, int type) {
    static constexpr std::string_view kCategories[] = {"hiking/boots", "running/shoes", "tennis",
                                                       "home/towels"};
    for (int i = 0; i < kSize; ++i) {
      const double unit = static_cast<double>(random_() >> 11) * 0x1.0p-53 * shares_.back();
      const auto rank = static_cast<std::size_t>(
          std::upper_bound(shares_.begin(), shares_.end(), unit) - shares_.begin());
      Set(i, std::min(rank, ids_.size() - 1), time + i * step,
          type >= 0 ? type : static_cast<int>(random_() & 1), kCategories[random_() & 3]);
    }
  }
  void Set(int i, std::size_t customer, TimeMs time, int type, std::string_view category) {
    expr::Field* fields = &fields_[static_cast<std::size_t>(i) * 8];
    ids_of_events_[i] = "e-" + std::to_string(++made_);
    engine::Event& event = events_[i];
    event.type = type;
    event.time = time;
    event.customer = ids_[customer];
    event.source = "web";
    event.id = ids_of_events_[i];
    event.key = Hash64(event.id);
    fields[0].cell = time;
    fields[1] = {static_cast<Cell>(event.id.size()), event.id.data()};
    fields[2] = {3, event.source.data()};
    if (type == 0) {
      fields[3].cell = static_cast<Cell>(1000 + made_ % 20000);
      fields[4].cell = made_ % 5 == 0;
      fields[5].cell = 1 + static_cast<Cell>(made_ % 3);
    } else {
      fields[3] = {static_cast<Cell>(category.size()), category.data()};
    }
    event.fields = {fields, 8};
    hash_[i] = hashes_[customer];
  }
  void Apply(processor::Shard& shard) {
    for (int i = 0; i < kSize; ++i) {
      upcoming_[i] = {&shard, events_[i].customer, hash_[i], events_[i].type};
    }
    processor::Shard::Prefetch(upcoming_);
    for (int i = 0; i < kSize; ++i) {
      TickTo(shard, events_[i].time);
      if (!shard.Apply(events_[i], hash_[i], events_[i].time).ok()) std::exit(1);
    }
    shard.effects().ClearRecords();
  }
  static void TickTo(processor::Shard& shard, TimeMs clock) {
    for (bool done = false; !done; shard.effects().ClearRecords()) {
      const absl::StatusOr<bool> result = shard.Tick(clock, 512);
      if (!result.ok()) std::exit(1);
      done = *result;
    }
  }

 private:
  std::mt19937_64 random_;
  std::vector<double> shares_;
  std::vector<std::string> ids_;
  std::vector<std::uint64_t> hashes_;
  std::vector<expr::Field> fields_;
  std::string ids_of_events_[kSize];
  engine::Event events_[kSize];
  std::uint64_t hash_[kSize];
  processor::Shard::Upcoming upcoming_[kSize];
  std::uint64_t made_ = 0;
};

struct Figures {
  double mixed_ns, unread_ns, moving_ns;
  std::size_t bytes_a_customer;
};

// Nanoseconds an event: mixed orders and views, then events that nothing reads.
Figures Measure(std::uint32_t customers) {
  engine::Rules rules(Compile(Definitions()));
  processor::Shard shard(rules, 0);
  Group group(customers);
  TimeMs time = 1'767'225'600'000;
  TimeMs step = 40 * kDayMs / (2 * customers);  // 2 events a customer in 40 days
  const auto run = [&](int type, std::uint64_t groups) {
    double spent = 0;
    for (std::uint64_t i = 0; i < groups; ++i) {
      group.Make(time, step, type);
      time += step * Group::kSize;
      const double began = runtime::MonotonicSeconds();
      group.Apply(shard);
      spent += runtime::MonotonicSeconds() - began;
    }
    return spent * 1e9 / static_cast<double>(groups * Group::kSize);
  };
  const std::uint64_t groups = customers / Group::kSize;
  run(-1, groups * 4);  // until customers have a history
  const auto median = [&](int type) {
    std::vector<double> slices;
    for (int i = 0; i < 5; ++i) slices.push_back(run(type, groups / 3));
    std::sort(slices.begin(), slices.end());
    return slices[2];
  };
  Figures figures;
  figures.moving_ns = median(-1);
  step = 1;  // from here on time hardly moves: what is measured is Step, not the dues of others
  figures.mixed_ns = median(-1);
  figures.unread_ns = median(2);
  figures.bytes_a_customer =
      shard.overlay().customers().bytes() / shard.overlay().customers().size();
  return figures;
}

// Seconds to fire one due of each of `customers`, all at one instant.
double MeasureDues(std::uint32_t customers) {
  std::vector<double> seconds;
  for (int round = 0; round < 5; ++round) {
    engine::Rules rules(Compile(kDueDefinitions));
    processor::Shard shard(rules, 0);
    Group group(customers);
    const TimeMs time = 1'767'225'600'000;
    for (std::uint32_t first = 0; first + Group::kSize <= customers; first += Group::kSize) {
      for (int i = 0; i < Group::kSize; ++i) group.Set(i, first + i, time, 0, {});
      group.Apply(shard);
    }
    const double began = runtime::MonotonicSeconds();
    Group::TickTo(shard, time + 90 * kDayMs + 1);
    seconds.push_back(runtime::MonotonicSeconds() - began);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[2];
}

}  // namespace
}  // namespace parcours

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  using namespace parcours;
  const Figures million = Measure(1'000'000);
  std::printf("step_1m %.0f ns\n", million.mixed_ns);
  std::printf("step_unread_1m %.0f ns\n", million.unread_ns);
  std::printf("step_and_dues_1m %.0f ns\n", million.moving_ns);
  std::printf("step_customer_1m %zu bytes\n", million.bytes_a_customer);
  const Figures five = Measure(5'000'000);
  std::printf("step_5m %.0f ns\n", five.mixed_ns);
  std::printf("step_5m_to_1m %.2f ratio\n", five.mixed_ns / million.mixed_ns);
  std::printf("dues_1m %.2f s\n", MeasureDues(1'000'000));
  return 0;
}
