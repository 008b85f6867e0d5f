#include "processor/shard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"

namespace parcours::processor {

using state::Customer;
using state::Customers;

namespace {

constexpr std::size_t kPrefetchPointersAhead = 16;  // of the timers, for their pointers
constexpr std::size_t kPrefetchAhead = 10;          // for the customers themselves
constexpr std::size_t kPrefetchBehindAhead = 4;     // for what they point to

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kHeadLines = (sizeof(Customer) + kLineBytes - 1) / kLineBytes + 1;
constexpr std::size_t kLinesMax = 10;  // of one customer; what lies behind is seldom read

void PrefetchLines(const Customer* customer, std::size_t lines) {
  const char* bytes = reinterpret_cast<const char*>(customer);
  for (std::size_t line = 0; line < lines; ++line) __builtin_prefetch(bytes + line * kLineBytes);
}

std::size_t LinesOf(const engine::Rules& rules) {
  const std::size_t bytes = sizeof(Customer) + rules.shape.windows.size() * sizeof(state::Buckets) +
                            rules.shape.initial.size() * sizeof(Cell);
  return std::min(kLinesMax, bytes / kLineBytes + 1);
}

}  // namespace

Shard::Shard(engine::Rules& rules, engine::Effects* effects, std::size_t customers_bytes_max)
    : rules_(rules),
      effects_(effects),
      customers_bytes_max_(customers_bytes_max),
      lines_(LinesOf(rules)),
      customers_(rules.shape) {
  engine::PrepareEffects(*rules.catalog, effects);
}

void Shard::Prefetch(std::span<const Upcoming> group) const {
  const auto unread = [&](const Upcoming& next) {
    return next.type >= 0 && rules_.unread[next.type];
  };
  for (const Upcoming& next : group) customers_.Prefetch(next.customer_hash);
  for (const Upcoming& next : group) {
    const Customer* customer = customers_.Guess(next.customer_hash);
    if (customer != nullptr) PrefetchLines(customer, unread(next) ? kHeadLines : lines_);
  }
  for (const Upcoming& next : group) {
    const Customer* customer = customers_.Guess(next.customer_hash);
    if (customer == nullptr) continue;
    customer->seen.Prefetch();
    if (next.type < 0 || unread(next)) continue;
    __builtin_prefetch(customer->runs.data());
    for (int window : rules_.windows_on_event[next.type]) {
      customer->buckets(window).Prefetch(rules_.shape.windows[window]);
    }
    for (int cell : rules_.texts_on_event[next.type]) PrefetchText(customer->cells()[cell]);
  }
}

void Shard::Rebook(std::uint32_t number, Customer& customer) {
  if (customer.next_due >= customer.booked_at) return;  // lazily: looked at again when popped
  if (customer.next_due == kNever) return;
  customer.booked_at = customer.next_due;
  timers_.Book(customer.booked_at, number);
}

absl::StatusOr<Shard::Result> Shard::Apply(engine::Event& event, std::uint64_t customer_hash,
                                           TimeMs log_time) {
  if (engine::IsFuture(event, log_time)) return Result::kFuture;
  ++customer_loads_;
  std::uint32_t number = customers_.Find(event.customer, customer_hash);
  if (number == Customers::kNone) {
    if (customers_.FixedBytes() > customers_bytes_max_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("keep customers in memory: ", customers_.size(), " fill the bound of ",
                       customers_bytes_max_ >> 20, " MiB; raise --memory"));
    }
    number = customers_.Add(event.customer, customer_hash);
  }
  Customer& customer = customers_[number];
  const engine::Admission admission =
      engine::ApplyEvent(rules_, customer, event, log_time, clock_, effects_);
  Rebook(number, customer);
  return admission == engine::Admission::kApplied ? Result::kApplied : Result::kDuplicate;
}

bool Shard::Tick(TimeMs clock, int customers_max) {
  clock_ = std::max(clock_, clock);
  state::Timers::Entry entry;
  for (int i = 0; i < customers_max; ++i) {
    if (!timers_.Pop(clock_, &entry)) return true;
    if (const auto* ahead = timers_.Peek(kPrefetchPointersAhead)) {
      customers_.PrefetchPointer(ahead->customer);
    }
    if (const auto* ahead = timers_.Peek(kPrefetchAhead)) {
      PrefetchLines(customers_.Pointer(ahead->customer), lines_);
    }
    if (const auto* ahead = timers_.Peek(kPrefetchBehindAhead)) {
      __builtin_prefetch(customers_.Pointer(ahead->customer)->runs.data());
    }
    ++customer_loads_;
    Customer& customer = customers_[entry.customer];
    if (customer.booked_at != entry.due) {  // booked earlier since, and looked at then
      ++early_pops_;
      continue;
    }
    customer.booked_at = kNever;
    const bool early = customer.next_due > clock_;
    if (early) ++early_pops_;
    while (customer.next_due <= clock_) engine::StepDue(rules_, customer, effects_);
    if (early && PARCOURS_MUTANT("early-pop-not-rebooked")) continue;
    Rebook(entry.customer, customer);
  }
  return !HasDue(clock_);
}

}  // namespace parcours::processor
