#include "processor/live_lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::processor {

namespace {

constexpr double kIdleWaitSeconds = 0.005;
constexpr double kAskAgainSeconds = 0.1;
constexpr int kRestoreRecords = 2048;
// What is written seldom is written once for many commits: a put costs as much as several events.
constexpr double kWriteBackSeconds = 30;
// Nobody should wait for a slice; under load they wait for each other, and files are cheaper.
constexpr std::size_t kSliceRecordsInPeace = 2048, kSliceRecordsUnderLoad = 65536;
constexpr double kBackoffSeconds = 0.1, kBackoffSecondsMax = 5;
constexpr std::size_t kRefusalsMax = 3;
constexpr double kRefusalSeconds = 60;

std::string Listed(const std::vector<int>& shards) {
  std::string list;
  for (const int shard : shards) absl::StrAppend(&list, list.empty() ? "" : ", ", shard);
  return list;
}

}  // namespace

LiveLane::LiveLane(const std::shared_ptr<const catalog::Catalog>& catalog, LaneOptions options,
                   log::Log* log, log::Group* group, state::Store* store, Tell tell)
    : lane_(catalog, std::move(options), log, nullptr, nullptr),
      group_(group),
      store_(store),
      tell_(std::move(tell)),
      follower_(*catalog, &lane_, log, {}) {}

// --- what the group says

void LiveLane::Gained(const std::vector<int>& shards) {
  ++rebalances_;
  owned_.insert(shards.begin(), shards.end());
  restoring_.insert(shards.begin(), shards.end());
  tell_(Notice::kInfo, absl::StrCat("gained shards ", Listed(shards)));
}

void LiveLane::Drop(int shard) {
  follower_.Remove(shard);
  if (lane_.shard(shard) != nullptr) lane_.Drop(shard);
  settled_.erase(shard);
}

void LiveLane::Leaving(const std::vector<int>& shards) {
  ++rebalances_;
  // What is open may touch shards that stay, too: it is one transaction.
  absl::Status status;
  if (!PARCOURS_MUTANT("leaving-not-committed")) status = follower_.CommitOpen(now_s_);
  if (!status.ok()) {
    if (failed != nullptr) failed(status.code());
    tell_(Notice::kWarning,
          absl::StrCat("hand over shards ", Listed(shards), ": ", std::string(status.message())));
    ForgetAll();
  }
  for (const int shard : shards) {
    Drop(shard);
    owned_.erase(shard);
    restoring_.erase(shard);
  }
  tell_(Notice::kInfo, absl::StrCat("handed over shards ", Listed(shards)));
}

void LiveLane::Lost(const std::vector<int>& shards) {
  ++rebalances_;
  tell_(Notice::kWarning, absl::StrCat("lost shards ", Listed(shards)));
  // The open transaction may hold something of theirs, and so may not be committed.
  if (!PARCOURS_MUTANT("lost-but-committed")) ForgetAll();
  for (const int shard : shards) {
    owned_.erase(shard);
    restoring_.erase(shard);
  }
}

void LiveLane::ForgetAll() {
  std::vector<int> all;
  for (const auto& shard : lane_.shards()) all.push_back(shard->number());
  for (const int shard : all) Drop(shard);
  lane_.ForgetTransaction();
  follower_.ForgetOpen();
  restoring_ = owned_;
}

// --- rounds

// To be refused may be our own doing, after a long sleep: then to join anew mends it. Of two
// processes with one name, who is refused first is refused kRefusalsMax times first.
absl::Status LiveLane::PollGroup(double wait_s) {
  const absl::Status status = group_->Poll(wait_s, this);
  if (!absl::IsPermissionDenied(status)) return status;
  while (!refused_s_.empty() && refused_s_.front() < now_s_ - kRefusalSeconds) {
    refused_s_.pop_front();
  }
  refused_s_.push_back(now_s_);
  if (refused_s_.size() >= kRefusalsMax) return status;
  tell_(Notice::kWarning, absl::StrCat(std::string(status.message()), "; joining anew"));
  return group_->Rejoin(this);
}

absl::Status LiveLane::RestoreSome(double now_s) {
  if (restoring_.size() > settled_.size() && now_s >= asked_s_ + kAskAgainSeconds) {
    std::vector<int> waiting;
    std::set_difference(restoring_.begin(), restoring_.end(), settled_.begin(), settled_.end(),
                        std::back_inserter(waiting));
    asked_s_ = now_s;
    const absl::Status settled = group_->Settled(waiting);
    if (!settled.ok() && !absl::IsUnavailable(settled)) return settled;
    const bool go = settled.ok() || PARCOURS_MUTANT("restored-before-settled");
    for (std::size_t i = 0; go && i < waiting.size(); ++i) {
      RETURN_IF_ERROR(lane_.Take(waiting[i], store_).status());
      settled_.insert(waiting[i]);
    }
  }
  const std::vector<int> reading(settled_.begin(), settled_.end());
  for (const int number : reading) {
    Shard& shard = *lane_.shard(number);
    const absl::StatusOr<bool> done = lane_.RestoreSome(shard, kRestoreRecords);
    if (absl::IsUnavailable(done.status())) continue;  // nothing more has come yet
    RETURN_IF_ERROR(done.status());
    if (!*done) continue;
    settled_.erase(number);
    restoring_.erase(number);
    RETURN_IF_ERROR(follower_.Add(&shard));
    written_s_[number] = now_s;
    if (restoring_.empty()) {
      tell_(Notice::kInfo, absl::StrCat("restored; following ", owned_.size(), " shards"));
    }
  }
  return absl::OkStatus();
}

// One slice of the shard that has waited longest, so that the tail stays short.
absl::Status LiveLane::WriteBackOld(double now_s) {
  Shard* oldest = nullptr;
  double since = now_s - kWriteBackSeconds;
  for (const auto& shard : lane_.shards()) {
    if (shard->overlay().written() || settled_.contains(shard->number())) continue;
    const double written = written_s_[shard->number()];
    if (written > since) continue;
    since = written;
    oldest = shard.get();
  }
  if (oldest == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(
      oldest->WriteBack(follower_.drained() ? kSliceRecordsInPeace : kSliceRecordsUnderLoad));
  if (oldest->overlay().written()) written_s_[oldest->number()] = now_s;
  return absl::OkStatus();
}

// The same again, but not at once: what was in the way may take a moment.
void LiveLane::Pause(absl::StatusCode code, double now_s) {
  if (failed != nullptr) failed(code);
  backoff_s_ = std::clamp(2 * backoff_s_, kBackoffSeconds, kBackoffSecondsMax);
  paused_until_s_ = now_s + backoff_s_;
  pausing_ = true;
}

absl::Status LiveLane::Survive(const absl::Status& status, double now_s) {
  if (status.ok()) return status;
  if (absl::IsDataLoss(status) || absl::IsPermissionDenied(status) ||
      absl::IsInvalidArgument(status)) {
    return status;
  }
  Pause(status.code(), now_s);
  tell_(Notice::kWarning, absl::StrCat(std::string(status.message()), "; all shards are restored"));
  if (!PARCOURS_MUTANT("doubt-not-forgotten")) ForgetAll();
  return absl::OkStatus();
}

absl::Status LiveLane::Round(double now_s, TimeMs wall) {
  now_s_ = now_s;
  RETURN_IF_ERROR(PollGroup(0));
  if (pausing_ && now_s < paused_until_s_) return PollGroup(kIdleWaitSeconds);
  pausing_ = false;
  RETURN_IF_ERROR(Survive(RestoreSome(now_s), now_s));
  const std::uint64_t commits = lane_.commits(), rollbacks = follower_.rollbacks();
  const TimeMs oldest = follower_.oldest_open(), oldest_due = lane_.oldest_due();
  const absl::StatusOr<bool> busy = follower_.Round(now_s);
  RETURN_IF_ERROR(Survive(busy.status(), now_s));
  if (follower_.rollbacks() > rollbacks) {
    Pause(follower_.last_trouble().code(), now_s);
    tell_(Notice::kWarning,
          absl::StrCat("rolled back: ", std::string(follower_.last_trouble().message())));
  } else if (lane_.commits() > commits) {
    backoff_s_ = 0;
    if (committed != nullptr) committed(oldest, oldest_due);
  }
  RETURN_IF_ERROR(Survive(WriteBackOld(now_s), now_s));
  const TimeMs clock = wall - kTickGraceMs;
  if (std::exchange(ticked_, clock / kTickMs) != clock / kTickMs) {
    // A tick that cannot be written now is written later.
    follower_.Tick(clock).IgnoreError();
  }
  if (pausing_ || busy.value_or(false) || !settled_.empty()) return absl::OkStatus();
  return PollGroup(kIdleWaitSeconds);
}

absl::Status LiveLane::Stop(double now_s, bool for_good) {
  now_s_ = now_s;
  absl::Status status = follower_.CommitOpen(now_s);
  if (!status.ok()) ForgetAll();
  status.Update(lane_.WriteBackAll());
  group_->Leave(for_good, this);
  return status;
}

}  // namespace parcours::processor
