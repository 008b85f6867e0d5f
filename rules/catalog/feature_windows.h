// Feature windows: `window`, `grain` and `half_life` of a feature.
//
// Threads: pure functions.   Failure: a mistake is a problem; the window is then nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rules/catalog/build.h"

namespace parcours::catalog {

// `grain` may be null.
std::optional<Window> ReadWindow(const YamlNode& window, const YamlNode* grain, Build* build);

// Millionths that a contribution still weighs when it is 0, 1, ... grains old: 2^(-age /
// half_life), rounded. Integers only, so that every machine and compiler makes the same table.
std::vector<std::int64_t> DecayWeights(const Window& window, TimeMs half_life);

}  // namespace parcours::catalog
