#include "tests/sim/model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/status_macros.h"
#include "base/varint.h"
#include "state/keys.h"
#include "state/stored.h"

namespace parcours::sim {

namespace {

std::string Show(std::string_view key) {
  return absl::CHexEscape(absl::string_view(key.data(), key.size()));
}

}  // namespace

absl::Status Model::Broken(std::string_view what) const {
  return absl::InternalError(absl::StrCat("shard ", shard_, ": ", std::string(what)));
}

const std::optional<std::string>& Model::Latest(const std::string& key) const {
  static const std::optional<std::string> none;
  const auto found = versions_.find(key);
  return found == versions_.end() ? none : found->second.back().value;
}

// --- what was committed

absl::Status Model::TakeMeta(std::string_view value) {
  processor::Meta meta(catalog_);
  RETURN_IF_ERROR(processor::DecodeMeta(catalog_, value, &meta));
  const std::uint64_t sequence = meta_.has_value() ? meta_->sequence + 1 : 1;
  if (meta.sequence != sequence) {
    return Broken(absl::StrCat("transaction ", meta.sequence, " where ", sequence, " is due"));
  }
  if (meta_.has_value() && (meta.position < meta_->position || meta.clock < meta_->clock ||
                            meta.log_time < meta_->log_time)) {
    return Broken(absl::StrCat("META goes back: position ", meta_->position, " to ", meta.position,
                               ", clock ", meta_->clock, " to ", meta.clock));
  }
  if (meta.clock > meta.log_time) {
    return Broken(
        absl::StrCat("the clock is at ", meta.clock, ", ahead of log time ", meta.log_time));
  }
  meta_ = std::move(meta);
  return absl::OkStatus();
}

absl::Status Model::Take(const log::ReadRecord& record) {
  if (record.offset != end_) {
    return Broken(absl::StrCat("changelog offset ", record.offset, " where ", end_, " is due"));
  }
  end_ = record.offset + 1;
  const std::string key(record.entry.key);
  std::optional<std::string> value;
  if (!record.entry.tombstone) value = std::string(record.entry.value);
  inside_ = key != state::kMetaKey;
  if (!inside_) RETURN_IF_ERROR(TakeMeta(record.entry.value));
  versions_[key].push_back({record.offset, std::move(value)});
  return absl::OkStatus();
}

absl::Status Model::ReadOn(log::Log& log) {
  if (reader_ == nullptr) {
    ASSIGN_OR_RETURN(const log::OffsetRange range, log.Range(log::Topic::kChangelog, shard_));
    if (range.end < end_) {
      return Broken(absl::StrCat("the changelog ends at ", range.end, ", but up to ", end_,
                                 " was committed"));
    }
    ASSIGN_OR_RETURN(reader_, log.Read(log::Topic::kChangelog, shard_, end_));
  }
  log::ReadRecord record;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, reader_->Next(&record));
    if (!more) break;
    RETURN_IF_ERROR(Take(record));
  }
  return inside_ ? Broken("the changelog ends inside a transaction") : absl::OkStatus();
}

// --- the store

absl::Status Model::ReadStore(state::Store& store, Stored* stored) const {
  const auto scan = store.From(shard_, "", "\xFF", false);
  for (std::string_view key, value;;) {
    ASSIGN_OR_RETURN(const bool more, scan->Next(&key, &value));
    if (!more) return absl::OkStatus();
    stored->emplace(key, value);
  }
}

absl::Status Model::CheckValue(const std::string& key, const Versions& versions,
                               const std::string* value, log::Offset next) const {
  const auto same = [&](const Version& version) {
    return value != nullptr ? version.value == *value : !version.value.has_value();
  };
  // Where the changelog from `next` on has the key again, the store may be behind.
  const Version& latest = versions.back();
  if (latest.offset >= next) {
    if (value == nullptr || std::any_of(versions.begin(), versions.end(), same)) {
      return absl::OkStatus();
    }
    return Broken(absl::StrCat("the store has ", Show(key), " as it never was committed"));
  }
  if (same(latest)) return absl::OkStatus();
  return Broken(absl::StrCat("the store ", value == nullptr ? "lacks " : "has another ", Show(key),
                             " of offset ", latest.offset, "; changelog_next ", next));
}

// One row a stored customer, at its next due.
absl::Status Model::CheckRows(const Stored& stored) const {
  std::map<std::string, std::string> due;  // row, customer
  std::string row;
  for (const auto& [key, value] : stored) {
    if (key[0] != state::kCustomerPrefix) continue;
    ASSIGN_OR_RETURN(const TimeMs next, state::StoredNextDue(value));
    if (next == kNever) continue;
    const std::string_view id = state::CustomerOfKey(key);
    state::SetTimerKey(next, Hash64(id), id, &row);
    due.emplace(row, id);
  }
  for (const auto& [key, value] : stored) {
    if (key[0] != state::kTimerPrefix || due.erase(key) > 0) continue;
    return Broken(absl::StrCat("a timer row that is nobody's: ", Show(key)));
  }
  if (due.empty()) return absl::OkStatus();
  return Broken(absl::StrCat("the timer row is missing of ", Show(due.begin()->second)));
}

absl::Status Model::CheckStore(log::Log& log, state::Store& store) const {
  Stored stored;
  RETURN_IF_ERROR(ReadStore(store, &stored));
  log::Offset next = 0;
  const std::string meta_key(state::kMetaKey);
  if (const auto meta = stored.find(meta_key); meta != stored.end()) {
    std::string_view rest = meta->second;
    std::uint64_t number = 0;
    if (!GetVarint(&rest, &number)) return Broken("META in the store is cut off");
    meta->second = std::string(rest);
    next = static_cast<log::Offset>(number);
  }
  ASSIGN_OR_RETURN(const log::OffsetRange range, log.Range(log::Topic::kChangelog, shard_));
  if (next < range.begin || next > range.end) {
    return Broken(absl::StrCat("the store needs the changelog from ", next, ", there is ",
                               range.begin, " to ", range.end));
  }
  for (const auto& [key, versions] : versions_) {
    const auto found = stored.find(key);
    RETURN_IF_ERROR(
        CheckValue(key, versions, found != stored.end() ? &found->second : nullptr, next));
  }
  for (const auto& [key, value] : stored) {
    if (key[0] != state::kTimerPrefix && !versions_.contains(key)) {
      return Broken(absl::StrCat("the store has ", Show(key), ", which was never committed"));
    }
  }
  return CheckRows(stored);
}

absl::Status Model::CheckAllStored(state::Store& store) const {
  Stored stored;
  RETURN_IF_ERROR(ReadStore(store, &stored));
  for (const auto& [key, versions] : versions_) {
    const std::optional<std::string>& latest = versions.back().value;
    const auto found = stored.find(key);
    if (latest.has_value() != (found != stored.end())) {
      return Broken(absl::StrCat("after a clean stop the store ", latest ? "lacks " : "still has ",
                                 Show(key)));
    }
    if (!latest.has_value()) continue;
    std::string_view value = found->second;
    std::uint64_t next = 0;
    if (key == state::kMetaKey && !GetVarint(&value, &next)) return Broken("META is cut off");
    if (value != *latest || (key == state::kMetaKey && next != static_cast<std::uint64_t>(end_))) {
      return Broken(absl::StrCat("after a clean stop the store has an old ", Show(key)));
    }
  }
  return absl::OkStatus();
}

std::map<std::string, std::string> Model::Contacts() const {
  std::map<std::string, std::string> contacts;
  for (const auto& [key, versions] : versions_) {
    if (key[0] == state::kContactPrefix) contacts[key] = versions.back().value.value_or("");
  }
  return contacts;
}

// --- what is in memory

absl::Status Model::CheckMemory(const state::Shape& shape, processor::Shard& shard) const {
  state::Customers& customers = shard.overlay().customers();
  std::string key, value;
  TimeMs first_due = kNever;
  for (std::uint32_t number = 0; number < customers.numbers(); ++number) {
    if (customers.Pointer(number) == nullptr) continue;
    const state::Customer& customer = customers[number];
    first_due = std::min(first_due, customer.next_due);
    if (customer.booked_at > customer.next_due) {
      return Broken(absl::StrCat("in memory: no timer for ", Show(customer.id())));
    }
    if (customer.dirty) continue;
    state::SetCustomerKey(customer.id(), &key);
    value.clear();
    state::EncodeCustomer(shape, customer, &value);
    if (Latest(key) != value) {
      return Broken(absl::StrCat("in memory: not as committed: ", Show(customer.id())));
    }
    for (std::uint32_t chunk = customer.chunks_from; chunk < customer.chunks_to; ++chunk) {
      state::SetSeenKey(customer.id(), chunk, &key);
      if (Latest(key).has_value()) continue;
      return Broken(absl::StrCat("chunk ", chunk, " is not committed of ", Show(customer.id())));
    }
  }
  for (const auto& [stored_key, versions] : versions_) {
    if (stored_key[0] != state::kCustomerPrefix || !versions.back().value.has_value()) continue;
    const std::string_view id = state::CustomerOfKey(stored_key);
    if (customers.Find(id, Hash64(id)) != state::Customers::kNone) continue;
    ASSIGN_OR_RETURN(const TimeMs due, state::StoredNextDue(*versions.back().value));
    first_due = std::min(first_due, due);
  }
  if (shard.overlay().timers().NotBefore() <= first_due) return absl::OkStatus();
  return Broken(absl::StrCat("somebody is due at ", first_due, ", but no timer before ",
                             shard.overlay().timers().NotBefore()));
}

absl::Status Model::CheckPlace(processor::Shard& shard) const {
  const processor::Meta none(catalog_);
  std::string due, have;
  processor::EncodeMeta(meta_.has_value() ? *meta_ : none, &due);
  processor::Meta meta = shard.meta();
  meta.totals.engine = shard.effects().counters;
  meta.totals.journeys = shard.effects().journeys;
  processor::EncodeMeta(meta, &have);
  if (have == due) return absl::OkStatus();
  return Broken(absl::StrCat("stands at position ", meta.position, ", clock ", meta.clock,
                             ", not as committed (", (meta_ ? *meta_ : none).position, ", ",
                             (meta_ ? *meta_ : none).clock, ")"));
}

}  // namespace parcours::sim
