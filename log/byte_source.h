// ByteSource: the bytes of a file as they were before compression.
//
// gzip and zstd are known by their first bytes; concatenated members and frames are one stream.
// Limits: fixed buffers; a zstd window of at most 128 MiB.
// Threads: owned by one worker.
// Failure: the status names the file and, for compressed ones, the position; bytes given before
// stand.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace parcours::log {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills at most `size` bytes; 0 only at the end. DataLoss: the compressed data is damaged or cut
  // off.
  virtual absl::StatusOr<std::size_t> Read(char* to, std::size_t size) = 0;
};

// Opens a file, or whatever the name stands for (a pipe, /dev/stdin).
absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path);

}  // namespace parcours::log
