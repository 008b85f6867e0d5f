#include "state/customer.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace parcours::state {

Customer* Customer::Create(const Shape& shape, std::string_view id, std::uint64_t hash) {
  static_assert(sizeof(Buckets) % sizeof(Cell) == 0);
  const std::size_t id_cells = (id.size() + sizeof(Cell) - 1) / sizeof(Cell);
  const std::size_t before = id_cells + shape.windows.size() * (sizeof(Buckets) / sizeof(Cell));
  const std::size_t cells = shape.initial.size();
  void* block = std::malloc(sizeof(Customer) + (before + cells) * sizeof(Cell));
  if (block == nullptr) std::abort();
  auto* customer = new (block) Customer();
  std::memcpy(reinterpret_cast<char*>(customer + 1), id.data(), id.size());
  customer->hash_ = hash;
  customer->id_size_ = static_cast<std::uint16_t>(id.size());
  customer->windows_at_ = static_cast<std::uint16_t>(id_cells);
  customer->cells_at_ = static_cast<std::uint16_t>(before);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) new (&customer->windows()[i]) Buckets();
  if (cells > 0) std::memcpy(customer->cells(), shape.initial.data(), cells * sizeof(Cell));
  return customer;
}

void Customer::Destroy(const Shape& shape, Customer* customer) {
  for (int cell : shape.text_cells) FreeText(customer->cells()[cell]);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    customer->windows()[i].Clear(shape.windows[i]);
  }
  customer->~Customer();
  std::free(customer);
}

std::size_t Customer::MemoryBytes(const Shape& shape) const {
  std::size_t bytes = sizeof(Customer) + (cells_at_ + shape.initial.size()) * sizeof(Cell);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    bytes += buckets(static_cast<int>(i)).MemoryBytes(shape.windows[i]);
  }
  return bytes + seen.MemoryBytes() + runs.capacity() * sizeof(Run);
}

}  // namespace parcours::state
