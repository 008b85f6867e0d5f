// Collections: what one contribution adds to a distinct count, a list or a map; order of arrival
// never matters.
//
// distinct: the kDistinctKept smallest 64-bit hashes of the values; as long as there are fewer they
//   are the count itself, else the greatest of them tells how densely hashes lie.
// list: the latest n values by (event time, id, source).
// map: a sum by key. Of more keys than the feature's `keys`, those whose hash is smallest stay and
//   all others are one sum under the key "". A key's rank never changes, so that whoever is among
//   the smallest in the end has been so from the first contribution on.
// Bytes: base/collection.h.   Limits: kDistinctKept hashes, catalog::kListMax values,
// catalog::kMapKeysMax keys of at most kMapKeyBytesMax bytes. Threads: pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/cell.h"
#include "base/collection.h"
#include "processor/engine/windows.h"
#include "rules/catalog/catalog.h"

namespace parcours::engine {

inline constexpr std::size_t kDistinctKept = 256;
inline constexpr std::size_t kMapKeyBytesMax = 128;  // a longer key counts under ""

// Each adds to the text cell `*cell`, kAbsent at first; false if that changed nothing.
bool AddToSet(const Contribution& contribution, bool text, Cell* cell);
bool AddToList(const catalog::Feature& feature, const Contribution& contribution, Cell* cell);
bool AddToMap(const catalog::Feature& feature, const Contribution& contribution, Cell* cell);

// How many different values a set tells of.
Cell CountOf(std::string_view set);

// The bytes of two sets, or of two maps of `feature`, put together.
std::string JoinedSets(std::string_view a, std::string_view b);
std::string JoinedMaps(const catalog::Feature& feature, std::string_view a, std::string_view b);

// What a text cell or kAbsent holds.
inline std::string_view BytesOfCell(const Cell* cell) {
  return IsValue(*cell) ? TextOf(cell) : std::string_view();
}

}  // namespace parcours::engine
