#include "processor/state_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/status_macros.h"
#include "base/time.h"
#include "base/varint.h"
#include "state/keys.h"
#include "state/seen.h"
#include "state/stored.h"

namespace parcours::processor {

namespace {

// Holds writers off while we look. Why a lock of the open file: one of the process would go with
// the first close of that file, whoever closes it.
class SharedLock {
 public:
  ~SharedLock() {
    if (file_ >= 0) close(file_);
  }
  SharedLock() = default;
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

  absl::Status Take(const std::string& folder) {
    file_ = open((LogFolder(folder) + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0) return absl::OkStatus();  // what is missing is told by who opens the log
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(file_, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES)) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("open state ", folder, ": another process uses it"));
  }

 private:
  int file_ = -1;
};

// How many keys, and the sum of their hashes: equal of equal sets, in whatever order.
struct KeySum {
  std::uint64_t keys = 0, sum = 0;
  void Add(std::string_view key) {
    ++keys;
    sum += Hash64(key);
  }
  bool operator==(const KeySum& other) const = default;
};

std::string Quoted(std::string_view id) {
  return absl::StrCat("'", absl::CHexEscape(absl::string_view(id.data(), id.size())), "'");
}

std::string DueText(TimeMs due) { return due < 0 ? absl::StrCat(due, " ms") : FormatTime(due); }

bool IsChunk(std::string_view value) {
  std::string added;
  PutVarint(state::kChunkIds, &added);
  std::string_view tail = added;
  state::SeenIds ids;
  return ids.DecodeTail(0, &tail) && ids.PrependChunk(value);
}

// Of one shard.
class Checker {
 public:
  Checker(int shard, StateReport* report)
      : shard_(shard),
        report_(report),
        counts_(report->shards[static_cast<std::size_t>(shard)].counts) {}

  // Damage goes to the report; a status is what keeps us from looking.
  absl::Status CheckStore(state::Store& store) { return Tell(Walk(store)); }
  absl::Status CheckTail(log::LocalLog& log) { return Tell(ReadTail(log)); }

 private:
  void Damage(const std::string& what) {
    if (report_->damages.size() < kDamagesTold) {
      report_->damages.push_back(absl::StrCat("shard ", shard_, ": ", what));
    }
    ++report_->damage_count;
  }
  absl::Status Tell(const absl::Status& status) {
    if (!absl::IsDataLoss(status)) return status;
    Damage(std::string(status.message()));
    return absl::OkStatus();
  }
  void LookAtRecord(std::string_view key, std::string_view value);
  absl::Status Walk(state::Store& store);
  absl::Status WalkRows(state::Store& store);
  absl::Status ReadTail(log::LocalLog& log);

  const int shard_;
  StateReport* const report_;
  StateReport::Counts& counts_;
};

// A record of another key than a timer's or META's.
void Checker::LookAtRecord(std::string_view key, std::string_view value) {
  const std::string_view id = state::CustomerOfKey(key);
  switch (key.front()) {
    case state::kCustomerPrefix: {
      const absl::Status status = state::StoredNextDue(value).status();
      if (!status.ok()) Damage(absl::StrCat("customer ", Quoted(id), ": ", status.message()));
      return;
    }
    case state::kContactPrefix:
      if (!value.empty() && value.front() >= state::kStoredFormatOldest &&
          value.front() <= state::kStoredFormat) {
        return;
      }
      Damage(absl::StrCat("contact data of customer ", Quoted(id), ": of no known format"));
      return;
    default:
      if (!IsChunk(value)) {
        Damage(absl::StrCat("seen ids of customer ", Quoted(id), ": the bytes make no sense"));
      }
  }
}

// In the order of the keys: contact data, chunks, META, customers, timer rows.
absl::Status Checker::Walk(state::Store& store) {
  const auto scan = store.From(shard_, {}, std::string(1, state::kTimerPrefix + 1), true);
  KeySum due, rows;
  bool meta = false;
  std::string_view key, value;
  std::string row;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, scan->Next(&key, &value));
    if (!more) break;
    if (key == state::kMetaKey) {
      meta = true;
      continue;
    }
    if (!state::IsKey(key)) continue;  // Store::Check told
    if (key.front() == state::kTimerPrefix) {
      rows.Add(key);
      continue;
    }
    LookAtRecord(key, value);
    if (key.front() == state::kContactPrefix) ++counts_.contacts;
    if (key.front() == state::kSeenPrefix) ++counts_.chunks;
    if (key.front() != state::kCustomerPrefix) continue;
    ++counts_.customers;
    counts_.customer_bytes += value.size();
    const absl::StatusOr<TimeMs> next = state::StoredNextDue(value);
    if (!next.ok() || *next == kNever) continue;
    const std::string_view id = state::CustomerOfKey(key);
    state::SetTimerKey(*next, Hash64(id), id, &row);
    due.Add(row);
  }
  counts_.timer_rows = rows.keys;
  if (!meta && counts_.customers > 0) Damage("the store has customers, but no META");
  return due == rows ? absl::OkStatus() : WalkRows(store);
}

// Names each row without its customer, and each customer without its row.
absl::Status Checker::WalkRows(state::Store& store) {
  std::string_view key, value;
  std::string other;
  const auto rows = store.From(shard_, std::string(1, state::kTimerPrefix),
                               std::string(1, state::kTimerPrefix + 1), true);
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, rows->Next(&key, &value));
    if (!more) break;
    state::TimerKey row;
    if (!state::ParseTimerKey(key, &row)) continue;
    const std::string whose = absl::StrCat("timer row of customer ", Quoted(row.customer), " at ",
                                           DueText(row.due), ": ");
    std::string customer_key;
    state::SetCustomerKey(row.customer, &customer_key);
    ASSIGN_OR_RETURN(const bool found, store.Get(shard_, customer_key, &other));
    if (!found) {
      Damage(absl::StrCat(whose, "there is no such customer"));
      continue;
    }
    const absl::StatusOr<TimeMs> next = state::StoredNextDue(other);
    if (!next.ok()) continue;  // told
    if (*next != row.due) {
      Damage(absl::StrCat(whose, "the customer's next due is ", DueText(*next)));
    } else if (row.hash != Hash64(row.customer)) {
      Damage(absl::StrCat(whose, "its hash is not the customer's"));
    }
  }
  const auto customers = store.From(shard_, std::string(1, state::kCustomerPrefix),
                                    std::string(1, state::kCustomerPrefix + 1), true);
  std::string row;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, customers->Next(&key, &value));
    if (!more) return absl::OkStatus();
    const absl::StatusOr<TimeMs> next = state::StoredNextDue(value);
    if (!next.ok() || *next == kNever) continue;
    const std::string_view id = state::CustomerOfKey(key);
    state::SetTimerKey(*next, Hash64(id), id, &row);
    ASSIGN_OR_RETURN(const bool found, store.Get(shard_, row, &other));
    if (found) continue;
    Damage(absl::StrCat("customer ", Quoted(id), ": due at ", DueText(*next),
                        ", but there is no timer row"));
  }
}

// The changelog from where the store needs it: whole transactions of records that make sense.
absl::Status Checker::ReadTail(log::LocalLog& log) {
  const StateReport::Shard& shard = report_->shards[static_cast<std::size_t>(shard_)];
  if (shard.needed_from < shard.changelog.begin || shard.needed_from > shard.changelog.end) {
    return absl::DataLossError(absl::StrCat("the store needs the changelog from ",
                                            shard.needed_from, " on, but it holds ",
                                            shard.changelog.begin, " to ", shard.changelog.end));
  }
  ASSIGN_OR_RETURN(const auto reader, log.Read(log::Topic::kChangelog, shard_, shard.needed_from));
  log::ReadRecord record;
  bool whole = true;  // META ends a transaction
  Meta meta{catalog::Catalog()};
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, reader->Next(&record));
    if (!more) break;
    ++counts_.waiting;
    const log::Entry& entry = record.entry;
    whole = entry.key == state::kMetaKey;
    if (whole) {
      RETURN_IF_ERROR(DecodeMetaHead(entry.value, &meta));
    } else if (!state::IsKey(entry.key) || entry.key.front() == state::kTimerPrefix) {
      Damage(absl::StrCat("changelog offset ", record.offset, ": a key makes no sense"));
    } else if (!entry.tombstone) {
      LookAtRecord(entry.key, entry.value);
    }
  }
  if (!whole) return absl::DataLossError("the changelog ends inside a transaction");
  return absl::OkStatus();
}

// The last META of a shard: that of the changelog, where it still holds one, else the store's.
absl::Status ReadPlace(log::LocalLog& log, state::Store* store, int number,
                       StateReport::Shard* shard) {
  ASSIGN_OR_RETURN(shard->changelog, log.Range(log::Topic::kChangelog, number));
  std::string value;
  std::string_view meta;
  if (store != nullptr) {
    ASSIGN_OR_RETURN(const bool found, store->Get(number, state::kMetaKey, &value));
    if (found) RETURN_IF_ERROR(SplitStoredMeta(value, &shard->needed_from, &meta));
    const state::Store::Sizes sizes = store->SizesOf(number);
    shard->keys = sizes.keys;
    shard->store_bytes = sizes.bytes;
  }
  std::unique_ptr<log::Reader> reader;
  log::ReadRecord record;
  if (shard->changelog.end > shard->changelog.begin) {
    ASSIGN_OR_RETURN(reader, log.Read(log::Topic::kChangelog, number, shard->changelog.end - 1));
    ASSIGN_OR_RETURN(const bool more, reader->Next(&record));
    if (more && record.entry.key == state::kMetaKey) meta = record.entry.value;
  }
  if (meta.empty()) return absl::OkStatus();  // nothing was ever committed
  return DecodeMetaHead(meta, &shard->meta.emplace(catalog::Catalog()));
}

// Damage goes to the report; anything else is what keeps us from looking.
absl::Status TellDamage(const absl::Status& status, StateReport* report) {
  if (!absl::IsDataLoss(status)) return status;
  report->damages.emplace_back(status.message());
  ++report->damage_count;
  return absl::OkStatus();
}

absl::Status CheckAll(log::LocalLog& log, state::Store* store, StateReport* report) {
  report->checked = true;
  RETURN_IF_ERROR(TellDamage(log.Check(), report));
  if (store != nullptr) RETURN_IF_ERROR(TellDamage(store->Check(), report));
  for (int number = 0; number < static_cast<int>(report->shards.size()); ++number) {
    Checker checker(number, report);
    if (store != nullptr) RETURN_IF_ERROR(checker.CheckStore(*store));
    RETURN_IF_ERROR(checker.CheckTail(log));
  }
  return absl::OkStatus();
}

}  // namespace

void StateReport::Counts::Add(const Counts& other) {
  customers += other.customers;
  customer_bytes += other.customer_bytes;
  timer_rows += other.timer_rows;
  contacts += other.contacts;
  chunks += other.chunks;
  waiting += other.waiting;
}

absl::StatusOr<StateReport> ReportState(const std::string& folder, bool check) {
  StateReport report;
  report.folder = folder;
  SharedLock lock;
  RETURN_IF_ERROR(lock.Take(folder));
  ASSIGN_OR_RETURN(const std::vector<RunWords> runs, RunsOf(folder));
  log::LocalLogOptions log_options;
  log_options.folder = LogFolder(folder);
  log_options.read_only = true;
  ASSIGN_OR_RETURN(const auto log, log::LocalLog::Open(log_options));
  for (const RunWords& words : runs) {
    ASSIGN_OR_RETURN(auto end, EndOfRun(*log, report.runs.size() + 1));
    report.runs.push_back({words, std::move(end)});
  }
  state::StoreOptions store_options;
  store_options.folder = StoreFolder(folder);
  store_options.shards = runs.front().shards;
  store_options.read_only = true;
  store_options.memory_bytes = kReportBytes;
  ASSIGN_OR_RETURN(const int shards, state::ShardsOfStore(store_options.folder));
  report.has_store = shards > 0;
  std::unique_ptr<state::Store> store;
  if (report.has_store) {
    ASSIGN_OR_RETURN(store, state::Store::Open(store_options));
  }
  report.shards.resize(static_cast<std::size_t>(store_options.shards));
  for (int number = 0; number < store_options.shards; ++number) {
    RETURN_IF_ERROR(
        ReadPlace(*log, store.get(), number, &report.shards[static_cast<std::size_t>(number)]));
  }
  report.crashes = runtime::CrashSlots::ReadFrom(CrashesFile(folder));
  if (check) RETURN_IF_ERROR(CheckAll(*log, store.get(), &report));
  return report;
}

}  // namespace parcours::processor
