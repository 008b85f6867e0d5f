// Customers: all customers of a shard in memory, found by id, numbered by first appearance.
//
// An open-addressing table of 32-bit tags, numbers and pointers to single allocations. Look-ups are
// split in two, so that a batch can prefetch: first the table's slot, then the customer. Limits:
// 2^32 - 2 customers; MemoryBytes() tells what they hold, the processor bounds it. Threads: owned
// by one worker.
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

  std::uint32_t size() const { return static_cast<std::uint32_t>(all_.size()); }
  Customer& operator[](std::uint32_t number) { return *all_[number]; }
  const Customer& operator[](std::uint32_t number) const { return *all_[number]; }
  // A customer that Find would most likely give, without reading it: to prefetch. Null if none.
  const Customer* Guess(std::uint64_t hash) const;
  // Starts fetching the pointer to, then the head of, customer `number`.
  void PrefetchPointer(std::uint32_t number) const { __builtin_prefetch(&all_[number]); }
  const Customer* Pointer(std::uint32_t number) const { return all_[number]; }
  const Shape& shape() const { return shape_; }

  // Bytes held by the table and all customers: an exact walk.
  std::size_t MemoryBytes() const;
  // The same, estimated from the counts alone: every customer with its fixed part.
  std::size_t FixedBytes() const;

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number = kNone;
    Customer* customer = nullptr;
  };
  static std::uint32_t TagOf(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  void Grow();
  void Place(std::uint64_t hash, std::uint32_t number, Customer* customer);

  const Shape& shape_;
  std::vector<Slot> slots_;  // a power of two, at most 3/4 full
  std::uint64_t mask_;
  std::vector<Customer*> all_;
  Arena arena_;
};

}  // namespace parcours::state
