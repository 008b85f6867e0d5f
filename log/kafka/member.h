// KafkaGroup: a lane's membership in the consumer group: it is subscribed to the empty anchor
// topic, and owns the shards whose anchor partitions it is given.
//
// Static membership (group.instance.id): who comes back within the session timeout finds its shards
// as they were. cooperative-sticky: what moves is what must. The broker fences by member id and
// generation alone, not by partition, and librdkafka may show a current generation to who slept
// through losing everything; so the member id is noted when shards are given, and a commit under
// another one is refused here (Metadata).
// Threads: owned by one worker; librdkafka's callback runs inside Poll and Leave.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "log/group.h"
#include "log/kafka/client.h"

namespace parcours::log {

struct MetadataDeleter {
  void operator()(rd_kafka_consumer_group_metadata_t* metadata) const {
    rd_kafka_consumer_group_metadata_destroy(metadata);
  }
};
using MetadataPtr = std::unique_ptr<rd_kafka_consumer_group_metadata_t, MetadataDeleter>;

class KafkaGroup final : public Group {
 public:
  // Joins the group `application` as `member`.
  static absl::StatusOr<std::unique_ptr<KafkaGroup>> Join(const KafkaSettings& settings,
                                                          const std::string& application,
                                                          const std::string& member);
  ~KafkaGroup() override;

  absl::Status Poll(double wait_s, ShardOwner* owner) override;
  absl::Status Rejoin(ShardOwner* owner) override;
  absl::Status Settled(std::span<const int> shards) override;
  bool joined() const override { return joined_; }
  void Leave(bool for_good, ShardOwner* owner) override;

  // What a transaction is committed under. FailedPrecondition: we are not who we were when the
  // shards were given to us; the next Poll says what that means.
  absl::StatusOr<MetadataPtr> Metadata();
  const std::string& anchor() const { return anchor_; }
  // How often shards came or went.
  int rebalances() const { return rebalances_; }

 private:
  KafkaGroup(KafkaSettings settings, std::string anchor, std::string group, std::string instance)
      : settings_(std::move(settings)),
        anchor_(std::move(anchor)),
        group_(std::move(group)),
        instance_(std::move(instance)) {}
  absl::Status Subscribe();
  // Without a word to the group: as a crash looks to the others.
  void Vanish();
  void Rebalanced(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions);
  // Tells the owner what is not told yet.
  void Reconcile();
  struct Identity {
    std::string member;
    int generation = -1;
  };
  Identity IdentityOf(const rd_kafka_consumer_group_metadata_t* metadata) const;
  std::string MemberNow() const;
  absl::Status Fatal() const;

  const KafkaSettings settings_;
  const std::string anchor_, group_, instance_;
  ClientContext context_;
  ClientPtr client_;
  ShardOwner* owner_ = nullptr;  // while inside Poll or Leave
  std::set<int> assigned_;       // as librdkafka has it
  std::set<int> told_;           // as the owner has it
  std::string member_;           // under which told_ was given
  bool doubtful_ = false;        // a commit was refused since: who are we?
  bool joined_ = false, closed_ = false;
  int rebalances_ = 0;
};

}  // namespace parcours::log
