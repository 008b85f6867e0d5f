// LogReplay: everything that a log of events holds, once more, from its beginning.
//
// The records of a partition, ticks among them, are all that a shard ever acts on; so what was
// published live comes out again, byte for byte. Records that processes died of are told by the
// dead letters, which are read first. Reads only; keeps nothing. Limits: `memory_bytes`; customers
// beyond it spill to a folder that is thrown away. Threads: one. Failure: as Log::Read.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "log/log.h"
#include "processor/replay.h"
#include "processor/summary.h"

namespace parcours::processor {

struct LogReplayOptions {
  int partitions = 1, dead_letter_partitions = 1;
  std::size_t memory_bytes = std::size_t{1} << 30;
  std::string out;  // folder for record files; empty: none
  std::string temporary_folder;
};

// A reader of kEvents says false at the end, and Unavailable as long as something has not come yet.
absl::StatusOr<Summary> ReplayLog(const std::shared_ptr<const catalog::Catalog>& catalog,
                                  const LogReplayOptions& options, log::Log* log);

}  // namespace parcours::processor
