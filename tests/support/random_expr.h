// RandomExpr: random expressions over the customer scope of expr_fixture.h, from one seed.
// Threads: one test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace parcours::expr::testing {

// A fixed sequence of numbers for each seed. (Expressions made of it may differ between compilers,
// which choose in which order arguments are evaluated.)
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x1234567) { Roll(); }
  std::uint64_t Roll();
  int Below(int n) { return static_cast<int>(Roll() % static_cast<std::uint64_t>(n)); }
  std::int64_t Between(std::int64_t low, std::int64_t high);
  bool Chance(int percent) { return Below(100) < percent; }

 private:
  std::uint64_t state_;
};

struct RandomExpr {
  std::string text;
  std::vector<std::int64_t> durations_ns;  // that are written in it
  std::vector<TimeMs> instants;            // timestamps written in it, cut to milliseconds
  bool hours = false, minutes = false;     // whether it has words that change so often
};

// `around`: instants written in the expression lie near it. `single`: one comparison whose horizon
// must be exact, else any bool expression.
RandomExpr MakeRandomExpr(Dice* dice, TimeMs around, bool single);

}  // namespace parcours::expr::testing
