// Overlay: the way of what is committed to the store, and back from the changelog.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "base/varint.h"
#include "processor/overlay.h"
#include "state/keys.h"
#include "state/stored.h"

namespace parcours::processor {

using state::Customer;
using state::Customers;

namespace {

bool IsCustomerKey(std::string_view key) { return key[0] == state::kCustomerPrefix; }
bool IsMetaKey(std::string_view key) { return key == state::kMetaKey; }

}  // namespace

// Walks the pages from the front and takes the records that were not committed again since. Tells
// how many pages are done, and where to go on in the one behind.
absl::Status Overlay::CollectItems(std::size_t records_min, std::size_t* pages_done,
                                   std::size_t* next) {
  items_.clear();
  *pages_done = 0;
  *next = pages_.empty() ? 0 : pages_.front().next;
  while (*pages_done < pages_.size() && items_.size() < records_min) {
    const Page& page = pages_[*pages_done];
    log::BatchReader reader(std::string_view(page.bytes).substr(*next));
    const char* record = reader.position();
    log::Entry entry;
    while (items_.size() < records_min && reader.Next(&entry)) {
      if (IsCustomerKey(entry.key)) {
        const std::string_view id = state::CustomerOfKey(entry.key);
        const std::uint32_t number = customers_.Find(id, Hash64(id));
        if (number != Customers::kNone && customers_[number].unwritten == record) {
          items_.push_back({entry.key, entry, &customers_[number]});
        }
      } else if (!IsMetaKey(entry.key)) {
        const auto other = others_.find(entry.key);
        if (other != others_.end() && other->second == record) {
          items_.push_back({entry.key, entry, nullptr});
        }
      }
      record = reader.position();
    }
    if (!reader.ok()) return absl::DataLossError("write back: a page in memory is damaged");
    *next = static_cast<std::size_t>(record - page.bytes.data());
    if (*next < page.bytes.size()) break;
    ++*pages_done;
    *next = 0;
  }
  std::sort(items_.begin(), items_.end(),
            [](const Item& a, const Item& b) { return a.key < b.key; });
  for (Item& item : items_) {
    if (item.customer == nullptr) continue;
    ASSIGN_OR_RETURN(item.due, state::StoredNextDue(item.entry.value));
  }
  return absl::OkStatus();
}

// Asks the store where the timer rows of customers lie that came from the changelog.
absl::Status Overlay::FindUnknownRows() {
  keys_.clear();
  std::vector<Customer*> asked;
  for (const Item& item : items_) {
    if (item.customer == nullptr || item.customer->row_due != state::kRowUnknown) continue;
    keys_.emplace_back(item.key);
    asked.push_back(item.customer);
  }
  if (keys_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(store_->GetMany(shard_, keys_, &values_, &found_));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    asked[i]->row_due = kNever;
    if (!found_[i]) continue;
    ASSIGN_OR_RETURN(asked[i]->row_due, state::StoredNextDue(values_[i]));
  }
  return absl::OkStatus();
}

void Overlay::FillSlice() {
  slice_.Clear();
  for (const Item& item : items_) {
    if (item.entry.tombstone) {
      slice_.Delete(item.key);
    } else if (item.customer != nullptr && item.customer->dirty &&
               PARCOURS_MUTANT("uncommitted-bytes-written-back")) {
      value_.clear();
      state::EncodeCustomer(rules_.shape, *item.customer, &value_);
      slice_.Put(item.key, value_);
    } else {
      slice_.Put(item.key, item.entry.value);
    }
    if (item.customer == nullptr || item.customer->row_due == item.due) continue;
    const Customer& customer = *item.customer;
    TimeMs old_due = customer.row_due;
    if (PARCOURS_MUTANT("wrong-timer-row-deleted")) old_due = customer.next_due;
    if (old_due != kNever) {
      state::SetTimerKey(old_due, customer.hash, customer.id(), &key_);
      slice_.Delete(key_);
    }
    if (item.due != kNever) {
      state::SetTimerKey(item.due, customer.hash, customer.id(), &key_);
      slice_.Put(key_, {});
    }
  }
}

void Overlay::DropPages(std::size_t count) {
  for (; count > 0; --count) {
    page_bytes_ -= pages_.front().bytes.size();
    pages_.pop_front();
  }
}

absl::Status Overlay::WriteBack(std::size_t records_min, std::string_view meta,
                                log::Offset changelog_end) {
  std::size_t pages_done = 0, next = 0;
  RETURN_IF_ERROR(CollectItems(records_min, &pages_done, &next));
  RETURN_IF_ERROR(FindUnknownRows());
  FillSlice();
  log::Offset position = pages_done < pages_.size() ? pages_[pages_done].position : changelog_end;
  if (PARCOURS_MUTANT("changelog-next-too-high")) position = changelog_end;
  value_.clear();
  PutVarint(static_cast<std::uint64_t>(position), &value_);
  value_.append(meta);
  slice_.Put(state::kMetaKey, value_);
  RETURN_IF_ERROR(store_->Write(shard_, slice_));
  stored_any_ = true;
  for (const Item& item : items_) {
    if (item.customer == nullptr) {
      others_.erase(item.key);
      continue;
    }
    Customer& customer = *item.customer;
    customer.unwritten = nullptr;
    const TimeMs old_due = std::exchange(customer.row_due, item.due);
    if (old_due == item.due || customer.booked_at != old_due) continue;
    // It may have been booked by its old row alone, which is gone.
    if (!PARCOURS_MUTANT("booking-gone-with-its-row")) Book(customer, customer.next_due);
  }
  DropPages(pages_done);
  if (!pages_.empty()) pages_.front().next = next;
  return absl::OkStatus();
}

absl::Status Overlay::TakeCommitted(std::string batch, log::Offset position, bool rows_unknown) {
  page_bytes_ += batch.size();
  const Page& page = pages_.emplace_back(Page{std::move(batch), position});
  log::BatchReader reader(page.bytes);
  const char* record = reader.position();
  for (log::Entry entry; reader.Next(&entry); record = reader.position()) {
    if (entry.key.empty()) return absl::DataLossError("read the changelog: a record has no key");
    if (IsMetaKey(entry.key)) continue;
    if (!IsCustomerKey(entry.key)) {
      KeepOther(entry.key, record);
      continue;
    }
    const std::string_view id = state::CustomerOfKey(entry.key);
    const std::uint64_t hash = Hash64(id);
    TimeMs row_due = rows_unknown ? state::kRowUnknown : kNever;
    const std::uint32_t number = customers_.Find(id, hash);
    if (number != Customers::kNone) {
      row_due = customers_[number].row_due;
      customers_.Remove(number);
    }
    RETURN_IF_ERROR(DecodeUnwritten(id, hash, record, row_due));
  }
  if (!reader.ok()) return absl::DataLossError("read the changelog: a batch is damaged");
  return absl::OkStatus();
}

}  // namespace parcours::processor
