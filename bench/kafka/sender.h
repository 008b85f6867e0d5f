// Sender: records into the partitions of one topic, as fast as they come or at once.
//
// A record may have a time of its own, which counts where the topic's records are dated by their
// writers. Threads: owned by one worker. Failure: what could not be written is told by Flush, once
// for all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/time.h"
#include "bench/kafka/load.h"
#include "log/kafka/client.h"

namespace parcours::bench {

inline constexpr TimeMs kNow = 0;  // as librdkafka has it

// kBulk: large batches, whatever they wait for; kPrompt: 20 ms at most.
enum class Haste { kBulk, kPrompt };

class Sender {
 public:
  // Sends to the events of the application.
  static absl::StatusOr<std::unique_ptr<Sender>> Open(const Target& target, Haste haste);

  int partitions() const { return partitions_; }
  // Waits while too much waits already. An empty key: none.
  absl::Status Send(int partition, std::string_view key, std::string_view value, TimeMs time);
  void Poll() { rd_kafka_poll(client_.get(), 0); }
  absl::Status Flush();

  std::uint64_t records() const { return records_; }
  std::uint64_t bytes() const { return bytes_; }  // of keys and values

 private:
  Sender() = default;
  rd_kafka_resp_err_t TrySend(int partition, std::string_view key, std::string_view value,
                              TimeMs time);

  log::ClientContext context_;
  log::ClientPtr client_;
  log::TopicPtr topic_;
  int partitions_ = 0;
  std::uint64_t records_ = 0, bytes_ = 0;
  std::uint64_t failed_ = 0;
  std::string why_;
};

}  // namespace parcours::bench
