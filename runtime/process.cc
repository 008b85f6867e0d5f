#include "runtime/process.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace parcours::runtime {

namespace {

std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void OnStopSignal(int signal) {
  stop_asked.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

std::uint64_t PeakMemoryBytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t MachineMemoryBytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool ErrorIsTerminal() { return isatty(STDERR_FILENO) == 1; }
bool OutputIsTerminal() { return isatty(STDOUT_FILENO) == 1; }

void KeepMemoryTight() {
  // Fixed ones: by themselves they would rise with what is freed. What is freed below the first is
  // kept up to the second, since to fault pages in again and again costs more than they do.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_ARENA_MAX, 4);
}

absl::StatusOr<std::string> MakeTemporaryFolder(const std::string& folder) {
  std::string made = folder + "/parcours-XXXXXX";
  if (mkdtemp(made.data()) != nullptr) return made;
  return absl::FailedPreconditionError(
      absl::StrCat("make a folder in ", folder, ": ", std::strerror(errno)));
}

void CatchStopSignals() {
  std::signal(SIGINT, OnStopSignal);
  std::signal(SIGTERM, OnStopSignal);
}

bool StopAsked() { return stop_asked.load(); }

}  // namespace parcours::runtime
