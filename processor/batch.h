// Batch: events read ahead and put into order: enough to prefetch for, and never half of an
// instant.
//
// In sorted input the events of one instant may stand in any order; a batch holds all of them,
// sorted by (source, id), records with equal (time, source, id) being one (the smallest bytes win).
// Beside events it carries what else was read, so that both are counted with the same position.
// Limits: kBatchEvents, but for an instant that has more; those are bounded by bytes_max.
// Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "processor/engine/event.h"
#include "processor/sources/event_json.h"

namespace parcours::processor {

inline constexpr std::size_t kBatchEvents = 64;

// One event of a batch, with the bytes that it views.
struct Slot {
  std::string line;
  sources::EventBuffer buffer;
  int file = 0;                // which input, and
  std::uint64_t number = 0;    // which of its lines
  std::uint64_t position = 0;  // which line of the history in its agreed order, from 1
  std::uint64_t customer_hash = 0;
  int partition = 0;    // of its customer
  TimeMs log_time = 0;  // when the log took it

  engine::Event& event() { return buffer.event; }
  const engine::Event& event() const { return buffer.event; }
  std::string_view text() const;
  // Copies `text` so that it may be parsed in place.
  void SetLine(std::string_view text);
};

// What was read beside events.
struct Aside {
  struct Rejected {
    int file = 0;
    std::uint64_t line = 0;
    std::string reason, detail;
  };
  std::vector<Rejected> rejected;
  std::uint64_t ignored = 0, after_until = 0;
  std::uint64_t repeated = 0;  // told twice in the same bytes or times

  bool empty() const {
    return rejected.empty() && ignored == 0 && after_until == 0 && repeated == 0;
  }
};

class Batch {
 public:
  Batch() : slots_(1) {}

  // The slot that the next event is to be read into. It joins the batch with Keep().
  Slot& next() { return slots_[used_]; }
  void Keep();
  std::size_t size() const { return used_; }
  std::size_t bytes() const { return bytes_; }
  Slot& slot(std::size_t i) { return slots_[i]; }
  const Slot& last() const { return slots_[used_ - 1]; }

  // Puts the events in order; appends to `order` those that are to be applied and returns how many
  // repeat another exactly in (time, source, id).
  std::uint64_t Sort(std::vector<Slot*>* order);
  // As they came.
  void InOrder(std::vector<Slot*>* order);
  // Forgets the kept slots and what was read beside; what was read into next() is kept in its
  // place.
  void Clear();

  Aside aside;
  // Lines of the history so far: judged before they were sorted, and in the agreed order.
  std::uint64_t judged = 0, position = 0;

 private:
  std::deque<Slot> slots_;  // the first used_ are kept; one more is next()
  std::size_t used_ = 0, bytes_ = 0;
};

}  // namespace parcours::processor
