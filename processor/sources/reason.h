// Reason: why a line of foreign bytes was rejected, as rejected.ndjson and the metrics name it.
//
// See docs/formats.md, "Events in", for what each means.
// Threads: plain data.
#pragma once

#include <cstdint>
#include <string_view>

namespace parcours::sources {

enum class Reason : std::uint8_t {
  kJson,
  kTooLong,
  kTooDeep,
  kUtf8,
  kEnvelope,
  kCustomer,
  kTime,
  kType,
  kAmount,
  kCurrency,
  kFuture,
};
inline constexpr int kReasons = 11;

// "json", "too_long" ...: stable, for files, metrics and dead-letter headers.
std::string_view ReasonName(Reason reason);

}  // namespace parcours::sources
