// Follower: a lane that lives: it follows its shards' partitions of `events`, tick by tick.
//
// One round reads some records, applies them, fires some of what is due, and commits when it is
// time: after kCommitSeconds under load; once everything is read, after kIdleCommitSeconds, or
// twice what the last commit took if that is more, so that commits leave time for events; while a
// backlog is caught up with, whose readers wait for its end, after kCatchUpCommitSeconds: then more
// of what is busy is written once; while dues fire and no event waits, after as long as the last
// commit took, kDuesCommitSeconds to kDuesCommitMaxSeconds, so that half of the time is for dues;
// but where more than crowd_max are due, which takes seconds, after kDuesCommitSeconds: the next
// event waits for each. Only ticks, which are records of the same partition, move a shard's clock.
// The wall clock decides when a tick is written, never what happens. Limits: kRecordsARound a
// round, kRecordsAtOnce of them of one shard, kDuesAtOnce customers looked at between records, one
// unread tick a shard, one tick in kTickMs. Threads: owned by one worker. Failure: an event that
// cannot be applied goes to `dead-letters` with its bytes and the reason. A commit that came to
// nothing is rolled back and read again (Aborted, Unavailable, ResourceExhausted); anything else
// stops the follower, and a new one, over a new lane, goes on from what is committed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/log.h"
#include "processor/lane.h"
#include "processor/sources/event_json.h"

namespace parcours::processor {

inline constexpr double kCommitSeconds = 0.1, kIdleCommitSeconds = 0.02;
inline constexpr double kCatchUpCommitSeconds = 2;
inline constexpr double kDuesCommitSeconds = 0.03, kDuesCommitMaxSeconds = 0.2;
inline constexpr int kRecordsARound = 4000, kRecordsAtOnce = 1000;
// A tick stays behind the wall clock, and comes when it has passed a fifth of a second: the crowds
// that are due at the lines of windows, at full seconds, wait for it no longer than they must.
inline constexpr TimeMs kTickGraceMs = 300, kTickMs = 200;
// A tick that was not read after so long is taken to be lost.
inline constexpr TimeMs kTickLostMs = 10'000;

// The record of a tick: it has no key.
std::string TickRecord(TimeMs clock);
// False: not a tick.
bool ParseTick(std::string_view value, TimeMs* clock);

// Where a record stands in kEvents.
using Place = std::pair<int, log::Offset>;
// True if a dead letter's line says that processes died of the record at `place`.
bool ParseCrash(std::string_view line, Place* place);

struct FollowerOptions {
  int records_at_once = kRecordsAtOnce;
  int dues_at_once = 500;
  std::size_t crowd_max = 100'000;  // customers of the lane who are due at once
  std::set<Place> crashes;          // records that processes died of before: set aside unread
};

class Follower {
 public:
  Follower(const catalog::Catalog& catalog, Lane* lane, log::Log* log, FollowerOptions options);

  // Starts reading all shards of the lane behind what is committed; again after a roll back.
  absl::Status Start();
  // The same for one shard that the lane has restored; and lets go of one, before the lane does.
  absl::Status Add(Shard* shard);
  void Remove(int shard);
  // One round. False: there was nothing to do.
  absl::StatusOr<bool> Round(double now_s);
  // Appends a tick to each shard that has something due by `clock` and no tick unread.
  absl::Status Tick(TimeMs clock);
  // Commits what is open.
  absl::Status Commit(double now_s);
  // The same, if there is anything.
  absl::Status CommitOpen(double now_s);
  // Nothing is open any more: the lane has forgotten it.
  void ForgetOpen();

  // Whether the last round read everything that had come.
  bool drained() const { return drained_; }
  // Log time of the oldest record whose effects are not committed; 0: there is none.
  TimeMs oldest_open() const { return oldest_open_; }
  // How many records were buried for each reason; what was rolled back and came again counts twice.
  const std::map<std::string, std::uint64_t>& buried() const { return buried_; }
  std::uint64_t consumed() const { return consumed_; }  // records
  // How often commits came to nothing, and why the last one did.
  std::uint64_t rollbacks() const { return rollbacks_; }
  const absl::Status& last_trouble() const { return last_trouble_; }

 private:
  struct Source {
    Shard* shard;
    std::unique_ptr<log::Reader> reader;
    TimeMs tick_written = 0;  // when the tick was written that was not read yet; 0: there is none
  };

  absl::Status Open(Source* source);
  absl::StatusOr<int> Read(Source* source);
  absl::StatusOr<int> ReadAll();
  absl::Status TakeTick(Source* source, const log::ReadRecord& record);
  // Reads the record into the next slot. False: it went to the dead letters.
  bool Decode(Source* source, const log::ReadRecord& record);
  void Bury(Shard& shard, const log::ReadRecord& record, std::string_view reason,
            std::string_view detail);
  absl::Status ApplyWaiting();
  absl::StatusOr<bool> FireSome();
  absl::StatusOr<bool> FireDues(int records);
  // How old a transaction is to become.
  double Enough(bool fired) const;
  // After a commit came to nothing: rolls back and reads again; else gives `status` back.
  absl::Status Recover(const absl::Status& status);

  const catalog::Catalog& catalog_;
  Lane* const lane_;
  log::Log* const log_;
  const FollowerOptions options_;
  sources::EventReader reader_;
  std::vector<Source> sources_;
  Batch batch_;  // decoded, not yet applied: of one shard
  std::vector<Slot*> order_;
  std::size_t next_to_read_ = 0, next_to_fire_ = 0;
  double committed_at_s_ = 0;
  bool crowd_ = false;  // more than crowd_max were due, and dues have fired since
  bool drained_ = true;
  bool drained_since_commit_ = false;  // in any round
  bool catching_up_ = false;           // all through the last transaction there was more to read
  bool just_committed_ = false;        // in the round before
  double commit_took_s_ = 0;           // the last one
  bool open_ = false;                  // something happened since the last commit
  TimeMs oldest_open_ = 0;
  std::uint64_t rollbacks_ = 0;
  absl::Status last_trouble_;
  std::uint64_t consumed_ = 0;
  std::map<std::string, std::uint64_t> buried_;
};

}  // namespace parcours::processor
