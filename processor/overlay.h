// Overlay: the customers of one shard that are warm, and what is committed but not yet in the
// store.
//
// A customer in memory is clean (the store has the same), unwritten (its committed bytes are kept
// here until the store has them) or dirty (it differs from what is committed). A commit encodes
// each dirty customer once, straight into the changelog's batch; those very bytes are kept, in
// pages in the order of the commits, and written to the store later, the oldest page first, sorted,
// in slices: what was committed again meanwhile is skipped. So the store is behind by seconds,
// never ahead, and holds committed values only; the changelog from the oldest page on has the rest.
// Chunks of seen ids and contact data are records of their own and go the same way.
// Limits: bytes() is bounded by its owner, who commits, writes back and calls MakeRoom; a dirty or
// unwritten customer is never forgotten. Threads: owned by one worker.
// Failure: what the store says, or DataLoss where stored bytes make no sense; nothing is changed
// but as said.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log/log.h"
#include "processor/engine/step.h"
#include "state/customers.h"
#include "state/store/store.h"
#include "state/timers.h"

namespace parcours::processor {

class Overlay {
 public:
  // `rules` must outlive this. Without a store nothing can be forgotten.
  Overlay(engine::Rules& rules, int shard);

  // From here on customers may be written to, and read from, `store`. `empty`: it holds
  // nobody yet.
  void UseStore(state::Store* store, bool empty);
  bool has_store() const { return store_ != nullptr; }

  state::Customers& customers() { return customers_; }
  state::Timers& timers() { return timers_; }

  // --- who is warm
  struct Wanted {
    std::string_view id;
    std::uint64_t hash;
  };
  // Brings those of `wanted` that are stored and not in memory into memory.
  absl::Status Load(std::span<const Wanted> wanted);
  // The customer, loaded if need be; null if nobody has heard of it.
  absl::StatusOr<state::Customer*> Find(std::string_view id, std::uint64_t hash);
  state::Customer* Add(std::string_view id, std::uint64_t hash);
  // Brings the customer's contact data into memory.
  absl::Status LoadContacts(state::Customer* customer);
  // The customer has changed.
  void Touch(state::Customer& customer) {
    if (customer.dirty) return;
    customer.dirty = true;
    dirty_.push_back(customer.number);
  }
  // Forgets clean customers that were not used lately until at most `bytes_max` are held. False if
  // that cannot be reached.
  bool MakeRoom(std::size_t bytes_max);

  // --- one transaction
  std::size_t dirty() const { return dirty_.size(); }
  // Appends every dirty customer, with what belongs to it, to the changelog's batch; where nothing
  // is promised to be atomic, at most `customers_max` of them.
  void EncodeDirty(log::Batch* changelog, std::size_t customers_max = SIZE_MAX);
  // The batch was committed; `position` is the first changelog offset of the transaction.
  void Committed(std::string batch, log::Offset position);
  // It was not: every dirty customer is what it was before.
  absl::Status RollBack();

  // --- the way to the store
  std::size_t unwritten_bytes() const { return page_bytes_; }
  // Writes some of what is committed, at least `records_min` records if there are as many, together
  // with `meta`, the last one committed; `changelog_end` is the offset behind it.
  absl::Status WriteBack(std::size_t records_min, std::string_view meta, log::Offset changelog_end);
  bool written() const { return pages_.empty(); }
  // The lowest changelog offset that the store still needs.
  log::Offset changelog_next(log::Offset changelog_end) const {
    return pages_.empty() ? changelog_end : pages_.front().position;
  }
  // Takes a batch of the changelog that was committed before this process began: the tail replay.
  // `rows_unknown`: the store may hold timer rows of these customers.
  absl::Status TakeCommitted(std::string batch, log::Offset position, bool rows_unknown);
  // After the last batch: DataLoss if what a customer needs was in none of them, nor in the store.
  absl::Status AllTaken() const;

  // Bytes held in memory.
  std::size_t bytes() const {
    return customers_.bytes() + page_bytes_ + dirty_.capacity() * sizeof(std::uint32_t) +
           timers_.size() * sizeof(state::Timers::Entry);
  }
  // Times a customer was read from the store.
  std::uint64_t loads() const { return loads_; }

 private:
  // A record of a page that some key may still need: where it begins, and whose it is.
  struct Record {
    std::uint32_t place;
    std::uint32_t number;  // of a customer in memory; kNone: a record of another key
  };
  struct Page {
    std::string bytes;
    log::Offset position;
    std::vector<Record> records;
    std::size_t next = 0;  // the first record that was not looked at yet

    std::size_t HeldBytes() const { return bytes.capacity() + records.capacity() * sizeof(Record); }
  };
  struct Item {
    absl::uint128 prefix;  // of the key, so that few comparisons need to follow the pointer
    log::Entry entry;
    state::Customer* customer;  // null where the record is none of `s`
    TimeMs due = kNever;        // of the committed record
  };
  // Of a slice: timer rows to put or to delete, their keys in one piece of memory.
  struct TimerRows {
    struct Row {
      std::size_t place, size;  // of the key
      bool put;
    };
    std::string keys;
    std::vector<Row> rows;
  };

  absl::StatusOr<state::Customer*> Decode(std::string_view id, std::uint64_t hash,
                                          std::string_view bytes);
  absl::StatusOr<state::Customer*> DecodeStored(std::string_view id, std::uint64_t hash,
                                                std::string_view bytes);
  absl::StatusOr<state::Customer*> DecodeUnwritten(std::string_view id, std::uint64_t hash,
                                                   const char* record, TimeMs row_due);
  absl::Status LoadChunks(state::Customer* customer);
  // A committed value of another key than a customer's, from a page or the store.
  absl::StatusOr<bool> GetOther(std::string_view key, std::string* value);
  void EncodeChunks(state::Customer& customer, log::Batch* changelog);
  void Book(state::Customer& customer, TimeMs due);
  void Forget(std::uint32_t number);
  void KeepOther(std::string_view key, const char* record);
  void Collect(const Page& page, const Record& record, std::vector<Item>* items);
  absl::Status CollectItems(std::size_t records_min, std::vector<Item>* items,
                            std::size_t* pages_done, std::size_t* next);
  absl::Status FindUnknownRows(std::span<const Item> items);
  static void AddRows(const Item& item, TimerRows* rows);
  static void PutRows(TimerRows* rows, state::Store::Slice* slice);
  void FillSlice(std::span<const Item> items, std::string_view meta, TimerRows* rows,
                 state::Store::Slice* slice);
  void PrefetchDirty(std::size_t next) const;
  void DropPages(std::size_t count);

  engine::Rules& rules_;
  const int shard_;
  state::Store* store_ = nullptr;
  bool complete_ = true;  // everybody there is, is in memory
  bool stored_any_ = false;
  state::Customers customers_;
  state::Timers timers_;
  std::vector<std::uint32_t> dirty_;
  std::uint32_t hand_ = 0;
  std::uint64_t loads_ = 0;

  std::deque<Page> pages_;  // in the order of the commits
  std::size_t page_bytes_ = 0, page_records_ = 0;
  // Records of keys other than `s`, by key.
  absl::flat_hash_map<std::string_view, const char*> others_;
  std::size_t encoded_customers_ = 0;  // of dirty_, from the front
  std::size_t record_bytes_ = 128;     // of a dirty customer, as seen last
  std::vector<Record> encoded_;        // into the batch that is to be committed

  bool taking_ = false;            // inside TakeCommitted
  std::set<std::string> lacking_;  // customers taken without a chunk that they name

  // For reuse.
  std::string key_, value_;
  std::vector<std::string> keys_, values_;
  std::vector<bool> found_;
};

}  // namespace parcours::processor
