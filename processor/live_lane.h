// LiveLane: a lane whose shards a group gives and takes: restore, follow, hand over.
//
// A shard that is gained waits until nothing of its former owner is undecided, then reads the
// changelog's tail, then follows its events. Before shards leave, what is open is committed; store
// and files are left as they are: whoever comes back reads the tail. Everything in doubt has one
// way out: the lane forgets all its shards and restores them, the same code as a start.
// Limits: kRestoreRecords a round while others are served, one slice written back a round, retries
// kBackoffSeconds to kBackoffSecondsMax apart; refused kRefusalsMax times in kRefusalSeconds by the
// group, as where two processes share a name, the lane ends. Threads: owned by one worker. Time:
// `now_s` never goes back; `wall` decides when ticks are written, never what happens.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "log/group.h"
#include "log/log.h"
#include "processor/follower.h"
#include "processor/lane.h"

namespace parcours::processor {

class LiveLane final : public log::ShardOwner {
 public:
  // Told what happened, in one sentence, and how bad it is: whoever operates this should see it.
  enum class Notice { kInfo, kWarning };
  using Tell = std::function<void(Notice, const std::string&)>;

  LiveLane(const std::shared_ptr<const catalog::Catalog>& catalog, LaneOptions options,
           log::Log* log, log::Group* group, state::Store* store, Tell tell);

  // One round of everything; returns at once if there was something to do, else after waiting for
  // the group a little. Not OK: this lane cannot go on: DataLoss, the store is damaged or does not
  // fit the log; PermissionDenied, we are no member any more; InvalidArgument, FailedPrecondition:
  // what is stored is of other definitions.
  absl::Status Round(double now_s, TimeMs wall);
  // Commits what is open, writes back, and leaves the group; `for_good`: others take over at once.
  absl::Status Stop(double now_s, bool for_good);

  // --- for whoever watches
  Lane& lane() { return lane_; }
  std::size_t owned() const { return owned_.size(); }
  // Nothing that we own is still to be restored, and the group has us.
  bool ready() const { return group_->joined() && restoring_.empty() && !pausing_; }
  std::uint64_t rebalances() const { return rebalances_; }
  // Log time of the oldest record whose effects are not committed; 0: there is none.
  TimeMs oldest_open() const { return follower_.oldest_open(); }
  std::uint64_t consumed() const { return follower_.consumed(); }  // records
  const std::map<std::string, std::uint64_t>& buried() const { return follower_.buried(); }
  // Called after each commit with the log time of its oldest record, or 0, and the earliest instant
  // at which its ticks found a customer due, or kNever; and after what came to nothing.
  std::function<void(TimeMs oldest, TimeMs oldest_due)> committed;
  std::function<void(absl::StatusCode)> failed;

  // --- ShardOwner
  void Gained(const std::vector<int>& shards) override;
  void Leaving(const std::vector<int>& shards) override;
  void Lost(const std::vector<int>& shards) override;

 private:
  absl::Status PollGroup(double wait_s);
  absl::Status RestoreSome(double now_s);
  absl::Status WriteBackOld(double now_s);
  void Drop(int shard);
  // All shards are to be restored again.
  void ForgetAll();
  void Pause(absl::StatusCode code, double now_s);
  // What a failure of the round's work asks for.
  absl::Status Survive(const absl::Status& status, double now_s);

  Lane lane_;
  log::Group* const group_;
  state::Store* const store_;
  const Tell tell_;
  Follower follower_;
  std::set<int> owned_;
  std::set<int> restoring_;          // of owned_: not followed yet
  std::set<int> settled_;            // of restoring_: the tail is being read
  std::map<int, double> written_s_;  // when a shard was last written back
  double now_s_ = 0;                 // of this round, for callbacks
  double asked_s_ = -1, paused_until_s_ = 0, backoff_s_ = 0;
  TimeMs ticked_ = 0;  // in which fifth of a second ticks were written last
  bool pausing_ = false;
  std::deque<double> refused_s_;  // when the group refused us lately
  std::uint64_t rebalances_ = 0;
};

}  // namespace parcours::processor
