// The live loop on the embedded log: how long from an event's append to its committed outputs at
// 10,000 events/s, alone and beside a million dues of one instant that come from the store.
// Prints `name value unit`. Two lanes on two threads, a feeder on a third.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/time.h"
#include "log/local_log.h"
#include "processor/follower.h"
#include "processor/lane.h"
#include "rules/catalog/catalog.h"
#include "runtime/clock.h"
#include "runtime/process.h"
#include "runtime/worker.h"

namespace parcours::processor {
namespace {

constexpr char kDefinitions[] = R"(
programme: {currency: EUR, time_zone: UTC}
events:
  order_completed: {fields: {total: money}}
  product_viewed: {fields: {category: string}}
features:
  orders: {on: order_completed, aggregate: count}
  spend: {on: order_completed, aggregate: sum, of: event.total, keep: true}
  views_7d: {on: product_viewed, aggregate: count, window: 7d}
  last_order_at: {on: order_completed, aggregate: last, of: event.time}
segmentations:
  lifecycle:
    segments:
      lapsing: now - last_order_at > days(90)
      loyal: orders >= 3
      buyer: orders >= 1
  browsing:
    segments:
      keen: views_7d >= 3
)";
constexpr int kShards = 16, kLanes = 2;
constexpr TimeMs kStart = 1'767'225'600'000;  // 2026-01-01
constexpr std::size_t kLaneMemory = std::size_t{96} << 20;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}
template <typename T>
T Value(absl::StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

std::string Line(const char* type, std::uint64_t id, const std::string& customer, TimeMs time) {
  return absl::StrCat("{\"specversion\":\"1.0\",\"id\":\"", id,
                      "\",\"source\":\"bench\",\"type\":\"", type, "\",\"time\":\"",
                      FormatTime(time), "\",\"subject\":\"", customer,
                      "\",\"data\":{\"total\":12.50,\"category\":\"tennis\"}}");
}

// What was appended to one partition and is not yet known to be committed.
struct Sent {
  log::Offset offset;
  double at_s;
};

class Shop {
 public:
  explicit Shop(std::string folder) : folder_(std::move(folder)) {
    std::vector<Issue> issues;
    catalog_ = catalog::CompileCatalog({{"bench.yaml", kDefinitions}}, &issues);
    if (catalog_ == nullptr) std::abort();
    Open();
  }
  void Open();
  void Close();
  void Append(int partition, const std::string& customer, const std::string& line, TimeMs now);
  // Runs both lanes until `done` says so.
  void Follow(const std::function<bool()>& done);
  std::uint64_t Transitions() const;
  void TickAll(TimeMs now) { tick_ = now; }
  log::LocalLog& log() { return *log_; }
  std::vector<double> TakeLatencies();
  Lane& lane(int number) { return *lanes_[static_cast<std::size_t>(number)]; }
  state::Store& store() { return *store_; }

 private:
  void FollowLane(int number, const std::function<bool()>& done);

  const std::string folder_;
  std::shared_ptr<const catalog::Catalog> catalog_;
  std::unique_ptr<log::LocalLog> log_;
  std::unique_ptr<state::Store> store_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<Follower>> followers_;
  std::atomic<TimeMs> tick_ = 0;
  std::atomic<std::uint64_t> transitions_ = 0;
  Mutex mutex_;
  std::vector<std::deque<Sent>> sent_ = std::vector<std::deque<Sent>>(kShards);
  std::vector<log::Offset> ends_ = std::vector<log::Offset>(kShards, 0);
  std::vector<double> latencies_ms_;
};

void Shop::Open() {
  log_ = Value(log::LocalLog::Open({.folder = folder_ + "/log"}));
  state::StoreOptions store;
  store.folder = folder_ + "/store";
  store.shards = kShards;
  store_ = Value(state::Store::Open(store));
  for (int number = 0; number < kLanes; ++number) {
    LaneOptions options;
    for (int shard = number; shard < kShards; shard += kLanes) options.shards.push_back(shard);
    options.partitions = kShards;
    options.memory_bytes = kLaneMemory;
    options.commit_seconds = kCommitSeconds;
    lanes_.push_back(std::make_unique<Lane>(catalog_, options, log_.get(), nullptr, nullptr));
    Check(lanes_.back()->Restore(store_.get()));
    followers_.push_back(
        std::make_unique<Follower>(*catalog_, lanes_.back().get(), log_.get(), FollowerOptions{}));
    Check(followers_.back()->Start());
  }
}

void Shop::Close() {
  followers_.clear();
  for (const auto& lane : lanes_) Check(lane->WriteBackAll());
  Check(FlushAndTrim(store_.get(), log_.get()));
  lanes_.clear();
  store_ = nullptr;
  log_ = nullptr;
}

void Shop::Append(int partition, const std::string& customer, const std::string& line, TimeMs now) {
  log::Batch batch;
  batch.Add(customer, line);
  const double at = runtime::MonotonicSeconds();
  const MutexLock lock(&mutex_);
  Check(log_->Append(log::Topic::kEvents, partition, batch, now));
  const log::OffsetRange range = Value(log_->Range(log::Topic::kEvents, partition));
  sent_[static_cast<std::size_t>(partition)].push_back({range.end - 1, at});
}

std::vector<double> Shop::TakeLatencies() {
  const MutexLock lock(&mutex_);
  return std::move(latencies_ms_);
}

std::uint64_t Shop::Transitions() const { return transitions_; }

void Shop::FollowLane(int number, const std::function<bool()>& done) {
  Follower& follower = *followers_[static_cast<std::size_t>(number)];
  Lane& lane = *lanes_[static_cast<std::size_t>(number)];
  std::uint64_t commits = lane.commits();
  std::uint64_t counted = lane.totals().records[kTransitionRecord];
  double ticked_s = 0;
  while (!done()) {
    const bool busy = Value(follower.Round(runtime::MonotonicSeconds()));
    const double now_s = runtime::MonotonicSeconds();
    if (tick_ > 0 && 1000 * (now_s - ticked_s) >= kTickMs) {
      ticked_s = now_s;
      Check(follower.Tick(tick_));
    }
    if (lane.commits() != commits) {
      commits = lane.commits();
      const std::uint64_t records = lane.totals().records[kTransitionRecord];
      transitions_ += records - counted;
      counted = records;
      const MutexLock lock(&mutex_);
      for (const auto& shard : lane.shards()) {
        auto& sent = sent_[static_cast<std::size_t>(shard->number())];
        while (!sent.empty() &&
               sent.front().offset < static_cast<log::Offset>(shard->meta().position)) {
          latencies_ms_.push_back((now_s - sent.front().at_s) * 1000);
          sent.pop_front();
        }
      }
    }
    if (!busy) runtime::WaitUntil(now_s + 0.001);
  }
  Check(follower.Commit(runtime::MonotonicSeconds()));
}

void Shop::Follow(const std::function<bool()>& done) {
  std::vector<std::unique_ptr<runtime::Worker>> workers;
  for (int number = 0; number < kLanes; ++number) {
    workers.push_back(
        std::make_unique<runtime::Worker>([this, number, &done] { FollowLane(number, done); }));
  }
}

std::string Customer(std::uint64_t number) { return absl::StrCat("lea-", number); }

// Gives every customer one order at `kStart`: they all lapse at one instant.
void Fill(Shop& shop, std::uint64_t customers) {
  std::vector<log::Batch> batches(kShards);
  const auto append = [&](int partition) {
    Check(shop.log().Append(log::Topic::kEvents, partition,
                            batches[static_cast<std::size_t>(partition)], kStart));
    batches[static_cast<std::size_t>(partition)].Clear();
  };
  for (std::uint64_t i = 0; i < customers; ++i) {
    const std::string customer = Customer(i);
    const int partition = PartitionOf(customer, kShards);
    log::Batch& batch = batches[static_cast<std::size_t>(partition)];
    batch.Add(customer, Line("order_completed", i, customer, kStart));
    if (batch.count() == 1000) append(partition);
  }
  for (int partition = 0; partition < kShards; ++partition) append(partition);
  shop.Follow([&] { return shop.Transitions() >= customers; });
}

// Feeds `rate` events a second for `seconds`, or until `until` says so.
void Feed(Shop& shop, std::uint64_t customers, double rate, TimeMs now,
          const std::function<bool()>& until) {
  static std::uint64_t id = std::uint64_t{1} << 40;
  std::uint64_t random = 88172645463325252u;
  const double began = runtime::MonotonicSeconds();
  std::uint64_t fed = 0;
  while (!until()) {
    const double due = began + static_cast<double>(fed) / rate;
    if (due > runtime::MonotonicSeconds()) runtime::WaitUntil(due);
    for (int i = 0; i < 10; ++i, ++fed) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      const std::string customer = Customer(random % customers);
      shop.Append(PartitionOf(customer, kShards), customer,
                  Line("product_viewed", ++id, customer, now), now);
    }
  }
}

void PrintLatencies(const char* name, std::vector<double> latencies) {
  std::sort(latencies.begin(), latencies.end());
  if (latencies.empty()) return;
  const auto at = [&](double share) {
    return latencies[std::min(
        latencies.size() - 1,
        static_cast<std::size_t>(share * static_cast<double>(latencies.size())))];
  };
  std::printf("%s_events %zu count\n%s_p50 %.0f ms\n%s_p99 %.0f ms\n%s_max %.0f ms\n", name,
              latencies.size(), name, at(0.5), name, at(0.99), name, latencies.back());
  std::fflush(stdout);
}

int Run(std::uint64_t customers, double seconds) {
  const std::string folder =
      Value(runtime::MakeTemporaryFolder(std::filesystem::temp_directory_path().string()));
  {
    Shop shop(folder);
    const double began = runtime::MonotonicSeconds();
    Fill(shop, customers);
    std::printf("live_fill %.0f events/s\n",
                static_cast<double>(customers) / (runtime::MonotonicSeconds() - began));
    shop.TakeLatencies();
    const double end = runtime::MonotonicSeconds() + seconds;
    const auto over = [&] { return runtime::MonotonicSeconds() >= end; };
    {
      const runtime::Worker feeder([&] { Feed(shop, customers, 10'000, kStart + kDayMs, over); });
      shop.Follow([&] { return runtime::MonotonicSeconds() >= end + 1; });
    }
    PrintLatencies("live_append_to_commit", shop.TakeLatencies());
    shop.Close();

    const double opening = runtime::MonotonicSeconds();
    shop.Open();
    std::printf("live_restart %.2f s\n", runtime::MonotonicSeconds() - opening);
    const std::uint64_t before = shop.Transitions();
    // 90 days and a millisecond after the orders everybody lapses.
    const TimeMs due = kStart + 90 * kDayMs + 1;
    shop.TickAll(due);
    const double draining = runtime::MonotonicSeconds();
    std::atomic<double> drained = 0;
    const auto done = [&] {
      const double now = runtime::MonotonicSeconds();
      if (drained == 0 && shop.Transitions() - before >= customers) drained = now - draining;
      return drained > 0 || now - draining > 120;
    };
    {
      const runtime::Worker feeder([&] { Feed(shop, customers, 10'000, due, done); });
      shop.Follow(done);
    }
    std::printf("live_drain_%llu_dues %.1f s\n", static_cast<unsigned long long>(customers),
                drained.load());
    PrintLatencies("live_beside_the_drain", shop.TakeLatencies());
    std::printf("live_peak_memory %.0f MiB\n",
                static_cast<double>(runtime::PeakMemoryBytes()) / (1 << 20));
  }
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return 0;
}

}  // namespace
}  // namespace parcours::processor

int main(int argc, char** argv) {
  const std::uint64_t customers = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const double seconds = argc > 2 ? std::strtod(argv[2], nullptr) : 15;
  parcours::runtime::KeepMemoryTight();
  return parcours::processor::Run(customers, seconds);
}
