// Simulation: the whole system on one thread, from one seed: lanes and followers over an embedded
// log and a store, on a disk that fails.
//
// A run draws definitions, shards, lanes and bounds, then steps: events and ticks appended, rounds
// of any size, commits, commits that fail, roll backs, slices written back, customers forgotten,
// flushes, ends of a lane, of the process, of power, in the middle of anything. After steps
// what is committed, stored and in memory must agree (model.h). In the end everything that is due
// is fired, and all that was ever published, and every customer, must be what an undisturbed run
// over the very same records gives: one lane, no disk, no store, nothing cut into slices.
// Threads: one run (RocksDB's own wait for us). Time: drawn; there is no clock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "log/local_log.h"
#include "processor/follower.h"
#include "processor/lane.h"
#include "state/store/store.h"
#include "tests/sim/model.h"
#include "tests/sim/random.h"
#include "tests/sim/world.h"
#include "tests/support/faulty_env.h"

namespace parcours::sim {

// What runs did, added up: to see that a kind of trouble does happen.
struct Tally {
  std::uint64_t steps = 0, records = 0, commits = 0, failed_commits = 0, roll_backs = 0;
  std::uint64_t slices = 0, forgotten = 0, flushes = 0, clean_stops = 0;
  std::uint64_t lanes_lost = 0, processes_lost = 0, powers_lost = 0, restores_cut = 0;
  std::uint64_t transitions = 0, actions = 0, dead = 0, duplicates = 0, dues = 0, loads = 0;
};

class Simulation {
 public:
  // `verbose`: tells every step on standard error.
  Simulation(std::uint64_t seed, bool verbose, Tally* tally);
  ~Simulation();

  // Not OK: an invariant does not hold, or something failed that had no reason to.
  absl::Status Run();

 private:
  struct Unit {  // a lane with its follower
    processor::LaneOptions options;
    std::unique_ptr<processor::Lane> lane;
    std::unique_ptr<processor::Follower> follower;
    std::uint64_t commits = 0;  // that we know of
  };

  // --- life and death (lives.cc)
  absl::Status Open();
  absl::Status OpenOnce();
  absl::Status Restore(Unit& unit);
  void Close();
  absl::Status LoseLane(Unit& unit);
  absl::Status LoseProcess();
  absl::Status LosePower();
  void SendAgain();
  // No fault is planted any more, and none has an effect that shows later.
  absl::Status Calm();
  absl::Status CleanStop();
  // What `status` means for who ran `unit`: fine, an end that has a reason, or a fault of ours.
  absl::Status Settle(Unit& unit, const absl::Status& status);
  void EndFaults();

  // --- steps (steps.cc)
  absl::Status Step();
  absl::Status Append(const Sent& sent, TimeMs log_time);
  absl::Status AppendEvents();
  absl::Status AppendTick();
  absl::Status Round(Unit& unit);
  absl::Status Commit(Unit& unit);
  absl::Status CommitThatFails(Unit& unit);
  absl::Status RollBack(Unit& unit);
  absl::Status WriteBack(Unit& unit);
  absl::Status Forget(Unit& unit);
  absl::Status Flush();
  absl::Status MoveTime();
  absl::Status PlantFault();
  processor::Shard& AnyShard(Unit& unit);
  Unit& AnyUnit();

  // --- checks (checks.cc)
  absl::Status Check();
  // All that was safe is there after whatever happened.
  absl::Status CheckKept();
  // The log was synced.
  absl::Status MarkDurable();
  absl::Status CheckPlaces(Unit& unit);
  absl::Status DrainAll();
  absl::Status CompareWithUndisturbed();
  void Tell(std::string_view what) const;

  const bool verbose_;
  Tally& tally_;
  Random random_;
  const std::shared_ptr<const catalog::Catalog> catalog_;
  const int partitions_;
  EventMaker events_;
  TimeMs now_;           // of the world
  double now_s_ = 0;     // of the clock that paces commits
  bool faulty_ = false;  // a fault is planted: failures have a reason

  bool shaken_ =
      false;  // one was, since log and store were opened: RocksDB's threads may have met it

  testing::FaultyEnv env_;
  std::unique_ptr<log::LocalLog> log_;
  std::unique_ptr<state::Store> store_;
  std::vector<Unit> units_;
  std::vector<Model> models_;
  std::uint64_t checks_ = 0;
  std::vector<Sent> unsynced_;        // events since the log was last synced
  std::vector<log::Offset> durable_;  // by partition: events before this must survive anything
  std::array<log::Offset, log::kTopics> published_{};
};

}  // namespace parcours::sim
