// Simulation: what may happen next.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tests/sim/simulation.h"

namespace parcours::sim {

Simulation::Unit& Simulation::AnyUnit() {
  return units_[static_cast<std::size_t>(random_.Below(static_cast<std::int64_t>(units_.size())))];
}

processor::Shard& Simulation::AnyShard(Unit& unit) {
  const auto shards = unit.lane->shards();
  return *shards[static_cast<std::size_t>(random_.Below(static_cast<std::int64_t>(shards.size())))];
}

// --- records

absl::Status Simulation::Append(const Sent& sent, TimeMs log_time) {
  log::Batch batch;
  if (sent.tombstone) {
    batch.AddTombstone(sent.key);
  } else {
    batch.Add(sent.key, sent.value);
  }
  ++tally_.records;
  unsynced_.push_back(sent);
  return log_->Append(log::Topic::kEvents, sent.partition, batch, log_time);
}

absl::Status Simulation::AppendEvents() {
  const bool burst = random_.Percent(6);
  const auto count = burst ? random_.Between(15, 60) : random_.Between(1, 12);
  Tell(absl::StrCat("append ", count, burst ? " of one customer" : ""));
  for (std::int64_t i = 0; i < count; ++i) {
    if (random_.Percent(30)) now_ += random_.Below(20 * kSecondMs);
    const Sent sent = burst ? events_.DrawHot(now_) : events_.Draw(now_);
    RETURN_IF_ERROR(Append(sent, now_));
  }
  return absl::OkStatus();
}

absl::Status Simulation::AppendTick() {
  if (random_.Percent(60)) {
    Tell("tick");
    for (Unit& unit : units_) {
      RETURN_IF_ERROR(unit.follower->Tick(now_ - processor::kTickGraceMs));
    }
    return absl::OkStatus();
  }
  // Of a process whose clock is wrong.
  const TimeMs clock = random_.OneOf({now_ + random_.Below(400 * kDayMs), now_ - kDayMs, now_});
  Tell(absl::StrCat("a tick of ", FormatTime(clock)));
  const auto partition = static_cast<int>(random_.Below(partitions_));
  return Append({.partition = partition, .key = {}, .value = processor::TickRecord(clock)},
                random_.Percent(80) ? now_ : now_ - kHourMs);
}

absl::Status Simulation::MoveTime() {
  now_ += random_.OneOf({TimeMs{1}, random_.Below(kMinuteMs), random_.Below(kHourMs),
                         random_.Below(kDayMs), random_.Below(5 * kDayMs)});
  if (random_.Percent(3)) now_ += random_.Below(100 * kDayMs);
  Tell(absl::StrCat("it is ", FormatTime(now_)));
  if (random_.Percent(70)) return absl::OkStatus();
  RETURN_IF_ERROR(log_->Sync());
  return MarkDurable();
}

// --- lanes

absl::Status Simulation::Round(Unit& unit) {
  now_s_ += random_.OneOf({0.0, 0.001, 0.03, 0.2, 3.0});
  Tell("round");
  return unit.follower->Round(now_s_).status();
}

absl::Status Simulation::Commit(Unit& unit) {
  Tell("commit");
  return unit.follower->Commit(now_s_);
}

absl::Status Simulation::CommitThatFails(Unit& unit) {
  ++tally_.failed_commits;
  faulty_ = true;
  switch (random_.Below(4)) {
    case 0:
      Tell("commit on a full disk");
      env_.FullDisk(true);
      break;
    case 1:
      Tell("commit whose sync fails");
      env_.FailSync(static_cast<std::uint64_t>(random_.Between(1, 2)));
      break;
    case 2:
      Tell("commit whose append fails");
      env_.FailAppend(static_cast<std::uint64_t>(random_.Between(1, 2)));
      break;
    default:
      Tell("commit, and the power goes");
      env_.CrashAtChange(static_cast<std::uint64_t>(random_.Between(1, 4)), random_.Bits());
  }
  // With more to commit, or with what a round leaves.
  if (random_.Percent(50)) RETURN_IF_ERROR(unit.follower->Round(now_s_).status());
  return unit.follower->Commit(now_s_);
}

absl::Status Simulation::RollBack(Unit& unit) {
  Tell("roll back");
  ++tally_.roll_backs;
  RETURN_IF_ERROR(unit.lane->RollBack());
  RETURN_IF_ERROR(unit.follower->Start());
  return CheckPlaces(unit);
}

absl::Status Simulation::WriteBack(Unit& unit) {
  processor::Shard& shard = AnyShard(unit);
  const auto slices = random_.OneOf({1, 1, 3, 100});
  const auto records = random_.OneOf<std::size_t>({1, 1, 3, 1000});
  Tell(absl::StrCat("write back ", slices, " slices of ", records));
  for (int i = 0; i < slices && !shard.overlay().written(); ++i) {
    ++tally_.slices;
    RETURN_IF_ERROR(shard.WriteBack(records));
  }
  return absl::OkStatus();
}

absl::Status Simulation::Forget(Unit& unit) {
  Tell("forget");
  processor::Overlay& overlay = AnyShard(unit).overlay();
  const std::uint32_t before = overlay.customers().size();
  const std::size_t bytes = overlay.bytes();
  overlay.MakeRoom(random_.Percent(60) ? 1 : bytes - bytes / 4);
  tally_.forgotten += before - overlay.customers().size();
  return absl::OkStatus();
}

absl::Status Simulation::Flush() {
  Tell("flush and trim");
  ++tally_.flushes;
  return processor::FlushAndTrim(store_.get(), log_.get());
}

absl::Status Simulation::PlantFault() {
  if (faulty_) return absl::OkStatus();
  faulty_ = true;
  const auto n = static_cast<std::uint64_t>(random_.Between(1, 40));
  switch (random_.Below(5)) {
    case 0:
      Tell(absl::StrCat("sync ", n, " will fail"));
      env_.FailSync(n / 4 + 1);
      break;
    case 1:
      Tell(absl::StrCat("append ", n, " will fail"));
      env_.FailAppend(n);
      break;
    default:
      Tell(absl::StrCat("the power will go at change ", n));
      env_.CrashAtChange(n, random_.Bits());
  }
  return absl::OkStatus();
}

absl::Status Simulation::Step() {
  ++tally_.steps;
  Unit& unit = AnyUnit();
  const auto kind = random_.Below(1000);
  const auto settle = [&](const absl::Status& status) { return Settle(unit, status); };
  if (kind < 260) return settle(AppendEvents());
  if (kind < 330) return settle(AppendTick());
  if (kind < 390) return settle(MoveTime());
  if (kind < 640) return settle(Round(unit));
  if (kind < 680) return settle(Commit(unit));
  if (kind < 725) {
    const absl::Status status = settle(CommitThatFails(unit));
    EndFaults();
    return status;
  }
  if (kind < 765) return settle(RollBack(unit));
  if (kind < 855) return settle(WriteBack(unit));
  if (kind < 915) return settle(Forget(unit));
  if (kind < 940) return settle(Flush());
  if (kind < 955) return PlantFault();
  if (kind < 970) return LoseLane(unit);
  if (kind < 982) return LoseProcess();
  if (kind < 995) return LosePower();
  RETURN_IF_ERROR(CleanStop());
  return random_.Percent(50) ? LoseProcess() : absl::OkStatus();
}

}  // namespace parcours::sim
