#include "processor/lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "processor/engine/step.h"
#include "state/keys.h"

namespace parcours::processor {

namespace {

constexpr int kDuesBetweenDrains = 512;
// Of the memory bound: what may wait for the store, and where forgetting stops.
constexpr std::size_t kPagesShare = 6;
constexpr std::size_t kPagesBytesMax = std::size_t{512} << 20;
constexpr double kRoomLeft = 0.97;
// What a dirty customer will take in the changelog, about.
constexpr std::size_t kRecordBytes = 96;
// Of the changelog, read again: one batch, and what is read before the lane looks around.
constexpr std::size_t kTailBatchBytes = std::size_t{1} << 20;
constexpr int kTailRecordsAtOnce = 4096;
constexpr std::size_t kPublishAtOnceBytes = std::size_t{1} << 20;

}  // namespace

Lane::Lane(std::shared_ptr<const catalog::Catalog> catalog, LaneOptions options, log::Log* log,
           RecordFiles* files, SpillStore spill_store)
    : rules_(std::move(catalog)),
      options_(std::move(options)),
      log_(log),
      files_(files),
      spill_store_(std::move(spill_store)),
      by_partition_(static_cast<std::size_t>(options_.partitions)),
      writer_(*rules_.catalog),
      proto_writer_(*rules_.catalog),
      headers_(rules_.catalog->version, options_.encoding),
      wanted_(static_cast<std::size_t>(options_.partitions)),
      committed_at_s_(options_.begun_s) {
  for (int number : options_.shards) AddShard(number);
}

// --- what is there already

Shard& Lane::AddShard(int number) {
  shards_.push_back(std::make_unique<Shard>(rules_, number));
  by_partition_[static_cast<std::size_t>(number)] = shards_.back().get();
  return *shards_.back();
}

absl::Status Lane::Restore(state::Store* store) {
  for (const auto& shard : shards_) {
    RETURN_IF_ERROR(BeginRestore(*shard, store));
    for (bool done = false; !done;) {
      ASSIGN_OR_RETURN(done, RestoreSome(*shard, kTailRecordsAtOnce));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Shard*> Lane::Take(int number, state::Store* store) {
  Shard& shard = AddShard(number);
  const absl::Status status = BeginRestore(shard, store);
  if (status.ok()) return &shard;
  Drop(number);
  return status;
}

void Lane::Drop(int number) {
  tails_.erase(number);
  by_partition_[static_cast<std::size_t>(number)] = nullptr;
  std::erase_if(shards_, [number](const auto& shard) { return shard->number() == number; });
}

absl::Status Lane::BeginRestore(Shard& shard, state::Store* store) {
  RETURN_IF_ERROR(shard.UseStore(store));
  const log::Offset from = shard.changelog_end();
  ASSIGN_OR_RETURN(const log::OffsetRange range,
                   log_->Range(log::Topic::kChangelog, shard.number()));
  if (from > range.end || from < range.begin) {
    return absl::DataLossError(absl::StrCat("restore shard ", shard.number(),
                                            ": the store needs the changelog from ", from,
                                            " on, but it holds ", range.begin, " to ", range.end));
  }
  Tail& tail = tails_[shard.number()];
  tail = Tail{.from = from, .end = range.end, .stored_time = shard.meta().log_time};
  ASSIGN_OR_RETURN(tail.reader, log_->Read(log::Topic::kChangelog, shard.number(), from));
  return absl::OkStatus();
}

absl::StatusOr<bool> Lane::RestoreSome(Shard& shard, int records_max) {
  Tail& tail = tails_[shard.number()];
  log::ReadRecord record;
  for (int i = 0; i < records_max; ++i) {
    ASSIGN_OR_RETURN(bool more, tail.reader->Next(&record));
    more = more && !PARCOURS_MUTANT("tail-not-replayed");
    if (!more && tail.inside) {
      return absl::DataLossError(absl::StrCat("restore shard ", shard.number(),
                                              ": the changelog ends inside a transaction"));
    }
    if (!more) {
      const TimeMs behind = shard.meta().log_time - tail.stored_time;
      if (options_.stale_ms > 0 && tail.stored_time > 0 && behind > options_.stale_ms) {
        return absl::DataLossError(absl::StrCat("restore shard ", shard.number(), ": the store is ",
                                                behind / kHourMs,
                                                " hours behind, and the changelog "
                                                "forgets what was erased"));
      }
      RETURN_IF_ERROR(shard.Restored());
      tails_.erase(shard.number());
      return true;
    }
    if (record.entry.tombstone) {
      tail.batch.AddTombstone(record.entry.key);
    } else {
      tail.batch.Add(record.entry.key, record.entry.value);
    }
    tail.from = record.offset + 1;
    ++restored_;
    // META ends a transaction; but a compacted changelog has few of them left.
    tail.inside = record.entry.key != state::kMetaKey;
    if (tail.inside && tail.batch.size() < kTailBatchBytes) continue;
    RETURN_IF_ERROR(shard.TakeCommitted(tail.batch.Take(), tail.from));
    RETURN_IF_ERROR(KeepMemory(0));
  }
  return false;
}

std::int64_t Lane::RestoreRemaining() const {
  std::int64_t remaining = 0;
  for (const auto& [number, tail] : tails_)
    remaining += std::max<log::Offset>(tail.end - tail.from, 0);
  return remaining;
}

// --- events, in order

absl::Status Lane::Expect(std::span<Slot* const> slots) {
  upcoming_.clear();
  for (Slot* slot : slots) {
    Shard* shard = this->shard(slot->partition);
    upcoming_.push_back({shard, slot->event().customer, slot->customer_hash, slot->event().type});
    if (!shard->overlay().has_store()) continue;
    wanted_[static_cast<std::size_t>(slot->partition)].push_back(
        {slot->event().customer, slot->customer_hash});
  }
  for (const auto& shard : shards_) {
    auto& wanted = wanted_[static_cast<std::size_t>(shard->number())];
    if (wanted.empty()) continue;
    RETURN_IF_ERROR(shard->overlay().Load(wanted));
    wanted.clear();
  }
  Shard::Prefetch(upcoming_);
  return absl::OkStatus();
}

absl::StatusOr<Shard::Result> Lane::Apply(Slot& slot) {
  Shard& shard = *this->shard(slot.partition);
  runtime::CrashSlots* const crash_slots = options_.crash_slots;
  if (crash_slots != nullptr) {
    crash_slots->Enter(options_.number, static_cast<std::uint32_t>(slot.partition), slot.position);
  }
  PARCOURS_CRASH_ON(slot.event().id);
  ASSIGN_OR_RETURN(const Shard::Result result,
                   shard.Apply(slot.event(), slot.customer_hash, slot.log_time));
  if (crash_slots != nullptr) crash_slots->Leave(options_.number);
  Drain(shard);
  ++events_;
  return result;
}

absl::StatusOr<Shard::Result> Lane::TickAndApply(Slot& slot) {
  Shard& shard = *this->shard(slot.partition);
  while (shard.HasDue(slot.log_time)) {
    RETURN_IF_ERROR(Tick(shard, slot.log_time, kDuesBetweenDrains).status());
  }
  shard.meta().clock = std::max(shard.meta().clock, slot.log_time);
  return Apply(slot);
}

bool Lane::HasDue(TimeMs clock) const {
  return std::any_of(shards_.begin(), shards_.end(),
                     [clock](const auto& shard) { return shard->HasDue(clock); });
}

absl::StatusOr<bool> Lane::Tick(Shard& shard, TimeMs clock, int customers_max) {
  ASSIGN_OR_RETURN(const bool done, shard.Tick(clock, customers_max));
  Drain(shard);
  return done;
}

absl::Status Lane::TickAll(TimeMs clock, double now_s) {
  for (const auto& shard : shards_) {
    for (bool done = false; !done;) {
      ASSIGN_OR_RETURN(done, Tick(*shard, clock, kDuesBetweenDrains));
      if (!done) RETURN_IF_ERROR(Keep(now_s));
    }
  }
  return absl::OkStatus();
}

void Lane::Publish(log::Topic topic, std::string_view key, std::string_view line) {
  if (!options_.publish) return;
  log::Batch& batch = transaction_.To(topic, 0);
  if (options_.headers) {
    batch.Add(key, line, headers_.OfLine());
  } else {
    batch.Add(key, line);
  }
}

void Lane::Drain(Shard& shard) {
  engine::Effects& effects = shard.effects();
  if (options_.watch != nullptr) options_.watch(effects);
  Totals& totals = shard.meta().totals;
  const auto publish = [&](const auto& record, RecordKind kind, log::Topic topic) {
    line_.clear();
    writer_.Append(record, &line_);
    ++totals.records[kind];
    Digest::Add(digest_.HashOf(line_), &totals.digests[kind]);
    if (!options_.publish) return;
    std::string_view value = line_;
    if (options_.encoding == Encoding::kProtobuf) {
      message_.clear();
      proto_writer_.Append(record, &message_);
      value = message_;
    }
    log::Batch& batch = transaction_.To(topic, 0);
    if (options_.headers) {
      batch.Add(record.customer->id(), value, headers_.Of(kind, record.cause));
    } else {
      batch.Add(record.customer->id(), value);
    }
  };
  for (const engine::Transition& transition : effects.transitions) {
    totals.segmentations[static_cast<std::size_t>(transition.segmentation)].Count(transition);
    if (transition.number > 0) publish(transition, kTransitionRecord, log::Topic::kTransitions);
  }
  for (const engine::Action& action : effects.actions) {
    publish(action, kActionRecord, log::Topic::kActions);
  }
  for (const engine::Decision& decision : effects.decisions) {
    publish(decision, kDecisionRecord, log::Topic::kDecisions);
  }
  effects.ClearRecords();
}

void Lane::Reject(Shard& shard, const Rejection& rejection) {
  line_.assign("{\"file\":");
  engine::AppendJsonText(rejection.file, &line_);
  absl::StrAppend(&line_, ",\"line\":", rejection.line, ",\"reason\":");
  engine::AppendJsonText(rejection.reason, &line_);
  line_.append(",\"detail\":");
  engine::AppendJsonText(rejection.detail, &line_);
  line_.push_back('}');
  ++shard.meta().totals.rejected;
  Publish(log::Topic::kDeadLetters, {}, line_);
}

// --- transactions

std::size_t Lane::PendingBytes() const {
  std::size_t bytes = transaction_.bytes();
  for (const auto& shard : shards_) bytes += shard->overlay().dirty() * kRecordBytes;
  return bytes;
}

bool Lane::WantsCommit(double now_s) const {
  if (log_ == nullptr) return transaction_.bytes() >= kPublishAtOnceBytes;
  if (options_.commit_events > 0 && events_ >= options_.commit_events) return true;
  return now_s - committed_at_s_ >= options_.commit_seconds ||
         PendingBytes() >= options_.commit_bytes;
}

absl::Status Lane::Commit(double now_s) {
  committed_at_s_ = now_s;
  if (log_ == nullptr) {
    if (files_ != nullptr) RETURN_IF_ERROR(files_->Write(transaction_));
    transaction_.Clear();
    return absl::OkStatus();
  }
  if (options_.before_commit != nullptr) RETURN_IF_ERROR(options_.before_commit());
  TimeMs log_time = 0;
  for (const auto& shard : shards_) {
    if (!shard->changed() || tails_.contains(shard->number())) continue;
    if (PARCOURS_MUTANT("meta-alone-not-committed") && shard->overlay().dirty() == 0) continue;
    shard->Encode(&transaction_.To(log::Topic::kChangelog, shard->number()));
    transaction_.HasRead(shard->number(), static_cast<log::Offset>(shard->meta().position));
    log_time = std::max(log_time, shard->meta().log_time);
  }
  if (transaction_.progress().empty() && transaction_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(log_->Commit(transaction_, log_time, &ends_));
  for (std::size_t i = 0; i < transaction_.parts().size(); ++i) {
    log::Transaction::Part& part = transaction_.parts()[i];
    if (part.topic != log::Topic::kChangelog || part.batch.empty()) continue;
    changelog_bytes_ += part.batch.size();
    Shard& committed = *shard(part.partition);
    committed.Committed(&part.batch, ends_[i]);
    if (options_.crash_slots != nullptr) {
      options_.crash_slots->Forget(static_cast<std::uint32_t>(part.partition),
                                   committed.meta().position);
    }
  }
  transaction_.Clear();
  events_ = 0;
  ++commits_;
  return absl::OkStatus();
}

absl::Status Lane::RollBack() {
  if (!PARCOURS_MUTANT("transaction-kept-after-an-abort")) transaction_.Clear();
  events_ = 0;
  for (const auto& shard : shards_) RETURN_IF_ERROR(shard->RollBack());
  return absl::OkStatus();
}

void Lane::ForgetTransaction() {
  transaction_.Clear();
  events_ = 0;
}

absl::Status Lane::Spill(Shard& shard) {
  while (shard.changed()) {
    log::Batch batch;
    shard.Encode(&batch, options_.slice_records);
    shard.Committed(&batch, 0);
    while (!shard.overlay().written()) RETURN_IF_ERROR(shard.WriteBack(options_.slice_records));
  }
  return absl::OkStatus();
}

absl::Status Lane::WriteBackAll() {
  if (shards_.empty()) return absl::OkStatus();
  const bool spills = log_ == nullptr && shards_.front()->overlay().has_store();
  for (const auto& shard : shards_) {
    if (spills) RETURN_IF_ERROR(Spill(*shard));
    if (shard->meta().sequence == 0) continue;  // nothing was ever committed
    // Once in any case: META may have been committed alone.
    do {
      RETURN_IF_ERROR(shard->WriteBack(options_.slice_records));
    } while (!shard->overlay().written());
  }
  return absl::OkStatus();
}

absl::Status Lane::Keep(double now_s) {
  if (WantsCommit(now_s)) RETURN_IF_ERROR(Commit(now_s));
  return KeepMemory(now_s);
}

absl::Status Lane::MakeRoom(Shard& shard, std::size_t bytes_max, double now_s) {
  Overlay& overlay = shard.overlay();
  const auto wanted = static_cast<std::size_t>(static_cast<double>(bytes_max) * kRoomLeft);
  if (overlay.MakeRoom(wanted)) return absl::OkStatus();
  // Too many are dirty or not written: first these go their way.
  if (log_ == nullptr) {
    if (!overlay.has_store()) {
      ASSIGN_OR_RETURN(state::Store* const store, spill_store_());
      for (const auto& each : shards_) RETURN_IF_ERROR(each->UseStore(store));
    }
    RETURN_IF_ERROR(Spill(shard));
  } else if (overlay.dirty() > overlay.customers().size() / 8) {
    RETURN_IF_ERROR(Commit(now_s));
  }
  while (!overlay.written()) RETURN_IF_ERROR(shard.WriteBack(options_.slice_records));
  overlay.MakeRoom(wanted);
  return absl::OkStatus();
}

absl::Status Lane::KeepMemory(double now_s) {
  if (shards_.empty()) return absl::OkStatus();
  const std::size_t share = options_.memory_bytes / shards_.size();
  std::size_t waiting = 0;
  for (const auto& shard : shards_) waiting += shard->overlay().unwritten_bytes();
  if (waiting > std::min(kPagesBytesMax, options_.memory_bytes / kPagesShare)) {
    // One slice at a time, each shard that has something in its turn.
    do {
      next_to_write_back_ = (next_to_write_back_ + 1) % shards_.size();
    } while (shards_[next_to_write_back_]->overlay().written());
    RETURN_IF_ERROR(shards_[next_to_write_back_]->WriteBack(options_.slice_records));
  }
  for (const auto& shard : shards_) {
    if (shard->overlay().bytes() > share) RETURN_IF_ERROR(MakeRoom(*shard, share, now_s));
  }
  return absl::OkStatus();
}

// --- what there is

absl::Status Lane::WriteCustomers(CustomerFile* file, Census* census) {
  constexpr std::size_t kLinesAtOnceBytes = 256 << 10;
  std::string lines;
  for (const auto& shard : shards_) {
    RETURN_IF_ERROR(shard->EachCustomer([&](state::Customer& customer) -> absl::Status {
      engine::RefreshFeatures(rules_, customer, shard->clock());
      const std::size_t begin = lines.size();
      writer_.AppendCustomer(customer, &lines);
      Digest::Add(digest_.HashOf(std::string_view(lines).substr(begin)), &census->digest);
      census->overlaps.Count(customer);
      ++census->customers;
      lines.push_back('\n');
      if (lines.size() < kLinesAtOnceBytes) return absl::OkStatus();
      RETURN_IF_ERROR(file->Write(lines));
      lines.clear();
      return absl::OkStatus();
    }));
  }
  if (lines.empty()) return absl::OkStatus();
  return file->Write(lines);
}

TimeMs Lane::oldest_due() const {
  TimeMs oldest = kNever;
  for (const auto& shard : shards_) oldest = std::min(oldest, shard->oldest_due());
  return oldest;
}

Totals Lane::totals() const {
  Totals sum(*rules_.catalog);
  for (const auto& shard : shards_) {
    Totals one = shard->meta().totals;
    one.engine = shard->effects().counters;
    one.journeys = shard->effects().journeys;
    sum.Add(one);
  }
  return sum;
}

std::uint64_t Lane::loads() const {
  std::uint64_t loads = 0;
  for (const auto& shard : shards_) loads += shard->overlay().loads();
  return loads;
}

std::size_t Lane::customers_bytes() const {
  std::size_t bytes = 0;
  for (const auto& shard : shards_) bytes += shard->overlay().customers().bytes();
  return bytes;
}

absl::Status FlushAndTrim(state::Store* store, log::Log* log) {
  std::vector<log::Offset> needed(static_cast<std::size_t>(store->shards()));
  std::string value;
  for (int shard = 0; shard < store->shards(); ++shard) {
    ASSIGN_OR_RETURN(const bool found, store->Get(shard, state::kMetaKey, &value));
    log::Offset& next = needed[static_cast<std::size_t>(shard)];
    std::string_view meta;
    if (found) RETURN_IF_ERROR(SplitStoredMeta(value, &next, &meta));
    if (PARCOURS_MUTANT("trim-beyond-the-store")) next += 10;
  }
  if (!PARCOURS_MUTANT("trim-without-flush")) RETURN_IF_ERROR(store->Flush());
  for (int shard = 0; shard < store->shards(); ++shard) {
    RETURN_IF_ERROR(
        log->TrimBefore(log::Topic::kChangelog, shard, needed[static_cast<std::size_t>(shard)]));
  }
  return absl::OkStatus();
}

}  // namespace parcours::processor
