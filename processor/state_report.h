// StateReport: what lies in a state folder and, if asked, whether it is whole. It looks only.
//
// Log and store are opened to be read only, with a shared lock on the log: while a replay works on
// the folder it is refused, since files would vanish under the reader and look like damage; several
// may look at once. No definitions are needed: of META everything before what is counted by journey
// and segment, of a customer when it is due. That customers and timer rows agree is shown by sums
// of hashes of two sets of keys; only where they differ is each key looked up.
// Limits: kDamagesTold; kReportBytes of memory for the store, whatever its size.
// Threads: owned by one worker. Failure: InvalidArgument: no state lies there; FailedPrecondition:
// in use, or of a newer format; DataLoss: too damaged to be opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "log/log.h"
#include "processor/meta.h"
#include "processor/state_folder.h"
#include "runtime/crash_slots.h"

namespace parcours::processor {

inline constexpr std::size_t kDamagesTold = 20;
inline constexpr std::size_t kReportBytes = std::size_t{64} << 20;

struct StateReport {
  struct Run {
    RunWords words;
    std::optional<RunEnd> end;  // of a finished one
  };
  // Counted by a check.
  struct Counts {
    std::uint64_t customers = 0, customer_bytes = 0;  // stored values
    std::uint64_t timer_rows = 0, contacts = 0, chunks = 0;
    std::uint64_t waiting = 0;  // records of the changelog that the store has not got
    void Add(const Counts& other);
  };
  struct Shard {
    std::optional<Meta> meta;  // as last committed; of its totals no journeys, segments and digests
    log::OffsetRange changelog;
    log::Offset needed_from = 0;              // what the store still needs of it
    std::uint64_t keys = 0, store_bytes = 0;  // estimates
    Counts counts;
  };

  std::string folder;
  std::vector<Run> runs;
  std::vector<Shard> shards;
  bool has_store = false;  // none was made yet, or it is gone
  std::vector<runtime::CrashSlots::Crash> crashes;
  bool checked = false;
  std::vector<std::string> damages;  // the first kDamagesTold
  std::uint64_t damage_count = 0;
};

// `check`: reads everything.
absl::StatusOr<StateReport> ReportState(const std::string& folder, bool check);

// For people: tables.
std::string StateTable(const StateReport& report);
// One JSON object, see docs/formats.md#a-state-folder.
std::string StateJson(const StateReport& report);

}  // namespace parcours::processor
