// Keys: the grammar of stored keys, in the store of a shard and in its changelog alike.
//
//   s <customer>                    what is known of a customer (stored.h)
//   c <customer>                    contact data (contact.h)
//   d <customer> <number BE32>      a sealed chunk of seen ids (seen.h)
//   t <due BE64> <hash BE64> <customer>   when to look at a customer again; store only, no value
//   m                               META: how far the shard has come (the processor's)
// BE: big-endian, so that bytes sort as numbers do; a due has its sign bit flipped, for the same.
// A customer is any bytes, at least one.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace parcours::state {

inline constexpr char kCustomerPrefix = 's', kContactPrefix = 'c', kSeenPrefix = 'd',
                      kTimerPrefix = 't';
inline constexpr std::string_view kMetaKey = "m";

// Each replaces what is in `key`.
void SetCustomerKey(std::string_view customer, std::string* key);
void SetContactKey(std::string_view customer, std::string* key);
void SetSeenKey(std::string_view customer, std::uint32_t number, std::string* key);
// `hash` is Hash64(customer). REQUIRES: due is not kNever: what never comes has no row.
void SetTimerKey(TimeMs due, std::uint64_t hash, std::string_view customer, std::string* key);
// The same, behind what is in `keys`.
void AppendTimerKey(TimeMs due, std::uint64_t hash, std::string_view customer, std::string* keys);

// The customer of an `s`, `c` or `d` key. REQUIRES: such a key.
std::string_view CustomerOfKey(std::string_view key);

struct TimerKey {
  TimeMs due = 0;
  std::uint64_t hash = 0;
  std::string_view customer;
};
// False if `key` is no timer's.
bool ParseTimerKey(std::string_view key, TimerKey* timer);

// Whether `key` is of this grammar.
bool IsKey(std::string_view key);

}  // namespace parcours::state
