// SpillStore: a store in a folder of its own that goes with it: for customers that do not fit in
// memory, where nothing is kept.
//
// Threads: Get is safe for concurrent use. Failure: Get: as Store::Open.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "runtime/process.h"
#include "state/store/store.h"

namespace parcours::processor {

class SpillStore {
 public:
  SpillStore(std::string folder, int shards, std::size_t memory_bytes)
      : folder_(std::move(folder)), shards_(shards), memory_bytes_(memory_bytes) {}
  ~SpillStore() {
    const MutexLock lock(&mutex_);
    store_ = nullptr;
    std::error_code error;
    if (!made_.empty()) std::filesystem::remove_all(made_, error);
  }
  absl::StatusOr<state::Store*> Get() {
    const MutexLock lock(&mutex_);
    if (store_ != nullptr) return store_.get();
    ASSIGN_OR_RETURN(made_, runtime::MakeTemporaryFolder(folder_));
    state::StoreOptions options;
    options.folder = made_;
    options.shards = shards_;
    options.memory_bytes = memory_bytes_;
    ASSIGN_OR_RETURN(store_, state::Store::Open(options));
    return store_.get();
  }

 private:
  const std::string folder_;
  const int shards_;
  const std::size_t memory_bytes_;
  Mutex mutex_;
  std::string made_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<state::Store> store_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parcours::processor
