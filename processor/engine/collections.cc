#include "processor/engine/collections.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/mutant.h"

namespace parcours::engine {

using catalog::Feature;

namespace {

__extension__ typedef unsigned __int128 WideBits;

bool Replace(std::string_view bytes, Cell* cell) {
  if (BytesOfCell(cell) == bytes) return false;
  ReplaceText(cell, bytes);
  return true;
}

std::uint64_t HashOf(const Contribution& contribution, bool text) {
  if (text) return Hash64(contribution.text);
  std::string bytes;
  PutHash(static_cast<std::uint64_t>(contribution.value), &bytes);
  return Hash64(bytes);
}

using Sums = std::map<std::string_view, WideSum>;

void AddPairs(std::string_view bytes, Sums* sums) {
  for (MapPair pair; GetPair(&bytes, &pair);) (*sums)[pair.key] += pair.sum;
}

// Sums every key beyond the bound under "".
void Bound(std::size_t keys, Sums* sums) {
  std::vector<std::pair<std::uint64_t, std::string_view>> ranked;
  for (const auto& [key, sum] : *sums) {
    if (!key.empty()) ranked.emplace_back(Hash64(key), key);
  }
  if (ranked.size() <= keys) return;
  std::sort(ranked.begin(), ranked.end());
  if (PARCOURS_MUTANT("map-forgets-the-smallest")) std::reverse(ranked.begin(), ranked.end());
  for (std::size_t i = keys; i < ranked.size(); ++i) {
    const auto gone = sums->find(ranked[i].second);
    (*sums)[""] += gone->second;
    sums->erase(gone);
  }
}

std::string BytesOf(const Sums& sums) {
  std::string bytes;
  for (const auto& [key, sum] : sums) PutPair({key, sum}, &bytes);
  return bytes;
}

}  // namespace

std::string JoinedSets(std::string_view a, std::string_view b) {
  std::string joined;
  std::size_t i = 0, j = 0;
  const std::size_t sizes[] = {a.size() / kHashBytes, b.size() / kHashBytes};
  while (joined.size() < kDistinctKept * kHashBytes && (i < sizes[0] || j < sizes[1])) {
    const bool first = j == sizes[1] || (i < sizes[0] && HashAt(a, i) <= HashAt(b, j));
    const std::uint64_t hash = first ? HashAt(a, i) : HashAt(b, j);
    PutHash(hash, &joined);
    if (i < sizes[0] && HashAt(a, i) == hash) ++i;
    if (j < sizes[1] && HashAt(b, j) == hash) ++j;
  }
  return joined;
}

bool AddToSet(const Contribution& contribution, bool text, Cell* cell) {
  std::string hash;
  PutHash(HashOf(contribution, text), &hash);
  return Replace(JoinedSets(BytesOfCell(cell), hash), cell);
}

Cell CountOf(std::string_view set) {
  const std::size_t size = set.size() / kHashBytes;
  if (size < kDistinctKept) return static_cast<Cell>(size);
  // Of n values evenly spread over 2^64 the k-th lies near k / n of it.
  const WideBits all = WideBits{1} << 64;
  const WideBits estimate = (kDistinctKept - 1) * all / (WideBits{HashAt(set, size - 1)} + 1);
  return static_cast<Cell>(
      std::clamp(estimate, WideBits{kDistinctKept}, static_cast<WideBits>(INT64_MAX)));
}

bool AddToList(const Feature& feature, const Contribution& contribution, Cell* cell) {
  const ListEntry added{contribution.time, contribution.id, contribution.source, contribution.value,
                        contribution.text};
  std::vector<ListEntry> entries;
  std::string_view bytes = BytesOfCell(cell);
  for (ListEntry entry; GetEntry(feature.of_text, &bytes, &entry);) entries.push_back(entry);
  entries.insert(std::upper_bound(entries.begin(), entries.end(), added, ComesBefore), added);
  const std::size_t most = static_cast<std::size_t>(feature.n);
  std::size_t beyond = entries.size() > most ? entries.size() - most : 0;
  if (PARCOURS_MUTANT("list-keeps-the-earliest")) {
    entries.resize(std::min(entries.size(), most));
    beyond = 0;
  }
  std::string kept;
  for (std::size_t i = beyond; i < entries.size(); ++i) {
    PutEntry(feature.of_text, entries[i], &kept);
  }
  return Replace(kept, cell);
}

std::string JoinedMaps(const Feature& feature, std::string_view a, std::string_view b) {
  Sums sums;
  AddPairs(a, &sums);
  AddPairs(b, &sums);
  Bound(static_cast<std::size_t>(feature.keys), &sums);
  return BytesOf(sums);
}

bool AddToMap(const Feature& feature, const Contribution& contribution, Cell* cell) {
  const bool fits = contribution.key.size() <= kMapKeyBytesMax;
  std::string one;
  PutPair({fits ? contribution.key : std::string_view(), contribution.value}, &one);
  return Replace(JoinedMaps(feature, BytesOfCell(cell), one), cell);
}

}  // namespace parcours::engine
