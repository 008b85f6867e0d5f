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

// A customer's head and its first cells.
void PrefetchCustomer(const Customer* customer) {
  const char* bytes = reinterpret_cast<const char*>(customer);
  for (std::size_t line = 0; line < 6; ++line) __builtin_prefetch(bytes + line * 64);
}

// What the head points to: runs, known ids, the windows' buckets.
void PrefetchBehind(const Customer& customer, const engine::Rules& rules) {
  __builtin_prefetch(customer.runs.data());
  customer.seen.Prefetch();
  const int windows = static_cast<int>(rules.shape.windows.size());
  for (int i = 0; i < windows; ++i) customer.buckets(i).Prefetch(rules.shape.windows[i]);
}

}  // namespace

Shard::Shard(engine::Rules& rules, engine::Effects* effects, std::size_t customers_bytes_max)
    : rules_(rules),
      effects_(effects),
      customers_bytes_max_(customers_bytes_max),
      customers_(rules.shape) {
  engine::PrepareEffects(*rules.catalog, effects);
}

void Shard::Prefetch(std::span<const std::uint64_t> customer_hashes) const {
  for (const std::uint64_t hash : customer_hashes) customers_.Prefetch(hash);
  for (const std::uint64_t hash : customer_hashes) {
    if (const Customer* customer = customers_.Guess(hash)) PrefetchCustomer(customer);
  }
  for (const std::uint64_t hash : customer_hashes) {
    if (const Customer* customer = customers_.Guess(hash)) PrefetchBehind(*customer, rules_);
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
      PrefetchCustomer(customers_.Pointer(ahead->customer));
    }
    if (const auto* ahead = timers_.Peek(kPrefetchBehindAhead)) {
      PrefetchBehind(*customers_.Pointer(ahead->customer), rules_);
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
