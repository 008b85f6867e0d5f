#include "state/stored.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "state/stored_bytes.h"

namespace parcours::state {
namespace {

constexpr std::uint64_t kBucketsMax = 4096;  // a window
constexpr std::uint64_t kRunsMax = 4096;
constexpr std::uint64_t kChunksMax = kSeenMax / kChunkIds;

// What else the record holds.
enum Flag : int {
  kHasContact = 1 << 0,
  kHasWindows = 1 << 1,
  kHasWrites = 1 << 2,
  kHasRuns = 1 << 3,
  kHasChunks = 1 << 4,
  kFlags = 1 << 5,
};

// What differs from a run's usual fields; behind the two bits of its state.
enum RunField : std::uint64_t {
  kSent = 1 << 2,
  kStepDue = 1 << 3,
  kGoalUntil = 1 << 4,
  kConvertedAt = 1 << 5,
  kOccurrence = 1 << 6,
  kExitDue = 1 << 7,
  kGoalDue = 1 << 8,
  kRunFields = 1 << 9,
};

// 0: never; else one more than twice the instant, or than twice its hour and one.
std::uint64_t WordOfDue(TimeMs due) {
  if (due == kNever) return 0;
  if (due % kHourMs == 0) return 2 + 2 * static_cast<std::uint64_t>(due / kHourMs);
  return 1 + 2 * static_cast<std::uint64_t>(due);
}

// kAbsent where there is no such instant.
TimeMs DueOfWord(std::uint64_t word) {
  if (word == 0) return kNever;
  const std::uint64_t count = (word - 1) / 2;
  const bool hours = word % 2 == 0;
  if (count >= static_cast<std::uint64_t>(hours ? kPlainMs / kHourMs : kPlainMs)) return kAbsent;
  return static_cast<TimeMs>(count) * (hours ? kHourMs : 1);
}

// The mask of those of `count` things for which `test(i)`. Eight at once, which compilers do
// without branches, and without a long rest behind them.
template <typename Test>
std::uint64_t MaskWhere(int count, const Test& test) {
  std::uint64_t mask = 0;
  int first = 0;
  for (; first + 8 <= count; first += 8) {
    unsigned eight = 0;
    for (int i = 0; i < 8; ++i) eight |= static_cast<unsigned>(test(first + i)) << i;
    mask |= static_cast<std::uint64_t>(eight) << first;
  }
  for (; first < count; ++first) mask |= static_cast<std::uint64_t>(test(first)) << first;
  return mask;
}

// Numbers first, then instants, then the others: fewer branches that cannot be foretold.
void WriteCells(const Shape& shape, const Customer& customer, ToldInstants* told,
                StoredWriter* writer) {
  EachBlock(shape.initial.size(), [&](int first, int count) {
    const Cell* cells = customer.cells() + first;
    const CellKind* kinds = shape.kinds.data() + first;
    const Cell* usual = shape.usual.data() + first;
    const std::uint64_t mask = MaskWhere(count, [&](int i) { return cells[i] != usual[i]; });
    const Shape::KindMasks of = shape.masks[static_cast<std::size_t>(first / kBlock)];
    writer->Mask(mask, count);
    EachBit(mask & of.numbers, [&](int i) { writer->Number(cells[i]); });
    EachBit(mask & of.times, [&](int i) { writer->Time(cells[i], told); });
    EachBit(mask & ~of.numbers & ~of.times,
            [&](int i) { writer->Value(kinds[i], cells[i], told); });
  });
}

void ReadCells(const Shape& shape, ToldInstants* told, StoredReader* reader, Customer* customer) {
  EachBlock(shape.initial.size(), [&](int first, int count) {
    Cell* cells = customer->cells() + first;
    const CellKind* kinds = shape.kinds.data() + first;
    std::copy_n(shape.usual.data() + first, count, cells);
    const std::uint64_t mask = reader->Mask(count);
    const Shape::KindMasks of = shape.masks[static_cast<std::size_t>(first / kBlock)];
    EachBit(mask & of.numbers, [&](int i) { cells[i] = reader->Number(); });
    EachBit(mask & of.times, [&](int i) { cells[i] = reader->Time(told); });
    EachBit(mask & ~of.numbers & ~of.times,
            [&](int i) { cells[i] = reader->Value(kinds[i], told); });
  });
}

// `*line` is that of the first bucket of the window before: windows are mostly of one age.
void WriteWindow(const BucketShape& shape, const Buckets& buckets, std::int64_t* line,
                 ToldInstants* told, StoredWriter* writer) {
  const int size = buckets.size();
  writer->Varint(static_cast<std::uint64_t>(size));
  const std::int64_t first = buckets.line(shape, 0);
  writer->Signed(first - *line);
  *line = first;
  for (int i = 0; i < size; ++i) {
    if (i > 0) {
      const std::int64_t step = buckets.line(shape, i) - buckets.line(shape, i - 1) - 1;
      writer->Varint(static_cast<std::uint64_t>(step));
    }
    const Cell* cells = buckets.cells(shape, i);
    for (int k = 0; k < shape.width; ++k) {
      writer->Value(shape.kinds[static_cast<std::size_t>(k)], cells[k], told);
    }
  }
}

void ReadWindow(const BucketShape& shape, std::int64_t* line, ToldInstants* told,
                StoredReader* reader, Buckets* buckets) {
  const std::uint64_t size = reader->Varint(kBucketsMax);
  std::int64_t next = *line + reader->Plain();
  *line = next;
  if (size == 0) reader->Fail();
  for (std::uint64_t i = 0; i < size; ++i) {
    if (i > 0) next += 1 + static_cast<std::int64_t>(reader->Varint(kPlainMs));
    if (!IsPlain(next)) reader->Fail();
    if (!reader->ok()) return;
    bool fresh;
    Cell* cells = buckets->Get(shape, next, &fresh);
    for (int k = 0; k < shape.width; ++k) {
      cells[k] = reader->Value(shape.kinds[static_cast<std::size_t>(k)], told);
    }
  }
}

void WriteWindows(const Shape& shape, const Customer& customer, ToldInstants* told,
                  StoredWriter* writer) {
  std::int64_t line = 0;
  EachBlock(shape.windows.size(), [&](int first, int count) {
    const std::uint64_t mask =
        MaskWhere(count, [&](int i) { return customer.buckets(first + i).size() > 0; });
    writer->Mask(mask, count);
    EachBit(mask, [&](int i) {
      const auto window = static_cast<std::size_t>(first + i);
      WriteWindow(shape.windows[window], customer.buckets(first + i), &line, told, writer);
    });
  });
}

void ReadWindows(const Shape& shape, ToldInstants* told, StoredReader* reader, Customer* customer) {
  std::int64_t line = 0;
  EachBlock(shape.windows.size(), [&](int first, int count) {
    EachBit(reader->Mask(count), [&](int i) {
      const auto window = static_cast<std::size_t>(first + i);
      ReadWindow(shape.windows[window], &line, told, reader, &customer->buckets(first + i));
    });
  });
}

void WriteNotes(const Shape& shape, const Cell* notes, ToldInstants* told, StoredWriter* writer) {
  EachBlock(static_cast<std::size_t>(shape.attributes), [&](int first, int count) {
    const std::uint64_t mask = MaskWhere(count, [&](int i) {
      const Cell* note = notes + 2 * (first + i);
      return note[0] != kAbsent || note[1] != kAbsent;
    });
    writer->Mask(mask, count);
    EachBit(mask, [&](int i) {
      const Cell* note = notes + 2 * (first + i);
      writer->Time(note[0], told);
      writer->Text(note[1]);
    });
  });
}

void ReadNotes(const Shape& shape, ToldInstants* told, StoredReader* reader, Customer* customer) {
  EachBlock(static_cast<std::size_t>(shape.attributes), [&](int first, int count) {
    EachBit(reader->Mask(count), [&](int i) {
      Cell* note = customer->Write(shape, first + i);
      note[0] = reader->Time(told);
      note[1] = reader->Text();
      if (note[0] == kAbsent && note[1] == kAbsent) reader->Fail();  // none is written
    });
  });
}

std::uint64_t FieldsOf(const Run& run) {
  std::uint64_t fields = static_cast<std::uint64_t>(run.state);
  if (run.sent != 0) fields |= kSent;
  if (run.step_due != kNever) fields |= kStepDue;
  if (run.goal_until != -1) fields |= kGoalUntil;
  if (run.converted_at != -1) fields |= kConvertedAt;
  if (run.occurrence != 1) fields |= kOccurrence;
  if (run.exit_due != kNever) fields |= kExitDue;
  if (run.goal_due != kNever) fields |= kGoalDue;
  return fields;
}

void WriteRuns(const Customer& customer, ToldInstants* told, StoredWriter* writer) {
  writer->Varint(customer.runs.size());
  int journey = 0;
  for (const Run& run : customer.runs) {
    writer->Signed(run.journey - std::exchange(journey, run.journey));
    const std::uint64_t fields = FieldsOf(run);
    writer->Varint(fields);
    writer->Varint(run.step);
    if (fields & kOccurrence) writer->Varint(run.occurrence);
    if (fields & kSent) writer->Varint(run.sent);
    writer->Time(run.entered_at, told);
    writer->Time(run.step_started_at, told);
    if (fields & kStepDue) writer->Time(run.step_due, told);
    if (fields & kExitDue) writer->Time(run.exit_due, told);
    if (fields & kGoalDue) writer->Time(run.goal_due, told);
    if (fields & kGoalUntil) writer->Time(run.goal_until, told);
    if (fields & kConvertedAt) writer->Time(run.converted_at, told);
  }
}

Run ReadRun(int journey_before, ToldInstants* told, StoredReader* reader) {
  Run run;
  const std::int64_t journey = journey_before + reader->Plain();
  if (journey < 0 || journey > INT16_MAX) reader->Fail();
  run.journey = static_cast<std::int16_t>(journey);
  const std::uint64_t fields = reader->Varint(kRunFields - 1);
  if ((fields & 3) > static_cast<std::uint64_t>(Run::State::kExited)) reader->Fail();
  run.state = static_cast<Run::State>(fields & 3);
  run.step = static_cast<std::uint8_t>(reader->Varint(UINT8_MAX));
  if (fields & kOccurrence) run.occurrence = static_cast<std::uint32_t>(reader->Varint(UINT32_MAX));
  if (fields & kSent) run.sent = static_cast<std::uint32_t>(reader->Varint(UINT32_MAX));
  run.entered_at = reader->Time(told);
  run.step_started_at = reader->Time(told);
  if (fields & kStepDue) run.step_due = reader->Time(told);
  if (fields & kExitDue) run.exit_due = reader->Time(told);
  if (fields & kGoalDue) run.goal_due = reader->Time(told);
  if (fields & kGoalUntil) run.goal_until = reader->Time(told);
  if (fields & kConvertedAt) run.converted_at = reader->Time(told);
  return run;
}

void ReadRuns(ToldInstants* told, StoredReader* reader, Customer* customer) {
  // A run is at least five bytes, so that a lie about their number takes no memory.
  const std::uint64_t size = reader->Varint(std::min(kRunsMax, reader->rest().size() / 5));
  customer->runs.reserve(size);
  int journey = 0;
  for (std::uint64_t i = 0; i < size && reader->ok(); ++i) {
    customer->runs.push_back(ReadRun(journey, told, reader));
    journey = customer->runs.back().journey;
  }
}

bool HasWindows(const Shape& shape, const Customer& customer) {
  int buckets = 0;
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    buckets |= customer.buckets(static_cast<int>(i)).size();
  }
  return buckets != 0;
}

int FlagsOf(const Shape& shape, const Customer& customer, std::uint32_t chunks) {
  int flags = 0;
  if (customer.has_contact) flags |= kHasContact;
  if (HasWindows(shape, customer)) flags |= kHasWindows;
  if (customer.writes_or_null() != nullptr) flags |= kHasWrites;
  if (!customer.runs.empty()) flags |= kHasRuns;
  if (chunks > 0) flags |= kHasChunks;
  return flags;
}

// The instants that the head tells, but for latest_time: of the same order in both directions.
ToldInstants ToldByHead(const Customer& customer) {
  ToldInstants told(customer.last_instant);
  if (customer.next_due != kNever && customer.next_due != customer.last_instant) {
    told.Tell(customer.next_due);
  }
  return told;
}

void WriteHead(const Customer& customer, ToldInstants* told, StoredWriter* writer) {
  writer->Time(customer.latest_time, told);
  writer->Varint(customer.events);
  writer->Varint(customer.transitions);
  writer->Varint(customer.actions);
  writer->Varint(customer.decisions);
}

void ReadHead(ToldInstants* told, StoredReader* reader, Customer* customer) {
  customer->latest_time = reader->Time(told);
  customer->events = static_cast<std::uint32_t>(reader->Varint(UINT32_MAX));
  customer->transitions = static_cast<std::uint32_t>(reader->Varint(UINT32_MAX));
  customer->actions = static_cast<std::uint32_t>(reader->Varint(UINT32_MAX));
  customer->decisions = static_cast<std::uint32_t>(reader->Varint(UINT32_MAX));
}

absl::Status BadCustomer(const Customer& customer, const std::string& what) {
  return absl::DataLossError(
      absl::StrCat("decode customer ", std::string(customer.id()), ": ", what));
}

// Reads all in front of the seen ids; returns how many sealed chunks of them are kept.
std::uint64_t ReadRecord(const Shape& shape, StoredReader* reader, Customer* customer) {
  customer->next_due = DueOfWord(reader->Varint());
  customer->last_instant = reader->Plain();
  if (customer->next_due == kAbsent || !reader->ok()) return reader->Fail(), 0;
  ToldInstants told = ToldByHead(*customer);
  ReadHead(&told, reader, customer);
  const int flags = reader->Byte();
  if (flags >= kFlags) return reader->Fail(), 0;
  customer->has_contact = flags & kHasContact;
  const std::uint64_t chunks = flags & kHasChunks ? reader->Varint(kChunksMax) : 0;
  ReadCells(shape, &told, reader, customer);
  if (flags & kHasWindows) ReadWindows(shape, &told, reader, customer);
  if (flags & kHasWrites) ReadNotes(shape, &told, reader, customer);
  if (flags & kHasRuns) ReadRuns(&told, reader, customer);
  return chunks;
}

}  // namespace

void EncodeCustomer(const Shape& shape, const Customer& customer, std::string* out) {
  const TimeMs now = customer.last_instant;
  const std::uint32_t chunks = customer.seen.sealed() - customer.seen.FirstChunk(now);
  const int flags = FlagsOf(shape, customer, chunks);
  StoredWriter writer(out);
  writer.Byte(kStoredFormat);
  writer.Varint(WordOfDue(customer.next_due));
  writer.Signed(now);
  ToldInstants told = ToldByHead(customer);
  WriteHead(customer, &told, &writer);
  writer.Byte(flags);
  if (flags & kHasChunks) writer.Varint(chunks);
  WriteCells(shape, customer, &told, &writer);
  if (flags & kHasWindows) WriteWindows(shape, customer, &told, &writer);
  if (flags & kHasWrites) WriteNotes(shape, customer.writes_or_null(), &told, &writer);
  if (flags & kHasRuns) WriteRuns(customer, &told, &writer);
  writer.Flush();
  customer.seen.EncodeTail(now, out);
}

absl::Status DecodeCustomer(const Shape& shape, std::string_view bytes, Customer* customer) {
  const int format = FormatOf(bytes);
  if (format == 0) return BadCustomer(*customer, UnknownFormat(bytes));
  StoredReader reader(bytes.substr(1), format);
  const std::uint64_t chunks = ReadRecord(shape, &reader, customer);
  if (!reader.ok()) return BadCustomer(*customer, "the bytes do not fit the definitions");
  std::string_view tail = reader.rest();
  if (!customer->seen.DecodeTail(customer->last_instant, &tail) || !tail.empty() ||
      chunks > customer->seen.sealed()) {
    return BadCustomer(*customer, "the ids seen make no sense");
  }
  customer->chunks_to = customer->seen.sealed();
  customer->chunks_from = customer->chunks_to - static_cast<std::uint32_t>(chunks);
  return absl::OkStatus();
}

absl::StatusOr<TimeMs> StoredNextDue(std::string_view bytes) {
  const int format = FormatOf(bytes);
  if (format == 0) {
    return absl::DataLossError(absl::StrCat("read when a customer is due: ", UnknownFormat(bytes)));
  }
  StoredReader reader(bytes.substr(1), format);
  const TimeMs due = DueOfWord(reader.Varint());
  if (!reader.ok() || due == kAbsent) {
    return absl::DataLossError("read when a customer is due: the bytes make no sense");
  }
  return due;
}

}  // namespace parcours::state
