#include "base/collection.h"

#include <tuple>

#include "base/varint.h"

namespace parcours {
namespace {

__extension__ typedef unsigned __int128 WideBits;

constexpr int kWideBits = 128;

}  // namespace

bool GetEntry(bool texts, std::string_view* bytes, ListEntry* entry) {
  if (!GetSigned(bytes, &entry->time) || !GetText(bytes, &entry->id) ||
      !GetText(bytes, &entry->source)) {
    return false;
  }
  return texts ? GetText(bytes, &entry->text) : GetSigned(bytes, &entry->cell);
}

void PutEntry(bool texts, const ListEntry& entry, std::string* out) {
  PutSigned(entry.time, out);
  PutText(entry.id, out);
  PutText(entry.source, out);
  if (texts) {
    PutText(entry.text, out);
  } else {
    PutSigned(entry.cell, out);
  }
}

bool ComesBefore(const ListEntry& a, const ListEntry& b) {
  return std::tie(a.time, a.id, a.source) < std::tie(b.time, b.id, b.source);
}

bool GetPair(std::string_view* bytes, MapPair* pair) {
  if (!GetText(bytes, &pair->key)) return false;
  WideBits folded = 0;
  for (int shift = 0; shift < kWideBits; shift += 7) {
    if (bytes->empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes->front());
    bytes->remove_prefix(1);
    folded |= static_cast<WideBits>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      pair->sum = static_cast<WideSum>((folded >> 1) ^ (0 - (folded & 1)));
      return true;
    }
  }
  return false;
}

void PutPair(const MapPair& pair, std::string* out) {
  PutText(pair.key, out);
  WideBits folded =
      (static_cast<WideBits>(pair.sum) << 1) ^ static_cast<WideBits>(pair.sum >> (kWideBits - 1));
  for (; folded >= 0x80; folded >>= 7) out->push_back(static_cast<char>(folded | 0x80));
  out->push_back(static_cast<char>(folded));
}

std::uint64_t HashAt(std::string_view bytes, std::size_t i) {
  std::uint64_t hash = 0;
  for (char byte : bytes.substr(i * kHashBytes, kHashBytes)) {
    hash = hash << 8 | static_cast<unsigned char>(byte);
  }
  return hash;
}

void PutHash(std::uint64_t hash, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(hash >> shift));
}

}  // namespace parcours
