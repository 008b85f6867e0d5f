#include "log/kafka/client.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

// Sorted. Transactions, membership and offsets are the loop's own business; a broken checksum must
// be noticed; to begin anywhere but where META says would lose or repeat events.
constexpr std::array<std::string_view, 12> kKeptProperties = {"auto.offset.reset",
                                                              "bootstrap.servers",
                                                              "check.crcs",
                                                              "enable.auto.commit",
                                                              "enable.auto.offset.store",
                                                              "enable.idempotence",
                                                              "enable.partition.eof",
                                                              "group.id",
                                                              "group.instance.id",
                                                              "isolation.level",
                                                              "partition.assignment.strategy",
                                                              "transactional.id"};

// What is told to every handle, and may be told otherwise.
const Properties& Defaults() {
  static const auto* const defaults = new Properties{
      {"client.id", "parcours"},
      {"socket.nagle.disable", "true"},  // small answers should not wait for more
      {"log.connection.close", "false"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
  };
  return *defaults;
}

void Log(const rd_kafka_t* client, int level, const char* /*facility*/, const char* text) {
  const auto* context = static_cast<const ClientContext*>(rd_kafka_opaque(client));
  if (context != nullptr && context->journal != nullptr) context->journal(level, text);
}

void Delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* context) {
  static_cast<const ClientContext*>(context)->delivered(*message);
}

void Rebalanced(rd_kafka_t* /*client*/, rd_kafka_resp_err_t what,
                rd_kafka_topic_partition_list_t* partitions, void* context) {
  static_cast<const ClientContext*>(context)->rebalanced(what, partitions);
}

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;

// A property of the other kind of client is no error: `kafka:` holds those of all of them.
bool IsOfOtherKind(rd_kafka_type_t type, const std::string& name) {
  static constexpr std::string_view kConsumers[] = {"session.timeout.ms", "heartbeat.interval.ms",
                                                    "max.poll.interval.ms"};
  static constexpr std::string_view kProducers[] = {"transaction.timeout.ms", "linger.ms",
                                                    "compression.codec", "compression.type"};
  const auto has = [&](const auto& names) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  return type == RD_KAFKA_PRODUCER ? has(kConsumers) : has(kProducers);
}

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text;
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) ==
      RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("kafka.", name, ": ", text.data()));
}

}  // namespace

bool IsKept(std::string_view property) {
  return std::find(kKeptProperties.begin(), kKeptProperties.end(), property) !=
         kKeptProperties.end();
}

std::string KafkaVersion() { return rd_kafka_version_str(); }

std::string KnownFaults() {
  constexpr int kFirstGood = 0x02060100;
  if (rd_kafka_version() >= kFirstGood) return "";
  return absl::StrCat(
      "librdkafka ", rd_kafka_version_str(),
      " is older than 2.6.1: after a broker's restart a producer may have to be made anew (#4438), "
      "and a group with more members than shards may never settle (#4783); both are kept at bay, "
      "newer is better");
}

absl::StatusOr<ClientPtr> MakeClient(rd_kafka_type_t type, const KafkaSettings& settings,
                                     const Properties& ours, ClientContext* context) {
  ConfPtr conf(rd_kafka_conf_new());
  context->journal = settings.journal;
  RETURN_IF_ERROR(Set(conf.get(), "bootstrap.servers", settings.brokers));
  for (const auto& [name, value] : Defaults()) RETURN_IF_ERROR(Set(conf.get(), name, value));
  // What the promises rest on comes last, whatever the user says.
  for (const auto& [name, value] : ours) {
    if (!IsKept(name)) RETURN_IF_ERROR(Set(conf.get(), name, value));
  }
  for (const auto& [name, value] : settings.properties) {
    if (!IsKept(name) && !IsOfOtherKind(type, name)) RETURN_IF_ERROR(Set(conf.get(), name, value));
  }
  for (const auto& [name, value] : ours) {
    if (IsKept(name)) RETURN_IF_ERROR(Set(conf.get(), name, value));
  }
  rd_kafka_conf_set_opaque(conf.get(), context);
  rd_kafka_conf_set_log_cb(conf.get(), Log);
  if (context->delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), Delivered);
  if (context->rebalanced != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), Rebalanced);
  std::array<char, 512> text;
  ClientPtr client(rd_kafka_new(type, conf.get(), text.data(), text.size()));
  if (client == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("kafka: ", text.data()));
  }
  static_cast<void>(conf.release());  // the client's now
  return client;
}

absl::Status FromKafka(std::string_view doing, rd_kafka_resp_err_t error) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string text = absl::StrCat(std::string(doing), ": ", rd_kafka_err2str(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return absl::NotFoundError(text);
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return absl::OutOfRangeError(text);
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return absl::DataLossError(text);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

}  // namespace parcours::log
