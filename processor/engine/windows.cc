#include "processor/engine/windows.h"

#include <algorithm>
#include <string>

#include "base/mutant.h"
#include "processor/engine/aggregate.h"
#include "processor/engine/collections.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::Aggregate;
using catalog::Feature;
using catalog::Window;
using state::Buckets;
using state::BucketShape;
using state::CellKind;

std::int64_t LineOf(const Window& window, const Zone& zone, TimeMs t) {
  if (window.periods != nullptr) {
    if (PARCOURS_MUTANT("month-half-open-on-the-left")) return LineBefore(window, zone, t - 1);
    return LineBefore(window, zone, t);
  }
  if (window.local_days) {
    const CivilDay day = zone.DayOf(t);
    // A day that a zone skipped begins with the next one: their line is one, numbered by the later.
    return zone.StartOf(day) == t ? day : zone.DayOf(zone.StartOf(day + 1));
  }
  if (PARCOURS_MUTANT("grid-line-belongs-to-next-bucket")) return t / window.grain + 1;
  return (t + window.grain - 1) / window.grain;
}

std::int64_t LineBefore(const Window& window, const Zone& zone, TimeMs t) {
  if (window.periods != nullptr) return window.periods->Of(zone.DayOf(t));
  return window.local_days ? zone.DayOf(t) : t / window.grain;
}

TimeMs StartOfLine(const Window& window, const Zone& zone, std::int64_t line) {
  if (window.periods != nullptr) return zone.StartOf(window.periods->FirstDay(line));
  return window.local_days ? zone.StartOf(static_cast<CivilDay>(line)) : line * window.grain;
}

TimeMs ExpiryOf(const Window& window, const Zone& zone, std::int64_t line) {
  if (window.periods != nullptr) return StartOfLine(window, zone, line + (window.previous ? 2 : 1));
  if (PARCOURS_MUTANT("window-days-of-24-hours") && window.local_days) {
    return zone.StartOf(static_cast<CivilDay>(line)) + window.length;
  }
  if (window.local_days) {
    const TimeMs begin = zone.StartOf(static_cast<CivilDay>(line));
    auto day = static_cast<CivilDay>(line + window.grains);
    // Daylight saving moves a line by hours; where a whole day is missing, one was skipped.
    while (zone.StartOf(day) - begin < window.length - kDayMs / 2) ++day;
    return zone.StartOf(day);
  }
  return (line + window.grains) * window.grain;
}

CellKind KindOf(const expr::Type& type) {
  if (catalog::IsHeldAsText(type)) return CellKind::kText;
  switch (type.kind) {
    case expr::Kind::kTimestamp:
      return CellKind::kTime;
    case expr::Kind::kDouble:
    case expr::Kind::kPoint:
      return CellKind::kBits;
    default:
      return CellKind::kNumber;
  }
}

CellKind KindOf(const Feature& feature) {
  return feature.fixed_point && !catalog::IsHeldAsText(feature.type) ? CellKind::kNumber
                                                                     : KindOf(feature.type);
}

BucketShape BucketShapeOf(const Feature& feature) {
  const CellKind kind = KindOf(feature);
  switch (feature.aggregate) {
    case Aggregate::kSum:
      return {.width = feature.type.kind == expr::Kind::kMoney ? 1 : 2};
    case Aggregate::kAvg:
      return {.width = 3};
    case Aggregate::kRatio:
    case Aggregate::kDecayed:  // 128 bits
      return {.width = 2};
    case Aggregate::kMeanGap:
      return {.width = 3, .kinds = {CellKind::kTime, CellKind::kTime}};
    case Aggregate::kLastGap:
      return {.width = 2, .kinds = {CellKind::kTime, CellKind::kTime}};
    case Aggregate::kDistinct:
    case Aggregate::kMap:
      return {.width = 1, .text_cell = 0, .kinds = {CellKind::kText}};
    case Aggregate::kFirst:
    case Aggregate::kLast:
      if (feature.of_event_time) return {.width = 1, .kinds = {CellKind::kTime}};
      return {.width = 3,
              .text_cell = kind == CellKind::kText ? 0 : -1,
              .text_cell2 = 2,
              .kinds = {kind, CellKind::kTime, CellKind::kText}};
    case Aggregate::kMin:
    case Aggregate::kMax:
      return {.width = 1, .kinds = {kind}};
    case Aggregate::kCount:
    case Aggregate::kNth:
    case Aggregate::kList:
    case Aggregate::kStddev:
      return {.width = 1};
  }
  return {};
}

namespace {

bool IsMoneySum(const Feature& feature) {
  return feature.aggregate == Aggregate::kSum && feature.type.kind == expr::Kind::kMoney;
}

void AddToBucket(const Feature& feature, const Contribution& contribution, Cell* bucket) {
  switch (feature.aggregate) {
    case Aggregate::kCount:
      bucket[0] = bucket[0] == kAbsent ? 1 : bucket[0] + 1;
      break;
    case Aggregate::kSum:
      if (IsMoneySum(feature)) {
        bucket[0] = AddSaturating(bucket[0] == kAbsent ? 0 : bucket[0], contribution.value);
      } else {
        PutWide(GetWide(bucket) + contribution.value, bucket);
      }
      break;
    case Aggregate::kAvg:
      PutWide(GetWide(bucket) + contribution.value, bucket);
      bucket[2] = bucket[2] == kAbsent ? 1 : bucket[2] + 1;
      break;
    case Aggregate::kMin:
    case Aggregate::kMax:
    case Aggregate::kFirst:
    case Aggregate::kLast:
    case Aggregate::kNth:
      FoldExtreme(feature, contribution, bucket, bucket + 1, bucket + 2);
      break;
    case Aggregate::kRatio:
      AddToRatio(contribution.value, bucket);
      break;
    case Aggregate::kMeanGap:
      AddToMeanGap(contribution.time, bucket);
      break;
    case Aggregate::kLastGap:
      AddToLastGap(contribution.time, bucket);
      break;
    case Aggregate::kDistinct:
      AddToSet(contribution, feature.of_text, bucket);
      break;
    case Aggregate::kMap:
      AddToMap(feature, contribution, bucket);
      break;
    case Aggregate::kDecayed:
      PutWide(GetWide(bucket) + contribution.value, bucket);
      break;
    case Aggregate::kList:  // no window
    case Aggregate::kStddev:
      break;
  }
}

// What counts of a window's buckets at some instant: all up to a place.
struct Counting {
  const Feature& feature;
  const BucketShape& shape;
  const Buckets& buckets;
  int size;           // the first so many count; later ones, of a period to come, do not yet
  std::int64_t line;  // the last grid line
  int first = 0;      // those before it do not count any more

  const Cell* operator[](int i) const { return buckets.cells(shape, i); }
  Wide SumOf(int cell) const {
    Wide sum = 0;
    for (int i = 0; i < size; ++i) sum += (*this)[i][cell];
    return sum;
  }
};

Cell SumTotal(const Counting& counting) {
  Wide sum = 0;
  const bool money = IsMoneySum(counting.feature);
  for (int i = 0; i < counting.size; ++i) {
    if (money && counting[i][0] == kOverflow) return kOverflow;
    sum += money ? static_cast<Wide>(counting[i][0]) : GetWide(counting[i]);
  }
  return CellOfWide(sum);
}

Cell AverageTotal(const Counting& counting) {
  Wide sum = 0;
  for (int i = 0; i < counting.size; ++i) sum += GetWide(counting[i]);
  return Average(counting.feature, sum, static_cast<Cell>(counting.SumOf(2)));
}

Cell ExtremeTotal(const Counting& counting) {
  Cell best = kAbsent;
  for (int i = 0; i < counting.size; ++i) {
    const Cell value = counting[i][0];
    const bool better = counting.feature.aggregate == Aggregate::kMin ? value < best : value > best;
    if (best == kAbsent || better) best = value;
  }
  return best;
}

Cell LastGapTotal(const Counting& counting) {
  const int last = counting.size - 1;
  if (last < 0) return kAbsent;
  const bool alone = counting[last][1] == kAbsent && last > 0;
  return LastGapOf(counting[last][0], alone ? counting[last - 1][0] : counting[last][1]);
}

Cell DistinctTotal(const Counting& counting) {
  std::string all;
  for (int i = 0; i < counting.size; ++i) all = JoinedSets(all, BytesOfCell(counting[i]));
  return CountOf(all);
}

Cell DecayedTotal(const Counting& counting) {
  const auto& weights = counting.feature.weights;
  const auto oldest = static_cast<std::int64_t>(weights.size()) - 1;
  Wide sum = 0;
  for (int i = counting.first; i < counting.size; ++i) {
    const std::int64_t age = counting.line - counting.buckets.line(counting.shape, i);
    sum += GetWide(counting[i]) * weights[std::clamp(age, std::int64_t{0}, oldest)];
  }
  return CellOfWide(DivideHalfEven(sum, Scaled(1, counting.feature.of_scale)));
}

Cell Total(const Counting& counting) {
  switch (counting.feature.aggregate) {
    case Aggregate::kCount:
      return static_cast<Cell>(counting.SumOf(0));
    case Aggregate::kSum:
      return SumTotal(counting);
    case Aggregate::kAvg:
      return AverageTotal(counting);
    case Aggregate::kFirst:
      return counting.size == 0 ? kAbsent : counting[0][0];
    case Aggregate::kLast:
      return counting.size == 0 ? kAbsent : counting[counting.size - 1][0];
    case Aggregate::kMin:
    case Aggregate::kMax:
      return ExtremeTotal(counting);
    case Aggregate::kRatio:
      return RatioOf(static_cast<Cell>(counting.SumOf(0)), static_cast<Cell>(counting.SumOf(1)));
    case Aggregate::kMeanGap:
      if (counting.size == 0) return kAbsent;
      return MeanGapOf(counting[0][0], counting[counting.size - 1][1],
                       static_cast<Cell>(counting.SumOf(2)));
    case Aggregate::kLastGap:
      return LastGapTotal(counting);
    case Aggregate::kDistinct:
      return DistinctTotal(counting);
    case Aggregate::kDecayed:
      return DecayedTotal(counting);
    case Aggregate::kMap:  // a text of its own: PutTotal
    case Aggregate::kNth:  // no window
    case Aggregate::kList:
    case Aggregate::kStddev:
      break;
  }
  return kAbsent;
}

// Writes the value cell. Text is copied: the bucket owns its own.
void PutTotal(const Counting& counting, Cell* value) {
  if (counting.feature.aggregate == Aggregate::kMap) {
    std::string all;
    for (int i = 0; i < counting.size; ++i) {
      all = JoinedMaps(counting.feature, all, BytesOfCell(counting[i]));
    }
    ReplaceText(value, all);
    return;
  }
  const Cell total = Total(counting);
  if (counting.feature.type.kind != expr::Kind::kString) {
    *value = total;
    return;
  }
  FreeText(*value);
  *value = total == kAbsent ? kAbsent : NewText(TextOf(&total));
}

// When time alone next changes what counts.
TimeMs NextChange(const Counting& counting, const Zone& zone) {
  const Window& window = *counting.feature.window;
  if (counting.buckets.size() == 0) return kNever;
  const bool at_each_line = window.previous || counting.feature.aggregate == Aggregate::kDecayed;
  const TimeMs expiry = ExpiryOf(window, zone, counting.buckets.line(counting.shape, 0));
  return at_each_line ? std::min(expiry, StartOfLine(window, zone, counting.line + 1)) : expiry;
}

void Renew(const Zone& zone, const BucketShape& shape, const Feature& feature, TimeMs now,
           state::Customer& customer) {
  const Window& window = *feature.window;
  const Buckets& buckets = customer.buckets(feature.window_index);
  Counting counting{feature, shape, buckets, buckets.size(), 0};
  if (window.previous || feature.aggregate == Aggregate::kDecayed) {
    counting.line = LineBefore(window, zone, now);
  }
  while (window.previous && !PARCOURS_MUTANT("last-month-holds-this-one") && counting.size > 0 &&
         buckets.line(shape, counting.size - 1) >= counting.line) {
    --counting.size;
  }
  Cell* value = customer.cells() + feature.cell;
  PutTotal(counting, value);
  value[1] = NextChange(counting, zone);
}

}  // namespace

bool AddToWindow(const catalog::Catalog& catalog, const state::Shape& shape, const Feature& feature,
                 const Contribution& contribution, TimeMs now, state::Customer& customer) {
  // Decay is told to fall only: nothing may weigh less than nothing.
  if (feature.aggregate == Aggregate::kDecayed && contribution.value < 0) return false;
  const std::int64_t line = LineOf(*feature.window, *catalog.zone, contribution.time);
  const TimeMs expiry = ExpiryOf(*feature.window, *catalog.zone, line);
  if (expiry <= now) return false;
  const BucketShape& bucket_shape = shape.windows[feature.window_index];
  Buckets& buckets = customer.buckets(feature.window_index);
  bool fresh;
  AddToBucket(feature, contribution, buckets.Get(bucket_shape, line, &fresh));
  Cell* value = customer.cells() + feature.cell;
  const bool at_once = !feature.window->previous && feature.aggregate == Aggregate::kCount;
  if (at_once) {
    ++value[0];
  } else if (!feature.window->previous && IsMoneySum(feature) && value[0] != kOverflow) {
    value[0] = AddSaturating(value[0], contribution.value);
  } else if (value[1] <= now) {
    RollWindow(catalog, shape, feature, now, customer);
    return true;
  } else {
    Renew(*catalog.zone, bucket_shape, feature, now, customer);
    return true;
  }
  value[1] = std::min(value[1], expiry);
  return true;
}

void RollWindow(const catalog::Catalog& catalog, const state::Shape& shape, const Feature& feature,
                TimeMs now, state::Customer& customer) {
  const BucketShape& bucket_shape = shape.windows[feature.window_index];
  Buckets& buckets = customer.buckets(feature.window_index);
  int gone = 0;
  while (gone < buckets.size() &&
         ExpiryOf(*feature.window, *catalog.zone, buckets.line(bucket_shape, gone)) <= now) {
    ++gone;
  }
  if (gone > 0) buckets.DropOldest(bucket_shape, gone);
  Renew(*catalog.zone, bucket_shape, feature, now, customer);
}

void UpdateWindows(Context& context) {
  for (int number : context.catalog.windows) {
    const Feature& feature = context.catalog.features[number];
    if (context.customer.cells()[feature.cell + 1] > context.now) continue;
    RollWindow(context.catalog, context.rules.shape, feature, context.now, context.customer);
    context.changed.Add(feature.variable);
  }
}

namespace {

// The first grid line after that of `counting` at which what has decayed is below `bound`.
TimeMs DecaysBelow(Counting counting, const Zone& zone, Cell bound) {
  const Window& window = *counting.feature.window;
  const auto is_below = [&](std::int64_t line) {
    counting.line = line;
    const TimeMs at = StartOfLine(window, zone, line);
    counting.first = 0;
    while (counting.first < counting.size &&
           ExpiryOf(window, zone, counting.buckets.line(counting.shape, counting.first)) <= at) {
      ++counting.first;
    }
    return DecayedTotal(counting) < bound;
  };
  // It only falls, and is nothing once the newest bucket has left; a skipped day is two lines.
  std::int64_t above = counting.line;
  std::int64_t below = counting.buckets.line(counting.shape, counting.size - 1) + window.grains + 2;
  while (above + 1 < below) {
    const std::int64_t middle = above + (below - above) / 2;
    (is_below(middle) ? below : above) = middle;
  }
  if (PARCOURS_MUTANT("decay-found-a-line-late")) ++below;
  return StartOfLine(window, zone, below);
}

}  // namespace

TimeMs CustomerWindows::FallsBelow(int window, Cell bound, TimeMs now) const {
  if (bound <= 0) return kNever;
  const Feature& feature = catalog_.features[static_cast<std::size_t>(catalog_.windows[window])];
  const BucketShape& shape = shape_.windows[window];
  const Buckets& buckets = customer_.buckets(window);
  if (buckets.size() > 0 && feature.aggregate == Aggregate::kDecayed) {
    const std::int64_t line = LineBefore(*feature.window, *catalog_.zone, now);
    return std::max(now + 1, DecaysBelow({feature, shape, buckets, buckets.size(), line},
                                         *catalog_.zone, bound));
  }
  // From the newest back: once what is left reaches the bound, its oldest bucket decides.
  Cell sum = 0;
  for (int i = buckets.size() - 1; i >= 0; --i) {
    sum = AddSaturating(sum, buckets.cells(shape, i)[0]);
    if (sum >= bound || sum == kOverflow) {
      return ExpiryOf(*feature.window, *catalog_.zone, buckets.line(shape, i));
    }
  }
  return now + 1;
}

}  // namespace parcours::engine
