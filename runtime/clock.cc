#include "runtime/clock.h"

#include <cerrno>
#include <ctime>

#include "runtime/process.h"

namespace parcours::runtime {

double MonotonicSeconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

TimeMs WallTime() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * kSecondMs + time.tv_nsec / 1'000'000;
}

bool WaitUntil(double seconds) {
  timespec until;
  until.tv_sec = static_cast<time_t>(seconds);
  until.tv_nsec = static_cast<long>((seconds - static_cast<double>(until.tv_sec)) * 1e9);
  while (!StopAsked()) {
    const int result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    if (result != EINTR) break;
  }
  return !StopAsked();
}

}  // namespace parcours::runtime
