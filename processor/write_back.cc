// Overlay: the way of what is committed to the store, and back from the changelog.
#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "processor/meta.h"
#include "processor/overlay.h"
#include "state/keys.h"
#include "state/stored.h"

namespace parcours::processor {

using state::Customer;
using state::Customers;

namespace {

constexpr std::size_t kPrefetchAhead = 16;

// Its first sixteen bytes as a number that compares as they do.
absl::uint128 PrefixOf(std::string_view key) {
  std::uint64_t words[2] = {};
  std::memcpy(words, key.data(), std::min(key.size(), sizeof words));
  return absl::MakeUint128(__builtin_bswap64(words[0]), __builtin_bswap64(words[1]));
}

}  // namespace

// Takes the record unless its key was committed again since.
void Overlay::Collect(const Page& page, const Record& record, std::vector<Item>* items) {
  const char* bytes = page.bytes.data() + record.place;
  Item item{.prefix = 0, .entry = log::EntryAt(bytes), .customer = nullptr};
  if (record.number == Customers::kNone) {
    const auto other = others_.find(item.entry.key);
    if (other == others_.end() || other->second != bytes) return;
  } else {
    if (customers_.Pointer(record.number) == nullptr) return;
    item.customer = &customers_[record.number];
    if (item.customer->unwritten != bytes) return;
  }
  item.prefix = PrefixOf(item.entry.key);
  items->push_back(item);
}

// Walks the pages from the front. Tells how many are done, and where to go on in the one behind.
absl::Status Overlay::CollectItems(std::size_t records_min, std::vector<Item>* items,
                                   std::size_t* pages_done, std::size_t* next) {
  items->reserve(std::min(records_min, page_records_));
  *pages_done = 0;
  *next = pages_.empty() ? 0 : pages_.front().next;
  while (*pages_done < pages_.size() && items->size() < records_min) {
    const Page& page = pages_[*pages_done];
    for (; *next < page.records.size() && items->size() < records_min; ++*next) {
      if (*next + kPrefetchAhead < page.records.size()) {
        const Record& ahead = page.records[*next + kPrefetchAhead];
        __builtin_prefetch(page.bytes.data() + ahead.place);
        if (ahead.number != Customers::kNone) {
          __builtin_prefetch(customers_.Pointer(ahead.number));
        }
      }
      Collect(page, page.records[*next], items);
    }
    if (*next < page.records.size()) break;
    ++*pages_done;
    *next = 0;
  }
  std::sort(items->begin(), items->end(), [](const Item& a, const Item& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.entry.key < b.entry.key;
  });
  for (Item& item : *items) {
    if (item.customer == nullptr) continue;
    ASSIGN_OR_RETURN(item.due, state::StoredNextDue(item.entry.value));
  }
  return absl::OkStatus();
}

// Asks the store where the timer rows of customers lie that came from the changelog.
absl::Status Overlay::FindUnknownRows(std::span<const Item> items) {
  keys_.clear();
  std::vector<Customer*> asked;
  for (const Item& item : items) {
    if (item.customer == nullptr || item.customer->row_due != state::kRowUnknown) continue;
    keys_.emplace_back(item.entry.key);
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

// The row where the store will look the customer up, and the one where it did.
void Overlay::AddRows(const Item& item, TimerRows* rows) {
  const Customer& customer = *item.customer;
  if (customer.row_due == item.due) return;
  const auto add = [&](TimeMs due, bool put) {
    const std::size_t place = rows->keys.size();
    state::AppendTimerKey(due, customer.hash, customer.id(), &rows->keys);
    rows->rows.push_back({place, rows->keys.size() - place, put});
  };
  TimeMs old_due = customer.row_due;
  if (PARCOURS_MUTANT("wrong-timer-row-deleted")) old_due = customer.next_due;
  if (PARCOURS_MUTANT("old-timer-row-not-deleted")) old_due = kNever;
  if (old_due != kNever) add(old_due, false);
  if (item.due != kNever) add(item.due, true);
}

void Overlay::PutRows(TimerRows* rows, state::Store::Slice* slice) {
  const auto key = [rows](const TimerRows::Row& row) {
    return std::string_view(rows->keys).substr(row.place, row.size);
  };
  std::sort(rows->rows.begin(), rows->rows.end(),
            [&](const TimerRows::Row& a, const TimerRows::Row& b) { return key(a) < key(b); });
  for (const TimerRows::Row& row : rows->rows) {
    if (row.put) {
      slice->Put(key(row), {});
    } else {
      slice->Delete(key(row));
    }
  }
}

// In the order of the keys: contacts and chunks of ids, META, customers, timer rows.
void Overlay::FillSlice(std::span<const Item> items, std::string_view meta, TimerRows* rows,
                        state::Store::Slice* slice) {
  slice->Reserve(3 * items.size() + 1);
  bool meta_put = false;
  for (const Item& item : items) {
    if (!meta_put && state::kMetaKey < item.entry.key) {
      slice->Put(state::kMetaKey, meta);
      meta_put = true;
    }
    if (item.entry.tombstone) {
      slice->Delete(item.entry.key);
    } else if (item.customer != nullptr && item.customer->dirty &&
               PARCOURS_MUTANT("uncommitted-bytes-written-back")) {
      static thread_local std::deque<std::string> uncommitted;
      state::EncodeCustomer(rules_.shape, *item.customer, &uncommitted.emplace_back());
      slice->Put(item.entry.key, uncommitted.back());
    } else {
      slice->Put(item.entry.key, item.entry.value);
    }
    if (item.customer != nullptr) AddRows(item, rows);
  }
  if (!meta_put && !PARCOURS_MUTANT("slice-without-meta")) slice->Put(state::kMetaKey, meta);
  PutRows(rows, slice);
}

void Overlay::DropPages(std::size_t count) {
  for (; count > 0; --count) {
    page_bytes_ -= pages_.front().HeldBytes();
    page_records_ -= pages_.front().records.size();
    pages_.pop_front();
  }
}

absl::Status Overlay::WriteBack(std::size_t records_min, std::string_view meta,
                                log::Offset changelog_end) {
  // None of this is kept: many shards would each keep what only one needs at a time.
  std::vector<Item> items;
  TimerRows rows;
  state::Store::Slice slice;
  std::size_t pages_done = 0, next = 0;
  RETURN_IF_ERROR(CollectItems(records_min, &items, &pages_done, &next));
  RETURN_IF_ERROR(FindUnknownRows(items));
  log::Offset position = pages_done < pages_.size() ? pages_[pages_done].position : changelog_end;
  if (PARCOURS_MUTANT("changelog-next-too-high")) position = changelog_end;
  const std::string stored_meta = StoredMeta(position, meta);
  FillSlice(items, stored_meta, &rows, &slice);
  RETURN_IF_ERROR(store_->Write(shard_, slice));
  stored_any_ = true;
  for (const Item& item : items) {
    if (item.customer == nullptr) {
      others_.erase(item.entry.key);
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
  Page& page = pages_.emplace_back(Page{std::move(batch), position, {}});
  log::BatchReader reader(page.bytes);
  const char* record = reader.position();
  for (log::Entry entry; reader.Next(&entry); record = reader.position()) {
    if (entry.key.empty()) return absl::DataLossError("read the changelog: a record has no key");
    if (entry.key == state::kMetaKey) continue;
    const auto place = static_cast<std::uint32_t>(record - page.bytes.data());
    if (entry.key[0] != state::kCustomerPrefix) {
      page.records.push_back({place, Customers::kNone});
      KeepOther(entry.key, record);
      continue;
    }
    const std::string_view id = state::CustomerOfKey(entry.key);
    const std::uint64_t hash = Hash64(id);
    // Since this began, too, it may have been written and forgotten.
    TimeMs row_due = rows_unknown || stored_any_ ? state::kRowUnknown : kNever;
    if (PARCOURS_MUTANT("rows-of-the-tail-not-looked-up")) row_due = kNever;
    const std::uint32_t number = customers_.Find(id, hash);
    if (number != Customers::kNone) {
      row_due = customers_[number].row_due;
      customers_.Remove(number);
    }
    if (!lacking_.empty()) lacking_.erase(std::string(id));
    taking_ = true;
    const absl::StatusOr<Customer*> customer = DecodeUnwritten(id, hash, record, row_due);
    taking_ = false;
    RETURN_IF_ERROR(customer.status());
    page.records.push_back({place, (*customer)->number});
  }
  page_bytes_ += page.HeldBytes();
  page_records_ += page.records.size();
  if (!reader.ok()) return absl::DataLossError("read the changelog: a batch is damaged");
  return absl::OkStatus();
}

absl::Status Overlay::AllTaken() const {
  if (lacking_.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("load customer ", *lacking_.begin(), ": a chunk of its known ids is missing"));
}

}  // namespace parcours::processor
