#include "processor/lane_feed.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "runtime/clock.h"

namespace parcours::processor {

namespace {

constexpr std::size_t kGroupEvents = 256;
constexpr int kGroupBatches = 32;  // a lane without events still hears how far the others are
constexpr std::size_t kGroupsWaiting = 8;

}  // namespace

LaneFeed::LaneFeed(Lane* lane, Options options)
    : lane_(lane),
      options_(std::move(options)),
      group_(std::make_unique<Group>()),
      full_(kGroupsWaiting),
      empty_(kGroupsWaiting) {
  if (options_.thread) worker_ = std::make_unique<runtime::Worker>([this] { Work(); });
}

LaneFeed::~LaneFeed() { full_.Close(); }

void LaneFeed::Add(Slot& slot) {
  if (!options_.thread) {
    Wants(slot);
    return;
  }
  if (group_->used == group_->slots.size()) group_->slots.emplace_back();
  std::swap(group_->slots[group_->used++], slot);
}

void LaneFeed::AddAside(Aside aside) {
  Aside& mine = group_->aside;
  std::move(aside.rejected.begin(), aside.rejected.end(), std::back_inserter(mine.rejected));
  mine.ignored += aside.ignored;
  mine.after_until += aside.after_until;
  mine.repeated += aside.repeated;
}

absl::Status LaneFeed::EndBatch(std::uint64_t judged, std::uint64_t position, TimeMs log_time) {
  Group& group = *group_;
  group.judged = judged;
  group.position = position;
  group.log_time = log_time;
  ++group.batches;
  if (!options_.thread) return Take(group);
  if (group.used < kGroupEvents && group.batches < kGroupBatches && group.aside.empty()) {
    return absl::OkStatus();
  }
  const bool taken = full_.Push(std::move(group_));
  group_ = empty_.TryPop().value_or(nullptr);
  if (group_ == nullptr) group_ = std::make_unique<Group>();
  if (taken) return absl::OkStatus();
  const MutexLock lock(&mutex_);
  return status_;
}

void LaneFeed::RejectAll(Shard& shard, const Aside& aside) {
  for (const Aside::Rejected& rejected : aside.rejected) {
    lane_->Reject(shard, {options_.inputs[static_cast<std::size_t>(rejected.file)], rejected.line,
                          rejected.reason, rejected.detail});
  }
  shard.meta().totals.ignored += aside.ignored;
  shard.meta().totals.after_until += aside.after_until;
  shard.effects().counters.duplicates += aside.repeated;
}

void LaneFeed::Reject(const Slot& slot, std::string_view reason, std::string_view detail) {
  lane_->Reject(
      *lane_->shard(slot.partition),
      {options_.inputs[static_cast<std::size_t>(slot.file)], slot.number, reason, detail});
}

// After a restart the shards may stand at different places.
void LaneFeed::Wants(Slot& slot) {
  if (slot.position > lane_->shard(slot.partition)->meta().position) order_.push_back(&slot);
}

absl::Status LaneFeed::Take(Group& group) {
  for (std::size_t i = 0; i < group.used; ++i) Wants(group.slots[i]);
  // However many are due before the first event: here, where nothing is half applied, they may be
  // committed in parts.
  if (!order_.empty() && lane_->HasDue(order_.front()->log_time)) {
    RETURN_IF_ERROR(lane_->TickAll(order_.front()->log_time, runtime::MonotonicSeconds()));
  }
  for (std::size_t begin = 0; begin < order_.size(); begin += kBatchEvents) {
    const std::size_t count = std::min(kBatchEvents, order_.size() - begin);
    const std::span<Slot* const> next(order_.data() + begin, count);
    RETURN_IF_ERROR(lane_->Expect(next));
    for (Slot* slot : next) {
      if (lane_->Kills(*slot)) {
        Reject(*slot, "crashes", "the process died of it three times");
        continue;
      }
      ASSIGN_OR_RETURN(const Shard::Result result, lane_->TickAndApply(*slot));
      if (result != Shard::Result::kFuture) continue;
      Reject(*slot, sources::ReasonName(sources::Reason::kFuture), "ahead of log time");
    }
  }
  order_.clear();
  if (!group.aside.empty()) RejectAll(*lane_->shards().front(), group.aside);
  for (const auto& shard : lane_->shards()) {
    Meta& meta = shard->meta();
    meta.judged = std::max(meta.judged, group.judged);
    if (group.position <= meta.position) continue;
    meta.position = group.position;
    meta.log_time = group.log_time;
  }
  group.used = 0;
  group.batches = 0;
  group.aside = Aside{};
  RETURN_IF_ERROR(lane_->Keep(runtime::MonotonicSeconds()));
  return options_.after_group != nullptr ? options_.after_group() : absl::OkStatus();
}

void LaneFeed::Work() {
  while (std::optional<std::unique_ptr<Group>> group = full_.Pop()) {
    const absl::Status status = Take(**group);
    if (!status.ok()) {
      full_.Close();
      const MutexLock lock(&mutex_);
      status_ = status;
      return;
    }
    empty_.TryPush(std::move(*group));
  }
}

absl::Status LaneFeed::End(TimeMs clock) {
  if (options_.thread) {
    full_.Push(std::move(group_));
    group_ = std::make_unique<Group>();
    full_.Close();
    worker_->Join();
    const MutexLock lock(&mutex_);
    RETURN_IF_ERROR(status_);
  }
  if (clock >= 0) RETURN_IF_ERROR(lane_->TickAll(clock, runtime::MonotonicSeconds()));
  RETURN_IF_ERROR(lane_->Commit(runtime::MonotonicSeconds()));
  return lane_->WriteBackAll();
}

}  // namespace parcours::processor
