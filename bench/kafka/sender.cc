#include "bench/kafka/sender.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/kafka/names.h"
#include "log/kafka/reading.h"

namespace parcours::bench {

namespace {

constexpr int kFlushMs = 120'000;
constexpr int kRoomMs = 10;  // while the queue is full

log::Properties PropertiesOf(Haste haste) {
  log::Properties properties = {{"enable.idempotence", "true"},
                                {"compression.codec", "lz4"},
                                {"delivery.report.only.error", "true"},
                                {"queue.buffering.max.messages", "500000"},
                                {"queue.buffering.max.kbytes", "262144"}};
  if (haste == Haste::kBulk) {
    properties.insert(
        properties.end(),
        {{"linger.ms", "50"}, {"batch.num.messages", "10000"}, {"batch.size", "900000"}});
  } else {
    properties.emplace_back("linger.ms", "20");
  }
  return properties;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sender>> Sender::Open(const Target& target, Haste haste) {
  std::unique_ptr<Sender> sender(new Sender);
  sender->context_.delivered = [raw = sender.get()](const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    ++raw->failed_;
    raw->why_ = rd_kafka_err2str(message.err);
  };
  const std::string topic = log::KafkaTopic(target.application, log::Topic::kEvents);
  ASSIGN_OR_RETURN(const auto watermarks, log::Watermarks::Open(target.Settings()));
  ASSIGN_OR_RETURN(sender->partitions_, watermarks->Partitions(topic));
  ASSIGN_OR_RETURN(sender->client_, log::MakeClient(RD_KAFKA_PRODUCER, target.Settings(),
                                                    PropertiesOf(haste), &sender->context_));
  sender->topic_.reset(rd_kafka_topic_new(sender->client_.get(), topic.c_str(), nullptr));
  if (sender->topic_ == nullptr) return log::FromKafka("open " + topic, rd_kafka_last_error());
  return sender;
}

rd_kafka_resp_err_t Sender::TrySend(int partition, std::string_view key, std::string_view value,
                                    TimeMs time) {
  return rd_kafka_producev(client_.get(), RD_KAFKA_V_RKT(topic_.get()),
                           RD_KAFKA_V_PARTITION(partition),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                           RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                           RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                           RD_KAFKA_V_TIMESTAMP(time), RD_KAFKA_V_END);
}

absl::Status Sender::Send(int partition, std::string_view key, std::string_view value,
                          TimeMs time) {
  rd_kafka_resp_err_t error = TrySend(partition, key, value, time);
  while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    rd_kafka_poll(client_.get(), kRoomMs);
    error = TrySend(partition, key, value, time);
  }
  RETURN_IF_ERROR(log::FromKafka("send", error));
  ++records_;
  bytes_ += key.size() + value.size();
  return absl::OkStatus();
}

absl::Status Sender::Flush() {
  RETURN_IF_ERROR(log::FromKafka("send", rd_kafka_flush(client_.get(), kFlushMs)));
  if (failed_ == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(failed_, " records were not written: ", why_));
}

}  // namespace parcours::bench
