// CrashSlots: which record each lane is at work on, kept where a crash can still find it.
//
// A file mapped into memory. While a lane works on a record, the record stands in the lane's slot;
// if the process dies of SIGSEGV, SIGBUS, SIGFPE or SIGABRT in that moment, the handler counts it
// beside the record, and the next process can set the record aside instead of dying of it for ever.
// A kill, a full memory or a power loss count nothing. Limits: kLanesMax slots; kCountedMax records
// with counts, the least counted gives way. Threads: Enter and Leave belong to the lane's thread.
// Failure: FailedPrecondition: the file cannot be made or mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace parcours::runtime {

inline constexpr int kCrashesMax = 3;  // after so many a record is set aside

class CrashSlots {
 public:
  static constexpr int kLanesMax = 64, kCountedMax = 64;

  // Opens or makes the file, and catches fatal signals from here on; one at a time in a process.
  static absl::StatusOr<std::unique_ptr<CrashSlots>> Open(const std::string& path);
  ~CrashSlots();
  CrashSlots(const CrashSlots&) = delete;
  CrashSlots& operator=(const CrashSlots&) = delete;

  // What is counted in the file at `path`, for who only looks; nothing where there is none.
  struct Crash {
    std::uint32_t shard;
    std::uint64_t position;
    std::uint32_t crashes;
  };
  static std::vector<Crash> ReadFrom(const std::string& path);

  // Record `position` of `shard` is being worked on by `lane`, until Leave.
  void Enter(int lane, std::uint32_t shard, std::uint64_t position);
  void Leave(int lane);
  // How often a process died of that record. Cheap where nothing was counted.
  int Crashes(std::uint32_t shard, std::uint64_t position) const;
  // Forgets what was counted of `shard` up to `position`: it is behind us.
  void Forget(std::uint32_t shard, std::uint64_t position);

 private:
  struct File;
  static void OnSignal(int signal);
  explicit CrashSlots(File* file) : file_(file) {}
  File* const file_;
};

}  // namespace parcours::runtime
