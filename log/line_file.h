// LineFile: a file of lines whose length is committed elsewhere.
//
// Lines go behind the committed length; Keep() says that they count from now on, CutBack() takes
// them away again. Bytes beyond the committed length are nobody's.
// Limits: kLineBufferBytes of memory. Threads: owned by one worker.
// Failure: ResourceExhausted: the disk is full; FailedPrecondition: the file cannot be written;
// DataLoss: it is shorter than what was committed. The committed bytes are unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parcours::log {

inline constexpr std::size_t kLineBufferBytes = std::size_t{256} * 1024;

class LineFile {
 public:
  // Opens `path` at its committed length and cuts off what lies beyond. Creates it if nothing was
  // committed.
  static absl::StatusOr<std::unique_ptr<LineFile>> Open(const std::string& path,
                                                        std::int64_t committed);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  const std::string& path() const { return path_; }
  std::int64_t committed() const { return committed_; }
  // The length with all lines written so far.
  std::int64_t length() const { return length_ + static_cast<std::int64_t>(buffer_.size()); }

  absl::Status WriteLine(std::string_view line);
  // Makes all lines durable.
  absl::Status Sync();
  // The first `length` bytes are committed.
  void Keep(std::int64_t length) { committed_ = length; }
  // Takes away what is not committed.
  absl::Status CutBack();

 private:
  LineFile(std::string path, int descriptor, std::int64_t committed);
  absl::Status Flush();
  absl::Status Trouble(std::string_view doing, int error) const;

  const std::string path_;
  const int descriptor_;
  std::int64_t committed_, length_;  // length_: without what is buffered
  std::string buffer_;
};

}  // namespace parcours::log
