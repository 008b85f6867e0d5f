// SyncedMark: how much of an embedded log was made durable, beside it in a small file.
//
// After a power loss the last, unsynced bytes of the write-ahead log may hold anything; so may the
// middle of one that is damaged. Only who knows what was synced can tell them apart. The same goes
// for the manifest, which says what files there are: RocksDB takes a shorter one as it is. The mark
// is overwritten after every sync, and only the first one is synced itself: it may be old, never
// too new. Bytes: docs/formats.md#the-embedded-log. Threads: one at a time. Failure: a mark that
// cannot be written stays old; an unreadable one is 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "rocksdb/env.h"

namespace parcours::log {

class SyncedMark {
 public:
  struct Mark {
    std::uint64_t sequence = 0;                      // up to which all was durable
    std::uint64_t manifest = 0, manifest_bytes = 0;  // its number, and how long it was; 0: unknown
  };
  SyncedMark(rocksdb::Env* env, const std::string& folder);

  // As it was found.
  const Mark& read() const { return read_; }
  void Write(const Mark& mark);

 private:
  rocksdb::Env* const env_;
  const std::string folder_, path_;
  Mark read_;
  std::unique_ptr<rocksdb::RandomRWFile> file_;  // opened by the first Write
};

}  // namespace parcours::log
