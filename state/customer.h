// Customer: everything that is known of one person, decoded and warm.
//
// A fixed head, then the id, the windows' buckets, the cells that the catalog numbered: one
// allocation, so that a customer is a few neighbouring cache lines. What cells mean is the
// engine's business; here they are only laid out, owned and freed.
// Limits: kSeenMax ids (seen.h), buckets <= grains + 1 a window, runs as journeys allow.
// Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/cell.h"
#include "base/time.h"
#include "state/arena.h"
#include "state/buckets.h"
#include "state/seen.h"

namespace parcours::state {

// How the customers of one catalog are laid out. Immutable; outlives its customers.
struct Shape {
  std::vector<Cell> initial;    // the cells of a customer nobody has heard of yet
  std::vector<CellKind> kinds;  // of the same cells: how each is stored
  std::vector<int> text_cells;  // cells that may own text
  std::vector<BucketShape> windows;
  int attributes = 0;              // of which the last write is noted
  std::vector<CellKind> contacts;  // of contact attributes

  // What follows from the above, for whoever stores customers: a look at each cell saved each time.
  // Fills it in; to be called once all of the above stands.
  void Complete();
  static constexpr int kBlock = 64;  // cells that share a mask
  struct KindMasks {
    std::uint64_t numbers = 0, times = 0;
  };
  std::vector<Cell> usual;       // what a cell holds that is not stored
  std::vector<KindMasks> masks;  // by block: which of its cells are of these kinds
};

inline constexpr TimeMs kRowUnknown = -1;  // Customer::row_due: the store must be asked
inline constexpr int kContactCells = 3;    // of a contact attribute: value, time of the write, tie

// One pass of a customer through one journey.
struct Run {
  enum class State : std::uint8_t { kWaiting, kCompleted, kExited };
  std::int16_t journey = 0;
  State state = State::kWaiting;
  std::uint8_t step = 0;         // that waits, or at which it ended
  std::uint32_t occurrence = 1;  // the customer's nth entry into the journey
  std::uint32_t sent = 0;
  TimeMs entered_at = 0;
  TimeMs step_started_at = 0;
  TimeMs step_due = kNever;  // when the waiting step must be looked at again
  TimeMs exit_due = kNever;  // the horizon of exit_when
  TimeMs goal_due = kNever;  // the horizon of goal.when, if it lies inside the window
  TimeMs goal_until = -1;    // last instant of the goal's window; -1: none opened
  TimeMs converted_at = -1;  // -1: not converted

  bool waiting() const { return state == State::kWaiting; }
  // Whether the goal may still be reached at `now`.
  bool goal_open(TimeMs now) const { return converted_at < 0 && now <= goal_until; }
};

class Customer {
 public:
  // Makes one in `arena`; Destroy frees what it owns and gives it back. `id` is copied.
  static Customer* Create(const Shape& shape, std::string_view id, Arena& arena);
  static void Destroy(const Shape& shape, Customer* customer, Arena& arena);
  Customer(const Customer&) = delete;
  Customer& operator=(const Customer&) = delete;

  std::string_view id() const { return {reinterpret_cast<const char*>(this + 1), id_size_}; }
  Cell* cells() { return reinterpret_cast<Cell*>(this + 1) + cells_at_; }
  const Cell* cells() const { return reinterpret_cast<const Cell*>(this + 1) + cells_at_; }
  Buckets& buckets(int window) { return windows()[window]; }
  const Buckets& buckets(int window) const {
    return const_cast<Customer*>(this)->windows()[window];
  }
  // Notes of who wrote `attribute` last: a time and a tie's text, kAbsent at first. Made for
  // all attributes when first asked for: most customers never say who they are.
  Cell* Write(const Shape& shape, int attribute);
  // Contact data, kContactCells for each contact attribute, kAbsent at first; made when first asked
  // for.
  Cell* Contacts(const Shape& shape);
  Cell* contacts_or_null() { return contacts_; }
  const Cell* contacts_or_null() const { return contacts_; }
  const Cell* writes_or_null() const { return writes_; }
  // Bytes held, with an estimate of what the allocator adds.
  std::size_t MemoryBytes(const Shape& shape) const;

  TimeMs last_instant = 0;    // moved only by an accepted event or a fired due
  TimeMs latest_time = 0;     // the latest event time or fired due: what is before it is late
  TimeMs next_due = kNever;   // the earliest of all that is booked below
  TimeMs booked_at = kNever;  // where the timer index in memory holds this customer
  std::uint32_t events = 0, transitions = 0, actions = 0, decisions = 0;
  const Zone* zone = nullptr;  // the customer's own, or null
  SeenIds seen;
  // Chunks of seen ids as last committed: those below `chunks_from` are gone, those below
  // `chunks_to` are sealed.
  std::uint32_t chunks_from = 0, chunks_to = 0;
  bool has_contact = false;    // whether there is contact data, here or in the store
  bool contact_dirty = false;  // whether it differs from what was committed

  // What the shard that keeps this customer warm notes of it.
  static constexpr int kUsesMax = 4;
  bool dirty = false;               // differs from what was committed
  std::uint8_t uses = 0;            // by events; fewer each time the hand passes that forgets
  std::uint32_t number = 0;         // in Customers
  std::uint32_t counted_bytes = 0;  // as the memory bound counts it
  TimeMs row_due = kNever;          // of its timer row in the store; kNever: none
  const char* unwritten = nullptr;  // its committed record, while the store has not got it
  std::uint64_t hash = 0;           // of the id
  std::vector<Run> runs;            // by journey, then occurrence

 private:
  Customer() = default;
  ~Customer() = default;
  std::size_t BlockBytes(const Shape& shape) const {
    return sizeof(Customer) + (cells_at_ + shape.initial.size()) * sizeof(Cell);
  }
  Buckets* windows() {
    return reinterpret_cast<Buckets*>(reinterpret_cast<Cell*>(this + 1) + windows_at_);
  }

  Cell* writes_ = nullptr;        // two cells an attribute, or null
  Cell* contacts_ = nullptr;      // kContactCells an attribute, or null
  std::uint16_t id_size_ = 0;     // in bytes
  std::uint16_t windows_at_ = 0;  // where buckets and cells begin behind the head, counted in cells
  std::uint16_t cells_at_ = 0;
};

}  // namespace parcours::state
