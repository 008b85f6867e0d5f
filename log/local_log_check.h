// CheckDatabase: reads a whole embedded log and says where it is damaged.
//
// Threads: nothing may be written meanwhile.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "log/local_log_database.h"

namespace parcours::log {

// DataLoss: bytes do not have their checksum, batches make no sense, overlap or leave gaps, or are
// not those that the log says it keeps.
absl::Status CheckDatabase(const LogDatabase& database, const std::string& folder);

}  // namespace parcours::log
