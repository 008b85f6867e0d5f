#include "state/customers.h"

#include "base/mutant.h"

namespace parcours::state {

Customers::Customers(const Shape& shape) : shape_(shape), slots_(1024), mask_(1023) {}

Customers::~Customers() {
  for (Customer* customer : all_) {
    if (customer != nullptr) Customer::Destroy(shape_, customer, arena_);
  }
}

std::uint32_t Customers::Find(std::string_view id, std::uint64_t hash) const {
  for (std::uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
    const Slot& slot = slots_[i];
    if (slot.number == kNone) return kNone;
    if (slot.tag == TagOf(hash) && slot.customer->id() == id) return slot.number;
  }
}

const Customer* Customers::Guess(std::uint64_t hash) const {
  for (std::uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
    const Slot& slot = slots_[i];
    if (slot.number == kNone) return nullptr;
    if (slot.tag == TagOf(hash)) return slot.customer;
  }
}

std::uint32_t Customers::Add(std::string_view id, std::uint64_t hash) {
  if ((std::size_t{size_} + 1) * 4 > slots_.size() * 3) Grow();
  Customer* customer = Customer::Create(shape_, id, arena_);
  if (free_.empty()) {
    customer->number = numbers();
    all_.push_back(customer);
  } else {
    customer->number = free_.back();
    free_.pop_back();
    all_[customer->number] = customer;
  }
  customer->hash = hash;
  ++size_;
  Place(customer);
  Count(*customer);
  return customer->number;
}

void Customers::Count(Customer& customer) {
  bytes_ -= customer.counted_bytes;
  customer.counted_bytes = static_cast<std::uint32_t>(customer.MemoryBytes(shape_));
  bytes_ += customer.counted_bytes;
}

void Customers::Place(Customer* customer) {
  std::uint64_t i = customer->hash & mask_;
  while (slots_[i].number != kNone) i = (i + 1) & mask_;
  slots_[i] = Slot{TagOf(customer->hash), customer->number, customer};
}

void Customers::Remove(std::uint32_t number) {
  Customer* customer = all_[number];
  std::uint64_t i = customer->hash & mask_;
  while (slots_[i].customer != customer) i = (i + 1) & mask_;
  EmptySlot(i);
  bytes_ -= customer->counted_bytes;
  all_[number] = nullptr;
  free_.push_back(number);
  --size_;
  Customer::Destroy(shape_, customer, arena_);
}

// Empties a slot and moves up those behind it that would not be found past the gap.
void Customers::EmptySlot(std::uint64_t slot) {
  std::uint64_t gap = slot;
  for (std::uint64_t i = (gap + 1) & mask_; slots_[i].number != kNone; i = (i + 1) & mask_) {
    const std::uint64_t home = slots_[i].customer->hash & mask_;
    if (((i - home) & mask_) < ((i - gap) & mask_)) continue;  // found from its home as it is
    slots_[gap] = slots_[i];
    gap = i;
  }
  slots_[gap] = Slot{};
}

void Customers::Grow() {
  slots_.assign(slots_.size() * 2, Slot{});
  mask_ = slots_.size() - 1;
  for (Customer* customer : all_) {
    if (customer != nullptr) Place(customer);
  }
}

}  // namespace parcours::state
