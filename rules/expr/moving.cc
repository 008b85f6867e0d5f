#include "rules/expr/moving.h"

#include <algorithm>
#include <utility>

namespace parcours::expr {
namespace {

using Of = Motion::Kind;

// Offsets beyond this are not added to words: the sum might leave 64 bits later.
constexpr Wide kOffsetMax = Wide{1} << 62;

bool IsRun(const Outcome& outcome) { return outcome.motion.kind == Of::kRun; }
bool IsWord(const Outcome& outcome) {
  return outcome.motion.kind != Of::kRun && outcome.motion.kind != Of::kStill;
}

int SlopeOf(const Outcome& outcome) { return IsRun(outcome) ? outcome.motion.slope : 0; }

// Until when what is said of `outcome` as a line holds.
TimeMs LineUntil(const Outcome& outcome) {
  return IsWord(outcome) ? outcome.until : outcome.form_until;
}

Outcome AddLines(Func func, const Outcome& a, const Outcome& b, TimeMs now) {
  const bool plus = func == Func::kAdd;
  const bool stamp_a = a.value.Is(Kind::kTimestamp), stamp_b = b.value.Is(Kind::kTimestamp);
  const bool times =
      (stamp_a || a.value.Is(Kind::kDuration)) && (stamp_b || b.value.Is(Kind::kDuration));
  const TimeMs until = std::min(LineUntil(a), LineUntil(b));
  if (!times || (plus ? stamp_a && stamp_b : stamp_b && !stamp_a)) {
    return Still(NoOverload(plus ? "+" : "-"), until);
  }
  const Kind kind = stamp_a != stamp_b ? Kind::kTimestamp : Kind::kDuration;
  const int sign = plus ? 1 : -1;
  return Running(kind, a.value.AsNanos() + sign * b.value.AsNanos(), SlopeOf(a) + sign * SlopeOf(b),
                 until, now);
}

// A word plus or minus what stands still. `value` is the result now.
Outcome ShiftWord(Func func, const Outcome& a, const Outcome& b, Value value) {
  Outcome outcome = Still(std::move(value), std::min(a.until, b.until));
  const bool first = IsWord(a);
  const Outcome& word = first ? a : b;
  Wide by = 0;
  if (outcome.value.is_error() || !NumberOf((first ? b : a).value, &by)) return outcome;
  if (by > kOffsetMax || by < -kOffsetMax) return outcome;
  Motion motion = word.motion;
  if (func == Func::kAdd) {
    motion.offset += by;
  } else if (first) {
    motion.offset -= by;
  } else {
    motion.sign = -motion.sign;
    motion.offset = by - motion.offset;
  }
  // A start of day that is shifted out of the years becomes an error there: no inverse then.
  constexpr Wide kYearNs = 366 * 86'400 * kNanosPerSecond;
  const bool day_start = motion.kind == Of::kDayStart;
  if (day_start && (motion.offset > kYearNs / 2 || motion.offset < -1900 * kYearNs)) return outcome;
  outcome.motion = motion;
  outcome.form_until = std::min(a.form_until, b.form_until);
  return outcome;
}

Outcome AddOrSubtract(const Node& node, const Outcome& a, const Outcome& b,
                      const Surroundings& around) {
  if (IsRun(a) || IsRun(b)) return AddLines(node.func, a, b, around.now);
  Value value = Arithmetic(node.func, a.value, b.value);
  if (IsWord(a) != IsWord(b)) return ShiftWord(node.func, a, b, std::move(value));
  return Still(std::move(value), std::min(a.until, b.until));
}

Outcome NegateWord(const Outcome& a) {
  Outcome outcome = a;
  outcome.value = Negate(a.value);
  if (outcome.value.is_error() || !IsWord(a)) return Still(outcome.value, a.until);
  outcome.motion.sign = -a.motion.sign;
  outcome.motion.offset = -a.motion.offset;
  return outcome;
}

TimeMs ArgumentMs(const Outcome& argument) {
  return static_cast<TimeMs>(FloorDiv(argument.value.AsNanos(), kNanosPerMs));
}

// The word that tells the local day of a running argument.
Motion DayOfRun(const Outcome& argument) {
  Motion motion = argument.motion;
  motion.kind = Of::kDate;
  return motion;
}

// When the local day of a running argument changes.
TimeMs NextDay(const Outcome& argument, const Surroundings& around) {
  const CivilDay day = around.zone->DayOf(ArgumentMs(argument));
  return ReachesAt(DayOfRun(argument), Wide{day} + 1, *around.zone, around.now);
}

CivilDay StillDay(const Value& value, const Zone& zone) {
  if (value.Is(Kind::kDate)) return value.AsDate();
  return zone.DayOf(static_cast<TimeMs>(FloorDiv(value.AsNanos(), kNanosPerMs)));
}

// calendar_days, months and age: `from` counted to `to`, one of which runs.
Outcome CountedDays(Func func, const Outcome& from, const Outcome& to, Value value,
                    const Surroundings& around) {
  if (IsRun(from) && IsRun(to)) {
    const TimeMs until = std::min(NextDay(from, around), NextDay(to, around));
    return Still(std::move(value), std::min({until, from.form_until, to.form_until}));
  }
  const Outcome& running = IsRun(to) ? to : from;
  const Outcome& still = IsRun(to) ? from : to;
  Outcome outcome;
  outcome.motion = running.motion;
  outcome.motion.kind = func == Func::kCalendarDays ? Of::kDays
                        : func == Func::kMonths     ? Of::kMonths
                                                    : Of::kYears;
  outcome.motion.sign = IsRun(to) ? 1 : -1;
  outcome.motion.anchor = StillDay(still.value, *around.zone);
  outcome.form_until = std::min(running.form_until, still.until);
  const Wide word = Wide{value.AsInt()} * outcome.motion.sign;
  outcome.until =
      std::min(ReachesAt(outcome.motion, word + 1, *around.zone, around.now), outcome.form_until);
  outcome.value = std::move(value);
  return outcome;
}

Outcome RunningLocalTime(const Outcome& argument, const Value& value, const Surroundings& around) {
  const TimeMs ms = ArgumentMs(argument);
  const auto in_day = static_cast<TimeMs>(value.AsNanos() / kNanosPerMs);
  // A wall clock runs evenly to midnight, unless the clocks are changed before.
  const TimeMs breaks = std::min(ms + kDayMs - in_day, around.zone->NextOffsetChange(ms));
  const TimeMs until =
      RunsTo(argument.value.AsNanos(), breaks * kNanosPerMs, argument.motion.slope, around.now);
  return Running(Kind::kDuration, value.AsNanos(), argument.motion.slope,
                 std::min(until, argument.form_until), around.now);
}

Outcome SeasonOfRun(const Outcome& argument, Value value, const Surroundings& around) {
  const std::int64_t season = around.seasons->Of(around.zone->DayOf(ArgumentMs(argument)));
  const Wide next = around.seasons->FirstDay(season + 1);
  const TimeMs until = ReachesAt(DayOfRun(argument), next, *around.zone, around.now);
  return Still(std::move(value), std::min(until, argument.form_until));
}

// A weekend ends as Monday begins, a working week as Saturday does.
Outcome RunningWeekend(const Outcome& argument, Value value, const Surroundings& around) {
  CivilDay day = around.zone->DayOf(ArgumentMs(argument));
  while (IsWeekend(day) == value.AsBool()) ++day;
  const TimeMs flips = ReachesAt(DayOfRun(argument), day, *around.zone, around.now);
  return Still(std::move(value), std::min(flips, argument.form_until));
}

// `now` as what calendar words count to.
Outcome NowOf(const Surroundings& around) {
  return Running(Kind::kTimestamp, around.now * kNanosPerMs, 1, kNever, around.now);
}

// The days to the next birthday fall one by one, until it is over.
Outcome FallingDays(const Outcome& birth, Value value, const Surroundings& around) {
  const Outcome now = NowOf(around);
  const CivilDay day = NextBirthday(birth.value.AsDate(), around.zone->DayOf(around.now));
  Outcome outcome = CountedDays(Func::kCalendarDays, now, Still(Value::Date(day), birth.until),
                                std::move(value), around);
  const TimeMs over = ReachesAt(DayOfRun(now), Wide{day} + 1, *around.zone, around.now);
  outcome.form_until = std::min(outcome.form_until, over);
  outcome.until = std::min(outcome.until, over);
  return outcome;
}

Outcome WordOfRun(Func func, const Outcome& argument, Value value, const Surroundings& around) {
  if (func == Func::kLocalTime) return RunningLocalTime(argument, value, around);
  if (func == Func::kSeason) return SeasonOfRun(argument, std::move(value), around);
  if (func == Func::kIsWeekend) return RunningWeekend(argument, std::move(value), around);
  const TimeMs next = std::min(NextDay(argument, around), argument.form_until);
  Outcome outcome = Still(std::move(value), next);
  if (func == Func::kWeekday) return outcome;
  outcome.motion = DayOfRun(argument);
  if (func == Func::kStartOfDay) outcome.motion.kind = Of::kDayStart;
  outcome.form_until = argument.form_until;
  return outcome;
}

Outcome MovingWord(const Node& node, const Outcome* arguments, int count,
                   const Surroundings& around) {
  Value values[2];
  TimeMs until = kNever;
  bool runs = ReadsToday(node.func), evenly = true;
  for (int i = 0; i < count; ++i) {
    values[i] = arguments[i].value;
    until = std::min(until, LineUntil(arguments[i]));
    runs = runs || IsRun(arguments[i]);
    evenly = evenly && arguments[i].motion.slope >= 0;
  }
  Value value = Word(node.func, {values, count}, around);
  if (value.is_error() || !runs) return Still(std::move(value), until);
  if (!evenly) return Still(std::move(value), around.now + 1);
  if (node.func == Func::kDaysUntilBirthday) {
    return FallingDays(arguments[0], std::move(value), around);
  }
  if (node.func == Func::kAge) {
    Outcome birth = arguments[0];
    birth.motion = Motion();  // local_date(now) stands still until it does not
    return CountedDays(node.func, birth, NowOf(around), std::move(value), around);
  }
  if (count == 2) {
    return CountedDays(node.func, arguments[0], arguments[1], std::move(value), around);
  }
  return WordOfRun(node.func, arguments[0], std::move(value), around);
}

// The first local instant after `local` at which the accessor tells something else.
TimeMs NextLocal(Func func, TimeMs local) {
  const auto next = [local](TimeMs unit) { return (FloorDiv(local, unit) + 1) * unit; };
  const auto day = static_cast<CivilDay>(FloorDiv(local, kDayMs));
  const YearMonthDay date = DateOfDay(day);
  switch (func) {
    case Func::kGetHours:
      return static_cast<TimeMs>(next(kHourMs));
    case Func::kGetMinutes:
      return static_cast<TimeMs>(next(kMinuteMs));
    case Func::kGetSeconds:
      return static_cast<TimeMs>(next(kSecondMs));
    case Func::kGetMilliseconds:
      return local + 1;
    case Func::kFullYear:
      return DayOfDate({date.year + 1, 1, 1}) * kDayMs;
    case Func::kMonth: {
      const bool december = date.month == 12;
      return DayOfDate({date.year + december, december ? 1 : date.month + 1, 1}) * kDayMs;
    }
    default:
      return (TimeMs{day} + 1) * kDayMs;
  }
}

Outcome AccessorOfTime(const Node& node, const Outcome& argument, Value value,
                       const Surroundings& around) {
  if (argument.motion.slope < 0) return Still(std::move(value), around.now + 1);
  const TimeMs ms = ArgumentMs(argument);
  const TimeMs local = node.zone == nullptr ? ms : node.zone->LocalOf(ms);
  TimeMs next = ms + (NextLocal(node.func, local) - local);
  if (node.zone != nullptr) next = std::min(next, node.zone->NextOffsetChange(ms));
  const TimeMs until =
      RunsTo(argument.value.AsNanos(), next * kNanosPerMs, argument.motion.slope, around.now);
  return Still(std::move(value), std::min(until, argument.form_until));
}

// Whole hours (minutes, seconds) of a running duration.
Outcome AccessorOfLength(const Node& node, const Outcome& argument, Value value,
                         const Surroundings& around) {
  if (node.func == Func::kGetMilliseconds) return Still(std::move(value), around.now + 1);
  Outcome outcome;
  Motion& motion = outcome.motion;
  motion = argument.motion;
  motion.kind = Of::kUnits;
  motion.unit = kNanosPerSecond * (node.func == Func::kGetHours     ? 3600
                                   : node.func == Func::kGetMinutes ? 60
                                                                    : 1);
  // Cutting towards zero is even: what falls is the opposite of what climbs.
  motion.sign = argument.motion.slope < 0 ? -1 : 1;
  motion.argument *= motion.sign;
  motion.slope *= motion.sign;
  const Wide word = Wide{value.AsInt()} * motion.sign;
  outcome.form_until = argument.form_until;
  outcome.until =
      std::min(ReachesAt(motion, word + 1, *around.zone, around.now), outcome.form_until);
  outcome.value = std::move(value);
  return outcome;
}

Outcome MovingAccessor(const Node& node, const Outcome& argument, const Surroundings& around) {
  Value value = Accessor(node, argument.value);
  if (value.is_error() || !IsRun(argument)) {
    return Still(std::move(value), LineUntil(argument));
  }
  if (argument.value.Is(Kind::kDuration)) {
    return AccessorOfLength(node, argument, std::move(value), around);
  }
  return AccessorOfTime(node, argument, std::move(value), around);
}

}  // namespace

Outcome Still(Value value, TimeMs until) {
  Outcome outcome;
  outcome.value = std::move(value);
  outcome.until = outcome.form_until = until;
  return outcome;
}

Outcome ApplyMoving(const Node& node, const Outcome* arguments, int count,
                    const Surroundings& around) {
  switch (node.func) {
    case Func::kAdd:
    case Func::kSubtract:
      return AddOrSubtract(node, arguments[0], arguments[1], around);
    case Func::kNegate:
      return NegateWord(arguments[0]);
    case Func::kToDyn:
      return arguments[0];
    default:
      break;
  }
  if (IsCalendarWord(node.func)) return MovingWord(node, arguments, count, around);
  if (IsAccessor(node.func)) return MovingAccessor(node, arguments[0], around);
  std::vector<Value> values;
  TimeMs until = kNever;
  for (int i = 0; i < count; ++i) {
    values.push_back(arguments[i].value);
    until = std::min(until, arguments[i].until);
  }
  return Still(Apply(node, {values.data(), count}, around), until);
}

}  // namespace parcours::expr
