// Overlay: who is warm, and one transaction. The way to the store: write_back.cc.
#include "processor/overlay.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "state/keys.h"
#include "state/stored.h"

namespace parcours::processor {

using state::Customer;
using state::Customers;

namespace {

constexpr std::size_t kPrefetchAhead = 8;
// Who was used once, or only looked at when something was due, is most of who was loaded, and
// seldom comes again.
constexpr int kUsesForgotten = 1;
// Of a dirty customer: itself first, then what it points to.
constexpr std::size_t kEncodeAhead = 12, kEncodeBehindAhead = 6;
constexpr std::size_t kLineBytes = 64, kEncodeLines = 9;

}  // namespace

Overlay::Overlay(engine::Rules& rules, int shard)
    : rules_(rules), shard_(shard), customers_(rules.shape), timers_(customers_) {}

void Overlay::UseStore(state::Store* store, bool empty) {
  store_ = store;
  complete_ = complete_ && empty;
  stored_any_ = !empty;
}

// --- who is warm

void Overlay::Book(Customer& customer, TimeMs due) {
  customer.booked_at = due;
  if (due != kNever) timers_.Book(due, customer);
}

absl::StatusOr<bool> Overlay::GetOther(std::string_view key, std::string* value) {
  if (const auto found = others_.find(key); found != others_.end()) {
    const log::Entry entry = log::EntryAt(found->second);
    value->assign(entry.value);
    return !entry.tombstone;
  }
  if (store_ == nullptr) return false;
  return store_->Get(shard_, key, value);
}

absl::Status Overlay::LoadChunks(Customer* customer) {
  for (std::uint32_t chunk = customer->chunks_to; chunk-- > customer->chunks_from;) {
    if (PARCOURS_MUTANT("chunks-of-ids-not-loaded")) break;
    state::SetSeenKey(customer->id(), chunk, &key_);
    ASSIGN_OR_RETURN(const bool found, GetOther(key_, &value_));
    if (!found && taking_ && !PARCOURS_MUTANT("deleted-chunk-is-damage")) {
      // It may have been deleted later, so that it was never written: a later record will tell.
      lacking_.emplace(customer->id());
      customer->chunks_from = chunk + 1;
      return absl::OkStatus();
    }
    if (!found || !customer->seen.PrependChunk(value_)) {
      return absl::DataLossError(absl::StrCat("load customer ", std::string(customer->id()),
                                              ": chunk ", chunk, " of its known ids is ",
                                              found ? "damaged" : "missing"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Customer*> Overlay::Decode(std::string_view id, std::uint64_t hash,
                                          std::string_view bytes) {
  const std::uint32_t number = customers_.Add(id, hash);
  Customer& customer = customers_[number];
  absl::Status status = state::DecodeCustomer(rules_.shape, bytes, &customer);
  if (status.ok() && !engine::Adopt(rules_, customer)) {
    status = absl::DataLossError("it is not of these definitions");
  }
  if (status.ok()) status = LoadChunks(&customer);
  if (!status.ok()) {
    const absl::Status told(
        status.code(), absl::StrCat("load customer ", std::string(id), ": ", status.message()));
    customers_.Remove(number);
    return told;
  }
  customers_.Count(customer);
  return &customer;
}

// As it lies in the store: its timer row is there too, at its next due.
absl::StatusOr<Customer*> Overlay::DecodeStored(std::string_view id, std::uint64_t hash,
                                                std::string_view bytes) {
  ++loads_;
  ASSIGN_OR_RETURN(Customer * customer, Decode(id, hash, bytes));
  customer->row_due = customer->booked_at = customer->next_due;
  return customer;
}

absl::StatusOr<Customer*> Overlay::DecodeUnwritten(std::string_view id, std::uint64_t hash,
                                                   const char* record, TimeMs row_due) {
  ASSIGN_OR_RETURN(Customer * customer, Decode(id, hash, log::EntryAt(record).value));
  customer->unwritten = record;
  customer->row_due = row_due;
  if (!PARCOURS_MUTANT("unwritten-not-booked")) Book(*customer, customer->next_due);
  return customer;
}

absl::Status Overlay::Load(std::span<const Wanted> wanted) {
  if (store_ == nullptr || complete_) return absl::OkStatus();
  keys_.clear();
  for (const Wanted& want : wanted) {
    if (customers_.Find(want.id, want.hash) != Customers::kNone) continue;
    state::SetCustomerKey(want.id, &keys_.emplace_back());
  }
  if (keys_.empty()) return absl::OkStatus();
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  RETURN_IF_ERROR(store_->GetMany(shard_, keys_, &values_, &found_));
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (!found_[i]) continue;
    const std::string id(state::CustomerOfKey(keys_[i]));
    RETURN_IF_ERROR(DecodeStored(id, Hash64(id), values_[i]).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<Customer*> Overlay::Find(std::string_view id, std::uint64_t hash) {
  const std::uint32_t number = customers_.Find(id, hash);
  if (number != Customers::kNone) return &customers_[number];
  if (store_ == nullptr || complete_) return nullptr;
  std::string key, value;
  state::SetCustomerKey(id, &key);
  ASSIGN_OR_RETURN(const bool found, store_->Get(shard_, key, &value));
  if (!found) return nullptr;
  return DecodeStored(id, hash, value);
}

Customer* Overlay::Add(std::string_view id, std::uint64_t hash) {
  return &customers_[customers_.Add(id, hash)];
}

absl::Status Overlay::LoadContacts(Customer* customer) {
  if (!customer->has_contact || customer->contacts_or_null() != nullptr) return absl::OkStatus();
  state::SetContactKey(customer->id(), &key_);
  ASSIGN_OR_RETURN(const bool found, GetOther(key_, &value_));
  if (!found) {
    return absl::DataLossError(absl::StrCat("load customer ", std::string(customer->id()),
                                            ": its contact data is missing"));
  }
  return state::DecodeContacts(rules_.shape, value_, customer);
}

void Overlay::Forget(std::uint32_t number) {
  const Customer& customer = customers_[number];
  if (customer.row_due != kNever && !PARCOURS_MUTANT("row-of-the-forgotten-not-returned")) {
    timers_.Return(customer.row_due, customer.hash, customer.id());
  }
  if (stored_any_) complete_ = false;
  customers_.Remove(number);
}

bool Overlay::MakeRoom(std::size_t bytes_max) {
  if (store_ == nullptr) return bytes() <= bytes_max;
  // As often round as it takes to forget who was used most.
  constexpr int kRounds = Customer::kUsesMax - kUsesForgotten + 1;
  for (std::uint64_t left = std::uint64_t{kRounds} * customers_.numbers(); bytes() > bytes_max;
       --left) {
    if (left == 0) return false;
    if (++hand_ >= customers_.numbers()) hand_ = 0;
    if (hand_ + kPrefetchAhead < customers_.numbers()) {
      __builtin_prefetch(customers_.Pointer(hand_ + kPrefetchAhead));
    }
    if (customers_.Pointer(hand_) == nullptr) continue;
    Customer& customer = customers_[hand_];
    if (customer.dirty && !PARCOURS_MUTANT("dirty-customer-forgotten")) continue;
    if (customer.unwritten != nullptr && !PARCOURS_MUTANT("unwritten-customer-forgotten")) continue;
    if (customer.uses > kUsesForgotten && !PARCOURS_MUTANT("used-customer-forgotten")) {
      --customer.uses;
    } else {
      Forget(hand_);
    }
  }
  return true;
}

// --- one transaction

void Overlay::EncodeChunks(Customer& customer, log::Batch* changelog) {
  const std::uint32_t from = customer.seen.FirstChunk(customer.last_instant);
  const std::uint32_t to = customer.seen.sealed();
  const auto add = [&](std::uint32_t chunk) {
    state::SetSeenKey(customer.id(), chunk, &key_);
    encoded_.push_back({static_cast<std::uint32_t>(changelog->size()), Customers::kNone});
  };
  for (std::uint32_t gone = customer.chunks_from; gone < std::min(from, customer.chunks_to);
       ++gone) {
    add(gone);
    changelog->AddTombstone(key_);
  }
  for (std::uint32_t fresh = std::max(customer.chunks_to, from); fresh < to; ++fresh) {
    add(fresh);
    value_.clear();
    customer.seen.EncodeChunk(fresh, &value_);
    changelog->Add(key_, value_);
  }
  customer.chunks_from = from;
  customer.chunks_to = to;
}

void Overlay::PrefetchDirty(std::size_t next) const {
  if (next + kEncodeAhead < dirty_.size()) {
    const auto* ahead =
        reinterpret_cast<const char*>(customers_.Pointer(dirty_[next + kEncodeAhead]));
    for (std::size_t line = 0; line < kEncodeLines; ++line) {
      __builtin_prefetch(ahead + line * kLineBytes);
    }
  }
  if (next + kEncodeBehindAhead < dirty_.size()) {
    const Customer& behind = customers_[dirty_[next + kEncodeBehindAhead]];
    behind.seen.Prefetch();
    __builtin_prefetch(behind.runs.data());
    for (std::size_t window = 0; window < rules_.shape.windows.size(); ++window) {
      behind.buckets(static_cast<int>(window)).PrefetchFirst();
    }
  }
}

void Overlay::EncodeDirty(log::Batch* changelog, std::size_t customers_max) {
  encoded_.clear();
  encoded_customers_ = std::min(dirty_.size(), customers_max);
  encoded_.reserve(encoded_customers_);
  const std::size_t before = changelog->size();
  changelog->Reserve(encoded_customers_ * record_bytes_);
  for (std::size_t i = 0; i < encoded_customers_; ++i) {
    PrefetchDirty(i);
    Customer& customer = customers_[dirty_[i]];
    // Chunks and contact data come first: whoever reads the customer finds what it names.
    EncodeChunks(customer, changelog);
    if (customer.contact_dirty) {
      state::SetContactKey(customer.id(), &key_);
      value_.clear();
      state::EncodeContacts(rules_.shape, customer, &value_);
      encoded_.push_back({static_cast<std::uint32_t>(changelog->size()), Customers::kNone});
      changelog->Add(key_, value_);
    }
    state::SetCustomerKey(customer.id(), &key_);
    value_.clear();
    state::EncodeCustomer(rules_.shape, customer, &value_);
    encoded_.push_back({static_cast<std::uint32_t>(changelog->size()), dirty_[i]});
    changelog->Add(key_, value_);
    customers_.Count(customer);  // while it is at hand
  }
  if (encoded_customers_ == 0) return;
  record_bytes_ = (changelog->size() - before) / encoded_customers_ * 9 / 8 + 1;
}

void Overlay::KeepOther(std::string_view key, const char* record) {
  others_.erase(key);  // the key of the old one lies in another page
  others_.emplace(key, record);
}

void Overlay::Committed(std::string batch, log::Offset position) {
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(encoded_customers_));
  encoded_customers_ = 0;
  if (encoded_.empty()) return;
  Page& page = pages_.emplace_back(Page{std::move(batch), position, std::move(encoded_)});
  encoded_.clear();
  page_bytes_ += page.HeldBytes();
  page_records_ += page.records.size();
  const char* bytes = page.bytes.data();
  for (std::size_t i = 0; i < page.records.size(); ++i) {
    if (i + kPrefetchAhead < page.records.size()) {
      const std::uint32_t ahead = page.records[i + kPrefetchAhead].number;
      if (ahead != Customers::kNone) __builtin_prefetch(customers_.Pointer(ahead), 1);
    }
    const auto [place, number] = page.records[i];
    if (number == Customers::kNone) {
      if (PARCOURS_MUTANT("chunks-not-written-back")) continue;
      KeepOther(log::EntryAt(bytes + place).key, bytes + place);
      continue;
    }
    Customer& customer = customers_[number];
    customer.dirty = customer.contact_dirty = false;
    customer.unwritten = bytes + place;
  }
}

absl::Status Overlay::RollBack() {
  for (std::uint32_t number : dirty_) {
    const Customer& customer = customers_[number];
    const char* record = customer.unwritten;
    if (PARCOURS_MUTANT("rollback-forgets-unwritten")) record = nullptr;
    if (record == nullptr) {  // the store has it, or nobody has
      Forget(number);
      continue;
    }
    const std::string id(customer.id());
    const std::uint64_t hash = customer.hash;
    const TimeMs row_due = customer.row_due;
    const std::uint32_t chunks_to = customer.chunks_to;
    customers_.Remove(number);
    ASSIGN_OR_RETURN(Customer* const before, DecodeUnwritten(id, hash, record, row_due));
    if (PARCOURS_MUTANT("sealed-chunks-not-rolled-back")) before->chunks_to = chunks_to;
  }
  dirty_.clear();
  encoded_.clear();
  encoded_customers_ = 0;
  return absl::OkStatus();
}

}  // namespace parcours::processor
