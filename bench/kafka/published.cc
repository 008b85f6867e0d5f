#include "bench/kafka/published.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/kafka/names.h"
#include "runtime/clock.h"

namespace parcours::bench {

namespace {

constexpr int kQueueKb = 64 << 10;
constexpr int kTakenAtOnce = 2000;       // of a partition
constexpr double kPatienceSeconds = 60;  // for the next record of a topic that holds it

// What stands between `word` and the next quote.
std::string_view Behind(std::string_view line, std::string_view word) {
  const std::size_t at = line.find(word);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + word.size());
  return line.substr(0, line.find('"'));
}

absl::Status ReadPartition(log::Reader* reader, absl::FunctionRef<void(std::string_view)> take) {
  log::ReadRecord record;
  double came_s = runtime::MonotonicSeconds();
  for (;;) {
    const absl::StatusOr<bool> more = reader->Next(&record);
    if (more.ok() && !*more) return absl::OkStatus();
    if (more.ok()) {
      take(record.entry.value);
      came_s = runtime::MonotonicSeconds();
      continue;
    }
    const bool late = runtime::MonotonicSeconds() - came_s > kPatienceSeconds;
    if (!absl::IsUnavailable(more.status()) || late) return more.status();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Published>> Published::Follow(const Target& target,
                                                             log::Topic topic) {
  std::unique_ptr<Published> published(new Published);
  const std::string name = log::KafkaTopic(target.application, topic);
  log::KafkaSettings settings = target.Settings();
  // A record is handed over as soon as it is there: here waiting is what is measured.
  settings.properties = {{"fetch.min.bytes", "1"}, {"fetch.wait.max.ms", "5"}};
  ASSIGN_OR_RETURN(const auto watermarks, log::Watermarks::Open(settings));
  ASSIGN_OR_RETURN(const int partitions, watermarks->Partitions(name));
  ASSIGN_OR_RETURN(const auto source,
                   log::PartitionSource::Open(settings, name, log::Reading::kFollow, kQueueKb));
  for (int partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const log::OffsetRange range, watermarks->Range(name, partition));
    published->readers_.push_back(
        log::PartitionSource::Read(source, partition, range.end, range.end));
  }
  return published;
}

absl::Status Published::Take(absl::FunctionRef<void(const log::ReadRecord&)> take) {
  log::ReadRecord record;
  for (const auto& reader : readers_) {
    for (int i = 0; i < kTakenAtOnce; ++i) {
      const absl::StatusOr<bool> more = reader->Next(&record);
      if (!more.ok() && !absl::IsUnavailable(more.status())) return more.status();
      if (!more.value_or(false)) break;
      take(record);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadAll(const Target& target, const std::string& topic,
                     absl::FunctionRef<void(std::string_view)> take) {
  ASSIGN_OR_RETURN(const auto watermarks, log::Watermarks::Open(target.Settings()));
  ASSIGN_OR_RETURN(const int partitions, watermarks->Partitions(topic));
  ASSIGN_OR_RETURN(
      const auto source,
      log::PartitionSource::Open(target.Settings(), topic, log::Reading::kToTheEnd, kQueueKb));
  for (int partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const log::OffsetRange range, watermarks->Range(topic, partition));
    const auto reader = log::PartitionSource::Read(source, partition, range.begin, range.end);
    RETURN_IF_ERROR(ReadPartition(reader.get(), take));
  }
  return absl::OkStatus();
}

std::string_view AtOf(std::string_view line) { return Behind(line, ",\"at\":\""); }
std::string_view DueOf(std::string_view line) { return Behind(line, ",\"cause\":{\"time\":\""); }

std::string_view EventIdOf(std::string_view line) {
  const std::size_t cause = line.find(",\"cause\":{\"event\":");
  return cause == std::string_view::npos ? "" : Behind(line.substr(cause), ",\"id\":\"");
}

std::string_view WithoutId(std::string_view line) { return line.substr(0, line.rfind(",\"id\":")); }

}  // namespace parcours::bench
