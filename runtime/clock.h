// Clock: the only place that reads the real world's time.
//
// Logic never asks: `now` is handed in. These serve rates, progress and the demo's pace.
// Threads: safe for concurrent use.
#pragma once

#include "base/time.h"

namespace parcours::runtime {

// Seconds from some fixed point, never going back: for intervals.
double MonotonicSeconds();
// The wall clock's instant, as an operator's watch shows it.
TimeMs WallTime();
// Waits until MonotonicSeconds() is `seconds`, or a signal asks to stop. False: to stop.
bool WaitUntil(double seconds);

}  // namespace parcours::runtime
