#include "processor/engine/windows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace parcours::engine {
namespace {

using catalog::Aggregate;

constexpr TimeMs kStart = 1'761'000'000'000;  // in October 2025, before a daylight-saving night

struct Windowed {
  explicit Windowed(Aggregate aggregate, TimeMs length, TimeMs grain, bool local_days,
                    const char* zone) {
    catalog.zone = *Zone::Load(zone);
    catalog::Feature feature;
    feature.name = "f";
    feature.type =
        expr::Type::Of(aggregate == Aggregate::kSum ? expr::Kind::kMoney : expr::Kind::kInt);
    feature.aggregate = aggregate;
    feature.cell = 0;
    feature.variable = 0;
    feature.window = catalog::Window{.length = length,
                                     .grain = grain,
                                     .local_days = local_days,
                                     .grains = static_cast<int>(length / grain)};
    for (int age = 0; age < feature.window->grains; ++age) {
      feature.weights.push_back(1'000'000 / (age + 1));
    }
    feature.window_index = 0;
    catalog.features.push_back(feature);
    catalog.windows.push_back(0);
    const bool adds = aggregate == Aggregate::kSum || aggregate == Aggregate::kCount ||
                      aggregate == Aggregate::kDecayed;
    shape.initial = {adds ? 0 : kAbsent, kNever};
    shape.windows.push_back(BucketShapeOf(feature));
    customer = state::Customer::Create(shape, "c", arena);
  }
  ~Windowed() { state::Customer::Destroy(shape, customer, arena); }

  const catalog::Feature& feature() const { return catalog.features[0]; }
  void Add(TimeMs time, Cell value, TimeMs now) {
    Roll(now);
    AddToWindow(catalog, shape, feature(), {.value = value, .time = time}, now, *customer);
  }
  void Roll(TimeMs now) {
    if (customer->cells()[1] <= now) RollWindow(catalog, shape, feature(), now, *customer);
  }
  Cell value() const { return customer->cells()[0]; }

  catalog::Catalog catalog;
  state::Shape shape;
  state::Arena arena;
  state::Customer* customer = nullptr;
};

// From when `time` no longer counts, by the words of the specification: the first grid line at or
// after t + length; with local days the nth line after the first at or after t.
TimeMs NaiveExpiry(const Windowed& setup, TimeMs time) {
  const catalog::Window& window = *setup.feature().window;
  if (!window.local_days) {
    TimeMs line = (time + window.length) / window.grain * window.grain;
    if (line < time + window.length) line += window.grain;
    return line;
  }
  const Zone& zone = *setup.catalog.zone;
  CivilDay day = 0;
  while (zone.StartOf(day) < time) ++day;
  for (int lines = 0; lines < window.grains;) {
    if (zone.StartOf(day + 1) != zone.StartOf(day))
      ++lines;  // a skipped day has no line of its own
    ++day;
  }
  return zone.StartOf(day);
}

TEST(Window, OnTheLineBelongsToTheBucketThatEndsThere) {
  Windowed setup(Aggregate::kCount, kHourMs, kMinuteMs, false, "UTC");
  const TimeMs line = kStart / kMinuteMs * kMinuteMs;
  const catalog::Window& window = *setup.feature().window;
  const Zone& zone = *setup.catalog.zone;
  EXPECT_EQ(LineOf(window, zone, line), LineOf(window, zone, line - 1));
  EXPECT_EQ(LineOf(window, zone, line) + 1, LineOf(window, zone, line + 1));
  EXPECT_EQ(ExpiryOf(window, zone, LineOf(window, zone, line)), line + kHourMs);
  EXPECT_EQ(ExpiryOf(window, zone, LineOf(window, zone, line + 1)), line + kHourMs + kMinuteMs);
}

TEST(Window, CountsToTheMillisecondOfItsLine) {
  Windowed setup(Aggregate::kCount, kHourMs, kMinuteMs, false, "UTC");
  const TimeMs line = kStart / kMinuteMs * kMinuteMs;
  setup.Add(line, 0, line);
  setup.Roll(line + kHourMs - 1);
  EXPECT_EQ(setup.value(), 1);
  setup.Roll(line + kHourMs);
  EXPECT_EQ(setup.value(), 0);
  EXPECT_EQ(setup.customer->cells()[1], kNever);
}

TEST(Window, OfLocalDaysEndsAtALocalMidnightWhateverDaylightSavingDoes) {
  Windowed setup(Aggregate::kCount, 30 * kDayMs, kDayMs, true, "Europe/Paris");
  const Zone& paris = *setup.catalog.zone;
  const CivilDay day = DayOfDate({2025, 10, 10});
  const TimeMs noon = paris.StartOf(day) + 12 * kHourMs;
  setup.Add(noon, 0, noon);
  EXPECT_EQ(setup.customer->cells()[1], paris.StartOf(day + 31));
}

TEST(Window, OfLocalDaysIsNeverEarlyWhereADayWasSkipped) {
  Windowed setup(Aggregate::kCount, 3 * kDayMs, kDayMs, true, "Pacific/Apia");
  const Zone& apia = *setup.catalog.zone;
  const CivilDay skipped = DayOfDate({2011, 12, 30});
  ASSERT_EQ(apia.StartOf(skipped), apia.StartOf(skipped + 1));
  const catalog::Window& window = *setup.feature().window;
  for (TimeMs t = apia.StartOf(skipped) - 3 * kDayMs; t < apia.StartOf(skipped) + 2 * kDayMs;
       t += kHourMs) {
    const TimeMs expiry = ExpiryOf(window, apia, LineOf(window, apia, t));
    EXPECT_EQ(expiry, NaiveExpiry(setup, t));
    EXPECT_GE(expiry, t + 3 * kDayMs);
    EXPECT_LT(expiry, t + 4 * kDayMs);
  }
}

TEST(Window, AgreesWithANaiveSumWhateverTheOrderOfArrival) {
  struct Grid {
    TimeMs length, grain;
    bool local;
    const char* zone;
  };
  const Grid grids[] = {{kHourMs, kMinuteMs, false, "UTC"},
                        {kDayMs, 10 * kMinuteMs, false, "UTC"},
                        {7 * kDayMs, kHourMs, false, "UTC"},
                        {30 * kDayMs, kDayMs, true, "America/Santiago"},
                        {30 * kDayMs, kDayMs, true, "Europe/Paris"}};
  std::mt19937_64 random(11);
  for (const Grid& grid : grids) {
    for (const Aggregate aggregate : {Aggregate::kCount, Aggregate::kSum, Aggregate::kMax}) {
      SCOPED_TRACE(testing::Message()
                   << grid.zone << " " << grid.length << " " << static_cast<int>(aggregate));
      Windowed setup(aggregate, grid.length, grid.grain, grid.local, grid.zone);
      std::vector<std::pair<TimeMs, Cell>> all;
      TimeMs now = kStart;
      for (int i = 0; i < 120; ++i) {
        const TimeMs before = now;
        now += static_cast<TimeMs>(random() % (grid.length / 8 + 1));
        if (random() % 3 == 0) now = std::max(before, now / grid.grain * grid.grain);  // on a line
        const TimeMs back = random() % 2 == 0 ? 0 : static_cast<TimeMs>(random() % grid.length);
        const auto value = static_cast<Cell>(random() % 1000);
        setup.Add(now - back, value, now);
        all.emplace_back(now - back, value);
        Cell expected = aggregate == Aggregate::kMax ? kAbsent : 0;
        for (const auto& [time, amount] : all) {
          if (NaiveExpiry(setup, time) <= now) continue;
          if (aggregate == Aggregate::kMax) {
            expected = std::max(expected, amount);
          } else {
            expected += aggregate == Aggregate::kCount ? 1 : amount;
          }
        }
        ASSERT_EQ(setup.value(), expected) << "after contribution " << i;
      }
    }
  }
}

TEST(Window, KnowsTheInstantItFallsBelowABound) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 200; ++round) {
    Windowed setup(Aggregate::kSum, kDayMs, 10 * kMinuteMs, false, "UTC");
    TimeMs now = kStart;
    std::vector<std::pair<TimeMs, Cell>> all;
    for (int i = 0; i < 12; ++i) {
      now += static_cast<TimeMs>(random() % (2 * kHourMs));
      const auto value = static_cast<Cell>(random() % 50);
      setup.Add(now, value, now);
      all.emplace_back(NaiveExpiry(setup, now), value);
    }
    const Cell bound = 1 + static_cast<Cell>(random() % (setup.value() + 1));
    if (setup.value() < bound) continue;
    const CustomerWindows windows(setup.catalog, setup.shape, *setup.customer);
    const TimeMs flip = windows.FallsBelow(0, bound, now);
    const auto sum_at = [&](TimeMs t) {
      Cell sum = 0;
      for (const auto& [expiry, value] : all) sum += expiry > t ? value : 0;
      return sum;
    };
    EXPECT_GE(sum_at(flip - 1), bound);
    EXPECT_LT(sum_at(flip), bound);
  }
}

TEST(Window, KnowsTheLineAtWhichWhatDecaysFallsBelowABound) {
  struct Grid {
    TimeMs length, grain;
    const char* zone;
    TimeMs start;
  };
  const TimeMs skipping = 1'324'800'000'000;  // five days before the day that Apia skipped
  const Grid grids[] = {{kDayMs, kHourMs, "UTC", kStart},
                        {9 * kDayMs, kDayMs, "Europe/Paris", kStart},
                        {9 * kDayMs, kDayMs, "Pacific/Apia", skipping}};
  std::mt19937_64 random(13);
  for (const Grid& grid : grids) {
    for (int round = 0; round < 100; ++round) {
      Windowed setup(Aggregate::kDecayed, grid.length, grid.grain, grid.grain == kDayMs, grid.zone);
      TimeMs now = grid.start;
      for (int i = 0; i < 5; ++i) {
        now += static_cast<TimeMs>(random() % (2 * grid.grain));
        setup.Add(now, static_cast<Cell>(random() % 9), now);
      }
      const Cell bound = 1 + static_cast<Cell>(random() % (setup.value() + 1));
      if (setup.value() < bound) continue;
      const CustomerWindows windows(setup.catalog, setup.shape, *setup.customer);
      const TimeMs flip = windows.FallsBelow(0, bound, now);
      RollWindow(setup.catalog, setup.shape, setup.feature(), flip - 1, *setup.customer);
      EXPECT_GE(setup.value(), bound) << grid.zone;
      RollWindow(setup.catalog, setup.shape, setup.feature(), flip, *setup.customer);
      EXPECT_LT(setup.value(), bound) << grid.zone;
    }
  }
}

}  // namespace
}  // namespace parcours::engine
