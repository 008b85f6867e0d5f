// Simulation: how the system begins, ends, and ends before it should.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/sim/simulation.h"

namespace parcours::sim {

namespace {

constexpr std::size_t kLogBufferBytes = std::size_t{4} << 20;
constexpr std::size_t kStoreBytes = std::size_t{8} << 20;

// Whatever fails, no invariant does, and nothing is damaged that was safe.
bool NeverHasAReason(const absl::Status& status) {
  return absl::IsInternal(status) || absl::IsDataLoss(status);
}

}  // namespace

void Simulation::EndFaults() {
  shaken_ = shaken_ || faulty_;
  env_.FullDisk(false);
  env_.PowerOn();  // forgets what was planted
  faulty_ = false;
}

void Simulation::Close() {
  for (Unit& unit : units_) {
    unit.follower = nullptr;
    unit.lane = nullptr;
  }
  store_ = nullptr;
  for (Model& model : models_) model.Reopened();
  log_ = nullptr;
}

absl::Status Simulation::Restore(Unit& unit) {
  unit.follower = nullptr;
  unit.lane =
      std::make_unique<processor::Lane>(catalog_, unit.options, log_.get(), nullptr, nullptr);
  RETURN_IF_ERROR(unit.lane->Restore(store_.get()));
  processor::FollowerOptions options;
  options.records_at_once = random_.OneOf({1, 3, 1000});
  options.dues_at_once = random_.OneOf({1, 4, 1 << 30});
  unit.follower =
      std::make_unique<processor::Follower>(*catalog_, unit.lane.get(), log_.get(), options);
  unit.commits = 0;
  RETURN_IF_ERROR(unit.follower->Start());
  return CheckPlaces(unit);
}

absl::Status Simulation::OpenOnce() {
  shaken_ = false;
  log::LocalLogOptions log;
  log.folder = "/log";
  log.write_buffer_bytes = kLogBufferBytes;
  log.compaction = false;
  log.env = &env_;
  ASSIGN_OR_RETURN(log_, log::LocalLog::Open(log));
  state::StoreOptions store;
  store.folder = "/store";
  store.shards = partitions_;
  store.memory_bytes = kStoreBytes;
  store.compaction = false;
  store.env = &env_;
  ASSIGN_OR_RETURN(store_, state::Store::Open(store));
  RETURN_IF_ERROR(CheckKept());
  for (Unit& unit : units_) {
    RETURN_IF_ERROR(Restore(unit));
    if (faulty_ && random_.Percent(20)) return absl::CancelledError("killed while it restored");
  }
  return absl::OkStatus();
}

absl::Status Simulation::Open() {
  for (;;) {
    // Now and then even the beginning comes to an end.
    if (random_.Percent(15)) {
      faulty_ = true;
      if (random_.Percent(70)) {
        env_.CrashAtChange(static_cast<std::uint64_t>(random_.Between(1, 60)), random_.Bits());
      }
    }
    absl::Status status = OpenOnce();
    if (status.ok() && env_.crashed()) status = absl::CancelledError("the power went");
    if (status.ok() || NeverHasAReason(status) || !faulty_) return status;
    ++tally_.restores_cut;
    Tell(absl::StrCat("  cut off: ", status.message()));
    Close();
    EndFaults();
  }
}

absl::Status Simulation::LoseLane(Unit& unit) {
  Tell("lane lost");
  ++tally_.lanes_lost;
  EndFaults();
  return Restore(unit);
}

absl::Status Simulation::LoseProcess() {
  Tell("process lost");
  ++tally_.processes_lost;
  Close();
  EndFaults();
  return Open();
}

absl::Status Simulation::LosePower() {
  Tell("power lost");
  ++tally_.powers_lost;
  if (!env_.crashed()) env_.Crash(random_.Bits());
  Close();
  EndFaults();
  RETURN_IF_ERROR(Open());
  SendAgain();
  return absl::OkStatus();
}

// Who writes events was not told that they are safe, and sends most of them again.
void Simulation::SendAgain() {
  EndFaults();
  const std::vector<Sent> unsynced = std::exchange(unsynced_, {});
  for (const Sent& sent : unsynced) {
    if (random_.Percent(80)) Append(sent, now_).IgnoreError();  // as if it were never sent again
  }
}

absl::Status Simulation::Calm() {
  EndFaults();
  if (shaken_) RETURN_IF_ERROR(LoseProcess());
  EndFaults();
  shaken_ = false;  // what was planted meanwhile has not struck
  return absl::OkStatus();
}

absl::Status Simulation::CleanStop() {
  Tell("clean stop");
  ++tally_.clean_stops;
  RETURN_IF_ERROR(Calm());
  for (Unit& unit : units_) {
    RETURN_IF_ERROR(unit.follower->Commit(now_s_));
    RETURN_IF_ERROR(unit.lane->WriteBackAll());
  }
  RETURN_IF_ERROR(Check());  // before what was committed is trimmed
  RETURN_IF_ERROR(processor::FlushAndTrim(store_.get(), log_.get()));
  RETURN_IF_ERROR(Check());
  for (const Model& model : models_) RETURN_IF_ERROR(model.CheckAllStored(*store_));
  return absl::OkStatus();
}

absl::Status Simulation::Settle(Unit& unit, const absl::Status& status) {
  if (env_.crashed()) return LosePower();
  if (status.ok() || NeverHasAReason(status) || !(faulty_ || shaken_)) return status;
  Tell(absl::StrCat("  it stops: ", status.message()));
  // An error of the device ends the store, and whoever has it open.
  return absl::IsFailedPrecondition(status) ? LoseProcess() : LoseLane(unit);
}

}  // namespace parcours::sim
