#include "state/customer.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace parcours::state {

Customer* Customer::Create(const Shape& shape, std::string_view id, std::uint64_t hash) {
  const std::size_t cells_bytes = shape.initial.size() * sizeof(Cell);
  const std::size_t windows_bytes = shape.windows.size() * sizeof(Buckets);
  void* block = std::malloc(sizeof(Customer) + cells_bytes + windows_bytes + id.size());
  if (block == nullptr) std::abort();
  auto* customer = new (block) Customer();
  std::memcpy(customer->cells(), shape.initial.data(), cells_bytes);
  auto* rest = reinterpret_cast<char*>(customer + 1) + cells_bytes;
  customer->windows_ = reinterpret_cast<Buckets*>(rest);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) new (&customer->windows_[i]) Buckets();
  char* id_bytes = rest + windows_bytes;
  std::memcpy(id_bytes, id.data(), id.size());
  customer->id_ = id_bytes;
  customer->id_size_ = static_cast<std::uint32_t>(id.size());
  customer->hash_ = hash;
  return customer;
}

void Customer::Destroy(const Shape& shape, Customer* customer) {
  for (int cell : shape.text_cells) FreeText(customer->cells()[cell]);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    customer->windows_[i].Clear(shape.windows[i]);
  }
  customer->~Customer();
  std::free(customer);
}

std::size_t Customer::MemoryBytes(const Shape& shape) const {
  std::size_t bytes = sizeof(Customer) + shape.initial.size() * sizeof(Cell) +
                      shape.windows.size() * sizeof(Buckets) + id_size_;
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    bytes += windows_[i].MemoryBytes(shape.windows[i]);
  }
  return bytes + seen.MemoryBytes() + runs.capacity() * sizeof(Run);
}

}  // namespace parcours::state
