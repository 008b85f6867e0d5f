#include "state/customer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace parcours::state {

void Shape::Complete() {
  usual = initial;
  masks.assign((kinds.size() + kBlock - 1) / kBlock, {});
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i % kBlock;
    if (kinds[i] == CellKind::kNumber) masks[i / kBlock].numbers |= bit;
    if (kinds[i] != CellKind::kTime) continue;
    masks[i / kBlock].times |= bit;
    // An instant that is 0 for whoever is new says `look at once`; after the first look, most are
    // never due again.
    if (initial[i] == 0) usual[i] = kNever;
  }
}

Customer* Customer::Create(const Shape& shape, std::string_view id, Arena& arena) {
  static_assert(sizeof(Buckets) % sizeof(Cell) == 0);
  const std::size_t id_cells = (id.size() + sizeof(Cell) - 1) / sizeof(Cell);
  const std::size_t before = id_cells + shape.windows.size() * (sizeof(Buckets) / sizeof(Cell));
  const std::size_t cells = shape.initial.size();
  void* block = arena.Take(sizeof(Customer) + (before + cells) * sizeof(Cell));
  auto* customer = new (block) Customer();
  std::memcpy(reinterpret_cast<char*>(customer + 1), id.data(), id.size());
  customer->id_size_ = static_cast<std::uint16_t>(id.size());
  customer->windows_at_ = static_cast<std::uint16_t>(id_cells);
  customer->cells_at_ = static_cast<std::uint16_t>(before);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) new (&customer->windows()[i]) Buckets();
  if (cells > 0) std::memcpy(customer->cells(), shape.initial.data(), cells * sizeof(Cell));
  return customer;
}

void Customer::Destroy(const Shape& shape, Customer* customer, Arena& arena) {
  for (int cell : shape.text_cells) FreeText(customer->cells()[cell]);
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    customer->windows()[i].Clear(shape.windows[i]);
  }
  if (customer->writes_ != nullptr) {
    for (int i = 0; i < shape.attributes; ++i) FreeText(customer->writes_[2 * i + 1]);
    std::free(customer->writes_);
  }
  if (customer->contacts_ != nullptr) {
    for (std::size_t i = 0; i < shape.contacts.size(); ++i) {
      Cell* contact = customer->contacts_ + i * kContactCells;
      if (shape.contacts[i] == CellKind::kText) FreeText(contact[0]);
      FreeText(contact[2]);
    }
    std::free(customer->contacts_);
  }
  const std::size_t bytes = customer->BlockBytes(shape);
  customer->~Customer();
  arena.Give(customer, bytes);
}

namespace {

Cell* AbsentCells(std::size_t count) {
  auto* cells = static_cast<Cell*>(std::malloc(count * sizeof(Cell)));
  if (cells == nullptr) std::abort();
  std::fill_n(cells, count, kAbsent);
  return cells;
}

}  // namespace

Cell* Customer::Write(const Shape& shape, int attribute) {
  if (writes_ == nullptr) writes_ = AbsentCells(static_cast<std::size_t>(shape.attributes) * 2);
  return writes_ + 2 * attribute;
}

Cell* Customer::Contacts(const Shape& shape) {
  if (contacts_ == nullptr) contacts_ = AbsentCells(shape.contacts.size() * kContactCells);
  return contacts_;
}

std::size_t Customer::MemoryBytes(const Shape& shape) const {
  constexpr std::size_t kAllocator = 16;  // beside each allocation, about
  std::size_t bytes = BlockBytes(shape);
  const auto add = [&bytes](std::size_t more) { bytes += more > 0 ? more + kAllocator : 0; };
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    add(buckets(static_cast<int>(i)).MemoryBytes(shape.windows[i]));
  }
  for (int cell : shape.text_cells) add(TextBytes(cells()[cell]));
  if (writes_ != nullptr) add(static_cast<std::size_t>(shape.attributes) * 2 * sizeof(Cell));
  if (contacts_ != nullptr) add(shape.contacts.size() * kContactCells * sizeof(Cell));
  add(seen.MemoryBytes());
  add(runs.capacity() * sizeof(Run));
  return bytes;
}

}  // namespace parcours::state
