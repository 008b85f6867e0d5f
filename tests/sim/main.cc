// simulate: runs of the whole system on a disk that fails, each from one seed.
//
// Usage: simulate [--first SEED] [--seeds N] [--verbose]
// Ends with 1 at the first run that goes wrong, and names the seed that repeats it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/sim/simulation.h"

namespace {

void Print(const parcours::sim::Tally& tally) {
  const struct {
    const char* name;
    std::uint64_t count;
  } rows[] = {
      {"steps", tally.steps},
      {"records", tally.records},
      {"commits", tally.commits},
      {"commits with a fault", tally.failed_commits},
      {"roll backs", tally.roll_backs},
      {"slices", tally.slices},
      {"customers forgotten", tally.forgotten},
      {"loads of the last lanes", tally.loads},
      {"flushes", tally.flushes},
      {"clean stops", tally.clean_stops},
      {"lanes lost", tally.lanes_lost},
      {"processes lost", tally.processes_lost},
      {"powers lost", tally.powers_lost},
      {"restores cut off", tally.restores_cut},
      {"transitions", tally.transitions},
      {"actions", tally.actions},
      {"dead letters", tally.dead},
      {"duplicates", tally.duplicates},
      {"dues", tally.dues},
  };
  for (const auto& row : rows) {
    std::printf("%-24s %llu\n", row.name, static_cast<unsigned long long>(row.count));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t first = 1, seeds = 50;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--verbose") {
      verbose = true;
    } else if (word == "--first" && i + 1 < argc) {
      first = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--seeds" && i + 1 < argc) {
      seeds = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: simulate [--first SEED] [--seeds N] [--verbose]\n");
      return 2;
    }
  }
  parcours::sim::Tally tally;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    parcours::sim::Simulation simulation(seed, verbose, &tally);
    const absl::Status status = simulation.Run();
    if (status.ok()) continue;
    std::printf("seed %llu: %s\nagain: simulate --first %llu --seeds 1 --verbose\n",
                static_cast<unsigned long long>(seed), status.ToString().c_str(),
                static_cast<unsigned long long>(seed));
    return 1;
  }
  Print(tally);
  std::printf("%llu runs, all as undisturbed ones\n", static_cast<unsigned long long>(seeds));
  return 0;
}
