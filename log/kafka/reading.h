// Reading: partitions of one topic, read without a group: where to begin is the caller's knowledge.
//
// Traps of librdkafka 2.0.2 that shape this: a batch call on a handle with a group loses messages
// at a rebalance, so the group's handle reads nothing; pause, seek and positions are wrong now and
// then, so none is used: to go back is to stop and to start again at an offset, and what comes from
// before it is dropped. Above `queued.min.messages` a partition is looked at again up to a second
// later, so the queue must hold more than a second's.
// Threads: a PartitionSource and its readers are owned by one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "log/kafka/client.h"
#include "log/log.h"

namespace parcours::log {

// Of a record that was carried over from elsewhere: when a broker first took it, in decimal
// milliseconds since 1970. Its log time is this or the broker's own, whichever is earlier.
inline constexpr char kLogTimeHeader[] = "parcours-log-time";
// Nothing: no such number; the header then counts as missing.
std::optional<TimeMs> ParseLogTime(std::string_view text);

// What a reader without news says: there is none yet (the events that follow), or the end (what
// was there when reading began).
enum class Reading { kFollow, kToTheEnd };

class PartitionSource {
 public:
  // `queue_kb`: what may wait, of all partitions together.
  static absl::StatusOr<std::shared_ptr<PartitionSource>> Open(const KafkaSettings& settings,
                                                               const std::string& topic,
                                                               Reading reading, int queue_kb);
  // kFollow: Next() is false where nothing has come yet. kToTheEnd: false once everything below
  // `end` was read; Unavailable where something below it is still undecided, or has not come yet.
  static std::unique_ptr<Reader> Read(std::shared_ptr<PartitionSource> source, int partition,
                                      Offset from, Offset end);

  // Where the partition ends, as the brokers last said; 0: not known. Makes no call.
  Offset KnownEnd(int partition) const;

 private:
  friend class PartitionReader;
  explicit PartitionSource(Reading reading) : reading_(reading) {}

  const Reading reading_;
  ClientContext context_;
  ClientPtr client_;
  TopicPtr topic_;
  std::string name_;
};

// What a topic holds, transactions that are still open included. One handle; safe for concurrent
// use.
class Watermarks {
 public:
  static absl::StatusOr<std::unique_ptr<Watermarks>> Open(const KafkaSettings& settings);
  absl::StatusOr<OffsetRange> Range(const std::string& topic, int partition);
  // How many partitions `topic` has. NotFound: there is no such topic.
  absl::StatusOr<int> Partitions(const std::string& topic);

 private:
  Watermarks() = default;
  ClientContext context_;
  ClientPtr client_;
};

}  // namespace parcours::log
