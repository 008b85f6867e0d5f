#include "absl/strings/str_cat.h"
#include "state/stored.h"
#include "state/stored_bytes.h"

namespace parcours::state {
namespace {

bool IsTold(const Cell* contact) {
  return contact[0] != kAbsent || contact[1] != kAbsent || contact[2] != kAbsent;
}

}  // namespace

void EncodeContacts(const Shape& shape, const Customer& customer, std::string* out) {
  ToldInstants told(0);
  StoredWriter writer(out);
  writer.Byte(kStoredFormat);
  EachBlock(shape.contacts.size(), [&](int first, int count) {
    const Cell* contacts = customer.contacts_or_null() + first * kContactCells;
    std::uint64_t mask = 0;
    for (int i = 0; i < count; ++i) {
      mask |= static_cast<std::uint64_t>(IsTold(contacts + i * kContactCells)) << i;
    }
    writer.Mask(mask, count);
    EachBit(mask, [&](int i) {
      const Cell* contact = contacts + i * kContactCells;
      writer.Value(shape.contacts[static_cast<std::size_t>(first + i)], contact[0], &told);
      writer.Time(contact[1], &told);
      writer.Text(contact[2]);
    });
  });
  writer.Flush();
}

absl::Status DecodeContacts(const Shape& shape, std::string_view bytes, Customer* customer) {
  const auto bad = [&](const std::string& what) {
    return absl::DataLossError(
        absl::StrCat("decode contact data of customer ", std::string(customer->id()), ": ", what));
  };
  const int format = FormatOf(bytes);
  if (format == 0) return bad(UnknownFormat(bytes));
  ToldInstants told(0);
  StoredReader reader(bytes.substr(1), format);
  Cell* contacts = customer->Contacts(shape);
  EachBlock(shape.contacts.size(), [&](int first, int count) {
    EachBit(reader.Mask(count), [&](int i) {
      Cell* contact = contacts + (first + i) * kContactCells;
      contact[0] = reader.Value(shape.contacts[static_cast<std::size_t>(first + i)], &told);
      contact[1] = reader.Time(&told);
      contact[2] = reader.Text();
    });
  });
  if (!reader.ok() || !reader.rest().empty()) return bad("the bytes do not fit the definitions");
  return absl::OkStatus();
}

}  // namespace parcours::state
