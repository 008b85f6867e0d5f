#include "log/kafka/kafka_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/kafka/names.h"

namespace parcours::log {
namespace {

constexpr int kChangelogQueueKb = 64 << 10;
constexpr double kSyncSeconds = 10;

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaShared>> KafkaShared::Open(KafkaSettings settings,
                                                               std::string application) {
  auto shared = std::make_unique<KafkaShared>();
  shared->settings = std::move(settings);
  shared->application = std::move(application);
  ASSIGN_OR_RETURN(shared->watermarks, Watermarks::Open(shared->settings));
  shared->ticks = std::make_unique<PlainProducer>(shared->settings);
  return shared;
}

KafkaLog::KafkaLog(KafkaShared* shared, const std::string& member)
    : shared_(shared),
      producer_(shared->settings, shared->application,
                absl::StrCat(shared->application, "-", member)) {}

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(KafkaShared* shared,
                                                         const std::string& member,
                                                         std::size_t queue_bytes) {
  std::unique_ptr<KafkaLog> log(new KafkaLog(shared, member));
  ASSIGN_OR_RETURN(
      log->events_,
      PartitionSource::Open(shared->settings, KafkaTopic(shared->application, Topic::kEvents),
                            Reading::kFollow, static_cast<int>(queue_bytes >> 10)));
  ASSIGN_OR_RETURN(log->group_, KafkaGroup::Join(shared->settings, shared->application, member));
  return log;
}

absl::StatusOr<OffsetRange> KafkaLog::Range(Topic topic, int partition) {
  return shared_->watermarks->Range(KafkaTopic(shared_->application, topic), partition);
}

absl::Status KafkaLog::Append(Topic topic, int partition, const Batch& batch, TimeMs /*log_time*/) {
  const std::string name = KafkaTopic(shared_->application, topic);
  BatchReader reader(batch.bytes());
  Entry entry;
  while (reader.Next(&entry)) RETURN_IF_ERROR(shared_->ticks->Send(name, partition, entry));
  shared_->ticks->Poll();
  return absl::OkStatus();
}

absl::Status KafkaLog::Sync() { return shared_->ticks->Flush(kSyncSeconds); }

absl::Status KafkaLog::Commit(const Transaction& transaction, TimeMs /*log_time*/,
                              std::vector<Offset>* ends) {
  return producer_.Commit(transaction, *group_, ends);
}

absl::StatusOr<std::unique_ptr<Reader>> KafkaLog::Read(Topic topic, int partition, Offset from) {
  if (topic == Topic::kEvents) return PartitionSource::Read(events_, partition, from, 0);
  ASSIGN_OR_RETURN(const OffsetRange range, Range(topic, partition));
  std::shared_ptr<PartitionSource> source = changelog_.lock();
  if (source == nullptr) {
    ASSIGN_OR_RETURN(
        source, PartitionSource::Open(shared_->settings, KafkaTopic(shared_->application, topic),
                                      Reading::kToTheEnd, kChangelogQueueKb));
    changelog_ = source;
  }
  return PartitionSource::Read(std::move(source), partition, std::max(from, range.begin),
                               range.end);
}

absl::Status KafkaLog::TrimBefore(Topic /*topic*/, int /*partition*/, Offset /*offset*/) {
  return absl::OkStatus();
}

namespace {

absl::Status ReadOnly() { return absl::FailedPreconditionError("write the log: it is read only"); }

}  // namespace

absl::StatusOr<OffsetRange> KafkaReadLog::Range(Topic topic, int partition) {
  return shared_->watermarks->Range(KafkaTopic(shared_->application, topic), partition);
}

absl::StatusOr<std::unique_ptr<Reader>> KafkaReadLog::Read(Topic topic, int partition,
                                                           Offset from) {
  ASSIGN_OR_RETURN(const OffsetRange range, Range(topic, partition));
  std::shared_ptr<PartitionSource>& source = sources_[static_cast<std::size_t>(topic)];
  if (source == nullptr) {
    ASSIGN_OR_RETURN(
        source, PartitionSource::Open(shared_->settings, KafkaTopic(shared_->application, topic),
                                      Reading::kToTheEnd, kChangelogQueueKb));
  }
  return PartitionSource::Read(source, partition, std::max(from, range.begin), range.end);
}

absl::Status KafkaReadLog::Append(Topic, int, const Batch&, TimeMs) { return ReadOnly(); }
absl::Status KafkaReadLog::Sync() { return ReadOnly(); }
absl::Status KafkaReadLog::Commit(const Transaction&, TimeMs, std::vector<Offset>*) {
  return ReadOnly();
}
absl::Status KafkaReadLog::TrimBefore(Topic, int, Offset) { return ReadOnly(); }

}  // namespace parcours::log
