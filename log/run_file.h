// RunFile: a sorted run of stored records in a temporary file that has no name any more.
//
// The file is unlinked as soon as it is made, so that nothing is left behind however the process
// ends. Written once from front to back, then read once, each through one buffer. Limits: the
// buffer grows only to hold one record. Threads: owned by one worker. Failure: FailedPrecondition:
// the folder cannot be written; ResourceExhausted: no space left. The run is then of no use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/record.h"

namespace parcours::log {

class RunFile {
 public:
  static absl::StatusOr<std::unique_ptr<RunFile>> Create(const std::string& folder,
                                                         std::size_t buffer_bytes);
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;
  ~RunFile();

  absl::Status Write(const Record& record);
  // Ends writing and gives the buffer back, until Rewind.
  absl::Status EndWriting();
  // Begins reading: current() is the first record. REQUIRES: after EndWriting.
  absl::Status Rewind();
  // Moves to the next record.
  absl::Status Advance();
  bool at_end() const { return at_end_; }
  // Good until the next Advance. REQUIRES: !at_end().
  const Record& current() const { return current_; }

 private:
  RunFile(std::string folder, int file, std::size_t buffer_bytes);

  absl::Status Flush();
  // Has `size` bytes of the record at begin_ in the buffer.
  absl::Status Have(std::size_t size);

  const std::string folder_;
  const int file_;
  const std::size_t buffer_bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::int64_t written_ = 0;
  bool at_end_ = false;
  Record current_;
  std::size_t current_size_ = 0;
};

}  // namespace parcours::log
