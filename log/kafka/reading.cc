#include "log/kafka/reading.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

constexpr int kWaitMs = 20;       // for what is to be read to the end
constexpr int kAnswerMs = 5'000;  // of a broker that is asked
constexpr std::size_t kMessagesAtOnce = 128;
constexpr TimeMs kNoLogTime = 0;

// When a broker first took the record: this one, or the one it was carried over from. Nobody's word
// makes a record later than it is.
TimeMs LogTimeOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type;
  const TimeMs broker = std::max(kNoLogTime, rd_kafka_message_timestamp(&message, &type));
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return broker;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, kLogTimeHeader, &value, &size) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return broker;
  }
  const std::optional<TimeMs> first = ParseLogTime({static_cast<const char*>(value), size});
  return first.has_value() ? std::min(*first, broker) : broker;
}

}  // namespace

std::optional<TimeMs> ParseLogTime(std::string_view text) {
  TimeMs time = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && time >= 0 ? std::optional<TimeMs>(time) : std::nullopt;
}

class PartitionReader final : public Reader {
 public:
  PartitionReader(std::shared_ptr<PartitionSource> source, int partition, Offset from, Offset end)
      : source_(std::move(source)), partition_(partition), next_(from), end_(end) {
    started_ = rd_kafka_consume_start(source_->topic_.get(), partition_, from) == 0;
  }
  ~PartitionReader() override {
    message_ = nullptr;
    while (taken_ < given_) rd_kafka_message_destroy(messages_[taken_++]);
    if (started_) rd_kafka_consume_stop(source_->topic_.get(), partition_);
  }

  absl::StatusOr<bool> Next(ReadRecord* record) override {
    const bool to_the_end = source_->reading_ == Reading::kToTheEnd;
    if (!started_)
      return absl::UnavailableError(absl::StrCat(Doing(), ": it could not be started"));
    if (to_the_end && next_ >= end_) return false;
    for (;;) {
      if (!Take()) {
        if (!to_the_end) return false;
        return absl::UnavailableError(absl::StrCat(Doing(), ": nothing has come yet"));
      }
      if (message_->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (message_->offset < next_) continue;  // from before it was started here
        Show(record);
        return true;
      }
      if (message_->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        // Transactions leave marks behind their records, which are not shown but count.
        if (message_->offset > next_) next_ = message_->offset;
        if (next_ >= end_) return false;
        return absl::UnavailableError(absl::StrCat(Doing(), ": a transaction is open"));
      }
      const absl::Status status = FromKafka(Doing(), message_->err);
      // What time mends librdkafka mends by itself.
      if (!absl::IsUnavailable(status)) return status;
      if (to_the_end) return status;
    }
  }

 private:
  std::string Doing() const {
    return absl::StrCat("read ", source_->name_, " partition ", partition_, " at ", next_);
  }
  // Takes the next message. To take many in one call is cheaper than one by one, and no rebalance
  // can come between them: the handle has no group. False: none has come.
  bool Take() {
    message_ = nullptr;
    if (taken_ == given_) {
      const ssize_t given = rd_kafka_consume_batch(source_->topic_.get(), partition_, 0,
                                                   messages_.data(), messages_.size());
      taken_ = 0;
      given_ = static_cast<std::size_t>(std::max<ssize_t>(given, 0));
      if (given_ == 0 && source_->reading_ == Reading::kToTheEnd) {
        message_.reset(rd_kafka_consume(source_->topic_.get(), partition_, kWaitMs));
        return message_ != nullptr;
      }
      if (given_ == 0) return false;
    }
    message_.reset(messages_[taken_++]);
    return true;
  }
  void Show(ReadRecord* record) {
    const auto bytes = [](const void* data, std::size_t size) {
      return std::string_view(static_cast<const char*>(data), size);
    };
    record->offset = message_->offset;
    record->log_time = LogTimeOf(*message_);
    record->entry = {};
    record->entry.key = bytes(message_->key, message_->key_len);
    record->entry.value = bytes(message_->payload, message_->len);
    record->entry.tombstone = message_->payload == nullptr;
    next_ = message_->offset + 1;
  }

  const std::shared_ptr<PartitionSource> source_;
  const int partition_;
  Offset next_;
  const Offset end_;
  bool started_ = false;
  std::array<rd_kafka_message_t*, kMessagesAtOnce> messages_;  // taken_ to given_ are ours
  std::size_t taken_ = 0, given_ = 0;
  MessagePtr message_;  // the one that was read last
};

absl::StatusOr<std::shared_ptr<PartitionSource>> PartitionSource::Open(
    const KafkaSettings& settings, const std::string& topic, Reading reading, int queue_kb) {
  Properties ours = {
      {"isolation.level", "read_committed"},
      {"check.crcs", "true"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", reading == Reading::kToTheEnd ? "true" : "false"},
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes", absl::StrCat(queue_kb)},
      // Few events: many together are cheaper, and ten milliseconds are not felt.
      {"fetch.min.bytes", "65536"},
      {"fetch.wait.max.ms", "10"},
      {"fetch.error.backoff.ms", "100"},
  };
  std::shared_ptr<PartitionSource> source(new PartitionSource(reading));
  source->name_ = topic;
  ASSIGN_OR_RETURN(source->client_,
                   MakeClient(RD_KAFKA_CONSUMER, settings, ours, &source->context_));
  source->topic_.reset(rd_kafka_topic_new(source->client_.get(), topic.c_str(), nullptr));
  if (source->topic_ == nullptr) return FromKafka("read " + topic, rd_kafka_last_error());
  return source;
}

std::unique_ptr<Reader> PartitionSource::Read(std::shared_ptr<PartitionSource> source,
                                              int partition, Offset from, Offset end) {
  return std::make_unique<PartitionReader>(std::move(source), partition, from, end);
}

Offset PartitionSource::KnownEnd(int partition) const {
  Offset begin = 0, end = 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_get_watermark_offsets(client_.get(), name_.c_str(), partition, &begin, &end);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR && end > 0 ? end : 0;
}

absl::StatusOr<std::unique_ptr<Watermarks>> Watermarks::Open(const KafkaSettings& settings) {
  std::unique_ptr<Watermarks> watermarks(new Watermarks);
  // A transaction that is open may yet be committed: its records count.
  ASSIGN_OR_RETURN(watermarks->client_,
                   MakeClient(RD_KAFKA_CONSUMER, settings,
                              {{"isolation.level", "read_uncommitted"}}, &watermarks->context_));
  return watermarks;
}

absl::StatusOr<OffsetRange> Watermarks::Range(const std::string& topic, int partition) {
  OffsetRange range;
  RETURN_IF_ERROR(
      FromKafka(absl::StrCat("look at ", topic, " partition ", partition),
                rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition,
                                                 &range.begin, &range.end, kAnswerMs)));
  return range;
}

absl::StatusOr<int> Watermarks::Partitions(const std::string& topic) {
  TopicPtr handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  RETURN_IF_ERROR(FromKafka(
      "look at " + topic, rd_kafka_metadata(client_.get(), 0, handle.get(), &metadata, kAnswerMs)));
  const rd_kafka_resp_err_t error =
      metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  const int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  RETURN_IF_ERROR(FromKafka("look at " + topic, error));
  return count;
}

}  // namespace parcours::log
