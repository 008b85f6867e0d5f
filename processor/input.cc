#include "processor/input.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "base/status_macros.h"

namespace parcours::processor {

namespace {

constexpr std::size_t kLinesAtOnce = 256;

}  // namespace

absl::StatusOr<bool> FileLines::Next(SourceLine* line) {
  while (next_ == lines_.size()) {
    if (reader_ == nullptr) {
      if (opened_ == paths_.size()) return false;
      const std::string& path = paths_[opened_++];
      ASSIGN_OR_RETURN(reader_, log::LineReader::Open(path == "-" ? "/dev/stdin" : path));
    }
    ASSIGN_OR_RETURN(lines_, reader_->NextBatch(kLinesAtOnce));
    next_ = 0;
    if (lines_.empty()) reader_ = nullptr;
  }
  const log::Line& next = lines_[next_++];
  done_ += next.text.size() + 1;
  *line = SourceLine{.text = next.text,
                     .file = static_cast<int>(opened_) - 1,
                     .number = static_cast<std::uint64_t>(next.number),
                     .too_long = next.too_long};
  return true;
}

absl::StatusOr<bool> SortedLines::Next(SourceLine* line) {
  if (next_ == records_.size()) {
    ASSIGN_OR_RETURN(records_, sorter_.NextBatch(kLinesAtOnce));
    next_ = 0;
    if (records_.empty()) return false;
  }
  const log::Record& next = records_[next_++];
  done_ += next.payload.size() + 1;
  *line = SourceLine{.text = next.payload,
                     .file = static_cast<int>(next.file),
                     .number = static_cast<std::uint64_t>(next.line)};
  return true;
}

std::uint64_t InputBytes(const std::vector<std::string>& paths) {
  std::uint64_t bytes = 0;
  for (const std::string& path : paths) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error || absl::EndsWith(path, ".gz") || absl::EndsWith(path, ".zst")) return 0;
    bytes += size;
  }
  return bytes;
}

}  // namespace parcours::processor
