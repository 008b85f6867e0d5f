#include "state/customers.h"

#include "base/hash.h"

namespace parcours::state {

Customers::Customers(const Shape& shape) : shape_(shape), slots_(1024), mask_(1023) {}

Customers::~Customers() {
  for (Customer* customer : all_) Customer::Destroy(shape_, customer);
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
  if ((all_.size() + 1) * 4 > slots_.size() * 3) Grow();
  const auto number = static_cast<std::uint32_t>(all_.size());
  all_.push_back(Customer::Create(shape_, id, arena_));
  Place(hash, number, all_.back());
  return number;
}

void Customers::Place(std::uint64_t hash, std::uint32_t number, Customer* customer) {
  std::uint64_t i = hash & mask_;
  while (slots_[i].number != kNone) i = (i + 1) & mask_;
  slots_[i] = Slot{TagOf(hash), number, customer};
}

void Customers::Grow() {
  slots_.assign(slots_.size() * 2, Slot{});
  mask_ = slots_.size() - 1;
  for (std::uint32_t number = 0; number < all_.size(); ++number) {
    Place(Hash64(all_[number]->id()), number, all_[number]);
  }
}

std::size_t Customers::MemoryBytes() const {
  std::size_t bytes = slots_.capacity() * sizeof(Slot) + all_.capacity() * sizeof(Customer*);
  for (const Customer* customer : all_) bytes += customer->MemoryBytes(shape_);
  return bytes;
}

std::size_t Customers::FixedBytes() const {
  const std::size_t fixed = sizeof(Customer) + shape_.initial.size() * sizeof(Cell) +
                            shape_.windows.size() * sizeof(Buckets);
  return slots_.capacity() * sizeof(Slot) + all_.capacity() * sizeof(Customer*) +
         all_.size() * fixed;
}

}  // namespace parcours::state
