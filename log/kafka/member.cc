#include "log/kafka/member.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/kafka/names.h"

namespace parcours::log {
namespace {

constexpr int kSettledMs = 500;
constexpr int kLeavePolls = 100, kLeavePollMs = 100;  // ten seconds

std::vector<int> ShardsOf(const rd_kafka_topic_partition_list_t& partitions) {
  std::vector<int> shards;
  for (int i = 0; i < partitions.cnt; ++i) shards.push_back(partitions.elems[i].partition);
  return shards;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaGroup>> KafkaGroup::Join(const KafkaSettings& settings,
                                                             const std::string& application,
                                                             const std::string& member) {
  std::unique_ptr<KafkaGroup> group(
      new KafkaGroup(settings, AnchorTopic(application), application, member));
  group->context_.rebalanced = [self = group.get()](auto what, auto* partitions) {
    self->Rebalanced(what, partitions);
  };
  RETURN_IF_ERROR(group->Subscribe());
  return group;
}

absl::Status KafkaGroup::Subscribe() {
  const Properties ours = {
      {"group.id", group_},
      {"group.instance.id", instance_},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"isolation.level", "read_committed"},  // so that Settled waits for what is undecided
      {"enable.auto.commit", "false"},        // offsets go through transactions alone (#4059)
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},  // the anchor is read from offset 0, by assignment
      {"session.timeout.ms", "45000"},
      {"heartbeat.interval.ms", "1000"},  // a shard that moves stands still for so long
      {"max.poll.interval.ms", "300000"},
  };
  ASSIGN_OR_RETURN(client_, MakeClient(RD_KAFKA_CONSUMER, settings_, ours, &context_));
  rd_kafka_poll_set_consumer(client_.get());
  const ListPtr topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), anchor_.c_str(), RD_KAFKA_PARTITION_UA);
  return FromKafka("join the group", rd_kafka_subscribe(client_.get(), topics.get()));
}

KafkaGroup::~KafkaGroup() {
  if (!closed_) Vanish();
}

void KafkaGroup::Vanish() {
  if (client_ == nullptr) return;
  rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

absl::Status KafkaGroup::Rejoin(ShardOwner* owner) {
  if (!told_.empty()) owner->Lost({told_.begin(), told_.end()});
  told_.clear();
  assigned_.clear();
  member_.clear();
  doubtful_ = joined_ = false;
  Vanish();
  return Subscribe();
}

// Magic, generation, group, member, instance: rd_kafka_consumer_group_metadata_write. Known names
// are skipped by value, so that the order of group and member does not matter.
KafkaGroup::Identity KafkaGroup::IdentityOf(
    const rd_kafka_consumer_group_metadata_t* metadata) const {
  constexpr std::size_t kMagic = 7;
  void* buffer = nullptr;
  std::size_t size = 0;
  Identity identity;
  const ErrorPtr error(rd_kafka_consumer_group_metadata_write(metadata, &buffer, &size));
  if (error != nullptr) return identity;
  std::string_view bytes(static_cast<const char*>(buffer), size);
  if (bytes.size() >= kMagic + sizeof(std::int32_t)) {
    std::int32_t generation = -1;
    std::memcpy(&generation, bytes.data() + kMagic, sizeof(generation));
    identity.generation = generation;
    bytes.remove_prefix(kMagic + sizeof(generation));
    for (int i = 0; i < 2; ++i) {
      const std::size_t end = bytes.find('\0');
      if (end == std::string_view::npos) break;
      if (bytes.substr(0, end) != group_) identity.member = std::string(bytes.substr(0, end));
      bytes.remove_prefix(end + 1);
    }
  }
  rd_kafka_mem_free(nullptr, buffer);
  return identity;
}

std::string KafkaGroup::MemberNow() const {
  const MetadataPtr metadata(rd_kafka_consumer_group_metadata(client_.get()));
  return metadata == nullptr ? "" : IdentityOf(metadata.get()).member;
}

absl::StatusOr<MetadataPtr> KafkaGroup::Metadata() {
  MetadataPtr metadata(rd_kafka_consumer_group_metadata(client_.get()));
  if (metadata == nullptr) return absl::FailedPreconditionError("the group's metadata is missing");
  const Identity now = IdentityOf(metadata.get());
  const bool same = !now.member.empty() && now.member == member_;
  if (same && now.generation >= 0 && rd_kafka_assignment_lost(client_.get()) == 0) return metadata;
  doubtful_ = true;
  return absl::FailedPreconditionError(absl::StrCat("commit as member '", member_,
                                                    "': the group knows '", now.member,
                                                    "', generation ", now.generation));
}

void KafkaGroup::Reconcile() {
  const std::string member = MemberNow();
  if (member.empty()) return;  // not joined yet: an assignment follows
  if (member != member_ || doubtful_) {
    doubtful_ = false;
    if (!told_.empty()) owner_->Lost({told_.begin(), told_.end()});
    told_.clear();
    member_ = member;
  }
  std::vector<int> gained;
  std::set_difference(assigned_.begin(), assigned_.end(), told_.begin(), told_.end(),
                      std::back_inserter(gained));
  told_ = assigned_;
  if (!gained.empty()) owner_->Gained(gained);
}

void KafkaGroup::Rebalanced(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions) {
  const std::vector<int> shards = ShardsOf(*partitions);
  ++rebalances_;
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    joined_ = true;
    for (int i = 0; i < partitions->cnt; ++i) partitions->elems[i].offset = 0;
    const ErrorPtr error(rd_kafka_incremental_assign(client_.get(), partitions));
    assigned_.insert(shards.begin(), shards.end());
    if (owner_ != nullptr) Reconcile();
    return;
  }
  std::vector<int> leaving;
  for (const int shard : shards) {
    if (told_.erase(shard) > 0) leaving.push_back(shard);
    assigned_.erase(shard);
  }
  const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
  if (owner_ != nullptr && !leaving.empty()) {
    if (lost) {
      owner_->Lost(leaving);
    } else {
      owner_->Leaving(leaving);
    }
  }
  // Only now: as long as a transaction that touched them is undecided they must not be let go.
  const ErrorPtr error(rd_kafka_incremental_unassign(client_.get(), partitions));
}

absl::Status KafkaGroup::Fatal() const {
  std::array<char, 512> text;
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  if (error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
    return absl::PermissionDeniedError(
        absl::StrCat("another process came with the same instance: ", text.data()));
  }
  return absl::PermissionDeniedError(absl::StrCat("the group refuses us: ", text.data()));
}

absl::Status KafkaGroup::Poll(double wait_s, ShardOwner* owner) {
  owner_ = owner;
  if (doubtful_) Reconcile();
  const MessagePtr message(rd_kafka_consumer_poll(client_.get(), static_cast<int>(wait_s * 1000)));
  owner_ = nullptr;
  // Errors of brokers and of the anchor are mended by librdkafka; who we are is not.
  return message == nullptr || message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? absl::OkStatus()
                                                                          : Fatal();
}

absl::Status KafkaGroup::Settled(std::span<const int> shards) {
  const ListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(shards.size())));
  for (const int shard : shards) {
    rd_kafka_topic_partition_list_add(list.get(), anchor_.c_str(), shard);
  }
  // An undecided offset is asked for again inside, so it shows as a timeout.
  RETURN_IF_ERROR(FromKafka("ask for what is committed",
                            rd_kafka_committed(client_.get(), list.get(), kSettledMs)));
  for (int i = 0; i < list->cnt; ++i) {
    RETURN_IF_ERROR(FromKafka("ask for what is committed", list->elems[i].err));
  }
  return absl::OkStatus();
}

// To unsubscribe, to wait until the shards were taken, and then to close leaves the group at once;
// to close alone keeps the shards ours until the session times out.
void KafkaGroup::Leave(bool for_good, ShardOwner* owner) {
  owner_ = owner;
  if (for_good) {
    rd_kafka_unsubscribe(client_.get());
    for (int i = 0; i < kLeavePolls && !assigned_.empty(); ++i) {
      const MessagePtr message(rd_kafka_consumer_poll(client_.get(), kLeavePollMs));
    }
  }
  // With a bound: on 2.0.2 closing may hang where an assignment comes in just then (#4528).
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(client_.get());
  const ErrorPtr error(rd_kafka_consumer_close_queue(client_.get(), queue));
  for (int i = 0; i < kLeavePolls && rd_kafka_consumer_closed(client_.get()) == 0; ++i) {
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, kLeavePollMs);
    if (event == nullptr) continue;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
      Rebalanced(rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event));
    }
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  closed_ = rd_kafka_consumer_closed(client_.get()) != 0;
  owner_ = nullptr;
}

}  // namespace parcours::log
