#include "log/lines.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;
// Room for the longest line, its end (two bytes), and what is read with it.
constexpr std::size_t kBufferBytes = kLongestLine + 2 + kChunkBytes;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, OpenBytes(path));
  return std::unique_ptr<LineReader>(new LineReader(path, std::move(source)));
}

LineReader::LineReader(std::string path, std::unique_ptr<ByteSource> source)
    : path_(std::move(path)),
      source_(std::move(source)),
      buffer_(kBufferBytes + kReadablePadding) {}

absl::StatusOr<std::span<const Line>> LineReader::NextBatch(std::size_t count) {
  lines_.clear();
  for (;;) {
    TakeLines(count);
    if (lines_.empty() && ended_) {
      if (!failure_.ok()) return failure_;
      TakeRest();
      return std::span<const Line>(lines_);
    }
    if (!lines_.empty()) return std::span<const Line>(lines_);
    Fill();
  }
}

void LineReader::TakeLines(std::size_t count) {
  while (lines_.size() < count && scanned_ < end_) {
    const char* const from = buffer_.data() + scanned_;
    const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - scanned_));
    if (newline == nullptr) {
      scanned_ = end_;
      return;
    }
    Emit(buffer_.data() + begin_, newline);
    begin_ = scanned_ = static_cast<std::size_t>(newline - buffer_.data()) + 1;
  }
}

// The last line of a file that does not end with a line's end.
void LineReader::TakeRest() {
  if (begin_ < end_ || skipping_) Emit(buffer_.data() + begin_, buffer_.data() + end_);
  begin_ = end_;
}

void LineReader::Emit(const char* begin, const char* end) {
  Line line;
  line.number = ++number_;
  std::string_view text(begin, static_cast<std::size_t>(end - begin));
  if (number_ == 1 && text.substr(0, 3) == kByteOrderMark) text.remove_prefix(3);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  line.too_long = std::exchange(skipping_, false) || text.size() > kLongestLine;
  if (!line.too_long) line.text = text;
  lines_.push_back(line);
}

// Reads more behind what is left. No line of it has been given, so it may move.
void LineReader::Fill() {
  if (end_ - begin_ > kLongestLine + 1) skipping_ = true;
  if (skipping_) begin_ = end_;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  scanned_ = PARCOURS_MUTANT("lines-lose-scan-place") ? end_ + 1 : end_;
  const auto count = source_->Read(buffer_.data() + end_, kBufferBytes - end_);
  if (!count.ok()) {
    failure_ = absl::Status(
        count.status().code(),
        absl::StrCat(std::string(count.status().message()), " (line ", number_ + 1, ")"));
    ended_ = true;
    return;
  }
  end_ += *count;
  ended_ = *count == 0;
}

}  // namespace parcours::log
