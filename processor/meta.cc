#include "processor/meta.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/varint.h"

namespace parcours::processor {

void SegmentationTally::Count(const engine::Transition& transition) {
  const std::size_t none = size - 1;
  const std::size_t from = transition.from < 0 ? none : static_cast<std::size_t>(transition.from);
  const std::size_t to = transition.to < 0 ? none : static_cast<std::size_t>(transition.to);
  PairCount& pair = pairs[from * size + to];
  ++(transition.cause.event != nullptr ? pair.by_event : pair.by_time);
}

std::int64_t SegmentationTally::Members(std::size_t segment) const {
  std::uint64_t in = 0, out = 0;
  for (std::size_t other = 0; other < size; ++other) {
    const PairCount& entered = pairs[other * size + segment];
    const PairCount& left = pairs[segment * size + other];
    in += entered.by_event + entered.by_time;
    out += left.by_event + left.by_time;
  }
  return static_cast<std::int64_t>(in - out);
}

Totals::Totals(const catalog::Catalog& catalog) : journeys(catalog.journeys.size()) {
  for (std::size_t i = 0; i < journeys.size(); ++i) {
    journeys[i].steps.resize(catalog.journeys[i].steps.size());
  }
  for (const catalog::Segmentation& segmentation : catalog.segmentations) {
    segmentations.emplace_back(segmentation.segments.size());
  }
}

namespace {

// Calls `visit` with every number of `totals`, always in the same order, but for the pairs of
// segments and the digests.
template <typename TotalsType, typename Visit>
void VisitCounts(TotalsType& totals, Visit visit) {
  auto& engine = totals.engine;
  for (auto* count : {&engine.events, &engine.duplicates, &engine.duplicates_unchecked,
                      &engine.late, &engine.times_cut, &engine.evaluations, &engine.dues_fired,
                      &engine.idle_wakeups, &totals.rejected, &totals.ignored, &totals.after_until,
                      &totals.early_pops, &totals.customer_loads}) {
    visit(*count);
  }
  for (auto& count : totals.records) visit(count);
  for (auto& journey : totals.journeys) {
    visit(journey.entered);
    visit(journey.completed);
    visit(journey.goals_dropped);
    for (auto& step : journey.steps) {
      for (auto* count : {&step.entered, &step.sent, &step.exited, &step.converted}) visit(*count);
    }
  }
}

// Only the pairs that somebody moved between, by their distance from the one before.
void EncodePairs(const SegmentationTally& tally, std::string* out) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < tally.pairs.size(); ++i) {
    const PairCount& pair = tally.pairs[i];
    if (pair.by_event + pair.by_time == 0) continue;
    PutVarint(i - next + 1, out);
    PutVarint(pair.by_event, out);
    PutVarint(pair.by_time, out);
    next = i + 1;
  }
  PutVarint(0, out);
}

bool DecodePairs(std::string_view* bytes, SegmentationTally* tally) {
  std::size_t next = 0;
  for (;;) {
    std::uint64_t distance = 0;
    if (!GetVarint(bytes, &distance)) return false;
    if (distance == 0) return true;
    if (distance > tally->pairs.size() - next) return false;
    PairCount& pair = tally->pairs[next + distance - 1];
    next += distance;
    if (!GetVarint(bytes, &pair.by_event) || !GetVarint(bytes, &pair.by_time)) return false;
  }
}

bool DecodeTotals(std::string_view* bytes, Totals* totals) {
  bool ok = true;
  VisitCounts(*totals, [&](std::uint64_t& count) { ok = ok && GetVarint(bytes, &count); });
  for (SegmentationTally& tally : totals->segmentations) ok = ok && DecodePairs(bytes, &tally);
  for (Digest::Sum& sum : totals->digests) {
    for (std::uint64_t& word : sum) ok = ok && GetVarint(bytes, &word);
  }
  return ok;
}

}  // namespace

void Totals::Add(const Totals& other) {
  std::vector<std::uint64_t> counts;
  VisitCounts(other, [&](std::uint64_t count) { counts.push_back(count); });
  std::size_t at = 0;
  VisitCounts(*this, [&](std::uint64_t& count) { count += counts[at++]; });
  for (std::size_t i = 0; i < segmentations.size(); ++i) {
    for (std::size_t pair = 0; pair < segmentations[i].pairs.size(); ++pair) {
      segmentations[i].pairs[pair].by_event += other.segmentations[i].pairs[pair].by_event;
      segmentations[i].pairs[pair].by_time += other.segmentations[i].pairs[pair].by_time;
    }
  }
  for (std::size_t kind = 0; kind < kRecordKinds; ++kind) {
    Digest::Add(other.digests[kind], &digests[kind]);
  }
}

void EncodeMeta(const Meta& meta, std::string* out) {
  out->push_back(static_cast<char>(kMetaFormat));
  for (std::uint64_t number : {meta.run, meta.judged, meta.position, meta.sequence}) {
    PutVarint(number, out);
  }
  for (TimeMs time : {meta.log_time, meta.clock, meta.timers_from}) PutSigned(time, out);
  PutVarint(meta.definitions.size(), out);
  out->append(meta.definitions);
  VisitCounts(meta.totals, [&](std::uint64_t count) { PutVarint(count, out); });
  for (const SegmentationTally& tally : meta.totals.segmentations) EncodePairs(tally, out);
  for (const Digest::Sum& sum : meta.totals.digests) {
    for (std::uint64_t word : sum) PutVarint(word, out);
  }
}

namespace {

// What stands before the totals.
absl::Status DecodePlace(std::string_view* bytes, Meta* meta) {
  if (bytes->empty()) return absl::DataLossError("read META: it is empty");
  const int format = static_cast<unsigned char>(bytes->front());
  if (format < kMetaFormatOldest || format > kMetaFormat) {
    return absl::DataLossError(
        absl::StrCat("read META: format ", format, ", newest known ", kMetaFormat));
  }
  bytes->remove_prefix(1);
  bool ok = true;
  for (auto* number : {&meta->run, &meta->judged, &meta->position, &meta->sequence}) {
    ok = ok && GetVarint(bytes, number);
  }
  for (TimeMs* time : {&meta->log_time, &meta->clock, &meta->timers_from}) {
    ok = ok && GetSigned(bytes, time);
  }
  std::uint64_t size = 0;
  meta->definitions.clear();
  if (format > kMetaFormatOldest) {
    ok = ok && GetVarint(bytes, &size) && size <= bytes->size();
    if (ok) meta->definitions = std::string(bytes->substr(0, size));
    if (ok) bytes->remove_prefix(size);
  }
  return ok ? absl::OkStatus() : absl::DataLossError("read META: it is cut off");
}

}  // namespace

absl::Status DecodeMeta(const catalog::Catalog& catalog, std::string_view bytes, Meta* meta) {
  *meta = Meta(catalog);
  RETURN_IF_ERROR(DecodePlace(&bytes, meta));
  if (!meta->definitions.empty() && meta->definitions != catalog.version) {
    return absl::InvalidArgumentError(
        absl::StrCat("read META: it was made with other definitions (version ", meta->definitions,
                     ", now ", catalog.version, ")"));
  }
  meta->definitions = catalog.version;
  if (!DecodeTotals(&bytes, &meta->totals) || !bytes.empty()) {
    return absl::DataLossError("read META: its bytes make no sense for these definitions");
  }
  return absl::OkStatus();
}

absl::Status DecodeMetaHead(std::string_view bytes, Meta* meta) {
  *meta = Meta(catalog::Catalog());
  RETURN_IF_ERROR(DecodePlace(&bytes, meta));
  bool ok = true;
  VisitCounts(meta->totals, [&](std::uint64_t& count) { ok = ok && GetVarint(&bytes, &count); });
  return ok ? absl::OkStatus() : absl::DataLossError("read META: it is cut off");
}

std::string StoredMeta(log::Offset changelog_next, std::string_view meta) {
  std::string stored;
  PutVarint(static_cast<std::uint64_t>(changelog_next), &stored);
  stored.append(meta);
  return stored;
}

absl::Status SplitStoredMeta(std::string_view stored, log::Offset* changelog_next,
                             std::string_view* meta) {
  std::uint64_t next = 0;
  if (!GetVarint(&stored, &next)) return absl::DataLossError("read META: it is cut off");
  *changelog_next = static_cast<log::Offset>(next);
  *meta = stored;
  return absl::OkStatus();
}

}  // namespace parcours::processor
