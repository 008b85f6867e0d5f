#include "log/sorted_lines.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/mutant.h"
#include "base/status_macros.h"
#include "log/lines.h"

namespace parcours::log {
namespace {

constexpr std::size_t kBlockBytesMax = 4 << 20;
constexpr std::size_t kBatchBytesMax = 4 << 20;
constexpr std::size_t kBufferBytesMin = 64 << 10, kBufferBytesMax = 1 << 20;

// The first eight bytes of source, NUL, id as a big-endian number: smaller text, smaller number.
std::uint64_t FirstBytes(const Record& record) {
  char bytes[8] = {};
  const std::size_t of_source = std::min<std::size_t>(record.source.size(), sizeof bytes);
  if (of_source > 0) std::memcpy(bytes, record.source.data(), of_source);
  if (of_source + 1 < sizeof bytes) {
    const std::size_t of_id = std::min(record.id.size(), sizeof bytes - of_source - 1);
    if (of_id > 0) std::memcpy(bytes + of_source + 1, record.id.data(), of_id);
  }
  std::uint64_t number;
  std::memcpy(&number, bytes, sizeof number);
  return __builtin_bswap64(number);
}

bool LaterRun(const RunFile* a, const RunFile* b) {
  return CompareRecords(a->current(), b->current()) > 0;
}

// Rewinds runs and makes a heap of them.
template <class Run>
absl::StatusOr<std::vector<RunFile*>> Open(std::span<const Run> runs) {
  std::vector<RunFile*> heap;
  for (const Run& run : runs) {
    RETURN_IF_ERROR(run.file->Rewind());
    if (!run.file->at_end()) heap.push_back(run.file.get());
  }
  std::make_heap(heap.begin(), heap.end(), LaterRun);
  return heap;
}

// Moves the run in front, whose record is the least, to its next one.
absl::Status AdvanceLeast(std::vector<RunFile*>* heap) {
  std::pop_heap(heap->begin(), heap->end(), LaterRun);
  RETURN_IF_ERROR(heap->back()->Advance());
  if (heap->back()->at_end()) {
    heap->pop_back();
  } else {
    std::push_heap(heap->begin(), heap->end(), LaterRun);
  }
  return absl::OkStatus();
}

}  // namespace

LineSorter::LineSorter(SorterOptions options) : options_(std::move(options)) {}
LineSorter::~LineSorter() = default;

absl::Status LineSorter::Add(const Record& record) {
  const std::size_t size = StoredSize(record);
  char* stored = Allocate(size);
  if (stored == nullptr) {
    RETURN_IF_ERROR(Spill());
    stored = Allocate(size);
  }
  StoreRecord(record, stored);
  const Entry entry{record.time, FirstBytes(record), stored};
  if (in_order_ && !entries_.empty()) in_order_ = !Before(entry, entries_.back());
  entries_.push_back(entry);
  return absl::OkStatus();
}

char* LineSorter::Allocate(std::size_t size) {
  const std::size_t needed = size + kReadablePadding;
  const bool fits = !blocks_.empty() && free_at_ + needed <= blocks_.back().size;
  const std::size_t usual = std::min(kBlockBytesMax, options_.memory_bytes / 8);
  const std::size_t fresh = fits ? 0 : std::max(usual, needed);
  // While entries grow, the old and the new ones, twice as many, are there together.
  const std::size_t places = entries_.capacity() * (entries_.size() == entries_.capacity() ? 3 : 1);
  if (!entries_.empty() && block_bytes_ + fresh + places * sizeof(Entry) > options_.memory_bytes) {
    return nullptr;
  }
  if (!fits) {
    blocks_.push_back({std::make_unique<char[]>(fresh), fresh});
    block_bytes_ += fresh;
    free_at_ = 0;
  }
  char* const place = blocks_.back().bytes.get() + free_at_;
  free_at_ += size;
  return place;
}

bool LineSorter::Before(const Entry& a, const Entry& b) {
  if (a.time != b.time) return a.time < b.time;
  if (a.first != b.first) return a.first < b.first;
  return CompareRecords(RecordAt(a.stored), RecordAt(b.stored)) < 0;
}

// Sorts what is in memory and drops what is there twice.
void LineSorter::SortMemory() {
  if (!in_order_) std::sort(entries_.begin(), entries_.end(), Before);
  const auto same = [](const Entry& a, const Entry& b) {
    return a.time == b.time && a.first == b.first &&
           SameEvent(RecordAt(a.stored), RecordAt(b.stored));
  };
  const auto end = std::unique(entries_.begin(), entries_.end(), same);
  duplicates_ += entries_.end() - end;
  entries_.erase(end, entries_.end());
}

std::size_t LineSorter::BufferBytes() const {
  return std::clamp(options_.memory_bytes / (kMergeWays + 1), kBufferBytesMin, kBufferBytesMax);
}

absl::Status LineSorter::Spill() {
  SortMemory();
  ASSIGN_OR_RETURN(std::unique_ptr<RunFile> file,
                   RunFile::Create(options_.temporary_folder, BufferBytes()));
  for (const Entry& entry : entries_) RETURN_IF_ERROR(file->Write(RecordAt(entry.stored)));
  RETURN_IF_ERROR(file->EndWriting());
  runs_.push_back({std::move(file), 0});
  ++runs_written_;
  // All memory is given back: merging needs some, and an unusually large block must not stay.
  entries_ = std::vector<Entry>();
  in_order_ = true;
  blocks_.clear();
  block_bytes_ = free_at_ = 0;
  // As soon as a level is full: so few files are open, and a record is copied once a level.
  while (runs_.size() >= kMergeWays &&
         runs_[runs_.size() - kMergeWays].level == runs_.back().level) {
    RETURN_IF_ERROR(MergeLast(kMergeWays, runs_.back().level + 1));
  }
  return absl::OkStatus();
}

absl::Status LineSorter::MergeLast(std::size_t count, int level) {
  const std::span<const Run> last = std::span<const Run>(runs_).last(count);
  ASSIGN_OR_RETURN(std::vector<RunFile*> heap, Open(last));
  ASSIGN_OR_RETURN(std::unique_ptr<RunFile> file,
                   RunFile::Create(options_.temporary_folder, BufferBytes()));
  while (!heap.empty()) {
    RETURN_IF_ERROR(file->Write(heap.front()->current()));
    RETURN_IF_ERROR(AdvanceLeast(&heap));
  }
  RETURN_IF_ERROR(file->EndWriting());
  runs_.resize(runs_.size() - count);
  runs_.push_back({std::move(file), level});
  ++runs_written_;
  return absl::OkStatus();
}

absl::Status LineSorter::StartReading() {
  reading_ = true;
  if (runs_.empty()) {
    SortMemory();
    return absl::OkStatus();
  }
  if (!entries_.empty()) RETURN_IF_ERROR(Spill());
  // The last runs are the smallest.
  while (runs_.size() > kMergeWays) {
    RETURN_IF_ERROR(MergeLast(std::min(kMergeWays, runs_.size() - kMergeWays + 1), 0));
  }
  ASSIGN_OR_RETURN(heap_, Open(std::span<const Run>(runs_)));
  return absl::OkStatus();
}

absl::StatusOr<std::span<const Record>> LineSorter::NextBatch(std::size_t count) {
  if (!reading_) RETURN_IF_ERROR(StartReading());
  batch_.clear();
  if (runs_.empty()) {
    TakeFromMemory(count);
  } else {
    RETURN_IF_ERROR(TakeFromRuns(count));
  }
  return std::span<const Record>(batch_);
}

void LineSorter::TakeFromMemory(std::size_t count) {
  const std::size_t end = std::min(entries_.size(), next_entry_ + count);
  for (; next_entry_ < end; ++next_entry_) batch_.push_back(RecordAt(entries_[next_entry_].stored));
}

// Copies, because a run's buffer moves on.
absl::Status LineSorter::TakeFromRuns(std::size_t count) {
  std::vector<std::size_t> places;
  batch_bytes_.clear();
  while (places.size() < count && batch_bytes_.size() < kBatchBytesMax && !heap_.empty()) {
    const Record& least = heap_.front()->current();
    if (!last_bytes_.empty() && SameEvent(RecordAt(last_bytes_.data()), least) &&
        !PARCOURS_MUTANT("sort-keeps-duplicates-of-other-runs")) {
      ++duplicates_;
    } else {
      places.push_back(batch_bytes_.size());
      batch_bytes_.resize(batch_bytes_.size() + StoredSize(least));
      StoreRecord(least, batch_bytes_.data() + places.back());
      Record key = least;
      key.payload = {};
      last_bytes_.resize(StoredSize(key));
      StoreRecord(key, last_bytes_.data());
    }
    RETURN_IF_ERROR(AdvanceLeast(&heap_));
  }
  batch_bytes_.append(kReadablePadding, '\0');
  for (std::size_t place : places) batch_.push_back(RecordAt(batch_bytes_.data() + place));
  return absl::OkStatus();
}

}  // namespace parcours::log
