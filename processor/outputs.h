// RecordFiles: the NDJSON files of a run that keeps no state: what is published becomes their
// lines.
//
// A run with a state publishes through its log, which keeps the same files (log/local_log.h).
// Threads: safe for concurrent use. Failure: a file that cannot be written stops the run with one
// sentence; what was written before stays.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "log/log.h"
#include "log/output_file.h"

namespace parcours::processor {

// "transitions.ndjson" and so on, of a topic that people read; null of others.
const char* FileOfTopic(log::Topic topic);

class RecordFiles {
 public:
  // Makes the files in `folder`.
  static absl::StatusOr<std::unique_ptr<RecordFiles>> Open(const std::string& folder);

  // Writes the records of all topics that have a file.
  absl::Status Write(const log::Transaction& transaction);
  absl::Status Close();

 private:
  Mutex mutex_;
  std::array<std::unique_ptr<log::OutputFile>, log::kTopics> files_ ABSL_GUARDED_BY(mutex_);
};

// CustomerFile: customers.ndjson, made anew, with the digest of its lines.
// Threads: safe for concurrent use.
class CustomerFile {
 public:
  // Without a folder (empty) nothing is written.
  static absl::StatusOr<std::unique_ptr<CustomerFile>> Open(const std::string& folder);
  // `lines` end with a newline each.
  absl::Status Write(std::string_view lines);
  absl::Status Close();

 private:
  Mutex mutex_;
  std::unique_ptr<log::OutputFile> file_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parcours::processor
