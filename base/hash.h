// Hash64: the one 64-bit hash of bytes that may be stored or shown (XXH3). Stable for ever.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace parcours {

std::uint64_t Hash64(std::string_view bytes);
std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed);

}  // namespace parcours
