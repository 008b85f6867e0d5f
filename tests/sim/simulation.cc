#include "tests/sim/simulation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parcours::sim {

namespace {

constexpr TimeMs kBeginning = 1774000000000;  // 2026-03-20, before the night of spring
constexpr int kHotEventsMin = 540;            // more than are remembered

}  // namespace

Simulation::Simulation(std::uint64_t seed, bool verbose, Tally* tally)
    : verbose_(verbose),
      tally_(*tally),
      random_(seed),
      catalog_(DrawCatalog(&random_)),
      partitions_(static_cast<int>(random_.Between(1, 4))),
      events_(partitions_, &random_),
      now_(kBeginning + random_.Below(20 * kDayMs)),
      durable_(static_cast<std::size_t>(partitions_)) {
  const auto lanes = static_cast<int>(random_.Between(1, std::min(2, partitions_)));
  units_.resize(static_cast<std::size_t>(lanes));
  for (int partition = 0; partition < partitions_; ++partition) {
    models_.emplace_back(*catalog_, partition);
    units_[static_cast<std::size_t>(partition % lanes)].options.shards.push_back(partition);
  }
  for (Unit& unit : units_) {
    unit.options.partitions = partitions_;
    unit.options.memory_bytes = random_.OneOf<std::size_t>({1 << 30, 1 << 30, 200000, 50000, 1});
    unit.options.commit_events = random_.OneOf<std::uint64_t>({0, 0, 50});
  }
}

Simulation::~Simulation() { Close(); }

absl::Status Simulation::Run() {
  RETURN_IF_ERROR(Open());
  const auto steps = random_.Between(30, 160);
  const auto flood = random_.Percent(8) ? random_.Below(steps) : -1;
  for (std::int64_t step = 0; step < steps; ++step) {
    if (step == flood) {
      RETURN_IF_ERROR(Calm());
      for (int i = 0; i < kHotEventsMin; ++i) RETURN_IF_ERROR(Append(events_.DrawHot(now_), now_));
    }
    RETURN_IF_ERROR(Step());
    RETURN_IF_ERROR(Settle(units_.front(), Check()));
  }
  RETURN_IF_ERROR(Calm());
  RETURN_IF_ERROR(DrainAll());
  RETURN_IF_ERROR(CompareWithUndisturbed());
  // What was stopped cleanly begins again where it stood.
  RETURN_IF_ERROR(LoseProcess());
  return log_->Check();
}

}  // namespace parcours::sim
