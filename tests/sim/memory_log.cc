#include "tests/sim/memory_log.h"

#include <algorithm>

namespace parcours::sim {

namespace {

class MemoryReader final : public log::Reader {
 public:
  MemoryReader(const MemoryLog::Records* records, log::Offset from)
      : records_(records), next_(from) {}
  absl::StatusOr<bool> Next(log::ReadRecord* record) override {
    if (next_ >= static_cast<log::Offset>(records_->size())) return false;
    const MemoryLog::Kept& kept = (*records_)[static_cast<std::size_t>(next_)];
    *record = {next_, kept.log_time, {kept.key, kept.value, kept.tombstone}};
    ++next_;
    return true;
  }

 private:
  const MemoryLog::Records* const records_;
  log::Offset next_;
};

}  // namespace

absl::StatusOr<log::OffsetRange> MemoryLog::Range(log::Topic topic, int partition) {
  return log::OffsetRange{0, static_cast<log::Offset>(records(topic, partition).size())};
}

absl::Status MemoryLog::Append(log::Topic topic, int partition, const log::Batch& batch,
                               TimeMs log_time) {
  Records& to = records(topic, partition);
  if (!to.empty()) log_time = std::max(log_time, to.back().log_time);
  log::BatchReader reader(batch.bytes());
  for (log::Entry entry; reader.Next(&entry);) {
    to.push_back({std::string(entry.key), std::string(entry.value), entry.tombstone, log_time});
  }
  return absl::OkStatus();
}

absl::Status MemoryLog::Commit(const log::Transaction& transaction, TimeMs log_time,
                               std::vector<log::Offset>* ends) {
  ends->clear();
  for (const log::Transaction::Part& part : transaction.parts()) {
    Append(part.topic, part.partition, part.batch, log_time).IgnoreError();  // cannot fail
    ends->push_back(static_cast<log::Offset>(records(part.topic, part.partition).size()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<log::Reader>> MemoryLog::Read(log::Topic topic, int partition,
                                                             log::Offset from) {
  return std::make_unique<MemoryReader>(&records(topic, partition), from);
}

}  // namespace parcours::sim
