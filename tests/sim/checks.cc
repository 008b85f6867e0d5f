// Simulation: what must be true at every moment, and in the end.
#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "tests/sim/memory_log.h"
#include "tests/sim/simulation.h"

namespace parcours::sim {

namespace {

constexpr log::Topic kPublished[] = {log::Topic::kTransitions, log::Topic::kActions,
                                     log::Topic::kDecisions, log::Topic::kDeadLetters};
constexpr int kDrainRoundsMax = 100000;
constexpr TimeMs kFinalDaysMax = 120;

// All that was published, and what is left of it all.
struct Outcome {
  std::map<log::Topic, std::vector<std::string>> lines;  // sorted
  std::string meta;                                      // totals, as bytes
  processor::Totals totals;
  Digest::Sum customers_digest{};
  std::uint64_t customers = 0;

  explicit Outcome(const catalog::Catalog& catalog) : totals(catalog) {}
};

absl::Status ReadLines(log::Log& log, Outcome* outcome) {
  for (const log::Topic topic : kPublished) {
    std::vector<std::string>& lines = outcome->lines[topic];
    ASSIGN_OR_RETURN(const auto reader, log.Read(topic, 0, 0));
    log::ReadRecord record;
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, reader->Next(&record));
      if (!more) break;
      lines.push_back(
          absl::StrCat(std::string(record.entry.key), " ", std::string(record.entry.value)));
    }
    std::sort(lines.begin(), lines.end());
  }
  return absl::OkStatus();
}

absl::Status AddCustomers(processor::Lane& lane, Outcome* outcome) {
  ASSIGN_OR_RETURN(const auto nowhere, processor::CustomerFile::Open(""));
  processor::Census census(*lane.rules().catalog);
  RETURN_IF_ERROR(lane.WriteCustomers(nowhere.get(), &census));
  outcome->customers += census.customers;
  Digest::Add(census.digest, &outcome->customers_digest);
  outcome->totals.Add(lane.totals());
  return absl::OkStatus();
}

void EncodeTotals(const catalog::Catalog& catalog, Outcome* outcome) {
  processor::Meta meta(catalog);
  meta.totals = outcome->totals;
  // How often customers were looked up, and how often in vain, is not told by the records.
  meta.totals.customer_loads = meta.totals.early_pops = 0;
  meta.totals.engine.evaluations = 0;
  processor::EncodeMeta(meta, &outcome->meta);
}

absl::Status Differ(std::string_view what) {
  return absl::InternalError(absl::StrCat("not as in the undisturbed run: ", std::string(what)));
}

absl::Status Compare(const Outcome& is, const Outcome& due) {
  for (const log::Topic topic : kPublished) {
    std::vector<std::string> extra, missing;
    const auto& a = is.lines.at(topic);
    const auto& b = due.lines.at(topic);
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(extra));
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(missing));
    if (!missing.empty()) {
      return Differ(
          absl::StrCat(missing.size(), " of ", log::TopicName(topic), " missing, ", extra.size(),
                       " too many; missing: ", missing.front(),
                       extra.empty() ? "" : "; too many: ", extra.empty() ? "" : extra.front()));
    }
    if (!extra.empty()) {
      return Differ(
          absl::StrCat(extra.size(), " of ", log::TopicName(topic), " too many: ", extra.front()));
    }
  }
  if (is.totals.digests != due.totals.digests) return Differ("the digests");
  if (is.customers != due.customers) return Differ("the number of customers");
  if (is.customers_digest != due.customers_digest) return Differ("the digest of customers");
  if (is.meta != due.meta) return Differ("what was counted");
  return absl::OkStatus();
}

}  // namespace

void Simulation::Tell(std::string_view what) const {
  if (verbose_) std::fprintf(stderr, "%s\n", std::string(what).c_str());
}

absl::Status Simulation::MarkDurable() {
  unsynced_.clear();
  for (int partition = 0; partition < partitions_; ++partition) {
    ASSIGN_OR_RETURN(const log::OffsetRange range, log_->Range(log::Topic::kEvents, partition));
    durable_[static_cast<std::size_t>(partition)] = range.end;
  }
  return absl::OkStatus();
}

absl::Status Simulation::CheckKept() {
  for (int partition = 0; partition < partitions_; ++partition) {
    const auto index = static_cast<std::size_t>(partition);
    Model& model = models_[index];
    RETURN_IF_ERROR(model.ReadOn(*log_));
    ASSIGN_OR_RETURN(const log::OffsetRange range, log_->Range(log::Topic::kEvents, partition));
    if (range.end < durable_[index] || range.end < model.position()) {
      return absl::InternalError(absl::StrCat("partition ", partition, ": events end at ",
                                              range.end, ", ", durable_[index], " were safe, ",
                                              model.position(), " applied"));
    }
    RETURN_IF_ERROR(model.CheckStore(*log_, *store_));
  }
  for (const log::Topic topic : kPublished) {
    ASSIGN_OR_RETURN(const log::OffsetRange range, log_->Range(topic, 0));
    log::Offset& known = published_[static_cast<std::size_t>(topic)];
    if (range.end < known) {
      return absl::InternalError(absl::StrCat("lines of ", log::TopicName(topic), " are lost"));
    }
    known = range.end;
  }
  return absl::OkStatus();
}

absl::Status Simulation::CheckPlaces(Unit& unit) {
  for (const auto& shard : unit.lane->shards()) {
    Model& model = models_[static_cast<std::size_t>(shard->number())];
    RETURN_IF_ERROR(model.ReadOn(*log_));
    RETURN_IF_ERROR(model.CheckPlace(*shard));
    RETURN_IF_ERROR(model.CheckMemory(unit.lane->rules().shape, *shard));
  }
  return absl::OkStatus();
}

absl::Status Simulation::Check() {
  for (Unit& unit : units_) {
    if (unit.lane->commits() == unit.commits) continue;
    tally_.commits += unit.lane->commits() - unit.commits;
    unit.commits = unit.lane->commits();
    RETURN_IF_ERROR(MarkDurable());
  }
  for (Model& model : models_) RETURN_IF_ERROR(model.ReadOn(*log_));
  if (++checks_ % 2 != 0) return absl::OkStatus();  // it costs as much as all the rest
  RETURN_IF_ERROR(CheckKept());
  for (Unit& unit : units_) {
    for (const auto& shard : unit.lane->shards()) {
      RETURN_IF_ERROR(models_[static_cast<std::size_t>(shard->number())].CheckMemory(
          unit.lane->rules().shape, *shard));
    }
  }
  return absl::OkStatus();
}

// Everything that will ever be due, up to some last instant, is fired.
absl::Status Simulation::DrainAll() {
  TimeMs last = now_;
  for (const Unit& unit : units_) {
    for (const auto& shard : unit.lane->shards()) last = std::max(last, shard->clock());
  }
  last += random_.Below(kFinalDaysMax * kDayMs);
  Tell(absl::StrCat("the end: ", FormatTime(last)));
  for (int partition = 0; partition < partitions_; ++partition) {
    RETURN_IF_ERROR(
        Append({.partition = partition, .key = {}, .value = processor::TickRecord(last)}, last));
  }
  for (Unit& unit : units_) {
    bool busy = true;
    for (int round = 0; busy && round < kDrainRoundsMax; ++round) {
      now_s_ += 0.001;
      ASSIGN_OR_RETURN(busy, unit.follower->Round(now_s_));
    }
    if (busy) return absl::InternalError("it never comes to rest");
    for (const auto& shard : unit.lane->shards()) {
      if (shard->clock() < last || shard->HasDue(last)) {
        return absl::InternalError(absl::StrCat("shard ", shard->number(), " is at rest at ",
                                                FormatTime(shard->clock()), ", not at ",
                                                FormatTime(last)));
      }
    }
  }
  RETURN_IF_ERROR(Check());
  return CleanStop();
}

absl::Status Simulation::CompareWithUndisturbed() {
  MemoryLog memory;
  for (int partition = 0; partition < partitions_; ++partition) {
    ASSIGN_OR_RETURN(const auto reader, log_->Read(log::Topic::kEvents, partition, 0));
    MemoryLog::Records& records = memory.records(log::Topic::kEvents, partition);
    log::ReadRecord record;
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, reader->Next(&record));
      if (!more) break;
      records.push_back({std::string(record.entry.key), std::string(record.entry.value),
                         record.entry.tombstone, record.log_time});
    }
  }
  processor::LaneOptions options;
  for (int shard = 0; shard < partitions_; ++shard) options.shards.push_back(shard);
  options.partitions = partitions_;
  processor::Lane lane(catalog_, options, &memory, nullptr, nullptr);
  processor::Follower follower(*catalog_, &lane, &memory,
                               {.records_at_once = 1 << 30, .dues_at_once = 1 << 30});
  RETURN_IF_ERROR(follower.Start());
  for (bool busy = true; busy;) {
    ASSIGN_OR_RETURN(busy, follower.Round(0));
  }
  RETURN_IF_ERROR(follower.Commit(0));
  Outcome due(*catalog_), is(*catalog_);
  RETURN_IF_ERROR(ReadLines(memory, &due));
  RETURN_IF_ERROR(AddCustomers(lane, &due));
  RETURN_IF_ERROR(ReadLines(*log_, &is));
  for (Unit& unit : units_) {
    tally_.loads += unit.lane->loads();
    RETURN_IF_ERROR(AddCustomers(*unit.lane, &is));
  }
  for (int partition = 0; partition < partitions_; ++partition) {
    Model model(*catalog_, partition);
    RETURN_IF_ERROR(model.ReadOn(memory));
    if (models_[static_cast<std::size_t>(partition)].Contacts() != model.Contacts()) {
      return Differ("contact data");
    }
  }
  EncodeTotals(*catalog_, &due);
  EncodeTotals(*catalog_, &is);
  tally_.transitions += due.lines[log::Topic::kTransitions].size();
  tally_.actions += due.lines[log::Topic::kActions].size();
  tally_.dead += due.lines[log::Topic::kDeadLetters].size();
  tally_.duplicates += due.totals.engine.duplicates;
  tally_.dues += due.totals.engine.dues_fired;
  return Compare(is, due);
}

}  // namespace parcours::sim
