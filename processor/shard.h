// Shard: the customers of one partition: applies events and ticks in the log's order.
//
// Only ticks move the shard's clock; an event moves only its own customer. Which customer to look
// at next comes from the timer index; nothing is ever scanned. What happened since the last
// transaction can be encoded, kept or rolled back as one.
// Threads: owned by one worker. Time and failure: log times and ticks are handed in. A status comes
// from the store (overlay.h); the event is then not applied.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "processor/engine/step.h"
#include "processor/meta.h"
#include "processor/overlay.h"

namespace parcours::processor {

class Shard {
 public:
  enum class Result { kApplied, kDuplicate, kFuture };

  // `rules` must outlive this. Records gather in effects() until the owner drains them.
  Shard(engine::Rules& rules, int number);

  // Starts fetching what the events of a group will need, in three waves, each for the whole group:
  // the table's slots, then the customers, then what they point to.
  struct Upcoming {
    Shard* shard;
    std::string_view customer;
    std::uint64_t customer_hash;
    int type;  // of the event
  };
  static void Prefetch(std::span<const Upcoming> group);

  absl::StatusOr<Result> Apply(engine::Event& event, std::uint64_t customer_hash, TimeMs log_time);

  // Moves the clock to `clock` (never back), looking at no more than `customers_max` customers that
  // are due. False if some still are: drain the effects, then tick again.
  absl::StatusOr<bool> Tick(TimeMs clock, int customers_max);
  // Whether a tick to `clock` would have anything to look at.
  bool HasDue(TimeMs clock) { return overlay_.timers().NotBefore() <= clock; }

  int number() const { return number_; }
  TimeMs clock() const { return meta_.clock; }
  engine::Effects& effects() { return effects_; }
  Overlay& overlay() { return overlay_; }
  // What is counted beside the effects: for whoever feeds the shard.
  Meta& meta() { return meta_; }

  // --- one transaction
  // Whether there is anything to commit.
  bool changed() const { return overlay_.dirty() > 0 || PlaceOf(meta_) != committed_; }
  // The earliest instant at which ticks found a customer due since the last Committed or RollBack;
  // kNever: none was.
  TimeMs oldest_due() const { return oldest_due_; }
  // Appends the dirty customers and, last, META to the changelog's batch; see Overlay::EncodeDirty.
  void Encode(log::Batch* changelog, std::size_t customers_max = SIZE_MAX);
  // That batch was committed; `end` is the changelog's offset behind it.
  void Committed(log::Batch* changelog, log::Offset end);
  // It was not; everything is as it was after the last Committed or TakeCommitted.
  absl::Status RollBack();

  // --- store and changelog
  absl::Status UseStore(state::Store* store);
  // All of the changelog from changelog_end() on has been taken.
  absl::Status Restored() {
    if (!store_was_empty_) overlay_.timers().StartRows(meta_.timers_from);
    return overlay_.AllTaken();
  }
  // What lies in the changelog from changelog_end() to `end`, read again.
  absl::Status TakeCommitted(std::string batch, log::Offset end);
  absl::Status WriteBack(std::size_t records_min);
  // Calls `visit` for every customer; those not in memory are read from the store, in order of
  // their ids. REQUIRES: nothing dirty or unwritten, where there is a store.
  absl::Status EachCustomer(const std::function<absl::Status(state::Customer&)>& visit);
  // The lowest changelog offset that is still needed.
  log::Offset changelog_next() const { return overlay_.changelog_next(changelog_end_); }
  // Where the changelog must be read from, once a store is used.
  log::Offset changelog_end() const { return changelog_end_; }

 private:
  absl::Status Pop(const state::Timers::Popped& popped);
  absl::Status ReadRows();
  void PrefetchTimers();
  absl::Status VisitStored(std::string_view id, std::uint64_t hash, std::string_view value,
                           const std::function<absl::Status(state::Customer&)>& visit);
  void LookAt(state::Customer& customer, TimeMs due);
  void Rebook(state::Customer& customer);
  absl::Status TakeMeta(std::string_view bytes);
  using Place = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, TimeMs>;
  static Place PlaceOf(const Meta& meta) {
    return {meta.run, meta.judged, meta.position, meta.clock};
  }

  engine::Rules& rules_;
  const int number_;
  const std::size_t lines_;  // cache lines of a customer
  engine::Effects effects_;
  Overlay overlay_;
  state::Arena passing_;  // for customers that only pass by
  Meta meta_;
  Place committed_{};
  TimeMs oldest_due_ = kNever;
  std::string meta_bytes_;    // as last committed
  std::string meta_encoded_;  // as last encoded
  log::Offset changelog_end_ = 0;
  state::Store* store_ = nullptr;
  bool store_was_empty_ = true;
};

}  // namespace parcours::processor
