// FoldCheck: whether a store and the changelog's tail together are what all of the changelog is.
//
// That is the invariant which a restart rests on: what the store holds of a shard, and on top of it
// what stands in the changelog from the store's own position on, is the latest committed value of
// every key.
// Limits: one shard's records are held in memory. Threads: one; nobody may use the store meanwhile.
// Failure: DataLoss names the first key that differs; Unavailable as Log::Read.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "log/log.h"
#include "state/store/store.h"

namespace parcours::processor {

struct FoldCount {
  bool stored = false;  // whether the store has anything of this shard
  std::uint64_t keys = 0;
  log::Offset tail = 0;  // records that the store has not got
};
absl::StatusOr<FoldCount> CheckFold(state::Store* store, log::Log* log, int shard);

}  // namespace parcours::processor
