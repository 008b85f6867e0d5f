#include "base/digest.h"

#include <openssl/evp.h>

#include <cstdlib>

#include "base/mutant.h"

namespace parcours {

struct Digest::Hasher {
  // Fetched once: OpenSSL 3 looks an algorithm up by name at each implicit fetch, which costs more
  // than the hash of a record.
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  Hasher() = default;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }
};

Digest::Digest() : hasher_(std::make_unique<Hasher>()) {
  if (hasher_->algorithm == nullptr || hasher_->context == nullptr) std::abort();
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

Digest::Sum Digest::HashOf(std::string_view record) {
  unsigned char hash[32];
  if (EVP_DigestInit_ex2(hasher_->context, hasher_->algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(hasher_->context, record.data(), record.size()) != 1 ||
      EVP_DigestFinal_ex(hasher_->context, hash, nullptr) != 1) {
    std::abort();
  }
  Sum number;
  for (std::size_t word = 0; word < number.size(); ++word) {
    std::uint64_t part = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) part = part << 8 | hash[24 - 8 * word + byte];
    number[word] = part;
  }
  return number;
}

void Digest::Add(const Sum& more, Sum* sum) {
  std::uint64_t carry = 0;
  for (std::size_t word = 0; word < sum->size(); ++word) {
    const bool carried = __builtin_add_overflow((*sum)[word], carry, &(*sum)[word]);
    const bool added = __builtin_add_overflow((*sum)[word], more[word], &(*sum)[word]);
    carry = carried || (added && !PARCOURS_MUTANT("digest-loses-carry")) ? 1 : 0;
  }
}

std::string Digest::Hex(const Sum& sum) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t word = sum.size(); word-- > 0;) {
    for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(sum[word] >> shift) & 15];
  }
  return text;
}

}  // namespace parcours
