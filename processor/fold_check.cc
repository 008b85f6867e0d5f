#include "processor/fold_check.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "processor/meta.h"
#include "state/keys.h"

namespace parcours::processor {

namespace {

using Records = std::map<std::string, std::string>;

// Applies the changelog from `from` on; the number of records.
absl::StatusOr<log::Offset> Apply(log::Log* log, int shard, log::Offset from, Records* records) {
  ASSIGN_OR_RETURN(const auto reader, log->Read(log::Topic::kChangelog, shard, from));
  log::ReadRecord record;
  for (log::Offset count = 0;;) {
    const absl::StatusOr<bool> more = reader->Next(&record);
    if (absl::IsUnavailable(more.status())) continue;  // it comes
    RETURN_IF_ERROR(more.status());
    if (!*more) return count;
    ++count;
    std::string key(record.entry.key);
    if (record.entry.tombstone) {
      records->erase(key);
    } else {
      (*records)[std::move(key)] = std::string(record.entry.value);
    }
  }
}

absl::Status Differs(int shard, const std::string& key, std::string_view how) {
  return absl::DataLossError(absl::StrCat("check shard ", shard, ": key '", absl::CHexEscape(key),
                                          "' ", std::string(how)));
}

}  // namespace

absl::StatusOr<FoldCount> CheckFold(state::Store* store, log::Log* log, int shard) {
  FoldCount count;
  Records fold, mine;
  std::string stored;
  log::Offset next = 0;
  ASSIGN_OR_RETURN(count.stored, store->Get(shard, state::kMetaKey, &stored));
  if (!count.stored) return count;
  std::string_view meta;
  RETURN_IF_ERROR(SplitStoredMeta(stored, &next, &meta));
  const auto scan = store->From(shard, "", "\xff", /*readahead=*/true);
  for (std::string_view key, value;;) {
    ASSIGN_OR_RETURN(const bool more, scan->Next(&key, &value));
    if (!more) break;
    state::TimerKey timer;
    if (key == state::kMetaKey) {
      if (!meta.empty()) mine[std::string(key)] = std::string(meta);
    } else if (!state::ParseTimerKey(key, &timer)) {
      mine[std::string(key)] = std::string(value);
    }
  }
  ASSIGN_OR_RETURN(count.tail, Apply(log, shard, next, &mine));
  RETURN_IF_ERROR(Apply(log, shard, 0, &fold).status());
  count.keys = fold.size();
  for (const auto& [key, value] : fold) {
    const auto found = mine.find(key);
    if (found == mine.end()) return Differs(shard, key, "is missing");
    if (found->second != value) return Differs(shard, key, "has another value than the changelog");
  }
  for (const auto& [key, value] : mine) {
    if (!fold.contains(key)) return Differs(shard, key, "is not in the changelog");
  }
  return count;
}

}  // namespace parcours::processor
