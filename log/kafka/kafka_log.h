// KafkaLog: the log of one lane, on Kafka.
//
// Three handles of librdkafka a lane: the membership (member.h), the input (reading.h) and the
// transactional producer (producer.h); a fourth reads the changelog while something is restored.
// What is shared by the lanes of a process, KafkaShared, may be used by all of them.
// Threads: owned by one lane. Failure: as log.h says; FailedPrecondition from Commit: we are no
// longer the member that the shards were given to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "log/kafka/member.h"
#include "log/kafka/producer.h"
#include "log/kafka/reading.h"
#include "log/log.h"

namespace parcours::log {

struct KafkaShared {
  KafkaSettings settings;
  std::string application;
  std::unique_ptr<Watermarks> watermarks;
  std::unique_ptr<PlainProducer> ticks;  // not the lane's own: its transaction would hold them back

  static absl::StatusOr<std::unique_ptr<KafkaShared>> Open(KafkaSettings settings,
                                                           std::string application);
};

class KafkaLog final : public Log {
 public:
  // Joins the group as `member`, whom no other lane of any process may be. `queue_bytes`: of each
  // partition of events, what is fetched before it is asked for; more than a second's, or reading
  // halts now and then.
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(KafkaShared* shared,
                                                        const std::string& member,
                                                        std::size_t queue_bytes);

  KafkaGroup& group() { return *group_; }
  // Has the producer ready, which decides whatever the last one of this name left open.
  absl::Status Prepare() { return producer_.Open(); }

  const std::string& application() const { return shared_->application; }
  // Where the events of a partition that is read end, as the brokers last said; no call is made.
  Offset KnownEnd(int partition) const { return events_->KnownEnd(partition); }

  absl::StatusOr<OffsetRange> Range(Topic topic, int partition) override;
  // On its way when it returns; not stamped with `log_time`, but by the broker.
  absl::Status Append(Topic topic, int partition, const Batch& batch, TimeMs log_time) override;
  absl::Status Sync() override;
  absl::Status Commit(const Transaction& transaction, TimeMs log_time,
                      std::vector<Offset>* ends) override;
  // kEvents: follows. Others: to the end as it stands.
  absl::StatusOr<std::unique_ptr<Reader>> Read(Topic topic, int partition, Offset from) override;
  // The changelog is compacted by the broker.
  absl::Status TrimBefore(Topic topic, int partition, Offset offset) override;

 private:
  KafkaLog(KafkaShared* shared, const std::string& member);

  KafkaShared* const shared_;
  std::unique_ptr<KafkaGroup> group_;
  TransactionalProducer producer_;
  std::shared_ptr<PartitionSource> events_;
  std::weak_ptr<PartitionSource> changelog_;  // as long as something reads it
};

// KafkaReadLog: the same log for who only looks: nothing is joined, nothing written. Every reader
// reads to the end as it was when it began.
class KafkaReadLog final : public Log {
 public:
  explicit KafkaReadLog(KafkaShared* shared) : shared_(shared) {}

  absl::StatusOr<OffsetRange> Range(Topic topic, int partition) override;
  absl::StatusOr<std::unique_ptr<Reader>> Read(Topic topic, int partition, Offset from) override;
  // FailedPrecondition: it is read only.
  absl::Status Append(Topic topic, int partition, const Batch& batch, TimeMs log_time) override;
  absl::Status Sync() override;
  absl::Status Commit(const Transaction& transaction, TimeMs log_time,
                      std::vector<Offset>* ends) override;
  absl::Status TrimBefore(Topic topic, int partition, Offset offset) override;

 private:
  KafkaShared* const shared_;
  std::shared_ptr<PartitionSource> sources_[kTopics];
};

}  // namespace parcours::log
