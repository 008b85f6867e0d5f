#include "runtime/metrics.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/process.h"

namespace parcours::runtime {

namespace {

enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };

struct Family {
  std::string_view name, help;
  Kind kind;
  std::vector<std::string_view> labels;
};

// By the number of the Metric.
const std::vector<Family>& Families() {
  constexpr Kind kCounter = Kind::kCounter, kGauge = Kind::kGauge;
  static const auto* const families = new std::vector<Family>{
      {"parcours_events_rejected_total",
       "Events that could not be read or applied",
       kCounter,
       {"reason"}},
      {"parcours_dlq_records_total", "Records written to the dead-letter topic", kCounter, {}},
      {"parcours_late_events_total",
       "Events whose time lay before what was processed already",
       kCounter,
       {}},
      {"parcours_duplicates_dropped_total",
       "Events dropped because their id was known",
       kCounter,
       {}},
      {"parcours_segment_transitions_total",
       "Moves of customers between segments",
       kCounter,
       {"segmentation", "from", "to"}},
      {"parcours_journey_step_total",
       "What journeys did, by step",
       kCounter,
       {"journey", "step", "what"}},
      {"parcours_consumer_lag_records",
       "Records of a partition that are not processed yet",
       kGauge,
       {"topic", "partition"}},
      {"parcours_segment_members", "Customers in a segment", kGauge, {"segmentation", "segment"}},
      {"parcours_timers_pending", "Customers who are due at some instant to come", kGauge, {}},
      {"parcours_rocksdb_estimate_num_keys", "Keys in the store, estimated", kGauge, {}},
      {"parcours_rocksdb_total_sst_files_bytes",
       "Bytes of all the store's table files",
       kGauge,
       {}},
      {"parcours_rocksdb_live_sst_files_bytes",
       "Bytes of table files of the current version",
       kGauge,
       {}},
      {"parcours_rocksdb_pending_compaction_bytes",
       "Bytes that compactions have yet to rewrite",
       kGauge,
       {}},
      {"parcours_rocksdb_running_compactions", "Compactions that run", kGauge, {}},
      {"parcours_rocksdb_running_flushes", "Flushes that run", kGauge, {}},
      {"parcours_rocksdb_write_stopped", "1 while writes are stopped", kGauge, {}},
      {"parcours_rocksdb_delayed_write_rate_bytes",
       "Bytes a second that writes are slowed down to; 0: they are not",
       kGauge,
       {}},
      {"parcours_rocksdb_memtables_bytes", "Bytes of all memtables", kGauge, {}},
      {"parcours_rocksdb_block_cache_bytes", "Bytes in the block cache", kGauge, {}},
      {"parcours_rocksdb_background_errors", "Failures of background work", kGauge, {}},
      {"parcours_rocksdb_live_versions",
       "Versions of the store that something still reads",
       kGauge,
       {}},
  };
  return *families;
}

const Family& FamilyOf(Metric metric) { return Families()[static_cast<std::size_t>(metric)]; }

// The text exposition, family by family.
class Writer {
 public:
  void Begin(std::string_view name, Kind kind, std::string_view help) {
    constexpr std::string_view kKinds[] = {"counter", "gauge", "histogram"};
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    text_.append(name).append(" ").append(kKinds[static_cast<int>(kind)]).append("\n");
  }
  using Label = std::pair<std::string_view, std::string_view>;
  void Add(std::span<const Label> labels, double value, std::string_view suffix = "") {
    text_.append(name_).append(suffix);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      text_.append(i == 0 ? "{" : ",").append(labels[i].first).append("=\"");
      AppendEscaped(labels[i].second);
      text_.push_back('"');
    }
    text_.append(labels.empty() ? " " : "} ");
    AppendNumber(value);
    text_.push_back('\n');
  }
  void Add(std::initializer_list<Label> labels, double value) {
    Add(std::span<const Label>(labels.begin(), labels.size()), value);
  }
  // The sum of `all`.
  void AddHistogram(std::span<const Label> labels, std::span<const Durations* const> all) {
    std::uint64_t count = 0;
    double sum = 0;
    std::vector<Label> with_bound(labels.begin(), labels.end());
    with_bound.emplace_back("le", "");
    for (std::size_t i = 0; i <= Durations::kBounds.size(); ++i) {
      for (const Durations* durations : all) count += durations->bucket(i);
      const std::string bound =
          i < Durations::kBounds.size() ? absl::StrCat(Durations::kBounds[i]) : "+Inf";
      with_bound.back().second = bound;
      Add(with_bound, static_cast<double>(count), "_bucket");
    }
    for (const Durations* durations : all) sum += durations->sum();
    Add(labels, sum, "_sum");
    Add(labels, static_cast<double>(count), "_count");
  }
  std::string Take() { return std::move(text_); }

 private:
  void AppendEscaped(std::string_view text) {
    for (char c : text) {
      if (c == '\n') {
        text_.append("\\n");
        continue;
      }
      if (c == '\\' || c == '"') text_.push_back('\\');
      text_.push_back(c);
    }
  }
  void AppendNumber(double value) {
    if (std::isnan(value)) {
      text_.append("NaN");
    } else if (std::isinf(value)) {
      text_.append(value > 0 ? "+Inf" : "-Inf");
    } else {
      absl::StrAppendFormat(&text_, "%.15g", value);
    }
  }

  std::string text_;
  std::string_view name_;
};

double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long long size = 0, resident = 0;
  const int read = std::fscanf(file, "%lld %lld", &size, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

double AsDouble(const Count& count) { return static_cast<double>(count.value()); }

using Lanes = std::span<const std::unique_ptr<LaneMetrics>>;

void AddByLane(Writer* writer, Lanes lanes, std::string_view name, Kind kind, std::string_view help,
               double (*value)(const LaneMetrics&)) {
  writer->Begin(name, kind, help);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    writer->Add({{"lane", absl::StrCat(i)}}, value(*lanes[i]));
  }
}

void AddDurationsByLane(Writer* writer, Lanes lanes, std::string_view name, std::string_view help,
                        const Durations LaneMetrics::*durations) {
  writer->Begin(name, Kind::kHistogram, help);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const std::string lane = absl::StrCat(i);
    const Durations* const one = &((*lanes[i]).*durations);
    writer->AddHistogram({{{"lane", lane}}}, {&one, 1});
  }
}

void AddDurations(Writer* writer, Lanes lanes, std::string_view name, std::string_view help,
                  const Durations LaneMetrics::*durations) {
  writer->Begin(name, Kind::kHistogram, help);
  std::vector<const Durations*> all;
  for (const auto& lane : lanes) all.push_back(&((*lane).*durations));
  writer->AddHistogram({}, all);
}

void AddLanes(Writer* writer, Lanes lanes) {
  AddByLane(writer, lanes, "parcours_events_consumed_total", Kind::kCounter,
            "Records of the events topic that were read and applied or rejected",
            [](const LaneMetrics& lane) { return AsDouble(lane.events_consumed); });
  AddDurations(writer, lanes, "parcours_event_to_transition_seconds",
               "From the log time of an event to the commit of what came of it",
               &LaneMetrics::event_to_transition);
  AddDurations(writer, lanes, "parcours_timer_lateness_seconds",
               "From the instant a customer was due to the commit of what that did",
               &LaneMetrics::timer_lateness);
  AddDurationsByLane(writer, lanes, "parcours_process_batch_duration_seconds",
                     "One round of events, its commit included", &LaneMetrics::process_batch);
  AddDurationsByLane(writer, lanes, "parcours_commit_duration_seconds",
                     "One commit, from its first record to the broker's answer",
                     &LaneMetrics::commit);
  writer->Begin("parcours_commit_errors_total", Kind::kCounter,
                "Commits that came to nothing and were done again");
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    for (std::size_t kind = 0; kind < LaneMetrics::kCommitErrors.size(); ++kind) {
      writer->Add({{"lane", absl::StrCat(i)}, {"kind", LaneMetrics::kCommitErrors[kind]}},
                  AsDouble(lanes[i]->commit_errors[kind]));
    }
  }
  AddByLane(writer, lanes, "parcours_poll_idle_ratio", Kind::kGauge,
            "Share of the last seconds spent waiting for records",
            [](const LaneMetrics& lane) { return lane.poll_idle_ratio.value(); });
  AddByLane(writer, lanes, "parcours_rebalances_total", Kind::kCounter,
            "How often shards came or went",
            [](const LaneMetrics& lane) { return AsDouble(lane.rebalances); });
  AddByLane(writer, lanes, "parcours_assigned_partitions", Kind::kGauge, "Shards that are ours",
            [](const LaneMetrics& lane) { return lane.assigned_partitions.value(); });
  AddByLane(writer, lanes, "parcours_restore_remaining_records", Kind::kGauge,
            "Records of the changelog still to be read",
            [](const LaneMetrics& lane) { return lane.restore_remaining.value(); });
  AddByLane(writer, lanes, "parcours_restore_records_total", Kind::kCounter,
            "Records of the changelog that were read to restore",
            [](const LaneMetrics& lane) { return AsDouble(lane.restore_records); });
  AddByLane(writer, lanes, "parcours_store_loads_total", Kind::kCounter,
            "Customers that were not in memory and came from the store",
            [](const LaneMetrics& lane) { return AsDouble(lane.store_loads); });
  AddByLane(writer, lanes, "parcours_restore_duration_seconds", Kind::kGauge,
            "How long the last restore took",
            [](const LaneMetrics& lane) { return lane.restore_duration_s.value(); });
}

void AddProcess(Writer* writer, const BuildInfo& build) {
  writer->Begin("parcours_build_info", Kind::kGauge, "What is running; always 1");
  writer->Add({{"version", build.version},
               {"commit", build.commit},
               {"rocksdb", build.rocksdb},
               {"rdkafka", build.rdkafka}},
              1);
  writer->Begin("process_cpu_seconds_total", Kind::kCounter, "Processor time, user and system");
  writer->Add({}, CpuSeconds());
  writer->Begin("process_resident_memory_bytes", Kind::kGauge, "Memory that is resident");
  writer->Add({}, ResidentBytes());
}

std::pair<Metric, Snapshot::Labels> SeriesOf(Metric metric, Snapshot::Labels labels) {
  assert(labels.size() == FamilyOf(metric).labels.size());
  labels.resize(FamilyOf(metric).labels.size());
  return {metric, std::move(labels)};
}

}  // namespace

void Durations::Observe(double seconds) {
  const double length = std::max(seconds, 0.0);
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), length);
  buckets_[static_cast<std::size_t>(at - kBounds.begin())].Add();
  sum_.Set(sum_.value() + length);
}

void LaneMetrics::CommitFailed(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kAborted:
      return commit_errors[0].Add();
    case absl::StatusCode::kUnavailable:
      return commit_errors[1].Add();
    case absl::StatusCode::kFailedPrecondition:
      return commit_errors[2].Add();
    default:
      return commit_errors[3].Add();
  }
}

void Snapshot::Set(Metric metric, Labels labels, double value) {
  assert(FamilyOf(metric).kind == Kind::kGauge);
  Series series = SeriesOf(metric, std::move(labels));
  if (levels_.size() >= kMetricSeriesMax && !levels_.contains(series)) {
    ++dropped_;
    return;
  }
  levels_[std::move(series)] += value;
}

void Snapshot::SetTotal(Metric metric, int shard, Labels labels, std::uint64_t value) {
  assert(FamilyOf(metric).kind == Kind::kCounter);
  if (totals_held_ >= kMetricSeriesMax) {
    ++dropped_;
    return;
  }
  const auto [total, added] = totals_[shard].emplace(SeriesOf(metric, std::move(labels)), value);
  if (added) {
    ++totals_held_;
  } else {
    total->second += value;
  }
}

Metrics::Metrics(int lanes, BuildInfo build) : build_(std::move(build)) {
  for (int lane = 0; lane < lanes; ++lane) lanes_.push_back(std::make_unique<LaneMetrics>());
}

void Metrics::Publish(int lane, Snapshot snapshot) {
  const MutexLock lock(&mutex_);
  Told& told = told_[lane];
  told.levels = std::move(snapshot.levels_);
  told.dropped = snapshot.dropped_;
  std::erase_if(told.counted,
                [&](const auto& shard) { return !snapshot.totals_.contains(shard.first); });
  for (auto& [shard, totals] : snapshot.totals_) {
    const auto [counted, first] = told.counted.try_emplace(shard);
    for (auto& [series, value] : totals) {
      if (!totals_.contains(series) && totals_.size() >= kMetricSeriesMax) {
        ++told.dropped;
        continue;
      }
      std::uint64_t& before = counted->second.try_emplace(series, first ? value : 0).first->second;
      // Less than before: what was not committed was given up, and is counted when it comes again.
      totals_[series] += value > before ? value - before : 0;
      before = std::max(before, value);
    }
  }
}

std::string Metrics::Text() const {
  Writer writer;
  AddProcess(&writer, build_);
  AddLanes(&writer, lanes_);
  std::map<Series, double> all;
  std::size_t dropped = 0;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [series, value] : totals_) all.emplace(series, static_cast<double>(value));
    for (const auto& [lane, told] : told_) {
      for (const auto& [series, value] : told.levels) all[series] += value;
      dropped += told.dropped;
    }
  }
  writer.Begin("parcours_series_dropped", Kind::kGauge, "Series that there was no room for");
  writer.Add({}, static_cast<double>(dropped));
  std::optional<Metric> metric;
  std::vector<Writer::Label> labels;
  for (const auto& [series, value] : all) {
    const Family& family = FamilyOf(series.first);
    if (metric != series.first) writer.Begin(family.name, family.kind, family.help);
    metric = series.first;
    labels.clear();
    for (std::size_t i = 0; i < family.labels.size(); ++i) {
      labels.emplace_back(family.labels[i], series.second[i]);
    }
    writer.Add(labels, value);
  }
  return writer.Take();
}

}  // namespace parcours::runtime
