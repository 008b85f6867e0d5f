// Digest: the sum modulo 2^256 of the SHA-256 of records, so that their order does not matter.
//
// Two runs published the same records exactly when their digests agree. docs/formats.md gives the
// canonical bytes of each kind of record.
// Threads: owned by one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace parcours {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void Add(std::string_view record);
  // 64 hexadecimal digits, most significant first. SHA-256 results are read as big-endian numbers.
  std::string Hex() const;

 private:
  struct Hasher;  // OpenSSL's context, kept for reuse
  std::unique_ptr<Hasher> hasher_;
  std::array<std::uint64_t, 4> sum_{};  // least significant first
};

}  // namespace parcours
