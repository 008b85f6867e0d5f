// Topics: what an application's topics must be, what they are, and how the one becomes the other.
//
// Some settings carry a promise and are checked at every start: the number of partitions, which is
// the number of shards for ever; LogAppendTime of the events, which are the clock; compaction of
// the changelog, which holds the latest of every customer for ever. The others are proposals for a
// topic that is made.
// Threads: pure functions, but for the calls to the broker, which block for a few seconds at most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/kafka/client.h"

namespace parcours::log {

struct TopicWish {
  std::string name;
  bool per_shard = false;  // as many partitions as there are shards
  Properties musts;        // checked
  Properties proposals;    // for a new topic
};
std::vector<TopicWish> WishedTopics(std::string_view application);

// A topic as it is.
struct TopicState {
  std::string name;
  bool exists = false;
  int partitions = 0;
  int replication = 0;
  Properties settings;  // of those that are wished or proposed
};
// Unavailable: no broker answers.
absl::StatusOr<std::vector<TopicState>> LookAtTopics(const KafkaSettings& settings,
                                                     const std::vector<TopicWish>& wishes);

// How long the changelog keeps a tombstone, in milliseconds; 0: not known.
std::int64_t TombstoneMs(const std::vector<TopicState>& states, std::string_view application);
// What is wrong with the topics, one sentence each; nothing: they are as they must be. `shards`:
// what the anchor has.
std::vector<std::string> FaultsOf(const std::vector<TopicWish>& wishes,
                                  const std::vector<TopicState>& states);

// One thing that would be done.
struct TopicStep {
  enum class Kind { kCreate, kSet, kCannot };
  Kind kind;
  std::string topic;
  std::string text;     // "create with 48 partitions, replication 3, cleanup.policy=compact"
  int partitions = 0;   // kCreate
  int replication = 0;  // kCreate
  Properties settings;  // kCreate, kSet
};
std::vector<TopicStep> PlanTopics(const std::vector<TopicWish>& wishes,
                                  const std::vector<TopicState>& states, int partitions,
                                  int replication);
// Does it. REQUIRES: kCreate or kSet.
absl::Status ApplyStep(const KafkaSettings& settings, const TopicStep& step);

}  // namespace parcours::log
