// Outputs: where a run's records go: NDJSON files in a folder, digests, counts.
//
// Every record is formatted once; the same bytes are written and digested.
// Threads: owned by one worker. Failure: a file that cannot be written stops the run with one
// sentence; what was written before stays.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/digest.h"
#include "log/output_file.h"
#include "processor/engine/records.h"
#include "processor/shard.h"
#include "processor/summary.h"

namespace parcours::processor {

class Outputs {
 public:
  // Without a folder (empty) nothing is written, only digested and counted.
  static absl::StatusOr<std::unique_ptr<Outputs>> Open(const catalog::Catalog& catalog,
                                                       const std::string& folder);

  // Takes the records in `effects` and clears them.
  void Drain(engine::Effects* effects);
  // One line of rejected.ndjson.
  void Reject(std::string_view file, std::uint64_t line, std::string_view reason,
              std::string_view detail);
  // Writes every customer as it stands at `clock`.
  void WriteCustomers(Shard& shard, TimeMs clock);

  // What went wrong so far, cheaply.
  const absl::Status& status() const;
  // Closes the files and completes the summary.
  absl::Status Finish(Summary* summary);

 private:
  // A file (or none) and the digest of its lines.
  struct Stream {
    std::unique_ptr<log::OutputFile> file;
    Digest digest;
    std::uint64_t count = 0;
    void Take(std::string_view line);
  };
  explicit Outputs(const catalog::Catalog& catalog);

  engine::RecordWriter writer_;
  Stream transitions_, actions_, decisions_, customers_, rejected_;
  std::vector<SegmentationTally> segmentations_;
  std::string line_;
};

}  // namespace parcours::processor
