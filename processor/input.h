// Input: the lines of a replay, from its files as they are, or put into one order first.
//
// Threads: owned by one worker. Failure: the status names the file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "log/lines.h"
#include "log/sorted_lines.h"

namespace parcours::processor {

struct SourceLine {
  std::string_view text;  // good until the next Next()
  int file = 0;           // which input
  std::uint64_t number = 0;
  bool too_long = false;  // then `text` is empty
};

class LineSource {
 public:
  virtual ~LineSource() = default;
  // False after the last line.
  virtual absl::StatusOr<bool> Next(SourceLine* line) = 0;
  // Bytes given so far.
  virtual std::uint64_t done() const = 0;
};

// The files one after another. "-" is standard input.
class FileLines final : public LineSource {
 public:
  explicit FileLines(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  absl::StatusOr<bool> Next(SourceLine* line) override;
  std::uint64_t done() const override { return done_; }

 private:
  const std::vector<std::string> paths_;
  std::size_t opened_ = 0;  // files opened so far; the last of them is being read
  std::unique_ptr<log::LineReader> reader_;
  std::span<const log::Line> lines_;
  std::size_t next_ = 0;
  std::uint64_t done_ = 0;
};

// What a sorter gives back, least first. `sorter` must outlive this.
class SortedLines final : public LineSource {
 public:
  explicit SortedLines(log::LineSorter& sorter) : sorter_(sorter) {}
  absl::StatusOr<bool> Next(SourceLine* line) override;
  std::uint64_t done() const override { return done_; }

 private:
  log::LineSorter& sorter_;
  std::span<const log::Record> records_;
  std::size_t next_ = 0;
  std::uint64_t done_ = 0;
};

// Bytes that the files will give, or 0 if it cannot be known beforehand.
std::uint64_t InputBytes(const std::vector<std::string>& paths);

}  // namespace parcours::processor
