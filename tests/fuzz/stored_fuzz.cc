// Arbitrary bytes as a stored customer, its contact data and a chunk of ids seen: whatever they
// are, nothing breaks; what decodes must encode to bytes that decode to the same again.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "state/arena.h"
#include "state/stored.h"
#include "tests/state/stored_shape.h"

namespace {

using namespace parcours::state;

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

const Shape& TheShape() {
  static const Shape shape = ShapeOfAllKinds();
  return shape;
}

class FreshCustomer {
 public:
  FreshCustomer() : customer_(Customer::Create(TheShape(), "anna", arena_)) {}
  ~FreshCustomer() { Customer::Destroy(TheShape(), customer_, arena_); }
  FreshCustomer(const FreshCustomer&) = delete;
  FreshCustomer& operator=(const FreshCustomer&) = delete;
  Customer* operator->() { return customer_; }
  Customer* get() { return customer_; }

 private:
  Arena arena_;
  Customer* customer_;
};

void CheckRecord(std::string_view bytes) {
  FreshCustomer first, second;
  if (!DecodeCustomer(TheShape(), bytes, first.get()).ok()) return;
  Check(first->seen.size() < static_cast<int>(kChunkIds), "a tail of a whole chunk");
  Check(first->chunks_from <= first->chunks_to, "chunks");
  Check(StoredNextDue(bytes).ok() && *StoredNextDue(bytes) == first->next_due, "next due");
  std::string once, twice;
  EncodeCustomer(TheShape(), *first.get(), &once);
  Check(DecodeCustomer(TheShape(), once, second.get()).ok(), "what was encoded is refused");
  EncodeCustomer(TheShape(), *second.get(), &twice);
  Check(once == twice, "another customer came back");
  Check(TellCustomer(TheShape(), *first.get()) == TellCustomer(TheShape(), *second.get()),
        "another customer tells of itself");
}

void CheckContacts(std::string_view bytes) {
  FreshCustomer first, second;
  if (!DecodeContacts(TheShape(), bytes, first.get()).ok()) return;
  std::string once, twice;
  EncodeContacts(TheShape(), *first.get(), &once);
  Check(DecodeContacts(TheShape(), once, second.get()).ok(), "contacts encoded are refused");
  EncodeContacts(TheShape(), *second.get(), &twice);
  Check(once == twice, "other contacts came back");
}

constexpr parcours::TimeMs kNow = 1'767'225'600'000;

// Fills `seen` with the newest four of 20 ids.
void FillTail(SeenIds* seen) {
  SeenIds all;
  std::string tail;
  for (std::uint64_t i = 0; i < 20; ++i) all.Add(i, kNow);
  all.EncodeTail(kNow, &tail);
  std::string_view rest = tail;
  Check(seen->DecodeTail(kNow, &rest) && seen->size() == 4, "a tail of four");
}

void CheckChunk(std::string_view bytes) {
  SeenIds first, second;
  FillTail(&first);
  FillTail(&second);
  const bool good = first.PrependChunk(bytes);
  Check(good || first.size() == 4, "a chunk without sense changed something");
  Check(first.size() <= 20, "more ids than were added");
  std::string once, twice;
  first.EncodeChunk(0, &once);
  Check(second.PrependChunk(once), "a chunk that was encoded is refused");
  second.EncodeChunk(0, &twice);
  Check(once == twice && first.size() == second.size(), "another chunk came back");
}

}  // namespace

// The first byte says which of the three, so that one corpus serves all.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'r':
      CheckRecord(bytes);
      break;
    case 'c':
      CheckContacts(bytes);
      break;
    case 's':
      CheckChunk(bytes);
      break;
  }
  return 0;
}
