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
  // A sum, or the hash of one record, least significant word first.
  using Sum = std::array<std::uint64_t, 4>;

  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void Add(std::string_view record) { Add(HashOf(record), &sum_); }
  Sum HashOf(std::string_view record);
  const Sum& sum() const { return sum_; }
  static std::string Hex(const Sum& sum);
  static void Add(const Sum& more, Sum* sum);
  // 64 hexadecimal digits, most significant first. SHA-256 results are read as big-endian numbers.
  std::string Hex() const { return Hex(sum_); }

 private:
  struct Hasher;  // OpenSSL's context, kept for reuse
  std::unique_ptr<Hasher> hasher_;
  Sum sum_{};
};

}  // namespace parcours
