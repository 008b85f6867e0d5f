// What RocksDB reports, as the codes and the one sentence of the log's contract.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace parcours::log {

// DataLoss: damaged; ResourceExhausted: the disk is full; FailedPrecondition: in use by another
// process or not to be written; NotFound: something is missing; Unknown: anything else. `doing` and
// `folder` begin the sentence.
absl::Status FromRocks(std::string_view doing, const std::string& folder,
                       const rocksdb::Status& status);

}  // namespace parcours::log
