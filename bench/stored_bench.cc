// Stored customers: how long they take to encode and decode, and how many bytes they are.
//
// The retailer's history by the shipped definitions, all customers encoded at its end; weighted by
// events, a customer counts as often as it had events. Prints one line a figure, `name value unit`.
// Run it from the root of the sources.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "cli/definitions.h"
#include "cli/retailer.h"
#include "processor/engine/step.h"
#include "processor/sources/event_json.h"
#include "runtime/clock.h"
#include "state/arena.h"
#include "state/stored.h"

namespace parcours {
namespace {

using state::Customer;

class Population {
 public:
  explicit Population(std::shared_ptr<const catalog::Catalog> catalog)
      : rules_(std::move(catalog)), reader_(*rules_.catalog) {
    engine::PrepareEffects(*rules_.catalog, &effects_);
  }
  void Live(const cli::RetailerOptions& options) {
    cli::Retailer retailer(options);
    std::string line;
    while (retailer.Next(&line)) {
      const std::size_t size = line.size();
      line.append(sources::kLinePadding, ' ');
      if (reader_.Read({line.data(), size}, &buffer_) == sources::Outcome::kEvent) Apply();
    }
  }
  const std::vector<Customer*>& customers() const { return customers_; }
  const state::Shape& shape() const { return rules_.shape; }
  state::Arena& arena() { return arena_; }

 private:
  void Apply() {
    engine::Event& event = buffer_.event;
    Customer*& customer = by_id_[std::string(event.customer)];
    if (customer == nullptr) {
      customer = Customer::Create(rules_.shape, event.customer, arena_);
      customers_.push_back(customer);
    }
    engine::ApplyEvent(rules_, *customer, event, event.time, event.time, &effects_);
    effects_.ClearRecords();
  }

  engine::Rules rules_;
  engine::Effects effects_;
  sources::EventReader reader_;
  sources::EventBuffer buffer_;
  state::Arena arena_;
  std::unordered_map<std::string, Customer*> by_id_;
  std::vector<Customer*> customers_;
};

constexpr std::size_t kGroup = 64;  // fits the nearest caches
constexpr int kTimes = 9;           // a group is measured; the fastest counts

// Nanoseconds a customer of `work(first, end)`, which returns seconds. So it is the codec's own
// time, neither that of fetching nor that of whatever else the machine does.
template <typename Work>
double FastestNs(std::size_t size, const Work& work) {
  double spent = 0;
  for (std::size_t first = 0; first < size; first += kGroup) {
    const std::size_t end = std::min(size, first + kGroup);
    double fastest = work(first, end);
    for (int i = 1; i < kTimes; ++i) fastest = std::min(fastest, work(first, end));
    spent += fastest;
  }
  return spent * 1e9 / static_cast<double>(size);
}

double EncodeNs(const Population& people) {
  std::string bytes;
  return FastestNs(people.customers().size(), [&](std::size_t first, std::size_t end) {
    bytes.clear();
    const double began = runtime::MonotonicSeconds();
    for (std::size_t i = first; i < end; ++i) {
      EncodeCustomer(people.shape(), *people.customers()[i], &bytes);
    }
    return runtime::MonotonicSeconds() - began;
  });
}

double DecodeNs(Population& people, const std::vector<std::string>& records) {
  std::vector<Customer*> fresh;
  return FastestNs(records.size(), [&](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      fresh.push_back(Customer::Create(people.shape(), "customer", people.arena()));
    }
    const double began = runtime::MonotonicSeconds();
    for (std::size_t i = first; i < end; ++i) {
      if (!DecodeCustomer(people.shape(), records[i], fresh[i - first]).ok()) std::exit(1);
    }
    const double spent = runtime::MonotonicSeconds() - began;
    for (Customer* customer : fresh) Customer::Destroy(people.shape(), customer, people.arena());
    fresh.clear();
    return spent;
  });
}

void Measure(const char* name, const cli::RetailerOptions& options) {
  Population people(cli::LoadDefinitions("config"));
  people.Live(options);
  std::vector<std::string> records;
  double bytes = 0, weighted = 0, events = 0;
  for (const Customer* customer : people.customers()) {
    EncodeCustomer(people.shape(), *customer, &records.emplace_back());
    const auto size = static_cast<double>(records.back().size());
    bytes += size;
    weighted += size * customer->events;
    events += customer->events;
  }
  std::printf("stored_%s_customers %zu customers\n", name, records.size());
  std::printf("stored_%s_bytes %.1f bytes\n", name, bytes / static_cast<double>(records.size()));
  std::printf("stored_%s_bytes_by_events %.1f bytes\n", name, weighted / events);
  std::printf("stored_%s_encode %.0f ns\n", name, EncodeNs(people));
  std::printf("stored_%s_decode %.0f ns\n", name, DecodeNs(people, records));
}

}  // namespace
}  // namespace parcours

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  using namespace parcours;
  Measure("few_events", {.events = 100'000, .customers = 20'000});
  Measure("many_events", {.events = 1'000'000, .customers = 20'000});
  return 0;
}
