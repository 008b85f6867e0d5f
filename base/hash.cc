#include "base/hash.h"

#include <cstring>

// Inlined, because most keys are a few dozen bytes and a call costs as much as their hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace parcours {

std::uint64_t Hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

namespace {

// As org.apache.kafka.common.utils.Utils.murmur2.
std::uint32_t Murmur2(std::string_view key) {
  constexpr std::uint32_t kSeed = 0x9747b28c, kMix = 0x5bd1e995;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t part;
    std::memcpy(&part, key.data() + at, sizeof part);
    part *= kMix;
    part ^= part >> 24;
    hash = hash * kMix ^ part * kMix;
  }
  std::uint32_t rest = 0;
  for (std::size_t i = key.size(); i-- > at;) rest = rest << 8 | static_cast<unsigned char>(key[i]);
  if (at < key.size()) hash = (hash ^ rest) * kMix;
  hash ^= hash >> 13;
  hash *= kMix;
  return hash ^ hash >> 15;
}

}  // namespace

int PartitionOf(std::string_view key, int partitions) {
  if (partitions == 1) return 0;
  return static_cast<int>((Murmur2(key) & 0x7fffffff) % static_cast<std::uint32_t>(partitions));
}

}  // namespace parcours
