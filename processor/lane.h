// Lane: one thread's shards: events and ticks in, one transaction out, again and again.
//
// A transaction holds, for all shards of the lane: the records published, every customer that
// changed, and META last. It is committed to the log when it is old or large enough; only then do
// its customers count as committed and may, later and in slices, go to the store. Without a log
// nothing is kept: records are published as they come, and customers beyond the memory bound go to
// a store that is thrown away. Limits: LaneOptions; a transaction's bytes, the memory of customers
// and of what waits for the store. Threads: owned by one worker; log, store and files are shared.
// Time: event times are handed in; `now_s` is a clock that never goes back, for the age of a
// commit. Failure: Commit: as log.h says. Anything else stops the lane; what is committed stays.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/digest.h"
#include "log/log.h"
#include "processor/batch.h"
#include "processor/engine/proto_records.h"
#include "processor/engine/records.h"
#include "processor/outputs.h"
#include "processor/overlaps.h"
#include "processor/record_headers.h"
#include "processor/shard.h"
#include "runtime/crash_slots.h"

namespace parcours::processor {

struct LaneOptions {
  std::vector<int> shards;                          // that it owns
  int partitions = 1;                               // of all lanes
  std::size_t memory_bytes = std::size_t{1} << 30;  // customers, and what waits for the store
  std::size_t commit_bytes = std::size_t{64} << 20;
  double commit_seconds = 2;
  double begun_s = 0;               // from when on the age of the first transaction counts
  std::uint64_t commit_events = 0;  // 0: no matter how many
  // Written to the store at once. Many cost less a record, few hold events up for less long.
  std::size_t slice_records = 16384;
  // A store that is further behind by log time misses tombstones that are gone from the changelog;
  // 0: none ever are.
  TimeMs stale_ms = 0;
  bool publish = true;  // else records are only counted and digested
  // What records of customers are published as; digests are of their lines in either case. Files
  // of lines want kJson. What else is published is always a line.
  Encoding encoding = Encoding::kJson;
  bool headers = false;  // whether published records have headers
  // Where what is being worked on is noted, under the lane's number; may be null.
  runtime::CrashSlots* crash_slots = nullptr;
  int number = 0;
  // Asked before each commit; if it does not say OK, nothing is committed.
  std::function<absl::Status()> before_commit;
  // Told what a Step did, before it is published; it may be rolled back yet.
  std::function<void(const engine::Effects&)> watch;
};

// What a transaction in the making may be told beside events.
struct Rejection {
  std::string_view file;
  std::uint64_t line = 0;
  std::string_view reason, detail;
};

class Lane {
 public:
  // `spill_store` gives the store for customers beyond the memory bound, where there is no log.
  using SpillStore = std::function<absl::StatusOr<state::Store*>()>;
  Lane(std::shared_ptr<const catalog::Catalog> catalog, LaneOptions options, log::Log* log,
       RecordFiles* files, SpillStore spill_store);

  // Takes over what the store has and reads the changelog's tail, of all shards.
  absl::Status Restore(state::Store* store);
  // The same, piece by piece, of a shard that is the lane's from now on: RestoreSome until it says
  // true, then events. Unavailable: nothing can be read just now. DataLoss: the store or the
  // changelog is damaged, or they do not fit together.
  absl::StatusOr<Shard*> Take(int number, state::Store* store);
  absl::StatusOr<bool> RestoreSome(Shard& shard, int records_max);
  // Records of the changelog that are still to be read, about.
  std::int64_t RestoreRemaining() const;
  std::uint64_t restored_records() const { return restored_; }  // so far
  // Forgets the shard, and with it whatever is not committed.
  void Drop(int number);

  // The shard numbered `partition`, or null if it is another lane's.
  Shard* shard(int partition) { return by_partition_[static_cast<std::size_t>(partition)]; }
  std::span<const std::unique_ptr<Shard>> shards() const { return shards_; }
  engine::Rules& rules() { return rules_; }
  int partitions() const { return options_.partitions; }

  // --- events, in order
  // Has the customers of what comes next in memory, and on their way into the processor's caches.
  absl::Status Expect(std::span<Slot* const> slots);
  // Whether processes died of this event so often that it must be set aside.
  bool Kills(const Slot& slot) const {
    return options_.crash_slots != nullptr &&
           options_.crash_slots->Crashes(static_cast<std::uint32_t>(slot.partition),
                                         slot.position) >= runtime::kCrashesMax;
  }
  // Applies the event. kFuture: it was not.
  absl::StatusOr<Shard::Result> Apply(Slot& slot);
  // Ticks the event's shard to its log time before: how a history from files tells time.
  absl::StatusOr<Shard::Result> TickAndApply(Slot& slot);
  // Whether any shard has something to look at by `clock`.
  bool HasDue(TimeMs clock) const;
  // Moves a shard's clock, looking at no more than `customers_max` customers. False: not done yet.
  absl::StatusOr<bool> Tick(Shard& shard, TimeMs clock, int customers_max);
  // The same for every shard until it is done, keeping all bounds on the way: it may commit, so
  // each shard must stand where nothing of its input is half applied.
  absl::Status TickAll(TimeMs clock, double now_s);
  void Reject(Shard& shard, const Rejection& rejection);
  // Publishes one line as it is.
  void Publish(log::Topic topic, std::string_view key, std::string_view line);

  // --- transactions
  // Between events: commits if it is time, writes back, forgets, so that all bounds hold.
  absl::Status Keep(double now_s);
  bool WantsCommit(double now_s) const;
  absl::Status Commit(double now_s);
  // After a commit that came to nothing: everything as it was after the last one.
  absl::Status RollBack();
  // Nothing that is open will be committed; for an owner that has dropped the shards.
  void ForgetTransaction();
  // Writes everything that is committed to the store.
  absl::Status WriteBackAll();

  // Writes every customer as it stands at its shard's clock, and counts them.
  absl::Status WriteCustomers(CustomerFile* file, Census* census);
  // Of all its shards, effects included.
  Totals totals() const;
  std::uint64_t loads() const;  // customers read from the store
  std::uint64_t changelog_bytes() const { return changelog_bytes_; }
  std::uint64_t commits() const { return commits_; }
  std::size_t customers_bytes() const;
  TimeMs oldest_due() const;  // of its shards, since the last commit

 private:
  void Drain(Shard& shard);
  Shard& AddShard(int number);
  absl::Status BeginRestore(Shard& shard, state::Store* store);
  absl::Status KeepMemory(double now_s);
  absl::Status MakeRoom(Shard& shard, std::size_t bytes_max, double now_s);
  // Writes dirty customers to the store that is thrown away.
  absl::Status Spill(Shard& shard);
  std::size_t PendingBytes() const;

  engine::Rules rules_;
  const LaneOptions options_;
  log::Log* const log_;
  RecordFiles* const files_;
  const SpillStore spill_store_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Shard*> by_partition_;
  const engine::RecordWriter writer_;
  engine::ProtoWriter proto_writer_;
  RecordHeaders headers_;
  Digest digest_;
  log::Transaction transaction_;
  std::string line_, message_;
  std::vector<Shard::Upcoming> upcoming_;
  std::vector<std::vector<Overlay::Wanted>> wanted_;  // by shard
  std::vector<log::Offset> ends_;
  // What is being read again of a shard's changelog.
  struct Tail {
    std::unique_ptr<log::Reader> reader;
    log::Batch batch;  // read, not taken yet
    log::Offset from = 0, end = 0;
    bool inside = false;     // of a transaction
    TimeMs stored_time = 0;  // log time that the store has come to
  };
  std::map<int, Tail> tails_;  // by shard
  std::uint64_t restored_ = 0;
  double committed_at_s_;
  std::uint64_t events_ = 0;  // applied since the last commit
  std::uint64_t changelog_bytes_ = 0, commits_ = 0;
  std::size_t next_to_write_back_ = 0;
};

// Flushes the store and lets go of the changelog that it no longer needs.
absl::Status FlushAndTrim(state::Store* store, log::Log* log);

}  // namespace parcours::processor
