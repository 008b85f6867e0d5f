// LineReader: a file's lines, with their numbers, in batches of views.
//
// Lines are views into one large buffer; only the cut-off line at its end is moved when it is
// filled again. Compression: see byte_source.h. A byte order mark before the first line is dropped,
// and so is a carriage return before a line's end. Limits: kLongestLine; longer lines are told as
// such, and skipped without being kept. Threads: owned by one worker. Failure: the status names the
// file and the line; lines given before stand, a line that was cut off by the failure is not given,
// and the same status comes again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "log/byte_source.h"

namespace parcours::log {

inline constexpr std::size_t kLongestLine = 1 << 20;  // bytes, without its end
inline constexpr std::size_t kReadablePadding = 64;   // bytes that may be read behind any line

struct Line {
  std::string_view text;    // without its end; empty where too_long
  std::int64_t number = 0;  // from 1
  bool too_long = false;
};

class LineReader {
 public:
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);

  // The next lines, at most `count`, at least one unless the file has ended. They are good until
  // the next call. REQUIRES: count > 0.
  absl::StatusOr<std::span<const Line>> NextBatch(std::size_t count);

 private:
  LineReader(std::string path, std::unique_ptr<ByteSource> source);

  void TakeLines(std::size_t count);
  void TakeRest();
  void Fill();
  void Emit(const char* begin, const char* end);

  const std::string path_;
  const std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was read and not yet given
  std::size_t scanned_ = 0;          // no line ends before this place
  std::int64_t number_ = 0;          // of the last line given
  bool skipping_ = false;            // inside a line that is too long
  bool ended_ = false;
  absl::Status failure_;
  std::vector<Line> lines_;
};

}  // namespace parcours::log
