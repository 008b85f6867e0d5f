// Client: a librdkafka handle, what it is told, and what becomes of its errors.
//
// Settings: what every handle needs, then what this kind of handle needs, then what the user asks
// for; what a promise rests on cannot be set by the user (kKeptProperties).
// Threads: what librdkafka says of itself goes to Settings::journal, from any thread.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parcours::log {

using Properties = std::vector<std::pair<std::string, std::string>>;

struct KafkaSettings {
  std::string brokers;
  Properties properties;  // the user's, by librdkafka's names
  // Told what librdkafka has to say: syslog's level (0 to 7) and the text. May be null.
  std::function<void(int level, std::string_view text)> journal;
};

// Properties that are ours alone: a promise rests on each.
bool IsKept(std::string_view property);

std::string KafkaVersion();
// One sentence on what an old librdkafka is known to do; empty if it does not.
std::string KnownFaults();

struct ClientDeleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
struct ErrorDeleter {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using ClientPtr = std::unique_ptr<rd_kafka_t, ClientDeleter>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;
using ListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, ErrorDeleter>;

// What callbacks find behind a handle's opaque pointer; outlives the handle.
struct ClientContext {
  std::function<void(int level, std::string_view text)> journal;
  std::function<void(const rd_kafka_message_t&)> delivered;
  std::function<void(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*)> rebalanced;
};

// Makes a handle. `context` must outlive it; null callbacks are not set. InvalidArgument: a
// property is unknown or has a value that makes no sense, with librdkafka's sentence.
absl::StatusOr<ClientPtr> MakeClient(rd_kafka_type_t type, const KafkaSettings& settings,
                                     const Properties& ours, ClientContext* context);

// "DOING: librdkafka's sentence", Unavailable where time may mend it, else FailedPrecondition.
absl::Status FromKafka(std::string_view doing, rd_kafka_resp_err_t error);

}  // namespace parcours::log
