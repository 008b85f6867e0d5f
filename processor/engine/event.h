// Event: something a customer did or that happened to them, decoded and typed.
//
// `sources` makes them, Step reads them; both know the catalog that numbered types and fields. All
// views point into the batch that the event was read with.
// Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.h"
#include "rules/expr/frame.h"

namespace parcours::engine {

// Fields that every event has, before the declared ones.
enum CommonField { kFieldTime, kFieldId, kFieldSource, kCommonFields };

// What an `identify` says of one declared attribute.
struct AttributeWrite {
  int attribute;      // in Catalog::attributes
  expr::Field value;  // of the attribute's type
};

struct Event {
  static constexpr int kIdentify = -1;  // `type` of an event that only writes attributes

  int type = kIdentify;           // in Catalog::events
  TimeMs time = 0;                // event time
  std::string_view customer;      // 1 to kCustomerIdBytesMax bytes
  std::string_view source, id;    // 1 to kEventIdBytesMax bytes each
  std::uint64_t key = 0;          // Hash64 of (source, id): what duplicates are known by
  std::span<expr::Field> fields;  // kCommonFields, then as declared
  std::span<const AttributeWrite> attributes;
  // Where the event stands in a distributed trace, as W3C writes it; empty if it says nothing.
  std::string_view traceparent;
};

inline constexpr int kCustomerIdBytesMax = 256;
inline constexpr int kEventIdBytesMax = 256;  // of an id, and of a source
inline constexpr int kTraceparentBytes = 55;

}  // namespace parcours::engine
