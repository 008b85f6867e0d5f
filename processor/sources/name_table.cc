#include "processor/sources/name_table.h"

#include <utility>

namespace parcours::sources {

int NameTable::Add(std::string_view name, int value) {
  std::string padded(name);
  padded.append(8, '\0');
  const std::string_view safe = std::string_view(padded).substr(0, name.size());
  if (const int known = Find(safe); known >= 0) return known;
  if (2 * (names_.size() + 1) > entries_.size()) {
    const std::vector<Entry> old = std::exchange(entries_, {});
    --shift_;
    entries_.resize(std::size_t{1} << (64 - shift_));
    for (const Entry& entry : old) {
      if (entry.value >= 0) Insert(entry);
    }
  }
  Entry entry;
  entry.key = KeyOf(safe);
  entry.value = value;
  entry.name = static_cast<std::uint32_t>(names_.size());
  if (name.size() < 8) {
    entry.mask = (std::uint64_t{1} << (8 * name.size())) - 1;
    entry.expected_tail = entry.key.head;
  } else if (name.size() > 16) {
    entry.expected_tail = ~entry.key.head;
  } else {
    entry.mask = ~std::uint64_t{0};
    entry.tail_at = static_cast<std::uint32_t>(name.size() - 8);
    entry.expected_tail = entry.key.tail;
  }
  names_.emplace_back(name);
  Insert(entry);
  return value;
}

void NameTable::Insert(const Entry& entry) {
  std::size_t slot = entry.key.Slot(shift_);
  while (entries_[slot].value >= 0) slot = (slot + 1) & (entries_.size() - 1);
  entries_[slot] = entry;
}

}  // namespace parcours::sources
