#include "processor/sources/reason.h"

#include <array>

namespace parcours::sources {

std::string_view ReasonName(Reason reason) {
  static constexpr std::array<std::string_view, kReasons> kNames = {
      "json", "too_long", "too_deep", "utf8",     "envelope", "customer",
      "time", "type",     "amount",   "currency", "future"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace parcours::sources
