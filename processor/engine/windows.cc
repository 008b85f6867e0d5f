#include "processor/engine/windows.h"

#include <algorithm>

#include "base/mutant.h"
#include "processor/engine/aggregate.h"
#include "processor/engine/context.h"

namespace parcours::engine {

using catalog::Aggregate;
using catalog::Feature;
using catalog::Window;
using state::Buckets;
using state::BucketShape;
using state::CellKind;

std::int64_t LineOf(const Window& window, const Zone& zone, TimeMs t) {
  if (window.local_days) {
    const CivilDay day = zone.DayOf(t);
    // A day that a zone skipped begins with the next one: their line is one, numbered by the later.
    return zone.StartOf(day) == t ? day : zone.DayOf(zone.StartOf(day + 1));
  }
  if (PARCOURS_MUTANT("grid-line-belongs-to-next-bucket")) return t / window.grain + 1;
  return (t + window.grain - 1) / window.grain;
}

TimeMs ExpiryOf(const Window& window, const Zone& zone, std::int64_t line) {
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
  switch (type.kind) {
    case expr::Kind::kString:
      return CellKind::kText;
    case expr::Kind::kTimestamp:
      return CellKind::kTime;
    case expr::Kind::kDouble:
    case expr::Kind::kPoint:
      return CellKind::kBits;
    default:
      return CellKind::kNumber;
  }
}

BucketShape BucketShapeOf(const Feature& feature) {
  const CellKind kind = feature.fixed_point ? CellKind::kNumber : KindOf(feature.type);
  switch (feature.aggregate) {
    case Aggregate::kSum:
      return {.width = feature.type.kind == expr::Kind::kMoney ? 1 : 2};
    case Aggregate::kAvg:
      return {.width = 3};
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
  }
}

// The value over all buckets there are.
Cell Total(const Feature& feature, const BucketShape& shape, const Buckets& buckets) {
  const int size = buckets.size();
  switch (feature.aggregate) {
    case Aggregate::kCount: {
      Cell sum = 0;
      for (int i = 0; i < size; ++i) sum += buckets.cells(shape, i)[0];
      return sum;
    }
    case Aggregate::kSum: {
      Wide sum = 0;
      for (int i = 0; i < size; ++i) {
        const Cell* bucket = buckets.cells(shape, i);
        if (bucket[0] == kOverflow && IsMoneySum(feature)) return kOverflow;
        sum += IsMoneySum(feature) ? static_cast<Wide>(bucket[0]) : GetWide(bucket);
      }
      return CellOfWide(sum);
    }
    case Aggregate::kAvg: {
      Wide sum = 0;
      Cell count = 0;
      for (int i = 0; i < size; ++i) {
        sum += GetWide(buckets.cells(shape, i));
        count += buckets.cells(shape, i)[2];
      }
      return Average(feature, sum, count);
    }
    case Aggregate::kFirst:
      return size == 0 ? kAbsent : buckets.cells(shape, 0)[0];
    case Aggregate::kLast:
      return size == 0 ? kAbsent : buckets.cells(shape, size - 1)[0];
    case Aggregate::kMin:
    case Aggregate::kMax:
    case Aggregate::kNth: {
      Cell best = kAbsent;
      for (int i = 0; i < size; ++i) {
        const Cell value = buckets.cells(shape, i)[0];
        const bool better = feature.aggregate == Aggregate::kMin ? value < best : value > best;
        if (best == kAbsent || better) best = value;
      }
      return best;
    }
  }
  return kAbsent;
}

// Writes the value cell. Text is copied: the bucket owns its own.
void PutTotal(const Feature& feature, Cell total, Cell* value) {
  if (feature.type.kind != expr::Kind::kString) {
    *value = total;
    return;
  }
  FreeText(*value);
  *value = total == kAbsent ? kAbsent : NewText(TextOf(&total));
}

void Renew(const catalog::Catalog& catalog, const BucketShape& shape, const Feature& feature,
           state::Customer& customer) {
  const Buckets& buckets = customer.buckets(feature.window_index);
  Cell* value = customer.cells() + feature.cell;
  PutTotal(feature, Total(feature, shape, buckets), value);
  value[1] = buckets.size() == 0 ? kNever
                                 : ExpiryOf(*feature.window, *catalog.zone, buckets.line(shape, 0));
}

}  // namespace

bool AddToWindow(const catalog::Catalog& catalog, const state::Shape& shape, const Feature& feature,
                 const Contribution& contribution, TimeMs now, state::Customer& customer) {
  const std::int64_t line = LineOf(*feature.window, *catalog.zone, contribution.time);
  const TimeMs expiry = ExpiryOf(*feature.window, *catalog.zone, line);
  if (expiry <= now) return false;
  const BucketShape& bucket_shape = shape.windows[feature.window_index];
  Buckets& buckets = customer.buckets(feature.window_index);
  bool fresh;
  AddToBucket(feature, contribution, buckets.Get(bucket_shape, line, &fresh));
  Cell* value = customer.cells() + feature.cell;
  if (feature.aggregate == Aggregate::kCount) {
    ++value[0];
  } else if (IsMoneySum(feature) && value[0] != kOverflow) {
    value[0] = AddSaturating(value[0], contribution.value);
  } else {
    Renew(catalog, bucket_shape, feature, customer);
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
  Renew(catalog, bucket_shape, feature, customer);
}

void UpdateWindows(Context& context) {
  for (int number : context.catalog.windows) {
    const Feature& feature = context.catalog.features[number];
    if (context.customer.cells()[feature.cell + 1] > context.now) continue;
    RollWindow(context.catalog, context.rules.shape, feature, context.now, context.customer);
    context.changed.Add(feature.variable);
  }
}

TimeMs CustomerWindows::FallsBelow(int window, Cell bound, TimeMs now) const {
  if (bound <= 0) return kNever;
  const Feature& feature = catalog_.features[static_cast<std::size_t>(catalog_.windows[window])];
  const BucketShape& shape = shape_.windows[window];
  const Buckets& buckets = customer_.buckets(window);
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
