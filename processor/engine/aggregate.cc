#include "processor/engine/aggregate.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/mutant.h"

namespace parcours::engine {

using catalog::Aggregate;
using catalog::Feature;

namespace {

__extension__ typedef unsigned __int128 WideBits;

constexpr std::size_t kTieBytesMax = 2 * kEventIdBytesMax + 1;

}  // namespace

Wide GetWide(const Cell* cells) {
  if (cells[0] == kAbsent && cells[1] == kAbsent) return 0;
  return (static_cast<Wide>(cells[1]) << 64) | static_cast<std::uint64_t>(cells[0]);
}

void PutWide(Wide sum, Cell* cells) {
  cells[0] = static_cast<Cell>(static_cast<std::uint64_t>(sum));
  cells[1] = static_cast<Cell>(sum >> 64);
}

Cell CellOfWide(Wide sum) {
  return sum >= kCellMin && sum <= INT64_MAX ? static_cast<Cell>(sum) : kOverflow;
}

Cell AddSaturating(Cell total, Cell amount) {
  Cell sum;
  if (total == kOverflow || __builtin_add_overflow(total, amount, &sum)) return kOverflow;
  return sum;
}

Wide DivideHalfEven(Wide a, Wide b) {
  Wide quotient = a / b;
  Wide rest = a % b;
  if (rest < 0) {
    rest += b;
    --quotient;
  }
  const bool up = rest * 2 > b || (rest * 2 == b && quotient % 2 != 0);
  return up ? quotient + 1 : quotient;
}

Wide Scaled(Wide number, int decimals) {
  for (int i = 0; i < decimals; ++i) number *= 10;
  return number;
}

Cell Average(const Feature& feature, Wide sum, Cell count) {
  if (count <= 0) return kAbsent;
  if (feature.type.kind == expr::Kind::kMoney) return CellOfWide(DivideHalfEven(sum, count));
  // One division, correctly rounded.
  const Wide parts = Scaled(count, feature.of_scale);
  return CellOfDouble(static_cast<double>(sum) / static_cast<double>(parts));
}

bool Before(const Contribution& contribution, Cell time, const Cell* tie_cell) {
  if (contribution.time != time) return contribution.time < time;
  const std::string_view tie = TextOf(tie_cell);
  const std::string_view id = tie.substr(0, tie.find('\0'));
  const int order = contribution.id.compare(id);
  if (PARCOURS_MUTANT("tie-by-source-alone") || order == 0) {
    return contribution.source < tie.substr(id.size() + 1);
  }
  return order < 0;
}

void PutValue(const Feature& feature, const Contribution& contribution, Cell* cell) {
  if (feature.type.kind == expr::Kind::kString) {
    ReplaceText(cell, contribution.text);
  } else {
    *cell = contribution.value;
  }
}

void PutTie(const Contribution& contribution, Cell* cell) {
  std::array<char, kTieBytesMax> tie;
  char* end = std::copy(contribution.id.begin(), contribution.id.end(), tie.data());
  *end++ = '\0';
  end = std::copy(contribution.source.begin(), contribution.source.end(), end);
  ReplaceText(cell, {tie.data(), static_cast<std::size_t>(end - tie.data())});
}

bool FoldExtreme(const Feature& feature, const Contribution& contribution, Cell* value, Cell* time,
                 Cell* tie) {
  const bool first = *value == kAbsent;
  if (feature.aggregate == Aggregate::kMin || feature.aggregate == Aggregate::kMax ||
      feature.of_event_time) {
    const bool lower =
        feature.aggregate == Aggregate::kMin || feature.aggregate == Aggregate::kFirst;
    if (!first && (lower ? contribution.value >= *value : contribution.value <= *value)) {
      return false;
    }
    *value = contribution.value;
    return true;
  }
  if (!first) {
    const bool before = Before(contribution, *time, tie);
    if (before != (feature.aggregate == Aggregate::kFirst)) return false;
  }
  PutValue(feature, contribution, value);
  *time = contribution.time;
  PutTie(contribution, tie);
  return true;
}

void AddToDeviation(Cell amount, Cell* cells) {
  PutWide(GetWide(cells) + amount, cells);
  const auto square = static_cast<WideBits>(static_cast<Wide>(amount) * amount);
  auto squares = static_cast<WideBits>(GetWide(cells + 2));
  // Once out of range, for ever, in whichever order they come.
  if (__builtin_add_overflow(squares, square, &squares)) squares = ~WideBits{0};
  PutWide(static_cast<Wide>(squares), cells + 2);
  cells[4] = CountIn(cells[4]) + 1;
}

Cell DeviationOf(const Feature& feature, const Cell* cells) {
  const Cell count = CountIn(cells[4]);
  if (count == 0) return kAbsent;
  const Wide sum = GetWide(cells);
  const auto squares = static_cast<WideBits>(GetWide(cells + 2));
  // n^2 times the variance, exactly: n * sum of squares - square of the sum, which is no greater.
  WideBits scaled;
  if (__builtin_mul_overflow(squares, static_cast<WideBits>(count), &scaled)) return kOverflow;
  scaled -= static_cast<WideBits>(sum) * static_cast<WideBits>(sum);
  const double root = std::sqrt(static_cast<double>(scaled));
  const bool money = feature.type.kind == expr::Kind::kMoney;
  if (money) return static_cast<Cell>(std::nearbyint(root / static_cast<double>(count)));
  return CellOfDouble(root / static_cast<double>(Scaled(count, feature.of_scale)));
}

void AddToRatio(Cell truth, Cell* cells) {
  cells[0] = CountIn(cells[0]) + (truth != 0 ? 1 : 0);
  cells[1] = CountIn(cells[1]) + 1;
}

void AddToMeanGap(TimeMs time, Cell* cells) {
  cells[0] = cells[0] == kAbsent ? time : std::min(cells[0], time);
  cells[1] = std::max(cells[1], time);
  cells[2] = CountIn(cells[2]) + 1;
}

void AddToLastGap(TimeMs time, Cell* cells) {
  if (time >= cells[0]) {
    cells[1] = cells[0];
    cells[0] = time;
  } else {
    cells[1] = std::max(cells[1], time);
  }
}

Cell RatioOf(Cell trues, Cell known) {
  if (known <= 0) return kAbsent;
  return CellOfDouble(static_cast<double>(trues) / static_cast<double>(known));
}

Cell MeanGapOf(Cell first, Cell last, Cell count) {
  if (count < 2) return kAbsent;
  return static_cast<Cell>(DivideHalfEven(last - first, count - 1));
}

Cell LastGapOf(Cell latest, Cell before) { return before == kAbsent ? kAbsent : latest - before; }

}  // namespace parcours::engine
