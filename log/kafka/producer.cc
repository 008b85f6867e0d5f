#include "log/kafka/producer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/kafka/names.h"

namespace parcours::log {
namespace {

constexpr int kInitMs = 5'000;  // one call; more follow
constexpr int kSendOffsetsMs = 5'000;
constexpr int kCommitMs = 10'000;
constexpr int kTries = 4;
constexpr int kAbortMs = 100, kAbortTries = 50;
constexpr int kRoomMs = 20, kRoomTries = 500;  // while the producer's queue is full
constexpr std::size_t kMessagesACall = 512;

// Only a part's last record carries its number.
void* OpaqueOf(std::size_t part, std::uint32_t records_left) {
  return records_left == 1 ? reinterpret_cast<void*>(part + 1) : nullptr;
}

// The bytes stay where they are until the transaction is decided: none are copied.
void* ValueOf(const Entry& entry) {
  return entry.tombstone ? nullptr : const_cast<char*>(entry.value.data());
}

}  // namespace

TransactionalProducer::TransactionalProducer(KafkaSettings settings, std::string application,
                                             std::string id)
    : settings_(std::move(settings)), application_(std::move(application)), id_(std::move(id)) {
  context_.delivered = [this](const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      failed_ = message.err;
      return;
    }
    const auto part = reinterpret_cast<std::uintptr_t>(message._private);
    if (part > 0) last_[part - 1] = message.offset;
  };
}

TransactionalProducer::~TransactionalProducer() { Destroy(); }

void TransactionalProducer::Destroy() {
  for (TopicPtr& topic : topics_) topic = nullptr;
  if (client_ != nullptr) {
    // What is on its way must not keep us: the transaction is void, or decided by the broker.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(client_.get(), 0);
  }
  client_ = nullptr;
  ready_ = false;
}

TransactionalProducer::Verdict TransactionalProducer::Judge(rd_kafka_error_t* error) {
  const ErrorPtr holder(error);
  if (error == nullptr) return Verdict::kOk;
  why_ = rd_kafka_error_string(error);
  if (rd_kafka_error_is_fatal(error) != 0) return Verdict::kDead;
  if (rd_kafka_error_txn_requires_abort(error) != 0) return Verdict::kVoid;
  if (rd_kafka_error_is_retriable(error) != 0) return Verdict::kAgain;
  return Verdict::kDead;
}

absl::Status TransactionalProducer::Open() {
  if (ready_) return absl::OkStatus();
  if (client_ == nullptr) {
    const Properties ours = {
        {"transactional.id", id_},
        {"enable.idempotence", "true"},
        {"transaction.timeout.ms", "10000"},
        // What AddOffsetsToTxn waits while the broker still writes the last one's marks.
        {"retry.backoff.ms", "5"},
        {"linger.ms", "5"},
        {"batch.num.messages", "100000"},
        {"batch.size", "131072"},
        {"compression.codec", "lz4"},
        {"partitioner", "murmur2"},  // as Java's clients do
        {"queue.buffering.max.messages", "1000000"},
        {"queue.buffering.max.kbytes", "262144"},
    };
    ASSIGN_OR_RETURN(client_, MakeClient(RD_KAFKA_PRODUCER, settings_, ours, &context_));
    for (int topic = 0; topic < kTopics; ++topic) {
      const std::string name = KafkaTopic(application_, static_cast<Topic>(topic));
      rd_kafka_topic_conf_t* const conf = rd_kafka_topic_conf_new();  // the topic's from here on
      // Stored customers are compact as they are: to press a fifth out of them costs more than it
      // saves.
      const bool compact = static_cast<Topic>(topic) == Topic::kChangelog;
      if (compact) rd_kafka_topic_conf_set(conf, "compression.codec", "none", nullptr, 0);
      topics_[topic].reset(rd_kafka_topic_new(client_.get(), name.c_str(), conf));
      if (topics_[topic] == nullptr) return FromKafka("open " + name, rd_kafka_last_error());
    }
  }
  switch (Judge(rd_kafka_init_transactions(client_.get(), kInitMs))) {
    case Verdict::kOk:
      ready_ = true;
      return absl::OkStatus();
    case Verdict::kAgain:
      return absl::UnavailableError(absl::StrCat("open the producer: ", why_));
    case Verdict::kVoid:
    case Verdict::kDead:
      break;
  }
  Destroy();
  return absl::UnavailableError(absl::StrCat("open the producer: ", why_));
}

absl::Status TransactionalProducer::ProduceWaiting(const Transaction::Part& part) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < kRoomTries && !waiting_.empty(); ++i) {
    if (i > 0) rd_kafka_poll(client_.get(), kRoomMs);
    rd_kafka_produce_batch(Handle(part.topic), part.partition, 0, waiting_.data(),
                           static_cast<int>(waiting_.size()));
    // Those that found no room try again, in their order: behind the first, none found any.
    std::erase_if(waiting_, [](const rd_kafka_message_t& message) {
      return message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
    });
    error = waiting_.empty() ? RD_KAFKA_RESP_ERR_NO_ERROR : waiting_.front().err;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
  }
  return FromKafka(absl::StrCat("write ", rd_kafka_topic_name(Handle(part.topic))), error);
}

absl::Status TransactionalProducer::ProduceMany(const Transaction::Part& part, std::size_t number) {
  waiting_.clear();
  BatchReader reader(part.batch.bytes());
  Entry entry;
  for (std::uint32_t left = part.batch.count(); reader.Next(&entry); --left) {
    rd_kafka_message_t message = {};
    message.payload = ValueOf(entry);
    message.len = entry.value.size();
    message.key = const_cast<char*>(entry.key.data());
    message.key_len = entry.key.size();
    message._private = OpaqueOf(number, left);
    waiting_.push_back(message);
    if (waiting_.size() == kMessagesACall) RETURN_IF_ERROR(ProduceWaiting(part));
  }
  return ProduceWaiting(part);
}

absl::Status TransactionalProducer::ProduceOne(rd_kafka_topic_t* topic, const Entry& entry,
                                               void* opaque) {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < kRoomTries; ++i) {
    // The record's, once it was taken.
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(kHeadersMax);
    for (const Header& header : entry.headers) {
      rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                          header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
    // What is published lies by its key, where Java's clients would look for it.
    error = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
        RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_KEY(entry.key.data(), entry.key.size()),
        RD_KAFKA_V_VALUE(ValueOf(entry), entry.value.size()), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) break;
    rd_kafka_poll(client_.get(), kRoomMs);
  }
  return FromKafka(absl::StrCat("write ", rd_kafka_topic_name(topic)), error);
}

absl::Status TransactionalProducer::ProduceEach(const Transaction::Part& part, std::size_t number) {
  BatchReader reader(part.batch.bytes());
  Entry entry;
  for (std::uint32_t left = part.batch.count(); reader.Next(&entry); --left) {
    RETURN_IF_ERROR(ProduceOne(Handle(part.topic), entry, OpaqueOf(number, left)));
  }
  return absl::OkStatus();
}

absl::Status TransactionalProducer::Produce(const Transaction& transaction) {
  last_.assign(transaction.parts().size(), -1);
  failed_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (std::size_t i = 0; i < transaction.parts().size(); ++i) {
    const Transaction::Part& part = transaction.parts()[i];
    const bool changelog = part.topic == Topic::kChangelog;
    RETURN_IF_ERROR(changelog ? ProduceMany(part, i) : ProduceEach(part, i));
  }
  return absl::OkStatus();
}

absl::Status TransactionalProducer::SendOffsets(const Transaction& transaction, KafkaGroup& group) {
  const ListPtr offsets(
      rd_kafka_topic_partition_list_new(static_cast<int>(2 * transaction.progress().size())));
  const std::string events = KafkaTopic(application_, Topic::kEvents);
  for (const auto& [partition, next] : transaction.progress()) {
    // The anchor's offset is always 0: it is there for whoever takes the shard over, who waits
    // until it is decided. That of the events is for tools that show the lag; META is the truth.
    rd_kafka_topic_partition_list_add(offsets.get(), group.anchor().c_str(), partition)->offset = 0;
    rd_kafka_topic_partition_list_add(offsets.get(), events.c_str(), partition)->offset = next;
  }
  // The very metadata that was looked at goes with the offsets.
  ASSIGN_OR_RETURN(const MetadataPtr metadata, group.Metadata());
  for (int i = 0; i < kTries; ++i) {
    switch (Judge(rd_kafka_send_offsets_to_transaction(client_.get(), offsets.get(), metadata.get(),
                                                       kSendOffsetsMs))) {
      case Verdict::kOk:
        return absl::OkStatus();
      case Verdict::kAgain:
        continue;
      case Verdict::kVoid:
        return absl::AbortedError(absl::StrCat("send offsets: ", why_));
      case Verdict::kDead:
        return absl::InternalError(absl::StrCat("send offsets: ", why_));
    }
  }
  return absl::AbortedError(absl::StrCat("send offsets: ", why_));
}

absl::Status TransactionalProducer::Abort(const absl::Status& why) {
  const auto text = std::string(why.message());
  bool aborted = false;
  if (!absl::IsInternal(why)) {
    // Without this the abort hangs for its whole time once in twenty.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    Verdict verdict = Verdict::kAgain;
    for (int i = 0; i < kAbortTries && verdict == Verdict::kAgain; ++i) {
      verdict = Judge(rd_kafka_abort_transaction(client_.get(), kAbortMs));
    }
    aborted = verdict == Verdict::kOk;
  }
  // It was never asked to commit, so it never will be.
  if (!aborted) Destroy();
  if (absl::IsFailedPrecondition(why)) return why;
  return absl::AbortedError(text);
}

absl::Status TransactionalProducer::Finish() {
  Verdict verdict = Verdict::kAgain;
  for (int i = 0; i < kTries && verdict == Verdict::kAgain; ++i) {
    verdict = Judge(rd_kafka_commit_transaction(client_.get(), kCommitMs));
  }
  switch (verdict) {
    case Verdict::kOk:
      return absl::OkStatus();
    case Verdict::kVoid:
      return Abort(absl::AbortedError(absl::StrCat("commit: ", why_)));
    case Verdict::kAgain:
    case Verdict::kDead:
      break;
  }
  // The next producer of this id waits for the outcome; the changelog then tells it.
  Destroy();
  return absl::InternalError(absl::StrCat("commit: nobody knows whether it was: ", why_));
}

absl::Status TransactionalProducer::Commit(const Transaction& transaction, KafkaGroup& group,
                                           std::vector<Offset>* ends) {
  RETURN_IF_ERROR(Open());
  if (Judge(rd_kafka_begin_transaction(client_.get())) != Verdict::kOk) {
    Destroy();
    return absl::AbortedError(absl::StrCat("begin a transaction: ", why_));
  }
  const absl::Status produced = Produce(transaction);
  if (!produced.ok()) return Abort(produced);
  const absl::Status sent = SendOffsets(transaction, group);
  if (!sent.ok()) return Abort(sent);
  RETURN_IF_ERROR(Finish());
  ends->clear();
  for (std::size_t i = 0; i < transaction.parts().size(); ++i) {
    const bool known = transaction.parts()[i].topic == Topic::kChangelog && last_[i] >= 0;
    ends->push_back(known ? last_[i] + 1 : -1);
  }
  return absl::OkStatus();
}

PlainProducer::~PlainProducer() {
  const MutexLock lock(&mutex_);
  if (client_ == nullptr) return;
  // Ticks that nobody has read are written again by whoever follows.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(client_.get(), 0);
}

absl::Status PlainProducer::Ensure() {
  if (client_ != nullptr &&
      rd_kafka_fatal_error(client_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::OkStatus();
  }
  context_.delivered = [this](const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    ++failed_;
    why_ = rd_kafka_err2str(message.err);
  };
  const Properties ours = {
      {"enable.idempotence", "true"},  {"linger.ms", "5"},
      {"compression.codec", "lz4"},    {"partitioner", "murmur2"},
      {"message.timeout.ms", "30000"}, {"queue.buffering.max.messages", "100000"},
  };
  client_ = nullptr;
  ASSIGN_OR_RETURN(client_, MakeClient(RD_KAFKA_PRODUCER, settings_, ours, &context_));
  return absl::OkStatus();
}

absl::Status PlainProducer::Send(const std::string& topic, int partition, const Entry& entry) {
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Ensure());
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
      RD_KAFKA_V_PARTITION(partition < 0 ? RD_KAFKA_PARTITION_UA : partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(entry.key.empty() ? nullptr : entry.key.data(), entry.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(entry.value.data()), entry.value.size()), RD_KAFKA_V_END);
  return FromKafka("write " + topic, error);
}

void PlainProducer::Poll() {
  const MutexLock lock(&mutex_);
  if (client_ != nullptr) rd_kafka_poll(client_.get(), 0);
}

absl::Status PlainProducer::Flush(double wait_s) {
  const MutexLock lock(&mutex_);
  if (client_ == nullptr) return absl::OkStatus();
  const rd_kafka_resp_err_t error = rd_kafka_flush(client_.get(), static_cast<int>(wait_s * 1000));
  RETURN_IF_ERROR(FromKafka("write", error));
  if (failed_ == 0) return absl::OkStatus();
  const std::string text = absl::StrCat(failed_, " records were not written: ", why_);
  failed_ = 0;
  return absl::UnavailableError(text);
}

}  // namespace parcours::log
