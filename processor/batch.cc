#include "processor/batch.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hash.h"
#include "base/mutant.h"

namespace parcours::processor {

namespace {

auto KeyOf(const Slot* slot) {
  const engine::Event& event = slot->event();
  return std::make_tuple(event.time, event.source, event.id);
}

bool Before(const Slot* a, const Slot* b) {
  const auto key_a = KeyOf(a), key_b = KeyOf(b);
  if (key_a != key_b) return key_a < key_b;
  return a->text() < b->text();
}

}  // namespace

std::string_view Slot::text() const {
  return std::string_view(line).substr(0, line.size() - sources::kLinePadding);
}

void Slot::SetLine(std::string_view text) {
  line.assign(text);
  line.append(sources::kLinePadding, ' ');
}

void Batch::Keep() {
  Slot& slot = slots_[used_];
  slot.customer_hash = Hash64(slot.event().customer);
  bytes_ += slot.line.size() + sizeof(Slot);
  ++used_;
  if (used_ == slots_.size()) slots_.emplace_back();
}

void Batch::InOrder(std::vector<Slot*>* order) {
  for (std::size_t i = 0; i < used_; ++i) order->push_back(&slots_[i]);
}

std::uint64_t Batch::Sort(std::vector<Slot*>* order) {
  InOrder(order);
  const auto strictly = [](const Slot* a, const Slot* b) { return KeyOf(a) < KeyOf(b); };
  if (std::adjacent_find(order->begin(), order->end(), [&](const Slot* a, const Slot* b) {
        return !strictly(a, b);
      }) == order->end()) {
    return 0;
  }
  std::sort(order->begin(), order->end(), Before);
  const auto same = [](const Slot* a, const Slot* b) { return KeyOf(a) == KeyOf(b); };
  const auto end = std::unique(order->begin(), order->end(), same);
  const auto repeated = static_cast<std::uint64_t>(order->end() - end);
  order->erase(end, order->end());
  return repeated;
}

void Batch::Clear() {
  std::swap(slots_[0], slots_[used_]);
  constexpr std::size_t kSlotsKept = 256;
  if (slots_.size() > kSlotsKept) slots_.resize(kSlotsKept);
  used_ = 0;
  bytes_ = 0;
  aside = Aside{};
}

}  // namespace parcours::processor
