// StoreRows: a file of stores as rows of text that know where they stand.
//
// CSV (RFC 4180): a header names the columns; fields in double quotes may hold commas, quotes written
// twice, and line breaks. NDJSON: an object a line; empty lines are skipped.
// Limits: kStoresMax rows. Threads: pure functions.   Failure: mistakes are problems.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog/problems.h"

namespace parcours::catalog {

enum StoreColumn { kStoreId, kStoreLocation, kStoreLat, kStoreLon, kStoreArea, kStoreZone, kStoreColumns };
std::vector<std::string> StoreColumnNames();

struct StoreCell {
  std::string text;  // empty: not stated
  Place place;
};
using StoreRow = std::array<StoreCell, kStoreColumns>;

// `file` is its name, for problems.
std::vector<StoreRow> ReadStoresCsv(const std::string& file, std::string_view text,
                                    Problems* problems);
std::vector<StoreRow> ReadStoresJson(const std::string& file, std::string_view text,
                                     Problems* problems);

}  // namespace parcours::catalog
