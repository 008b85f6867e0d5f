#include "state/keys.h"

#include <cassert>

#include "base/mutant.h"

namespace parcours::state {

namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;
constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kTimerHeadBytes = 1 + 8 + 8;

template <typename Unsigned>
void AppendBigEndian(Unsigned number, std::string* out) {
  char bytes[sizeof(Unsigned)];
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    const std::size_t place =
        PARCOURS_MUTANT("timer-key-little-endian") ? i : sizeof(Unsigned) - 1 - i;
    bytes[place] = static_cast<char>(number >> (8 * i));
  }
  out->append(bytes, sizeof(bytes));
}

std::uint64_t ReadBigEndian64(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::size_t place = PARCOURS_MUTANT("timer-key-little-endian") ? 7 - i : i;
    number = number << 8 | static_cast<unsigned char>(bytes[place]);
  }
  return number;
}

void SetKey(char prefix, std::string_view customer, std::string* key) {
  key->assign(1, prefix);
  key->append(customer);
}

}  // namespace

void SetCustomerKey(std::string_view customer, std::string* key) {
  SetKey(kCustomerPrefix, customer, key);
}

void SetContactKey(std::string_view customer, std::string* key) {
  SetKey(kContactPrefix, customer, key);
}

void SetSeenKey(std::string_view customer, std::uint32_t number, std::string* key) {
  SetKey(kSeenPrefix, customer, key);
  AppendBigEndian(number, key);
}

void SetTimerKey(TimeMs due, std::uint64_t hash, std::string_view customer, std::string* key) {
  key->clear();
  AppendTimerKey(due, hash, customer, key);
}

void AppendTimerKey(TimeMs due, std::uint64_t hash, std::string_view customer, std::string* keys) {
  assert(due != kNever);
  keys->push_back(kTimerPrefix);
  AppendBigEndian(static_cast<std::uint64_t>(due) ^ kSignBit, keys);
  AppendBigEndian(hash, keys);
  keys->append(customer);
}

std::string_view CustomerOfKey(std::string_view key) {
  const bool numbered = key.front() == kSeenPrefix;
  return key.substr(1, key.size() - 1 - (numbered ? kNumberBytes : 0));
}

bool ParseTimerKey(std::string_view key, TimerKey* timer) {
  if (key.size() <= kTimerHeadBytes || key.front() != kTimerPrefix) return false;
  timer->due = static_cast<TimeMs>(ReadBigEndian64(key.substr(1)) ^ kSignBit);
  timer->hash = ReadBigEndian64(key.substr(9));
  timer->customer = key.substr(kTimerHeadBytes);
  return timer->due != kNever;
}

bool IsKey(std::string_view key) {
  if (key == kMetaKey) return true;
  if (key.empty()) return false;
  TimerKey timer;
  switch (key.front()) {
    case kCustomerPrefix:
    case kContactPrefix:
      return key.size() > 1;
    case kSeenPrefix:
      return key.size() > 1 + kNumberBytes;
    case kTimerPrefix:
      return ParseTimerKey(key, &timer);
    default:
      return false;
  }
}

}  // namespace parcours::state
