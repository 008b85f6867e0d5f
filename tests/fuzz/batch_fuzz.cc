// Arbitrary bytes as a record batch: whatever they are, nothing breaks and no view leaves them;
// records that were read, added again, give the bytes they were read from.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "log/batch.h"

namespace {

using namespace parcours::log;

void Check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// Reads every byte of it, for the address sanitizer, and knows where it must lie.
void CheckView(std::string_view bytes, std::string_view view) {
  if (view.empty()) return;
  Check(view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size(),
        "a view leaves the bytes");
  for (const char& c : view) static_cast<void>(*const_cast<const volatile char*>(&c));
}

std::vector<Header> CheckHeaders(std::string_view bytes, const Entry& entry) {
  std::vector<Header> headers;
  for (const Header& header : entry.headers) {
    CheckView(bytes, header.name);
    CheckView(bytes, header.value);
    Check(header.name.size() + header.value.size() <= kHeaderBytesMax, "a header beyond its bound");
    headers.push_back(header);
  }
  Check(headers.size() <= static_cast<std::size_t>(kHeadersMax), "too many headers");
  Check(headers.empty() == entry.headers.empty(), "headers that are empty and are not");
  return headers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  BatchReader reader(bytes);
  Batch again;
  const char* begin = bytes.data();
  for (Entry entry; reader.Next(&entry); begin = reader.position()) {
    CheckView(bytes, entry.key);
    CheckView(bytes, entry.value);
    Check(reader.position() > begin, "a record of no bytes");
    const std::vector<Header> headers = CheckHeaders(bytes, entry);
    const Entry at = EntryAt(begin);
    Check(at.key == entry.key && at.value == entry.value && at.tombstone == entry.tombstone &&
              CheckHeaders(bytes, at) == headers,
          "the record at a place is another one");
    if (entry.tombstone) {
      if (!headers.empty()) return 0;  // read, but never written
      again.AddTombstone(entry.key);
    } else {
      Check(again.Add(entry.key, entry.value, headers) == 0, "a header that was read is left out");
    }
    const auto read = static_cast<std::size_t>(reader.position() - bytes.data());
    Check(again.bytes() == bytes.substr(0, read), "other bytes came back");
  }
  Check(!reader.ok() || begin == bytes.data() + size, "an end before the end");
  return 0;
}
