// Meta: how far a shard has come: the last record of each of its transactions, and with the state
// in the store.
//
// What is read again after a crash begins where META ends; so everything that is counted lies in
// it. Bytes: docs/formats.md#meta.   Threads: owned by one worker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/digest.h"
#include "base/time.h"
#include "log/log.h"
#include "processor/engine/effects.h"
#include "rules/catalog/catalog.h"

namespace parcours::processor {

// Format 1 does not say of which definitions it is.
inline constexpr int kMetaFormat = 2, kMetaFormatOldest = 1;

struct PairCount {
  std::uint64_t by_event = 0, by_time = 0;
};

// Of one segmentation with n segments: index n stands for "none".
struct SegmentationTally {
  explicit SegmentationTally(std::size_t segments) : size(segments + 1), pairs(size * size) {}
  void Count(const engine::Transition& transition);
  // How many customers are in `segment` now.
  std::int64_t Members(std::size_t segment) const;

  std::size_t size;
  std::vector<PairCount> pairs;  // [from * size + to]
};

// The kinds of records that are published and digested.
enum RecordKind { kTransitionRecord, kActionRecord, kDecisionRecord, kRecordKinds };

// What was counted, of one shard or of several together.
struct Totals {
  explicit Totals(const catalog::Catalog& catalog);
  void Add(const Totals& other);

  engine::Counters engine;
  std::vector<engine::JourneyTally> journeys;
  std::vector<SegmentationTally> segmentations;
  std::array<std::uint64_t, kRecordKinds> records{};
  std::array<Digest::Sum, kRecordKinds> digests{};
  std::uint64_t rejected = 0, ignored = 0, after_until = 0;
  std::uint64_t early_pops = 0, customer_loads = 0;
};

struct Meta {
  explicit Meta(const catalog::Catalog& catalog) : definitions(catalog.version), totals(catalog) {}

  // What was read. Of a history from files: which run of them, how many of its lines were judged
  // before they were sorted, how many were applied. Of a log: the next offset.
  std::uint64_t run = 0, judged = 0, position = 0;
  TimeMs log_time = 0;         // of the last event
  TimeMs clock = 0;            // the shard's
  TimeMs timers_from = 0;      // nobody is due before
  std::uint64_t sequence = 0;  // transactions so far
  std::string definitions;     // their version; empty: not known
  Totals totals;
};

void EncodeMeta(const Meta& meta, std::string* out);
// As the store has it: with what the store still needs of the changelog in front.
std::string StoredMeta(log::Offset changelog_next, std::string_view meta);
// DataLoss: cut off.
absl::Status SplitStoredMeta(std::string_view stored, log::Offset* changelog_next,
                             std::string_view* meta);
// DataLoss: damaged, or of a newer format. InvalidArgument: of other definitions.
absl::Status DecodeMeta(const catalog::Catalog& catalog, std::string_view bytes, Meta* meta);
// The same without definitions: all but what is counted by journey, step and segment, and digests.
absl::Status DecodeMetaHead(std::string_view bytes, Meta* meta);

}  // namespace parcours::processor
