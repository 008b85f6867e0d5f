#include "rules/expr/motion.h"

#include <algorithm>

#include "base/mutant.h"
#include "rules/expr/months.h"

namespace parcours::expr {
namespace {

using Of = Motion::Kind;

constexpr std::int64_t kMonthsMax = 12 * 9'999;

// The first day on which the word counted from `anchor` is >= bound; above kDayMax if none is.
Wide FirstDay(const Motion& motion, Wide bound) {
  switch (motion.kind) {
    case Of::kDays:
      return motion.anchor + bound;
    case Of::kDate:
      return bound;
    default:
      break;
  }
  // Years are months cut towards zero: -11 months are 0 years.
  const Wide months = motion.kind == Of::kMonths ? bound : bound > 0 ? bound * 12 : bound * 12 - 11;
  if (months > kMonthsMax) return Wide{kDayMax} + 1;
  if (months > 0) return FirstDayAfterMonths(motion.anchor, static_cast<std::int64_t>(months));
  // Counted backwards: two years at least stay above the first.
  if (DateOfDay(motion.anchor).year + months / 12 < 3) return kDayMin;
  return AddMonths(motion.anchor, static_cast<std::int64_t>(months));
}

// The first local day that starts at or after `ns`.
Wide FirstDayFrom(Wide ns, const Zone& zone) {
  if (ns > kTimestampMaxNs) return Wide{kDayMax} + 1;
  if (ns < kTimestampMinNs) return kDayMin;
  const CivilDay day = zone.DayOf(static_cast<TimeMs>(FloorDiv(ns, kNanosPerMs)));
  return zone.StartOf(day) * kNanosPerMs >= ns ? day : Wide{day} + 1;
}

// When the running argument of `motion` enters `day`.
TimeMs EntersDay(const Motion& motion, Wide day, const Zone& zone, TimeMs now) {
  if (day > kDayMax) return kNever;
  const auto start = zone.StartOf(static_cast<CivilDay>(std::max(day, Wide{kDayMin})));
  return RunsTo(motion.argument, start * kNanosPerMs, motion.slope, now);
}

// One side's word against a bound that stands still: how they lie now (-1, 0, 1), and, by `first`,
// when it is first not before (strictly: past) the bound on its way.
template <typename First>
TimeMs FlipOf(Func comparison, int order, int direction, First first) {
  const bool holds = Holds(comparison, order);
  const int along = order * direction;  // -1: the bound lies ahead
  if (along > 0) return kNever;
  if (along < 0 && Holds(comparison, 0) != holds) {
    const TimeMs meets = first(false);
    // A word may jump over the bound, and a line that runs fast too.
    if (meets == kNever || meets < first(true)) return meets;
  }
  if (Holds(comparison, direction) != holds) return first(true);
  return kNever;
}

int SignOf(Wide difference) { return difference < 0 ? -1 : difference > 0 ? 1 : 0; }

// Two lines, or a line and what stands still: their difference is a line.
TimeMs SolveLines(Func comparison, Wide difference, int slope, TimeMs now) {
  if (slope == 0) return kNever;
  const int direction = slope < 0 ? -1 : 1;
  const auto first = [&](bool past) {
    return RunsTo(difference * direction, past ? 1 : 0, slope * direction, now);
  };
  return FlipOf(comparison, SignOf(difference), direction, first);
}

// A word against a number.
TimeMs SolveWord(Func comparison, const Motion& motion, Wide value, Wide bound, const Frame& frame,
                 const Zone& zone, TimeMs now) {
  // value OP bound as word OP' level.
  const Wide word = (value - motion.offset) * motion.sign;
  const Wide level = (bound - motion.offset) * motion.sign;
  if (motion.sign < 0) comparison = Mirrored(comparison);
  const bool falls = motion.kind == Of::kWindow;
  const auto first = [&](bool past) -> TimeMs {
    if (!falls) return ReachesAt(motion, past ? level + 1 : level, zone, now);
    const Wide below = past ? level : level + 1;
    if (below > INT64_MAX || below < kCellMin) return kNever;
    if (frame.windows == nullptr) return now + 1;
    return Cap(frame.windows->FallsBelow(motion.window, static_cast<Cell>(below), now));
  };
  return FlipOf(comparison, SignOf(word - level), falls ? -1 : 1, first);
}

}  // namespace

bool NumberOf(const Value& value, Wide* number) {
  switch (value.kind()) {
    case Kind::kInt:
      *number = value.AsInt();
      return true;
    case Kind::kMoney:
      *number = value.AsMoney();
      return true;
    case Kind::kDate:
      *number = value.AsDate();
      return true;
    case Kind::kTimestamp:
    case Kind::kDuration:
      *number = value.AsNanos();
      return true;
    default:
      return false;
  }
}

TimeMs RunsTo(Wide from, Wide to, int slope, TimeMs now) {
  const Wide step = slope * kNanosPerMs;
  const Wide steps =
      PARCOURS_MUTANT("expr-horizon-floor") ? FloorDiv(to - from, step) : CeilDiv(to - from, step);
  return Cap(now + std::max(steps, Wide{1}));
}

Outcome Running(Kind kind, Wide ns, int slope, TimeMs form_until, TimeMs now) {
  Outcome outcome;
  const bool stamp = kind == Kind::kTimestamp;
  const Wide low = stamp ? kTimestampMinNs : -kDurationMaxNs;
  const Wide high = stamp ? kTimestampMaxNs : kDurationMaxNs;
  if (ns < low || ns > high) {
    outcome.value = Value::BorrowedError(stamp ? "the timestamp leaves the years 1 to 9999"
                                               : "the duration is longer than 3,650,000 days");
    const bool returns = slope != 0 && (ns < low) == (slope > 0);
    if (returns)
      outcome.until = slope > 0 ? RunsTo(ns, low, slope, now) : RunsTo(-ns, -high, -slope, now);
    outcome.until = std::min(outcome.until, form_until);
    return outcome;
  }
  outcome.value = stamp ? Value::Timestamp({ns}) : Value::Duration({ns});
  outcome.until = outcome.form_until = form_until;
  if (slope == 0) return outcome;
  outcome.motion.kind = Of::kRun;
  outcome.motion.slope = slope;
  outcome.motion.argument = ns;
  outcome.until = now + 1;
  const TimeMs leaves =
      slope > 0 ? RunsTo(ns, high + 1, slope, now) : RunsTo(-ns, -low + 1, -slope, now);
  outcome.form_until = std::min(form_until, leaves);
  return outcome;
}

TimeMs ReachesAt(const Motion& motion, Wide bound, const Zone& zone, TimeMs now) {
  switch (motion.kind) {
    case Of::kUnits: {
      // Cut towards zero: -1 h 30 min are -1 hours, and 0 from -59 min 59.999999999 s on.
      const Wide ns = bound > 0 ? bound * motion.unit : (bound - 1) * motion.unit + 1;
      return RunsTo(motion.argument, ns, motion.slope, now);
    }
    case Of::kDayStart:
      return EntersDay(motion, FirstDayFrom(bound, zone), zone, now);
    default:
      return EntersDay(motion, FirstDay(motion, bound), zone, now);
  }
}

Flip Solve(Func comparison, const Outcome& left, const Outcome& right, const Frame& frame,
           const Zone& zone, TimeMs now) {
  const Motion &l = left.motion, &r = right.motion;
  const auto line = [](const Motion& motion) {
    return motion.kind == Of::kStill || motion.kind == Of::kRun;
  };
  Wide a, b;
  const bool numbers = left.value.kind() == right.value.kind() && NumberOf(left.value, &a) &&
                       NumberOf(right.value, &b);
  const bool words = l.kind == Of::kStill ? !line(r) : r.kind == Of::kStill && !line(l);
  if (!numbers) return {std::min(left.until, right.until), false};
  if (!words && !(line(l) && line(r))) {
    // A word against what runs, or two words: until a word changes, it stands and the rest runs on.
    const auto stands_until = [&](const Outcome& side) {
      return side.motion.kind == Of::kRun ? side.form_until : side.until;
    };
    const TimeMs until = std::min(stands_until(left), stands_until(right));
    const auto slope = [](const Motion& motion) {
      return motion.kind == Of::kRun ? motion.slope : 0;
    };
    const TimeMs meets = SolveLines(comparison, a - b, slope(l) - slope(r), now);
    return meets < until ? Flip{meets, true} : Flip{until, false};
  }
  TimeMs at;
  if (!words) {
    at = SolveLines(comparison, a - b, l.slope - r.slope, now);
  } else if (l.kind != Of::kStill) {
    at = SolveWord(comparison, l, a, b, frame, zone, now);
  } else {
    at = SolveWord(Mirrored(comparison), r, b, a, frame, zone, now);
  }
  const TimeMs form_until = std::min(left.form_until, right.form_until);
  return at < form_until || form_until == kNever ? Flip{at, true} : Flip{form_until, false};
}

}  // namespace parcours::expr
