// OutputFile: a file of lines being written, buffered; trouble is remembered and told once.
//
// Threads: owned by one worker. Failure: after a failed write nothing more is written; Status() and
// Close() tell file and cause in one sentence. Limits: kOutputBufferBytes of memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parcours::log {

inline constexpr std::size_t kOutputBufferBytes = 256 * 1024;

class OutputFile {
 public:
  // Creates or empties `path`.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(const std::string& path);
  ~OutputFile();  // closes; what could not be written is lost unless Close() was asked
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Writes `line` and a newline.
  void WriteLine(std::string_view line);
  // Writes out what is buffered and closes the file.
  absl::Status Close();
  // What went wrong so far.
  const absl::Status& status() const { return status_; }

 private:
  OutputFile(std::string path, int descriptor);
  void Flush();

  const std::string path_;
  int descriptor_;
  std::string buffer_;
  absl::Status status_;
};

// Creates the folder `path` and those above it. One that exists is fine.
absl::Status CreateFolder(const std::string& path);

}  // namespace parcours::log
