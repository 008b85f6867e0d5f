// Shard: the customers of one partition, in memory: applies events and ticks in the log's order.
//
// Only ticks move the shard's clock; an event moves only its own customer. Which customer to look
// at next comes from the timer index; nothing is ever scanned. Limits: `customers_bytes_max`;
// Threads: owned by one worker. Time and failure: log times and ticks are handed in. Apply fails
// with ResourceExhausted when a new customer would pass the memory bound; the event is then not
// applied.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "processor/engine/step.h"
#include "state/customers.h"
#include "state/timers.h"

namespace parcours::processor {

class Shard {
 public:
  enum class Result { kApplied, kDuplicate, kFuture };

  // `rules` and `effects` must outlive this. Records gather in `effects` until the owner drains
  // them.
  Shard(engine::Rules& rules, engine::Effects* effects, std::size_t customers_bytes_max);

  // Starts fetching what the events of a group will need, in three waves, each for the whole group:
  // the table's slots, then the customers, then what they point to.
  struct Upcoming {
    std::uint64_t customer_hash;
    int type;  // of the event
  };
  void Prefetch(std::span<const Upcoming> group) const;

  absl::StatusOr<Result> Apply(engine::Event& event, std::uint64_t customer_hash, TimeMs log_time);

  // Moves the clock to `clock` (never back), looking at no more than `customers_max` customers that
  // are due. False if some still are: drain the effects, then tick again.
  bool Tick(TimeMs clock, int customers_max);
  // Whether a tick to `clock` would have anything to look at.
  bool HasDue(TimeMs clock) const { return timers_.NotBefore() <= clock; }

  TimeMs clock() const { return clock_; }
  engine::Rules& rules() { return rules_; }
  state::Customers& customers() { return customers_; }
  // Times a customer was looked at with nothing due.
  std::uint64_t early_pops() const { return early_pops_; }
  // Times a customer was looked up or looked at.
  std::uint64_t customer_loads() const { return customer_loads_; }

 private:
  void Rebook(std::uint32_t number, state::Customer& customer);

  engine::Rules& rules_;
  engine::Effects* const effects_;
  const std::size_t customers_bytes_max_;
  const std::size_t lines_;  // cache lines of a customer
  state::Customers customers_;
  state::Timers timers_;
  TimeMs clock_ = 0;
  std::uint64_t early_pops_ = 0, customer_loads_ = 0;
};

}  // namespace parcours::processor
