// LaneFeed: how the reader of a history hands events to one lane, on its thread or on the reader's.
//
// With a thread, events go in groups through a bounded queue, and empty groups come back to be used
// again. A group ends where a batch of the history ends, so its position is one that the lane may
// commit. Threads: Give, Flush and End belong to the reader; the lane to its thread until End.
// Failure: what the lane said; from then on nothing is taken.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "processor/batch.h"
#include "processor/lane.h"
#include "runtime/worker.h"

namespace parcours::processor {

class LaneFeed {
 public:
  struct Options {
    bool thread = false;
    std::vector<std::string> inputs;            // their names, for what is rejected
    std::function<absl::Status()> after_group;  // called by the lane's thread
  };
  LaneFeed(Lane* lane, Options options);
  ~LaneFeed();

  // Takes `slot`: with a thread, swapping what it holds for something to be used again; else the
  // slot must stay until EndBatch.
  void Add(Slot& slot);
  // What was read beside goes to one lane.
  void AddAside(Aside aside);
  // The batch is over; `position` and `judged` are where it ended, `log_time` that of its last
  // event.
  absl::Status EndBatch(std::uint64_t judged, std::uint64_t position, TimeMs log_time);
  // No more comes: moves all clocks to `clock` (if >= 0), commits, and writes everything to the
  // store.
  absl::Status End(TimeMs clock);
  Lane& lane() { return *lane_; }

 private:
  struct Group {
    std::vector<Slot> slots;  // the first `used`
    std::size_t used = 0;
    int batches = 0;
    Aside aside;
    std::uint64_t judged = 0, position = 0;
    TimeMs log_time = 0;
  };

  void Wants(Slot& slot);
  absl::Status Take(Group& group);
  void Reject(const Slot& slot, std::string_view reason, std::string_view detail);
  void RejectAll(Shard& shard, const Aside& aside);
  void Work();

  Lane* const lane_;
  const Options options_;
  std::unique_ptr<Group> group_;  // being filled
  runtime::Queue<std::unique_ptr<Group>> full_, empty_;
  std::vector<Slot*> order_;  // what is to be applied next
  Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<runtime::Worker> worker_;
};

}  // namespace parcours::processor
