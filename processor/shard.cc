#include "processor/shard.h"

#include <algorithm>
#include <utility>

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

constexpr std::size_t kPrefetchPointersAhead = 16;  // of the timers, for their pointers
constexpr std::size_t kPrefetchAhead = 10;          // for the customers themselves
constexpr std::size_t kPrefetchBehindAhead = 4;     // for what they point to

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kHeadLines = (sizeof(Customer) + kLineBytes - 1) / kLineBytes + 1;
constexpr std::size_t kLinesMax = 12;  // of one customer; what lies behind is seldom read

void PrefetchLines(const Customer* customer, std::size_t lines) {
  const char* bytes = reinterpret_cast<const char*>(customer);
  for (std::size_t line = 0; line < lines; ++line) __builtin_prefetch(bytes + line * kLineBytes);
}

std::size_t LinesOf(const engine::Rules& rules) {
  const std::size_t bytes = sizeof(Customer) + rules.shape.windows.size() * sizeof(state::Buckets) +
                            rules.shape.initial.size() * sizeof(Cell);
  return std::min(kLinesMax, bytes / kLineBytes + 1);
}

}  // namespace

Shard::Shard(engine::Rules& rules, int number)
    : rules_(rules),
      number_(number),
      lines_(LinesOf(rules)),
      overlay_(rules, number),
      meta_(*rules.catalog) {
  engine::PrepareEffects(*rules.catalog, &effects_);
}

void Shard::Prefetch(std::span<const Upcoming> group) {
  const auto unread = [](const Upcoming& next) {
    return next.type >= 0 && next.shard->rules_.unread[next.type];
  };
  for (const Upcoming& next : group) {
    next.shard->overlay_.customers().Prefetch(next.customer_hash);
  }
  for (const Upcoming& next : group) {
    const Customer* customer = next.shard->overlay_.customers().Guess(next.customer_hash);
    if (customer != nullptr)
      PrefetchLines(customer, unread(next) ? kHeadLines : next.shard->lines_);
  }
  for (const Upcoming& next : group) {
    const Customer* customer = next.shard->overlay_.customers().Guess(next.customer_hash);
    if (customer == nullptr) continue;
    customer->seen.Prefetch();
    if (next.type < 0 || unread(next)) continue;
    const engine::Rules& rules = next.shard->rules_;
    __builtin_prefetch(customer->runs.data());
    for (int window : rules.windows_on_event[next.type]) {
      customer->buckets(window).Prefetch(rules.shape.windows[window]);
    }
    for (int cell : rules.texts_on_event[next.type]) PrefetchText(customer->cells()[cell]);
  }
}

// --- events and ticks

void Shard::Rebook(Customer& customer) {
  if (customer.next_due >= customer.booked_at) return;  // lazily: looked at again when popped
  if (customer.next_due == kNever) return;
  customer.booked_at = customer.next_due;
  overlay_.timers().Book(customer.booked_at, customer);
}

absl::StatusOr<Shard::Result> Shard::Apply(engine::Event& event, std::uint64_t customer_hash,
                                           TimeMs log_time) {
  if (engine::IsFuture(event, log_time)) return Result::kFuture;
  ++meta_.totals.customer_loads;
  ASSIGN_OR_RETURN(Customer * customer, overlay_.Find(event.customer, customer_hash));
  if (customer == nullptr) {
    customer = overlay_.Add(event.customer, customer_hash);
  } else if (engine::WritesContacts(rules_, event) && !PARCOURS_MUTANT("contacts-not-loaded")) {
    RETURN_IF_ERROR(overlay_.LoadContacts(customer));
  }
  const TimeMs before = customer->last_instant;
  const engine::Admission admission =
      engine::ApplyEvent(rules_, *customer, event, log_time, meta_.clock, &effects_);
  if (customer->uses < Customer::kUsesMax) ++customer->uses;
  const bool applied = admission == engine::Admission::kApplied;
  if (applied || customer->last_instant != before) overlay_.Touch(*customer);
  Rebook(*customer);
  return applied ? Result::kApplied : Result::kDuplicate;
}

absl::Status Shard::ReadRows() {
  const state::Timers::Row& from = overlay_.timers().rows_read();
  std::string key, end;
  state::SetTimerKey(from.due, from.hash, from.customer, &key);
  if (!from.customer.empty()) key.push_back('\0');  // the first key behind it
  end.push_back(static_cast<char>(state::kTimerPrefix + 1));
  const auto scan = store_->From(number_, key, end, false);
  std::vector<state::Timers::Row> rows;
  std::string_view row, value;
  while (rows.size() < state::kRowsAtOnce) {
    ASSIGN_OR_RETURN(const bool more, scan->Next(&row, &value));
    if (!more) break;
    state::TimerKey timer;
    if (!state::ParseTimerKey(row, &timer)) {
      return absl::DataLossError(
          absl::StrCat("read the timers of shard ", number_, ": a key makes no sense"));
    }
    rows.push_back({timer.due, timer.hash, std::string(timer.customer)});
  }
  // Those that are due will be looked at next: read together, they cost less.
  std::vector<Overlay::Wanted> due;
  for (const state::Timers::Row& each : rows) {
    if (each.due <= meta_.clock) due.push_back({each.customer, each.hash});
  }
  RETURN_IF_ERROR(overlay_.Load(due));
  overlay_.timers().GiveRows(&rows);
  return absl::OkStatus();
}

// Looks at a customer that was booked at `due`.
void Shard::LookAt(Customer& customer, TimeMs due) {
  if (customer.booked_at != due) {  // booked earlier since, and looked at then
    ++meta_.totals.early_pops;
    return;
  }
  customer.booked_at = kNever;
  const bool early = customer.next_due > meta_.clock;
  if (early) ++meta_.totals.early_pops;
  if (!early) {
    overlay_.Touch(customer);
    oldest_due_ = std::min(oldest_due_, customer.next_due);
  }
  while (customer.next_due <= meta_.clock) engine::StepDue(rules_, customer, &effects_);
  if (early && PARCOURS_MUTANT("early-pop-not-rebooked")) return;
  Rebook(customer);
}

absl::Status Shard::Pop(const state::Timers::Popped& popped) {
  ++meta_.totals.customer_loads;
  Customers& customers = overlay_.customers();
  if (popped.number != Customers::kNone) {
    if (customers.Pointer(popped.number) == nullptr) return absl::OkStatus();  // its row tells
    Customer& customer = customers[popped.number];
    if (customer.hash == popped.hash) LookAt(customer, popped.due);
    return absl::OkStatus();
  }
  const std::string id(popped.customer);
  ASSIGN_OR_RETURN(Customer * customer, overlay_.Find(id, popped.hash));
  if (customer != nullptr) LookAt(*customer, popped.due);
  return absl::OkStatus();
}

void Shard::PrefetchTimers() {
  Customers& customers = overlay_.customers();
  const state::Timers& timers = overlay_.timers();
  if (const auto* ahead = timers.Peek(kPrefetchPointersAhead)) {
    customers.PrefetchPointer(ahead->number);
  }
  if (const auto* ahead = timers.Peek(kPrefetchAhead)) {
    const Customer* customer = customers.Pointer(ahead->number);
    if (customer != nullptr) PrefetchLines(customer, lines_);
  }
  if (const auto* ahead = timers.Peek(kPrefetchBehindAhead)) {
    const Customer* customer = customers.Pointer(ahead->number);
    if (customer != nullptr) __builtin_prefetch(customer->runs.data());
  }
}

absl::StatusOr<bool> Shard::Tick(TimeMs clock, int customers_max) {
  meta_.clock = std::max(meta_.clock, clock);
  state::Timers& timers = overlay_.timers();
  state::Timers::Popped popped;
  for (int i = 0; i < customers_max; ++i) {
    if (timers.WantsRows(meta_.clock)) RETURN_IF_ERROR(ReadRows());
    if (!timers.Pop(meta_.clock, &popped)) return true;
    PrefetchTimers();
    RETURN_IF_ERROR(Pop(popped));
  }
  return !HasDue(meta_.clock);
}

// --- one transaction

void Shard::Encode(log::Batch* changelog, std::size_t customers_max) {
  ++meta_.sequence;
  meta_.timers_from = overlay_.timers().NotBefore();
  if (PARCOURS_MUTANT("timers-from-too-high")) meta_.timers_from += kHourMs;
  meta_.totals.engine = effects_.counters;
  meta_.totals.journeys = effects_.journeys;
  meta_encoded_.clear();
  EncodeMeta(meta_, &meta_encoded_);
  if (PARCOURS_MUTANT("meta-before-states")) changelog->Add(state::kMetaKey, meta_encoded_);
  overlay_.EncodeDirty(changelog, customers_max);
  if (!PARCOURS_MUTANT("meta-before-states")) changelog->Add(state::kMetaKey, meta_encoded_);
}

void Shard::Committed(log::Batch* changelog, log::Offset end) {
  meta_bytes_ = meta_encoded_;
  committed_ = PlaceOf(meta_);
  oldest_due_ = kNever;
  overlay_.Committed(changelog->Take(), std::exchange(changelog_end_, end));
}

absl::Status Shard::TakeMeta(std::string_view bytes) {
  RETURN_IF_ERROR(DecodeMeta(*rules_.catalog, bytes, &meta_));
  meta_bytes_.assign(bytes);
  committed_ = PlaceOf(meta_);
  effects_.counters = meta_.totals.engine;
  effects_.journeys = meta_.totals.journeys;
  return absl::OkStatus();
}

absl::Status Shard::RollBack() {
  effects_.ClearRecords();
  oldest_due_ = kNever;
  const Meta aborted = meta_;
  if (meta_bytes_.empty()) {
    meta_ = Meta(*rules_.catalog);
    effects_.counters = {};
    effects_.journeys = meta_.totals.journeys;
  } else {
    const std::string bytes = meta_bytes_;
    RETURN_IF_ERROR(TakeMeta(bytes));
  }
  if (PARCOURS_MUTANT("position-not-rolled-back")) meta_.position = aborted.position;
  if (PARCOURS_MUTANT("clock-not-rolled-back")) meta_.clock = aborted.clock;
  if (PARCOURS_MUTANT("digests-not-rolled-back")) meta_.totals = aborted.totals;
  return overlay_.RollBack();
}

// --- store and changelog

absl::Status Shard::UseStore(state::Store* store) {
  store_ = store;
  std::string bytes;
  ASSIGN_OR_RETURN(const bool found, store->Get(number_, state::kMetaKey, &bytes));
  store_was_empty_ = !found;
  if (found) {
    std::string_view meta;
    RETURN_IF_ERROR(SplitStoredMeta(bytes, &changelog_end_, &meta));
    // Empty: written on the way to the first META.
    if (!meta.empty()) RETURN_IF_ERROR(TakeMeta(meta));
  }
  overlay_.UseStore(store, !found);
  return absl::OkStatus();
}

absl::Status Shard::TakeCommitted(std::string batch, log::Offset end) {
  log::BatchReader reader(batch);
  std::string_view meta;
  for (log::Entry entry; reader.Next(&entry);) {
    if (entry.key == state::kMetaKey) meta = entry.value;
  }
  if (!meta.empty()) RETURN_IF_ERROR(TakeMeta(meta));
  const log::Offset begin = std::exchange(changelog_end_, end);
  return overlay_.TakeCommitted(std::move(batch), begin, !store_was_empty_);
}

absl::Status Shard::EachCustomer(const std::function<absl::Status(state::Customer&)>& visit) {
  constexpr std::uint32_t kAhead = 8;
  Customers& customers = overlay_.customers();
  if (store_ == nullptr) {
    for (std::uint32_t number = 0; number < customers.numbers(); ++number) {
      if (number + kAhead < customers.numbers()) {
        __builtin_prefetch(customers.Pointer(number + kAhead));
      }
      RETURN_IF_ERROR(visit(customers[number]));
    }
    return absl::OkStatus();
  }
  const auto scan =
      store_->From(number_, std::string_view(&state::kCustomerPrefix, 1),
                   std::string(1, static_cast<char>(state::kCustomerPrefix + 1)), true);
  // Some at a time, so that those in memory can be fetched ahead.
  constexpr std::size_t kAtOnce = 32;
  struct Stored {
    std::string id, value;
    std::uint64_t hash = 0;
  };
  std::vector<Stored> stored(kAtOnce);
  for (bool more = true; more;) {
    std::size_t count = 0;
    for (std::string_view key, value; count < kAtOnce; ++count) {
      ASSIGN_OR_RETURN(more, scan->Next(&key, &value));
      if (!more) break;
      stored[count].id = state::CustomerOfKey(key);
      stored[count].value = value;
      stored[count].hash = Hash64(stored[count].id);
      customers.Prefetch(stored[count].hash);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Customer* customer = customers.Guess(stored[i].hash);
      if (customer != nullptr) PrefetchLines(customer, lines_);
    }
    for (std::size_t i = 0; i < count; ++i) {
      RETURN_IF_ERROR(VisitStored(stored[i].id, stored[i].hash, stored[i].value, visit));
    }
  }
  return absl::OkStatus();
}

absl::Status Shard::VisitStored(std::string_view id, std::uint64_t hash, std::string_view value,
                                const std::function<absl::Status(Customer&)>& visit) {
  Customers& customers = overlay_.customers();
  const std::uint32_t number = customers.Find(id, hash);
  if (number != Customers::kNone) return visit(customers[number]);
  state::Arena& arena = passing_;
  Customer* customer = Customer::Create(rules_.shape, id, arena);
  absl::Status status = state::DecodeCustomer(rules_.shape, value, customer);
  if (status.ok() && !engine::Adopt(rules_, *customer)) {
    status = absl::DataLossError(
        absl::StrCat("read customer ", std::string(id), ": not of these definitions"));
  }
  if (status.ok()) status = visit(*customer);
  Customer::Destroy(rules_.shape, customer, arena);
  return status;
}

absl::Status Shard::WriteBack(std::size_t records_min) {
  if (PARCOURS_MUTANT("uncommitted-meta-written-back")) {
    meta_bytes_.clear();
    EncodeMeta(meta_, &meta_bytes_);
  }
  return overlay_.WriteBack(records_min, meta_bytes_, changelog_end_);
}

}  // namespace parcours::processor
