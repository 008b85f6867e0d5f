#include "processor/follower.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "base/varint.h"

namespace parcours::processor {

namespace {

constexpr std::string_view kTickWord = "tick ";
constexpr int kDuesARecord = 2;
// Of a buried value; in base64 it must fit into what a topic takes at once, a mebibyte.
constexpr std::size_t kBuriedBytesMax = std::size_t{512} << 10;

}  // namespace

std::string TickRecord(TimeMs clock) {
  std::string record(kTickWord);
  PutSigned(clock, &record);
  return record;
}

bool ParseTick(std::string_view value, TimeMs* clock) {
  if (value.substr(0, kTickWord.size()) != kTickWord) return false;
  value.remove_prefix(kTickWord.size());
  return GetSigned(&value, clock) && value.empty();
}

bool ParseCrash(std::string_view line, Place* place) {
  const auto skip = [&line](std::string_view word) {
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  const auto number = [&line](auto* value) {
    const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
    const bool ok = absl::SimpleAtoi(std::string(line.substr(0, digits)), value);
    line.remove_prefix(digits);
    return ok;
  };
  return skip("{\"partition\":") && number(&place->first) && skip(",\"offset\":") &&
         number(&place->second) && skip(",\"reason\":\"crashes\"");
}

Follower::Follower(const catalog::Catalog& catalog, Lane* lane, log::Log* log,
                   FollowerOptions options)
    : catalog_(catalog), lane_(lane), log_(log), options_(std::move(options)), reader_(catalog_) {
  for (const auto& shard : lane_->shards()) sources_.push_back(Source{.shard = shard.get()});
}

absl::Status Follower::Start() {
  batch_.Clear();
  for (Source& source : sources_) RETURN_IF_ERROR(Open(&source));
  return absl::OkStatus();
}

absl::Status Follower::Add(Shard* shard) {
  sources_.push_back(Source{.shard = shard});
  return Open(&sources_.back());
}

void Follower::Remove(int shard) {
  std::erase_if(sources_,
                [shard](const Source& source) { return source.shard->number() == shard; });
}

absl::Status Follower::Open(Source* source) {
  const auto position = static_cast<log::Offset>(source->shard->meta().position);
  source->reader = nullptr;  // one at a time reads a partition
  ASSIGN_OR_RETURN(source->reader,
                   log_->Read(log::Topic::kEvents, source->shard->number(), position));
  source->tick_written = 0;
  return absl::OkStatus();
}

// --- records in

void Follower::Bury(Shard& shard, const log::ReadRecord& record, std::string_view reason,
                    std::string_view detail) {
  std::string line = absl::StrCat("{\"partition\":", shard.number(), ",\"offset\":", record.offset,
                                  ",\"reason\":");
  engine::AppendJsonText(reason, &line);
  line.append(",\"detail\":");
  engine::AppendJsonText(detail, &line);
  const auto text = [](std::string_view bytes) {
    return absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  };
  absl::StrAppend(&line, ",\"key\":\"", text(record.entry.key), "\",\"value\":\"",
                  text(record.entry.value.substr(0, kBuriedBytesMax)), "\"");
  if (record.entry.value.size() > kBuriedBytesMax) {
    Digest digest;
    absl::StrAppend(&line, ",\"value_bytes\":", record.entry.value.size(), ",\"value_sha256\":\"",
                    Digest::Hex(digest.HashOf(record.entry.value)), "\"");
  }
  line.push_back('}');
  ++shard.meta().totals.rejected;
  ++buried_[std::string(reason)];
  lane_->Publish(log::Topic::kDeadLetters, record.entry.key, line);
}

absl::Status Follower::TakeTick(Source* source, const log::ReadRecord& record) {
  TimeMs clock = 0;
  source->tick_written = 0;
  if (!ParseTick(record.entry.value, &clock)) {
    Bury(*source->shard, record, "tick", "a record without a key that is no tick");
    return absl::OkStatus();
  }
  // A tick counts no further than its own log time: a clock that is ahead fires nothing early.
  if (!PARCOURS_MUTANT("tick-beyond-its-log-time")) clock = std::min(clock, record.log_time);
  Meta& meta = source->shard->meta();
  meta.clock = std::max(meta.clock, clock);
  const std::size_t crowd = options_.crowd_max / sources_.size();
  crowd_ |= source->shard->overlay().timers().DueBy(meta.clock, crowd) == crowd;
  return absl::OkStatus();
}

bool Follower::Decode(Source* source, const log::ReadRecord& record) {
  Shard& shard = *source->shard;
  Slot& slot = batch_.next();
  slot.SetLine(record.entry.value);
  slot.partition = shard.number();
  slot.position = static_cast<std::uint64_t>(record.offset) + 1;
  slot.log_time = record.log_time;
  switch (reader_.Read(slot.text(), &slot.buffer)) {
    case sources::Outcome::kEmpty:
      Bury(shard, record, "empty", "a record without a value");
      return false;
    case sources::Outcome::kIgnored:
      ++shard.meta().totals.ignored;
      return false;
    case sources::Outcome::kRejected:
      Bury(shard, record, sources::ReasonName(slot.buffer.reason), slot.buffer.detail);
      return false;
    case sources::Outcome::kEvent:
      break;
  }
  const engine::Event& event = slot.event();
  if (event.customer != record.entry.key ||
      PartitionOf(event.customer, lane_->partitions()) != shard.number()) {
    Bury(shard, record, "misrouted", "the key is not the customer, or the partition not the key's");
    return false;
  }
  if (engine::IsFuture(event, record.log_time)) {
    Bury(shard, record, sources::ReasonName(sources::Reason::kFuture), "ahead of log time");
    return false;
  }
  if (lane_->Kills(slot) || options_.crashes.contains({shard.number(), record.offset})) {
    Bury(shard, record, "crashes", "the process died of it three times");
    return false;
  }
  return true;
}

absl::Status Follower::ApplyWaiting() {
  if (batch_.size() == 0) return absl::OkStatus();
  order_.clear();
  batch_.InOrder(&order_);
  RETURN_IF_ERROR(lane_->Expect(order_));
  for (Slot* slot : order_) RETURN_IF_ERROR(lane_->Apply(*slot).status());
  batch_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<int> Follower::Read(Source* source) {
  log::ReadRecord record;
  int records = 0;
  for (; records < options_.records_at_once; ++records) {
    ASSIGN_OR_RETURN(const bool more, source->reader->Next(&record));
    if (!more) break;
    // A broker's clock may go back; time does not.
    record.log_time = std::max(record.log_time, source->shard->meta().log_time);
    if (record.entry.key.empty()) {
      // What stands before the tick.
      if (!PARCOURS_MUTANT("tick-before-its-turn")) RETURN_IF_ERROR(ApplyWaiting());
      RETURN_IF_ERROR(TakeTick(source, record));
    } else if (Decode(source, record)) {
      batch_.Keep();
      if (batch_.size() == kBatchEvents) RETURN_IF_ERROR(ApplyWaiting());
    }
    source->shard->meta().position = static_cast<std::uint64_t>(record.offset) + 1;
    source->shard->meta().log_time = record.log_time;
    if (oldest_open_ == 0) oldest_open_ = record.log_time;
  }
  RETURN_IF_ERROR(ApplyWaiting());
  consumed_ += static_cast<std::uint64_t>(records);
  return records;
}

// Each shard in its turn, from where the last round ended.
absl::StatusOr<int> Follower::ReadAll() {
  int records = 0;
  drained_ = true;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (records >= kRecordsARound) {
      drained_ = false;
      break;
    }
    next_to_read_ = (next_to_read_ + 1) % sources_.size();
    ASSIGN_OR_RETURN(const int some, Read(&sources_[next_to_read_]));
    records += some;
    if (some == options_.records_at_once && !PARCOURS_MUTANT("more-to-read-not-noticed")) {
      drained_ = false;
    }
  }
  return records;
}

// Some of one shard that has any; each in its turn, so that none waits for the others to be done.
absl::StatusOr<bool> Follower::FireSome() {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    next_to_fire_ = (next_to_fire_ + 1) % sources_.size();
    Shard& shard = *sources_[next_to_fire_].shard;
    if (!shard.HasDue(shard.clock())) continue;
    RETURN_IF_ERROR(lane_->Tick(shard, shard.clock(), options_.dues_at_once).status());
    return true;
  }
  return false;
}

// The more records were read, the more: in a history that is caught up with, dues come with them,
// and must not fall behind.
absl::StatusOr<bool> Follower::FireDues(int records) {
  bool fired = false;
  int left = 1 + kDuesARecord * records / options_.dues_at_once;
  if (PARCOURS_MUTANT("dues-left-behind")) left = 1;
  for (; left > 0; --left) {
    ASSIGN_OR_RETURN(const bool some, FireSome());
    if (!some) break;
    fired = true;
  }
  return fired;
}

// --- the loop

absl::Status Follower::Commit(double now_s) {
  committed_at_s_ = now_s;
  ForgetOpen();
  return Recover(lane_->Commit(now_s));
}

absl::Status Follower::CommitOpen(double now_s) { return open_ ? Commit(now_s) : absl::OkStatus(); }

void Follower::ForgetOpen() {
  open_ = false;
  oldest_open_ = 0;
  batch_.Clear();
}

absl::Status Follower::Recover(const absl::Status& status) {
  const bool nothing_happened =
      absl::IsAborted(status) || absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
  if (status.ok() || !nothing_happened) return status;
  ++rollbacks_;
  last_trouble_ = status;
  ForgetOpen();
  RETURN_IF_ERROR(lane_->RollBack());
  if (PARCOURS_MUTANT("inputs-not-read-again")) return absl::OkStatus();
  return Start();
}

double Follower::Enough(bool fired) const {
  if (drained_ && fired) {
    if (crowd_ && !PARCOURS_MUTANT("a-crowd-fills-a-whole-commit")) return kDuesCommitSeconds;
    return std::clamp(commit_took_s_, kDuesCommitSeconds, kDuesCommitMaxSeconds);
  }
  if (drained_ && !fired) {
    double took_s = commit_took_s_;
    if (PARCOURS_MUTANT("no-wait-after-a-long-commit")) took_s = 0;
    return std::clamp(2 * took_s, kIdleCommitSeconds, kCommitSeconds);
  }
  bool behind = catching_up_ && !drained_since_commit_;
  if (PARCOURS_MUTANT("once-behind-always-behind")) behind = catching_up_;
  return behind ? kCatchUpCommitSeconds : kCommitSeconds;
}

absl::StatusOr<bool> Follower::Round(double now_s) {
  if (std::exchange(just_committed_, false)) commit_took_s_ = now_s - committed_at_s_;
  ASSIGN_OR_RETURN(const int records, ReadAll());
  ASSIGN_OR_RETURN(const bool fired, FireDues(records));
  const bool busy = records > 0 || fired;
  crowd_ = crowd_ && fired;
  if (!open_ && busy)
    committed_at_s_ = now_s;  // the age of a transaction counts from its first change
  open_ = open_ || busy;
  drained_since_commit_ |= drained_;
  if (open_ && now_s - committed_at_s_ >= Enough(fired)) {
    just_committed_ = true;
    catching_up_ = !std::exchange(drained_since_commit_, false);
    RETURN_IF_ERROR(Commit(now_s));
  }
  RETURN_IF_ERROR(Recover(lane_->Keep(now_s)));  // it commits where its own bounds ask for it
  return busy;
}

absl::Status Follower::Tick(TimeMs clock) {
  for (Source& source : sources_) {
    Shard& shard = *source.shard;
    if (clock <= shard.clock() || !shard.HasDue(clock)) continue;
    if (source.tick_written > 0 && clock < source.tick_written + kTickLostMs) continue;
    log::Batch tick;
    tick.Add({}, TickRecord(clock));
    RETURN_IF_ERROR(log_->Append(log::Topic::kEvents, shard.number(), tick, clock));
    source.tick_written = clock;
  }
  return absl::OkStatus();
}

}  // namespace parcours::processor
