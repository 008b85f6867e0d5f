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
                                    TimeMs log_time) {
  rd_kafka_headers_t* headers = nullptr;
  if (log_time != kBrokersTime) {
    const absl::AlphaNum digits(log_time);
    headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, log::kLogTimeHeader, sizeof(log::kLogTimeHeader) - 1,
                        digits.data(), static_cast<ssize_t>(digits.size()));
  }
  // librdkafka takes no headers that are null, so the word itself is left out.
  const rd_kafka_resp_err_t error =
      headers == nullptr
          ? rd_kafka_producev(
                client_.get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_PARTITION(partition),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END)
          : rd_kafka_producev(client_.get(), RD_KAFKA_V_RKT(topic_.get()),
                              RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                              RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && headers != nullptr) {
    rd_kafka_headers_destroy(headers);
  }
  return error;
}

absl::Status Sender::Send(int partition, std::string_view key, std::string_view value,
                          TimeMs log_time) {
  rd_kafka_resp_err_t error = TrySend(partition, key, value, log_time);
  while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    rd_kafka_poll(client_.get(), kRoomMs);
    error = TrySend(partition, key, value, log_time);
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
