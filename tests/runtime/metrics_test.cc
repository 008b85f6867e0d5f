#include "runtime/metrics.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace parcours::runtime {
namespace {

// What stands in an exposition: each series as it is written, "name{label="x"}", and its value.
// Strict: whatever the format does not allow is a failure of the test.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(text.ends_with("\n"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# HELP ")) {
        Help(line.substr(7));
      } else if (line.starts_with("# TYPE ")) {
        Type(line.substr(7));
      } else {
        Sample(line);
      }
      if (testing::Test::HasFailure()) {
        ADD_FAILURE() << "at: " << line;
        return;
      }
    }
    EndFamily();
  }
  std::optional<double> operator[](const std::string& series) const {
    const auto found = values_.find(series);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  bool HasFamily(const std::string& name) const { return families_.contains(name); }
  const std::set<std::string>& families() const { return families_; }

 private:
  static bool IsName(const std::string& name, bool of_metric) {
    for (char c : name) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && !(of_metric && c == ':')) {
        return false;
      }
    }
    return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0]));
  }
  void Help(const std::string& rest) {
    EndFamily();
    name_ = rest.substr(0, rest.find(' '));
    EXPECT_TRUE(IsName(name_, true)) << name_;
    EXPECT_TRUE(families_.insert(name_).second) << "HELP twice, or a family in two places";
    EXPECT_GT(rest.size(), name_.size() + 1) << "no help";
    type_.clear();
  }
  void Type(const std::string& rest) {
    EXPECT_EQ(rest.substr(0, rest.find(' ')), name_) << "TYPE stands behind its HELP";
    EXPECT_TRUE(type_.empty()) << "TYPE twice";
    type_ = rest.substr(rest.find(' ') + 1);
    EXPECT_TRUE(type_ == "counter" || type_ == "gauge" || type_ == "histogram") << type_;
    EXPECT_EQ(type_ == "counter", name_.ends_with("_total")) << name_;
  }
  void Sample(const std::string& line) {
    const std::string name = line.substr(0, line.find_first_of("{ "));
    const std::string suffix = name.size() < name_.size() ? "?" : name.substr(name_.size());
    EXPECT_TRUE(name.starts_with(name_)) << "of another family than " << name_;
    EXPECT_FALSE(type_.empty()) << "before its TYPE";
    std::size_t at = name.size();
    std::map<std::string, std::string> labels;
    if (line[at] == '{') {
      do {
        const std::size_t equals = line.find("=\"", at);
        ASSERT_NE(equals, std::string::npos);
        const std::string label = line.substr(at + 1, equals - at - 1);
        EXPECT_TRUE(IsName(label, false)) << label;
        std::string value;
        for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
          if (line[at] == '\\') {
            ++at;
            ASSERT_TRUE(line[at] == '\\' || line[at] == '"' || line[at] == 'n');
          }
          value += line[at];
        }
        EXPECT_TRUE(labels.emplace(label, value).second) << "a label twice";
        ++at;
      } while (at < line.size() && line[at] == ',');
      ASSERT_EQ(line[at], '}');
      ++at;
    }
    ASSERT_EQ(line[at], ' ');
    char* end = nullptr;
    const double value = std::strtod(line.c_str() + at + 1, &end);
    EXPECT_EQ(*end, '\0') << "no number, or a time behind it";
    EXPECT_TRUE(values_.emplace(line.substr(0, at), value).second) << "a series twice";
    if (type_ == "histogram") {
      HistogramSample(suffix, labels, value);
    } else {
      EXPECT_EQ(suffix, "");
      if (type_ == "counter") {
        EXPECT_GE(value, 0);
      }
    }
  }
  void HistogramSample(const std::string& suffix, std::map<std::string, std::string> labels,
                       double value) {
    if (suffix == "_bucket") {
      const std::string bound = labels["le"];
      const double le = bound == "+Inf" ? std::numeric_limits<double>::infinity()
                                        : std::strtod(bound.c_str(), nullptr);
      EXPECT_GT(le, last_bound_) << "bounds rise";
      EXPECT_GE(value, last_count_) << "buckets are cumulative";
      last_bound_ = le;
      last_count_ = value;
    } else if (suffix == "_sum") {
      EXPECT_GE(value, 0);
      sums_ = true;
    } else {
      ASSERT_EQ(suffix, "_count");
      EXPECT_TRUE(std::isinf(last_bound_)) << "a bucket +Inf comes before";
      EXPECT_EQ(value, last_count_) << "the last bucket has all";
      EXPECT_TRUE(sums_);
      last_bound_ = -1;
      last_count_ = 0;
      sums_ = false;
    }
  }
  void EndFamily() {
    if (!name_.empty()) {
      EXPECT_FALSE(type_.empty()) << name_ << " has no TYPE";
    }
    EXPECT_EQ(last_bound_, -1) << "a histogram without its count";
  }

  std::map<std::string, double> values_;
  std::set<std::string> families_;
  std::string name_, type_;
  double last_bound_ = -1, last_count_ = 0;
  bool sums_ = false;
};

const BuildInfo kBuild = {"0.1.0", "abc", "7.8.3", "2.0.2"};

TEST(Metrics, HasALegalExpositionFromTheStart) {
  const Metrics metrics(2, kBuild);
  const Exposition told(metrics.Text());
  EXPECT_EQ(told["parcours_build_info{version=\"0.1.0\",commit=\"abc\",rocksdb=\"7.8.3\","
                 "rdkafka=\"2.0.2\"}"],
            1);
  EXPECT_EQ(told["parcours_events_consumed_total{lane=\"1\"}"], 0);
  EXPECT_EQ(told["parcours_commit_errors_total{lane=\"0\",kind=\"aborted\"}"], 0)
      << "a rate is seen only if the series was there before";
  EXPECT_EQ(told["parcours_event_to_transition_seconds_count"], 0);
  EXPECT_GT(told["process_resident_memory_bytes"].value(), 1 << 20);
  EXPECT_GT(told["process_cpu_seconds_total"].value(), 0);
}

TEST(Metrics, CountsWhatLanesDo) {
  Metrics metrics(2, kBuild);
  metrics.lane(0).events_consumed.Add(7);
  metrics.lane(0).events_consumed.Add();
  metrics.lane(1).poll_idle_ratio.Set(0.25);
  metrics.lane(1).assigned_partitions.Set(4);
  metrics.lane(1).assigned_partitions.Set(3);
  metrics.lane(1).CommitFailed(absl::StatusCode::kUnavailable);
  metrics.lane(1).CommitFailed(absl::StatusCode::kAborted);
  metrics.lane(1).CommitFailed(absl::StatusCode::kFailedPrecondition);
  metrics.lane(1).CommitFailed(absl::StatusCode::kDataLoss);
  metrics.lane(1).CommitFailed(absl::StatusCode::kInternal);
  const Exposition told(metrics.Text());
  EXPECT_EQ(told["parcours_events_consumed_total{lane=\"0\"}"], 8);
  EXPECT_EQ(told["parcours_events_consumed_total{lane=\"1\"}"], 0);
  EXPECT_EQ(told["parcours_poll_idle_ratio{lane=\"1\"}"], 0.25);
  EXPECT_EQ(told["parcours_assigned_partitions{lane=\"1\"}"], 3);
  const std::map<std::string, int> errors = {
      {"aborted", 1}, {"unavailable", 1}, {"failed_precondition", 1}, {"other", 2}};
  for (const auto& [kind, count] : errors) {
    EXPECT_EQ(told["parcours_commit_errors_total{lane=\"1\",kind=\"" + kind + "\"}"], count);
  }
}

TEST(Metrics, SortsDurationsIntoCumulativeBuckets) {
  Metrics metrics(2, kBuild);
  for (double seconds : {0.001, 0.0011, 0.4, 59.0, 61.0, -3.0}) {
    metrics.lane(0).commit.Observe(seconds);
    metrics.lane(0).event_to_transition.Observe(seconds);
  }
  metrics.lane(1).event_to_transition.Observe(0.4);
  metrics.lane(1).timer_lateness.Observe(7);
  const Exposition told(metrics.Text());
  const auto bucket = [&](const std::string& le) {
    return told["parcours_commit_duration_seconds_bucket{lane=\"0\",le=\"" + le + "\"}"];
  };
  EXPECT_EQ(bucket("0.001"), 2) << "a bound belongs to its bucket; below 0 counts as 0";
  EXPECT_EQ(bucket("0.0025"), 3);
  EXPECT_EQ(bucket("0.25"), 3);
  EXPECT_EQ(bucket("0.5"), 4);
  EXPECT_EQ(bucket("60"), 5);
  EXPECT_EQ(bucket("+Inf"), 6);
  EXPECT_NEAR(told["parcours_commit_duration_seconds_sum{lane=\"0\"}"].value(), 120.4021, 1e-9);
  EXPECT_EQ(told["parcours_event_to_transition_seconds_bucket{le=\"0.5\"}"], 5) << "of all lanes";
  EXPECT_EQ(told["parcours_event_to_transition_seconds_count"], 7);
  EXPECT_EQ(told["parcours_timer_lateness_seconds_sum"], 7);
}

Snapshot Lag(const std::string& partition, double lag) {
  Snapshot snapshot;
  snapshot.Set(Metric::kConsumerLagRecords, {"shop-events", partition}, lag);
  return snapshot;
}

TEST(Metrics, HasTheLevelsOfTheLastSnapshotOnly) {
  Metrics metrics(2, kBuild);
  const auto lag = [&](const std::string& partition) {
    return Exposition(metrics.Text())
        ["parcours_consumer_lag_records{topic=\"shop-events\","
         "partition=\"" +
         partition + "\"}"];
  };
  metrics.Publish(0, Lag("0", 5));
  metrics.Publish(1, Lag("1", 6));
  EXPECT_EQ(lag("0"), 5);
  EXPECT_EQ(lag("1"), 6);
  metrics.Publish(0, Lag("2", 7));
  EXPECT_EQ(lag("0"), std::nullopt) << "it has left";
  EXPECT_EQ(lag("1"), 6) << "another lane's";
  EXPECT_EQ(lag("2"), 7);
}

TEST(Metrics, AddsUpLevelsOfLanesAndShards) {
  Metrics metrics(2, kBuild);
  for (int lane : {0, 1}) {
    Snapshot snapshot;
    for (double members : {10.0, 2.5}) {
      snapshot.Set(Metric::kSegmentMembers, {"lifecycle", "vip"}, members);
    }
    metrics.Publish(lane, std::move(snapshot));
  }
  EXPECT_EQ(Exposition(metrics.Text())["parcours_segment_members{segmentation=\"lifecycle\","
                                       "segment=\"vip\"}"],
            25);
}

TEST(Metrics, EscapesLabels) {
  Metrics metrics(1, kBuild);
  Snapshot snapshot;
  snapshot.Set(Metric::kSegmentMembers, {"a\\b", "say \"x\"\n"}, 1);
  metrics.Publish(-1, std::move(snapshot));
  EXPECT_EQ(Exposition(metrics.Text())["parcours_segment_members{segmentation=\"a\\\\b\","
                                       "segment=\"say \\\"x\\\"\\n\"}"],
            1);
}

// Totals of shards, as lanes tell them one after the other.
class Totals : public testing::Test {
 protected:
  // A lane tells what some shards' totals have come to.
  void Tell(int lane, const std::map<int, std::uint64_t>& shards) {
    Snapshot snapshot;
    for (const auto& [shard, value] : shards) {
      snapshot.SetTotal(Metric::kLateEvents, shard, {}, value);
    }
    metrics_.Publish(lane, std::move(snapshot));
  }
  std::optional<double> told() const {
    return Exposition(metrics_.Text())["parcours_late_events_total"];
  }
  Metrics metrics_{2, kBuild};
};

TEST_F(Totals, CountFromWhereThisProcessBegan) {
  EXPECT_EQ(told(), std::nullopt);
  Tell(0, {{3, 5000}});
  EXPECT_EQ(told(), 0) << "restored, not counted here";
  Tell(0, {{3, 5007}});
  EXPECT_EQ(told(), 7);
  Tell(0, {{3, 5007}, {4, 100}});
  EXPECT_EQ(told(), 7) << "another shard has come";
  Tell(0, {{3, 5008}, {4, 102}});
  EXPECT_EQ(told(), 10);
}

TEST_F(Totals, NeverGoBack) {
  Tell(0, {{1, 10}, {2, 10}});
  Tell(0, {{1, 15}, {2, 11}});
  EXPECT_EQ(told(), 6);
  Tell(0, {{2, 11}});
  EXPECT_EQ(told(), 6) << "a shard has left, its work stays";
  Tell(1, {{1, 40}});
  EXPECT_EQ(told(), 6) << "it came back to another lane with what others did meanwhile";
  Tell(1, {{1, 41}});
  EXPECT_EQ(told(), 7);
}

TEST_F(Totals, CountOnceWhatWasGivenUpAndCameAgain) {
  Tell(0, {{1, 0}});
  Tell(0, {{1, 20}});
  Tell(0, {{1, 5}});
  EXPECT_EQ(told(), 20);
  Tell(0, {{1, 23}});
  EXPECT_EQ(told(), 23);
}

TEST_F(Totals, CountASeriesThatIsNewInAKnownShard) {
  Snapshot before;
  before.SetTotal(Metric::kEventsRejected, 1, {"syntax"}, 3);
  metrics_.Publish(0, std::move(before));
  Snapshot after;
  after.SetTotal(Metric::kEventsRejected, 1, {"syntax"}, 3);
  after.SetTotal(Metric::kEventsRejected, 1, {"too_large"}, 2);
  metrics_.Publish(0, std::move(after));
  const Exposition told(metrics_.Text());
  EXPECT_EQ(told["parcours_events_rejected_total{reason=\"syntax\"}"], 0);
  EXPECT_EQ(told["parcours_events_rejected_total{reason=\"too_large\"}"], 2);
}

TEST(Metrics, HasABoundAndSaysWhatWasDropped) {
  Metrics metrics(1, kBuild);
  for (int round : {0, 1}) {
    Snapshot snapshot;
    for (std::size_t i = 0; i < kMetricSeriesMax + 10; ++i) {
      const std::string name = std::to_string(round) + "-" + std::to_string(i);
      snapshot.Set(Metric::kSegmentMembers, {"s", name}, 1);
      snapshot.SetTotal(Metric::kSegmentTransitions, 0, {"s", "a", name}, 1);
    }
    metrics.Publish(0, std::move(snapshot));
  }
  const Exposition told(metrics.Text());
  EXPECT_EQ(told["parcours_series_dropped"], 20 + static_cast<double>(kMetricSeriesMax))
      << "ten of each, and all totals of the second round";
}

TEST(Metrics, NamesWhatItIsGiven) {
  Metrics metrics(1, kBuild);
  Snapshot all;
  all.SetTotal(Metric::kEventsRejected, 0, {"r"}, 1);
  all.SetTotal(Metric::kDlqRecords, 0, {}, 1);
  all.SetTotal(Metric::kLateEvents, 0, {}, 1);
  all.SetTotal(Metric::kDuplicatesDropped, 0, {}, 1);
  all.SetTotal(Metric::kSegmentTransitions, 0, {"s", "a", "b"}, 1);
  all.SetTotal(Metric::kJourneySteps, 0, {"j", "s", "w"}, 1);
  all.Set(Metric::kConsumerLagRecords, {"t", "0"}, 1);
  all.Set(Metric::kSegmentMembers, {"s", "a"}, 1);
  double value = 100;
  for (int metric = static_cast<int>(Metric::kTimersPending);
       metric <= static_cast<int>(Metric::kRocksdbLiveVersions); ++metric) {
    all.Set(static_cast<Metric>(metric), {}, value++);
  }
  metrics.Publish(0, std::move(all));
  const Exposition told(metrics.Text());
  for (const char* series :
       {"parcours_events_rejected_total{reason=\"r\"}", "parcours_dlq_records_total",
        "parcours_late_events_total", "parcours_duplicates_dropped_total",
        "parcours_segment_transitions_total{segmentation=\"s\",from=\"a\",to=\"b\"}",
        "parcours_journey_step_total{journey=\"j\",step=\"s\",what=\"w\"}"}) {
    EXPECT_EQ(told[series], 0) << series;
  }
  EXPECT_EQ(told["parcours_consumer_lag_records{topic=\"t\",partition=\"0\"}"], 1);
  value = 100;
  for (const char* name :
       {"timers_pending", "rocksdb_estimate_num_keys", "rocksdb_total_sst_files_bytes",
        "rocksdb_live_sst_files_bytes", "rocksdb_pending_compaction_bytes",
        "rocksdb_running_compactions", "rocksdb_running_flushes", "rocksdb_write_stopped",
        "rocksdb_delayed_write_rate_bytes", "rocksdb_memtables_bytes", "rocksdb_block_cache_bytes",
        "rocksdb_background_errors", "rocksdb_live_versions"}) {
    EXPECT_EQ(told["parcours_" + std::string(name)], value++) << name;
  }
}

}  // namespace
}  // namespace parcours::runtime
