// LineSorter: any number of records put in the order of (time, source, id) within a memory bound.
//
// Records that fit are sorted where they lie; else sorted runs go to temporary files and are
// merged, at most kMergeWays at a time. Records with equal (time, source, id) are one event told
// twice: the one with the smallest payload stays, the others are counted. So the result does not
// depend on the order or the number of times in which records were added. Limits:
// SorterOptions::memory_bytes, beside one record of each merged run. Threads: owned by one worker.
// Failure: FailedPrecondition (the temporary folder cannot be written) or ResourceExhausted (no
// space left): the sorter is then of no use; nothing is left in the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/record.h"
#include "log/run_file.h"

namespace parcours::log {

inline constexpr std::size_t kMergeWays = 32;

struct SorterOptions {
  std::size_t memory_bytes = std::size_t{256} << 20;
  std::string temporary_folder = "/tmp";  // used only beyond memory_bytes
};

class LineSorter {
 public:
  explicit LineSorter(SorterOptions options);
  ~LineSorter();

  // Copies the record. REQUIRES: before the first NextBatch.
  absl::Status Add(const Record& record);

  // The next records in order, at most `count`, at least one unless there are no more. They are
  // good until the next call. REQUIRES: count > 0.
  absl::StatusOr<std::span<const Record>> NextBatch(std::size_t count);

  // Records dropped so far because the same event was there with smaller or equal bytes. Final when
  // NextBatch has given nothing more.
  std::int64_t duplicates() const { return duplicates_; }
  // For tests and the summary: how many temporary files were written.
  std::int64_t runs_written() const { return runs_written_; }

 private:
  // A record in memory. `first` is the beginning of its source and id, so that most comparisons
  // need not follow the pointer.
  struct Entry {
    TimeMs time;
    std::uint64_t first;
    const char* stored;
  };
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  // Runs of one level hold about as much as each other; kMergeWays of them make one of the next.
  struct Run {
    std::unique_ptr<RunFile> file;
    int level = 0;
  };

  static bool Before(const Entry& a, const Entry& b);
  // Where `size` bytes are free, or nullptr if the memory bound is reached.
  char* Allocate(std::size_t size);
  void SortMemory();
  absl::Status Spill();
  // Merges the last `count` runs into one of `level`.
  absl::Status MergeLast(std::size_t count, int level);
  absl::Status StartReading();
  std::size_t BufferBytes() const;
  void TakeFromMemory(std::size_t count);
  absl::Status TakeFromRuns(std::size_t count);

  const SorterOptions options_;
  std::vector<Block> blocks_;
  std::size_t free_at_ = 0;      // in the last block
  std::size_t block_bytes_ = 0;  // of all blocks
  std::vector<Entry> entries_;
  bool in_order_ = true;   // entries_ came sorted
  std::vector<Run> runs_;  // levels never rise
  bool reading_ = false;
  std::size_t next_entry_ = 0;
  std::vector<RunFile*> heap_;  // of runs by their current record, the least in front
  std::vector<Record> batch_;
  std::string batch_bytes_;  // of records taken from runs
  std::string last_bytes_;   // the last record given, without its payload
  std::int64_t duplicates_ = 0, runs_written_ = 0;
};

}  // namespace parcours::log
