// Model: what one shard has committed, record by record, and what must therefore be true of its
// store and of what its lane has in memory.
//
// It is read from the changelog as anybody could, and knows nothing of overlays, pages and slices.
// Threads: one run. Failure: Internal: an invariant of docs/architecture.md does not hold;
// everything else is what the log or the store said.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "log/log.h"
#include "processor/meta.h"
#include "processor/shard.h"
#include "state/store/store.h"

namespace parcours::sim {

class Model {
 public:
  Model(const catalog::Catalog& catalog, int shard) : catalog_(catalog), shard_(shard) {}

  // Takes what was committed since. The log was opened anew: call Reopened first.
  absl::Status ReadOn(log::Log& log);
  void Reopened() { reader_ = nullptr; }
  // Of the events, as committed.
  log::Offset position() const {
    return meta_.has_value() ? static_cast<log::Offset>(meta_->position) : 0;
  }

  // Contact data as last committed, by key.
  std::map<std::string, std::string> Contacts() const;

  // Store and changelog together are what was committed; timer rows are those of the stored.
  absl::Status CheckStore(log::Log& log, state::Store& store) const;
  // The store alone is what was committed.
  absl::Status CheckAllStored(state::Store& store) const;
  // Customers that are not dirty are as they were committed, and the timers know everybody.
  absl::Status CheckMemory(const state::Shape& shape, processor::Shard& shard) const;
  // A lane that has just begun, or rolled back, stands where the last transaction ended.
  absl::Status CheckPlace(processor::Shard& shard) const;

 private:
  struct Version {
    log::Offset offset;
    std::optional<std::string> value;  // none: a tombstone
  };
  using Versions = std::vector<Version>;
  using Stored = std::map<std::string, std::string>;

  absl::Status Take(const log::ReadRecord& record);
  absl::Status TakeMeta(std::string_view value);
  absl::Status ReadStore(state::Store& store, Stored* stored) const;
  absl::Status CheckValue(const std::string& key, const Versions& versions,
                          const std::string* value, log::Offset next) const;
  absl::Status CheckRows(const Stored& stored) const;
  absl::Status Broken(std::string_view what) const;
  const std::optional<std::string>& Latest(const std::string& key) const;

  const catalog::Catalog& catalog_;
  const int shard_;
  std::unique_ptr<log::Reader> reader_;
  log::Offset end_ = 0;
  bool inside_ = false;  // the last record read was not META
  std::map<std::string, Versions> versions_;
  std::optional<processor::Meta> meta_;
};

}  // namespace parcours::sim
