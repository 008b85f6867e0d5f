// Customers: the customers of a shard that are in memory, found by id, each with a number.
//
// An open-addressing table of 32-bit tags, numbers and pointers to single allocations. Look-ups are
// split in two, so that a batch can prefetch: first the table's slot, then the customer. The number
// of a customer that is forgotten serves again. Limits: 2^32 - 2 customers; bytes() tells what they
// hold, the processor bounds it. Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "state/customer.h"

namespace parcours::state {

class Customers {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit Customers(const Shape& shape);  // `shape` must outlive this
  ~Customers();
  Customers(const Customers&) = delete;
  Customers& operator=(const Customers&) = delete;

  void Prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  // The customer's number, or kNone. `hash` is Hash64(id).
  std::uint32_t Find(std::string_view id, std::uint64_t hash) const;
  // Makes a customer. REQUIRES: Find(id) is kNone.
  std::uint32_t Add(std::string_view id, std::uint64_t hash);
  // Forgets it; pointers to it are no good any more.
  void Remove(std::uint32_t number);

  std::uint32_t size() const { return size_; }
  // Every number is below this.
  std::uint32_t numbers() const { return static_cast<std::uint32_t>(all_.size()); }
  Customer& operator[](std::uint32_t number) { return *all_[number]; }
  const Customer& operator[](std::uint32_t number) const { return *all_[number]; }
  // A customer that Find would most likely give, without reading it: to prefetch. Null if none.
  const Customer* Guess(std::uint64_t hash) const;
  // Starts fetching the pointer to, then the head of, customer `number`.
  void PrefetchPointer(std::uint32_t number) const { __builtin_prefetch(&all_[number]); }
  // Null where the number is free.
  const Customer* Pointer(std::uint32_t number) const { return all_[number]; }
  const Shape& shape() const { return shape_; }

  // Bytes held by the table and all customers, each as it was when it was last counted.
  std::size_t bytes() const {
    return bytes_ + slots_.capacity() * sizeof(Slot) + all_.capacity() * sizeof(void*);
  }
  // Counts what a customer holds now.
  void Count(Customer& customer);

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number = kNone;
    Customer* customer = nullptr;
  };
  static std::uint32_t TagOf(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  void Grow();
  void Place(Customer* customer);
  void EmptySlot(std::uint64_t slot);

  const Shape& shape_;
  std::vector<Slot> slots_;  // a power of two, at most 3/4 full
  std::uint64_t mask_;
  std::vector<Customer*> all_;       // by number; null where it is free
  std::vector<std::uint32_t> free_;  // numbers
  std::uint32_t size_ = 0;
  std::size_t bytes_ = 0;
  Arena arena_;
};

}  // namespace parcours::state
