// TransactionalProducer: one transaction after another, and what becomes of each.
// PlainProducer: records of their own, for ticks and for trying things out.
//
// librdkafka's errors fall into four classes, judged in one place: call again; the transaction is
// void; the producer is void; and, where a commit was under way and its answer is missing, nobody
// knows. A void producer is destroyed and made anew under the same transactional id, which aborts
// whatever the old one left and waits for what it had already decided (#4438 of 2.0.2 makes that
// happen after one broker's restart in 25).
// Threads: a TransactionalProducer is owned by one worker; a PlainProducer is safe for concurrent
// use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "log/kafka/client.h"
#include "log/kafka/member.h"
#include "log/log.h"

namespace parcours::log {

class TransactionalProducer {
 public:
  // `id` is the transactional id: nobody else may have it.
  TransactionalProducer(KafkaSettings settings, std::string application, std::string id);
  ~TransactionalProducer();

  // Has the producer ready. Whatever an earlier one of this id left open is aborted, or known to be
  // committed, when it returns OK. Unavailable: not yet, call again.
  absl::Status Open();
  // As Log::Commit. FailedPrecondition: we are no longer the member whose shards these were.
  absl::Status Commit(const Transaction& transaction, KafkaGroup& group, std::vector<Offset>* ends);

 private:
  enum class Verdict { kOk, kAgain, kVoid, kDead };
  Verdict Judge(rd_kafka_error_t* error);
  absl::Status Produce(const Transaction& transaction);
  // The changelog's records have no headers and one partition: many a call cost half as much.
  absl::Status ProduceMany(const Transaction::Part& part, std::size_t number);
  absl::Status ProduceWaiting(const Transaction::Part& part);
  absl::Status ProduceEach(const Transaction::Part& part, std::size_t number);
  absl::Status ProduceOne(rd_kafka_topic_t* topic, const Entry& entry, void* opaque);
  absl::Status SendOffsets(const Transaction& transaction, KafkaGroup& group);
  absl::Status Finish();
  // Makes the transaction void; with it the producer, if need be.
  absl::Status Abort(const absl::Status& why);
  rd_kafka_topic_t* Handle(Topic topic) { return topics_[static_cast<std::size_t>(topic)].get(); }
  void Destroy();

  const KafkaSettings settings_;
  const std::string application_, id_;
  ClientContext context_;
  ClientPtr client_;
  TopicPtr topics_[kTopics];
  bool ready_ = false;                       // client_ was initialised
  std::string why_;                          // the last error, in librdkafka's words
  std::vector<rd_kafka_message_t> waiting_;  // to be produced in one call
  // Filled by delivery reports.
  std::vector<Offset> last_;  // of each part
  rd_kafka_resp_err_t failed_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

class PlainProducer {
 public:
  explicit PlainProducer(KafkaSettings settings) : settings_(std::move(settings)) {}
  ~PlainProducer();
  // Takes a record; `partition` below 0: the key's own. Unavailable: too many wait already.
  absl::Status Send(const std::string& topic, int partition, const Entry& entry);
  // Waits until everything that was sent is written, or `wait_s` is over. Unavailable: it is not.
  absl::Status Flush(double wait_s);
  // Serves what librdkafka has to say; to be called now and then.
  void Poll();

 private:
  absl::Status Ensure() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const KafkaSettings settings_;
  Mutex mutex_;
  ClientContext context_;
  ClientPtr client_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t failed_ = 0;  // only changed inside Poll and Flush
  std::string why_;
};

}  // namespace parcours::log
