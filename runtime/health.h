// Health: whether this process works, and whether it serves; for /healthz and /readyz.
//
// Alive: every lane went round its loop within `silent_max_s`. Whether Kafka answers is not asked:
// a restart would not mend it. Ready: every lane has joined and restored what is its own.
// Threads: safe for concurrent use, without locks. Time: seconds that never go back, handed in
// (MonotonicSeconds).
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "runtime/http.h"

namespace parcours::runtime {

class Health {
 public:
  // Lanes 0 to `lanes` - 1; each has as long to go round first as between two rounds.
  Health(int lanes, double now_s, double silent_max_s = 60);

  // The lane goes round its loop.
  void Beat(int lane, double now_s);
  // `why`, what it waits for, must outlive this: a literal. Of no account if `ready`.
  void SetReady(int lane, bool ready, const char* why);

  bool alive(double now_s) const;
  bool ready() const;

  // 200 or 503, and one line of JSON that says which lane lacks what.
  HttpResponse Healthz(double now_s) const;
  HttpResponse Readyz() const;

 private:
  struct Lane {
    std::atomic<double> beat_s;
    std::atomic<const char*> waits_for;  // null: ready
  };
  const double silent_max_s_;
  std::vector<Lane> lanes_;  // never resized
};

}  // namespace parcours::runtime
