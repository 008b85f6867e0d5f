// Motion: how a value goes on as `now` does, so that the instant at which a comparison changes its
// answer can be solved for instead of waited for.
//
// A running value is a line: `now - last_order_at` grows by a millisecond each millisecond. A word
// that climbs in steps (calendar_days, months, age, start_of_day, local_date, whole hours of a
// running duration, a falling window) has an inverse: the first instant at which it reaches a
// number. All instants told are whole milliseconds after `now`; those from year 9999 on are kNever,
// since now never gets there. Threads: plain data and pure functions.
#pragma once

#include "rules/expr/frame.h"
#include "rules/expr/functions.h"

namespace parcours::expr {

struct Motion {
  enum class Kind : std::uint8_t {
    kStill,
    kRun,
    kDays,
    kMonths,
    kYears,
    kDate,
    kDayStart,
    kUnits,
    kWindow,
  };
  Kind kind = Kind::kStill;
  int sign = 1;         // value = sign * word + offset; of kRun: value = argument
  int slope = 0;        // of the argument: its milliseconds in one of now's
  CivilDay anchor = 0;  // kDays, kMonths, kYears: the day from which the word counts
  int window = -1;      // kWindow
  Wide argument = 0;    // at now, in nanoseconds: what runs under the word
  Wide offset = 0;
  Wide unit = 1;  // kUnits: nanoseconds of one
};

// What evaluating one node tells.
struct Outcome {
  Value value;                 // at now
  TimeMs until = kNever;       // the first instant at which the value may be another
  Motion motion;               // how it changes then and later,
  TimeMs form_until = kNever;  // told up to this instant
};

inline TimeMs Cap(Wide instant) {
  return instant >= kTimeMaxMs ? kNever : static_cast<TimeMs>(instant);
}

// The number by which values of ordered kinds are compared: int, money, date: themselves;
// timestamp, duration: nanoseconds. False for others.
bool NumberOf(const Value& value, Wide* number);

// A timestamp or duration of `ns` that runs by `slope`; an error where it is out of range.
Outcome Running(Kind kind, Wide ns, int slope, TimeMs form_until, TimeMs now);

// The first instant after now at which the word of `motion` (without sign and offset) is >=
// `bound`, for words that climb, given that it is not yet.
TimeMs ReachesAt(const Motion& motion, Wide bound, const Zone& zone, TimeMs now);
// The first instant at which something that runs from `from` by slope > 0 is >= `to`.
TimeMs RunsTo(Wide from, Wide to, int slope, TimeMs now);

// When a comparison changes its answer.
struct Flip {
  TimeMs at = kNever;
  bool certain = false;  // else the answer may still be the same at `at`: look again then
};
// REQUIRES: neither value is an error.
Flip Solve(Func comparison, const Outcome& left, const Outcome& right, const Frame& frame,
           const Zone& zone, TimeMs now);

}  // namespace parcours::expr
