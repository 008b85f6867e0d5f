// Collection: the bytes in which one text cell holds a list, a map or a set of a customer.
//
// list  = entry*   by time, id, source;  entry = signed(time) sized(id) sized(source) value
// value = sized(text) where the elements are texts, else signed(cell)
// map   = pair*    by key;               pair  = sized(key) sum(7 bits a byte, the lowest first)
// set   = hash*    ascending;            hash  = 8 bytes, the highest first
// One content has one spelling. A reader stops where bytes make no sense.
// Limits: whoever writes bounds the number of parts. Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/cell.h"
#include "base/time.h"

namespace parcours {

// A sum in 128 bits: no history is long enough to leave them.
__extension__ typedef __int128 WideSum;

struct ListEntry {
  TimeMs time = 0;
  std::string_view id, source;  // of the event, for ties
  Cell cell = 0;                // the value,
  std::string_view text;        // or where the elements are texts
};
// Takes the first entry off `*bytes`; false if there is none.
bool GetEntry(bool texts, std::string_view* bytes, ListEntry* entry);
void PutEntry(bool texts, const ListEntry& entry, std::string* out);
// Whether `a` comes before `b`.
bool ComesBefore(const ListEntry& a, const ListEntry& b);

struct MapPair {
  std::string_view key;
  WideSum sum = 0;
};
bool GetPair(std::string_view* bytes, MapPair* pair);
void PutPair(const MapPair& pair, std::string* out);

inline constexpr std::size_t kHashBytes = 8;
// Hash `i` of a set of bytes.size() / kHashBytes.
std::uint64_t HashAt(std::string_view bytes, std::size_t i);
void PutHash(std::uint64_t hash, std::string* out);

}  // namespace parcours
