// Hash64: the one 64-bit hash of bytes that may be stored or shown (XXH3). Stable for ever.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace parcours {

std::uint64_t Hash64(std::string_view bytes);
std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed);

// Which of `partitions` a key belongs to: murmur2, as Kafka's Java clients place it.
int PartitionOf(std::string_view key, int partitions);

}  // namespace parcours
