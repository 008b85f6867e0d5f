#include "rules/catalog/feature_windows.h"

#include <array>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

__extension__ typedef unsigned __int128 WideBits;

// The greatest number whose square is at most `square`.
std::uint64_t RootOf(WideBits square) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1) {
    const WideBits tried = root | bit;
    if (tried * tried <= square) root |= bit;
  }
  return root;
}

TimeMs DefaultGrain(TimeMs length) {
  if (PARCOURS_MUTANT("catalog-grain-of-one-hour") ? length < kHourMs : length <= kHourMs) {
    return kMinuteMs;
  }
  if (length <= kDayMs) return 10 * kMinuteMs;
  return length <= 14 * kDayMs ? kHourMs : kDayMs;
}

struct CalendarName {
  const char* name;
  Periods (*periods)();  // null: the programme's seasons
  bool previous;
};
constexpr CalendarName kCalendarNames[] = {{"this_month", Periods::Months, false},
                                           {"last_month", Periods::Months, true},
                                           {"this_year", Periods::Years, false},
                                           {"this_season", nullptr, false},
                                           {"last_season", nullptr, true}};

// Whether `text` is written as a window of the calendar, known or not.
bool IsOfCalendar(std::string_view text) {
  return text.substr(0, 5) == "this_" || text.substr(0, 5) == "last_";
}

std::optional<Window> CalendarWindow(const YamlNode& node, Build* build) {
  std::vector<std::string> names;
  for (const CalendarName& known : kCalendarNames) {
    names.emplace_back(known.name);
    if (node.text != known.name) continue;
    Window window;
    window.periods = known.periods == nullptr ? build->catalog.seasons
                                              : std::make_shared<const Periods>(known.periods());
    window.previous = known.previous;
    return window;
  }
  build->problems.AddUnknown(node,
                             absl::StrCat("'", Shown(node.text), "' is no window of the calendar"),
                             node.text, names);
  return std::nullopt;
}

// Fractions here count in units of 2^-kBits.
constexpr int kBits = 60;

// 2^(-1/2), 2^(-1/4), 2^(-1/8) ...: roots of roots.
std::array<std::uint64_t, kBits> RootsOfHalf() {
  std::array<std::uint64_t, kBits> roots;
  std::uint64_t root = std::uint64_t{1} << (kBits - 1);
  for (std::uint64_t& next : roots) {
    root = RootOf(static_cast<WideBits>(root) << kBits);
    next = root;
  }
  return roots;
}

// 2^(-numerator / denominator): the binary digits of the exponent choose among the roots.
std::uint64_t HalvedBy(TimeMs numerator, TimeMs denominator,
                       const std::array<std::uint64_t, kBits>& roots) {
  if (numerator / denominator >= kBits) return 0;
  std::uint64_t product = std::uint64_t{1} << kBits;
  TimeMs rest = numerator % denominator;
  for (const std::uint64_t root : roots) {
    rest *= 2;
    if (rest < denominator) continue;
    rest -= denominator;
    product = static_cast<std::uint64_t>(static_cast<WideBits>(product) * root >> kBits);
  }
  return product >> (numerator / denominator);
}

}  // namespace

std::optional<Window> ReadWindow(const YamlNode& window_node, const YamlNode* grain_node,
                                 Build* build) {
  Problems* problems = &build->problems;
  if (window_node.IsScalar() && IsOfCalendar(window_node.text)) {
    if (grain_node != nullptr) {
      problems->Add(*grain_node, "a window of the calendar has no 'grain'");
    }
    return CalendarWindow(window_node, build);
  }
  const auto length = ReadLength(window_node, "'window'", problems);
  std::optional<int> grain;
  if (grain_node != nullptr) {
    grain = ReadChoice(*grain_node, "grain", {"1m", "10m", "1h", "1d"}, {}, problems);
  }
  if (!length.has_value() || (grain_node != nullptr && !grain.has_value())) return std::nullopt;
  constexpr TimeMs kGrains[] = {kMinuteMs, 10 * kMinuteMs, kHourMs, kDayMs};
  Window window;
  window.length = *length;
  window.grain = grain.has_value() ? kGrains[*grain] : DefaultGrain(*length);
  window.local_days = window.grain == kDayMs;
  const std::string shown = window.local_days ? "1d" : FormatLength(window.grain);
  if (window.length == 0 || window.length % window.grain != 0) {
    problems->Add(
        window_node,
        absl::StrCat("a window of ", FormatLength(window.length),
                     " is not a whole number of its grain, ", shown),
        grain_node == nullptr ? "write a length of whole grains, or state a 'grain'" : "");
    return std::nullopt;
  }
  const TimeMs grains_max = kGrainsMax + (PARCOURS_MUTANT("catalog-one-grain-too-many") ? 1 : 0);
  if (window.length / window.grain > grains_max) {
    problems->Add(window_node,
                  absl::StrCat("a window of ", FormatLength(window.length), " has ",
                               window.length / window.grain, " grains of ", shown, ", more than ",
                               kGrainsMax),
                  "write a shorter window or a coarser 'grain'");
    return std::nullopt;
  }
  window.grains = static_cast<int>(window.length / window.grain);
  return window;
}

std::vector<std::int64_t> DecayWeights(const Window& window, TimeMs half_life) {
  constexpr WideBits kMillion = 1'000'000;
  const auto roots = RootsOfHalf();
  std::vector<std::int64_t> weights;
  for (int age = 0; age < window.grains; ++age) {
    // Rounded, not cut: the sum of many weights would fall behind.
    const WideBits weight = HalvedBy(age * window.grain, half_life, roots) * kMillion;
    weights.push_back(static_cast<std::int64_t>((weight + (WideBits{1} << (kBits - 1))) >> kBits));
  }
  return weights;
}

}  // namespace parcours::catalog
