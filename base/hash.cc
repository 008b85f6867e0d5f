#include "base/hash.h"

// Inlined, because most keys are a few dozen bytes and a call costs as much as their hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace parcours {

std::uint64_t Hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace parcours
