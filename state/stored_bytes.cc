#include "state/stored_bytes.h"

#include "base/mutant.h"

namespace parcours::state {
namespace {

enum DistanceUnit : std::uint64_t {
  kMsFromBase,
  kHoursFromBase,    // of instants on the hour
  kHoursFromLatest,  // from the instant told last
  kDistanceUnits,
};

// What is in a text cell that holds no text; longer by this is the size of one.
constexpr std::uint64_t kNoText = 0, kNeverText = 1, kOverflowText = 2, kTextSizes = 3;

}  // namespace

void StoredWriter::Text(Cell cell) {
  if (cell == kAbsent) return Varint(kNoText);
  if (cell == kNever) return Varint(kNeverText);
  if (cell == kOverflow) return Varint(kOverflowText);
  const std::string_view text = TextOf(&cell);
  Varint(text.size() + kTextSizes);
  if (text.size() > sizeof buffer_) {
    Flush();
    out_->append(text);
    return;
  }
  Room(text.size());
  std::memcpy(at_, text.data(), text.size());
  at_ += text.size();
}

Cell StoredReader::Text() {
  const std::uint64_t word = Varint();
  if (!ok_ || word == kNoText) return kAbsent;
  if (word < kTextSizes) return word == kNeverText ? kNever : kOverflow;
  const std::uint64_t size = word - kTextSizes;
  if (size > rest().size()) return Fail(), kAbsent;
  const Cell cell = NewText(rest().substr(0, size));
  at_ += size;
  return cell;
}

void StoredWriter::NewTime(TimeMs t, ToldInstants* told) {
  if (!IsPlain(t)) {
    if (!IsValue(t)) return Varint(t == kAbsent ? kWordAbsent : kWordOverflow);
    Varint(kWordRaw);
    return Bits(t);
  }
  std::uint64_t word = FoldSigned(t - told->base()) * kDistanceUnits + kMsFromBase;
  if (t % kHourMs == 0) {
    const TimeMs hours = t / kHourMs - told->base() / kHourMs;
    word = FoldSigned(hours) * kDistanceUnits + kHoursFromBase;
  } else if ((t - told->latest()) % kHourMs == 0) {
    const TimeMs hours = (t - told->latest()) / kHourMs;
    word = FoldSigned(hours) * kDistanceUnits + kHoursFromLatest;
  }
  told->Tell(t);
  Varint(kWordDistance + word);
}

TimeMs StoredReader::Time(ToldInstants* told) {
  const std::uint64_t word = Varint();
  if (word == kWordNever) return kNever;
  if (word == kWordAbsent) return kAbsent;
  if (word == kWordOverflow) return kOverflow;
  if (word == kWordRaw) return Bits();
  if (format_ >= 2 && word < kWordDistance) {
    auto place = static_cast<int>(word - kWordRepeat);
    if (PARCOURS_MUTANT("stored-time-repeat-off-by-one") && place > 0) --place;
    if (place >= told->count()) return Fail(), 0;
    told->Repeat(place);
    return (*told)[place];
  }
  const TimeMs t = Distance(word, *told);
  if (!IsPlain(t)) return Fail(), 0;
  told->Tell(t);
  return t;
}

// kNever where there is no such instant.
TimeMs StoredReader::Distance(std::uint64_t word, const ToldInstants& told) {
  const bool format1 = format_ < 2;
  word -= format1 ? kWordDistanceFormat1 : kWordDistance;
  const std::uint64_t unit = format1 ? kMsFromBase : word % kDistanceUnits;
  const TimeMs count = UnfoldSigned(format1 ? word : word / kDistanceUnits);
  if (!IsPlain(count)) return kNever;
  if (unit == kMsFromBase) return told.base() + count;
  TimeMs t = unit == kHoursFromLatest ? told.latest() : told.base() / kHourMs * kHourMs;
  TimeMs distance = 0;
  const bool fits = !__builtin_mul_overflow(count, kHourMs, &distance) &&
                    !__builtin_add_overflow(t, distance, &t);
  return fits ? t : kNever;
}

}  // namespace parcours::state
