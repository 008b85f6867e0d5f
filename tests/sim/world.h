// World: what a run is about: its definitions, its customers, and the events that they cause.
//
// Events are as events are: some come twice, late, ahead of time, broken, or to the wrong place.
// Threads: one run. Time: `now` is handed in.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "rules/catalog/catalog.h"
#include "tests/sim/random.h"

namespace parcours::sim {

// Draws a small set of definitions that has everything that can be stored or booked.
std::shared_ptr<const catalog::Catalog> DrawCatalog(Random* random);

// A record for the topic `events`.
struct Sent {
  int partition = 0;
  std::string key, value;
  bool tombstone = false;
};

class EventMaker {
 public:
  EventMaker(int partitions, Random* random);

  Sent Draw(TimeMs now);
  // One of the customer that has many.
  Sent DrawHot(TimeMs now);

 private:
  struct Parts {
    std::string id, source, type, customer, data;
    TimeMs time = 0;
  };
  Parts DrawParts(const std::string& customer, TimeMs now);
  std::string DrawTraits();
  TimeMs DrawTime(TimeMs now);
  Sent Assemble(const Parts& parts) const;
  Sent DrawBroken(TimeMs now);
  Sent Keep(Sent sent);

  const int partitions_;
  Random& random_;
  std::vector<std::string> customers_;
  std::vector<Sent> sent_;
  int made_ = 0;
};

}  // namespace parcours::sim
