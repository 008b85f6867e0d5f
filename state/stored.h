// Stored: a customer as bytes, in the store and in the changelog: compact, and only what is used.
//
// A presence bitmap says which cells differ from those of a customer nobody has heard of; numbers
// are varints, an instant that the record already told is one byte. Ids and zones are not in it:
// the key names the customer, an attribute its zone. Ids seen long ago lie in chunks of their own
// (seen.h), contact data under its own key.
// Bytes: docs/formats.md#stored-customers. Every value begins with its format; kStoredFormat is
// written, that and kStoredFormatOldest to it are read. Threads: pure.
// Failure: DataLoss: the bytes make no sense for this shape, or are of a newer format; the customer
// is then of no use, and is still to be destroyed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "state/customer.h"

namespace parcours::state {

inline constexpr int kStoredFormat = 2, kStoredFormatOldest = 1;

// Appends the stored form. Ids that are no longer known at customer.last_instant are left out.
void EncodeCustomer(const Shape& shape, const Customer& customer, std::string* out);
// Fills `customer`, fresh from Create. Sealed chunks of seen ids that it still needs are
// [chunks_from, chunks_to): the caller gives them to seen.PrependChunk, the last one first.
absl::Status DecodeCustomer(const Shape& shape, std::string_view bytes, Customer* customer);
// Customer::next_due of a stored customer, without decoding the rest.
absl::StatusOr<TimeMs> StoredNextDue(std::string_view bytes);

// Contact data. REQUIRES (encode): contacts_or_null() is not null.
void EncodeContacts(const Shape& shape, const Customer& customer, std::string* out);
absl::Status DecodeContacts(const Shape& shape, std::string_view bytes, Customer* customer);

}  // namespace parcours::state
