// FaultyEnv: files in memory that fail as a test asks, by seeds.
//
// A crash is a loss of power: it leaves of each file what was synced and a random part of what was
// not, of *.log files with holes. Files that were created, renamed or deleted stay so. From then on
// every change fails, until PowerOn(), and who had files open before never changes them again:
// Crash, close the old log, PowerOn, open a new one.
// Threads: safe for concurrent use; which call of several threads is the n-th is theirs to race
// for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "rocksdb/env.h"

namespace parcours::testing {

class FaultyEnv final : public rocksdb::EnvWrapper {
 public:
  FaultyEnv();
  ~FaultyEnv() override;

  // The power goes now.
  void Crash(std::uint64_t seed);
  // The power goes in the middle of the `n`-th change from now on (1: the next).
  void CrashAtChange(std::uint64_t n, std::uint64_t seed);
  void PowerOn();
  bool crashed() const;
  // Appends, syncs, creations, renames and deletions so far.
  std::uint64_t changes() const;

  // While the disk is full, appends write half of their bytes and fail, syncs and creations fail.
  void FullDisk(bool full);
  // The `n`-th sync, or append, from now on fails once (1: the next): an error of the device.
  // A failed append has written half; a failed sync has synced nothing.
  void FailSync(std::uint64_t n);
  void FailAppend(std::uint64_t n);

  // Damages a file that is closed: the last one, by name, whose name ends so. False if there is
  // none or if it is too short. `place` counts from the file's begin, or from its end if negative.
  bool FlipByte(std::string_view ending, std::int64_t place);
  // Cuts the last `bytes` off.
  bool CutEnd(std::string_view ending, std::uint64_t bytes);
  std::string LastFile(std::string_view ending) const;  // "" if there is none

  rocksdb::Status NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* file,
                                  const rocksdb::EnvOptions& options) override;
  rocksdb::Status ReopenWritableFile(const std::string& name,
                                     std::unique_ptr<rocksdb::WritableFile>* file,
                                     const rocksdb::EnvOptions& options) override;
  rocksdb::Status ReuseWritableFile(const std::string& name, const std::string& old_name,
                                    std::unique_ptr<rocksdb::WritableFile>* file,
                                    const rocksdb::EnvOptions& options) override;
  rocksdb::Status RenameFile(const std::string& from, const std::string& to) override;
  rocksdb::Status DeleteFile(const std::string& name) override;
  rocksdb::Status Truncate(const std::string& name, std::size_t size) override;

 private:
  class File;
  struct Sizes {
    std::uint64_t size = 0, synced = 0;
  };
  // One change by who opened its file in `generation`. Its failure, if it has to fail.
  rocksdb::Status Change(std::uint64_t generation, bool needs_space);
  rocksdb::Status Append(File* file, const rocksdb::Slice& data);
  rocksdb::Status Sync(File* file);
  void LosePower();
  // Pages reach the disk in any order: some behind `begin` did not, and are zeros.
  void LosePages(std::size_t begin, std::string* bytes);
  rocksdb::Status Overwrite(const std::string& name, const std::string& bytes);

  mutable Mutex mu_;  // guards all below
  std::map<std::string, std::shared_ptr<Sizes>> files_;
  std::mt19937_64 random_;
  std::uint64_t generation_ = 0, changes_ = 0;
  bool powered_ = true, full_ = false;
  std::uint64_t crash_in_ = 0, fail_sync_in_ = 0, fail_append_in_ = 0;  // 0: never
};

}  // namespace parcours::testing
