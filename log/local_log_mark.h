// SyncedMark: how much of an embedded log was made durable, beside it in a small file.
//
// After a power loss the last, unsynced bytes of the write-ahead log may hold anything; so may the
// middle of one that is damaged. Only who knows what was synced can tell them apart. The mark is
// overwritten after every sync, and only the first one is synced itself: it may be old, never too
// new.
// Bytes: docs/formats.md#the-embedded-log.
// Threads: one at a time. Failure: a mark that cannot be written stays old; an unreadable one is 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "rocksdb/env.h"

namespace parcours::log {

class SyncedMark {
 public:
  SyncedMark(rocksdb::Env* env, const std::string& folder);

  // The sequence number up to which all was durable when the mark was read.
  std::uint64_t read() const { return read_; }
  void Write(std::uint64_t sequence);

 private:
  rocksdb::Env* const env_;
  const std::string folder_, path_;
  std::uint64_t read_ = 0;
  std::unique_ptr<rocksdb::RandomRWFile> file_;  // opened by the first Write
};

}  // namespace parcours::log
