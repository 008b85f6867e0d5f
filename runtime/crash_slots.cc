#include "runtime/crash_slots.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace parcours::runtime {

namespace {

constexpr std::uint64_t kMagic = 0x3173687361726370;  // "pcrashs1"
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};

}  // namespace

// As it lies on disk. Written by a signal handler, so plain words, one after another.
struct CrashSlots::File {
  struct Slot {
    std::uint64_t position;
    std::uint32_t shard;
    std::atomic<std::uint32_t> active;
  };
  struct Counted {
    std::uint64_t position;
    std::uint32_t shard, crashes;  // crashes 0: free
  };
  std::uint64_t magic;
  std::uint32_t any;  // whether anything is counted
  std::uint32_t unused;
  Slot slots[kLanesMax];
  Counted counted[kCountedMax];

  void Count(const Slot& slot);
};

namespace {

// For the handler, which can be told nothing.
std::atomic<CrashSlots*> open_slots{nullptr};
thread_local int lane_of_thread = -1;
struct sigaction before[NSIG];

}  // namespace

void CrashSlots::File::Count(const Slot& slot) {
  Counted* place = &counted[0];
  for (Counted& entry : counted) {
    if (entry.crashes > 0 && entry.shard == slot.shard && entry.position == slot.position) {
      ++entry.crashes;
      return;
    }
    if (entry.crashes < place->crashes) place = &entry;
  }
  *place = Counted{slot.position, slot.shard, 1};
  any = 1;
}

void CrashSlots::OnSignal(int signal) {
  CrashSlots* const slots = open_slots.load();
  const int lane = lane_of_thread;
  if (slots != nullptr && lane >= 0 && slots->file_->slots[lane].active.load() != 0) {
    slots->file_->Count(slots->file_->slots[lane]);
  }
  sigaction(signal, &before[signal], nullptr);
  raise(signal);
}

absl::StatusOr<std::unique_ptr<CrashSlots>> CrashSlots::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  void* mapped = MAP_FAILED;
  if (file >= 0 && ftruncate(file, sizeof(File)) == 0) {
    mapped = mmap(nullptr, sizeof(File), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  const int error = errno;
  if (file >= 0) close(file);
  if (mapped == MAP_FAILED) {
    return absl::FailedPreconditionError(absl::StrCat("open ", path, ": ", std::strerror(error)));
  }
  auto* content = static_cast<File*>(mapped);
  if (content->magic != kMagic) {  // new, or of something else: it counts nothing yet
    std::memset(mapped, 0, sizeof(File));
    content->magic = kMagic;
  }
  for (File::Slot& slot : content->slots) slot.active.store(0);
  std::unique_ptr<CrashSlots> slots(new CrashSlots(content));
  open_slots.store(slots.get());
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  for (int signal : kSignals) sigaction(signal, &action, &before[signal]);
  return slots;
}

std::vector<CrashSlots::Crash> CrashSlots::ReadFrom(const std::string& path) {
  std::vector<Crash> crashes;
  const auto content = std::make_unique<File>();
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return crashes;
  const ssize_t got = read(file, static_cast<void*>(content.get()), sizeof(File));
  close(file);
  if (got != static_cast<ssize_t>(sizeof(File)) || content->magic != kMagic) return crashes;
  for (const File::Counted& entry : content->counted) {
    if (entry.crashes > 0) crashes.push_back({entry.shard, entry.position, entry.crashes});
  }
  return crashes;
}

CrashSlots::~CrashSlots() {
  for (int signal : kSignals) sigaction(signal, &before[signal], nullptr);
  open_slots.store(nullptr);
  munmap(file_, sizeof(File));
}

void CrashSlots::Enter(int lane, std::uint32_t shard, std::uint64_t position) {
  lane_of_thread = lane;
  File::Slot& slot = file_->slots[lane];
  slot.position = position;
  slot.shard = shard;
  slot.active.store(1, std::memory_order_release);
}

void CrashSlots::Leave(int lane) { file_->slots[lane].active.store(0, std::memory_order_release); }

int CrashSlots::Crashes(std::uint32_t shard, std::uint64_t position) const {
  if (file_->any == 0) return 0;
  for (const File::Counted& entry : file_->counted) {
    if (entry.crashes > 0 && entry.shard == shard && entry.position == position) {
      return static_cast<int>(entry.crashes);
    }
  }
  return 0;
}

void CrashSlots::Forget(std::uint32_t shard, std::uint64_t position) {
  if (file_->any == 0) return;
  for (File::Counted& entry : file_->counted) {
    if (entry.shard == shard && entry.position <= position) entry.crashes = 0;
  }
}

}  // namespace parcours::runtime
