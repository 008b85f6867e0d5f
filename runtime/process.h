// Process: what the operating system tells this process, and asks of it.
//
// Threads: safe for concurrent use.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace parcours::runtime {

// The most memory this process has held so far, in bytes.
std::uint64_t PeakMemoryBytes();
// CPU that this process has used so far, in seconds.
double CpuSeconds();
// The machine's memory, in bytes.
std::uint64_t MachineMemoryBytes();
// Whether standard error / standard output is a terminal.
bool ErrorIsTerminal();
bool OutputIsTerminal();

// Has the allocator give large blocks back to the machine as soon as they are freed, keep little of
// the others, and few heaps, so that what the process takes stays near what it uses. Call it first.
void KeepMemoryTight();

// Makes a folder of its own in `folder`, for whoever calls to remove.
absl::StatusOr<std::string> MakeTemporaryFolder(const std::string& folder);

// From here on SIGINT and SIGTERM ask to stop instead of ending the process. A second one ends it.
void CatchStopSignals();
bool StopAsked();

}  // namespace parcours::runtime
