#include "cli/retailer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "base/decimal.h"

namespace parcours::cli {

namespace {

constexpr std::array kNames = {"anna",  "ben",   "chloe", "david", "emma",  "felix", "greta",
                               "hugo",  "ines",  "jonas", "karla", "lea",   "marco", "nina",
                               "oscar", "paula", "rosa",  "simon", "tessa", "victor"};
struct Shelf {
  const char* category;
  int price;  // of a middling product, in cents
};
constexpr std::array kShelves = {Shelf{"hiking/boots", 14900},   Shelf{"hiking/packs", 9900},
                                 Shelf{"running/shoes", 12900},  Shelf{"running/shirts", 3900},
                                 Shelf{"tennis/rackets", 17900}, Shelf{"tennis/balls", 1200},
                                 Shelf{"cycling/helmets", 7900}, Shelf{"cycling/lights", 2900},
                                 Shelf{"home/bottles", 1900},    Shelf{"home/towels", 1500}};
// Parts of [0, 1) that are as long as each other; a power of two, so that their bounds are exact.
constexpr std::uint32_t kGuideParts = 1 << 16;
constexpr std::array kSources = {"web", "app", "till-12", "till-47"};

}  // namespace

std::string CustomerName(std::uint32_t number) {
  return absl::StrCat(kNames[number % kNames.size()], "-", number);
}

Retailer::Retailer(const RetailerOptions& options) : options_(options), random_(options.seed) {
  shares_.reserve(options.customers);
  double total = 0;
  for (std::uint32_t i = 0; i < options.customers; ++i) {
    total += std::pow(static_cast<double>(i) + 1, -options.zipf);
    shares_.push_back(total);
  }
  MakeGuide();
}

// A search of all customers would wait for memory at each step; within a part there are few.
void Retailer::MakeGuide() {
  guide_.reserve(kGuideParts + 1);
  for (std::uint32_t part = 0; part <= kGuideParts; ++part) {
    const double bound = static_cast<double>(part) / kGuideParts * shares_.back();
    const auto rank = std::upper_bound(shares_.begin(), shares_.end(), bound);
    guide_.push_back(static_cast<std::uint32_t>(rank - shares_.begin()));
  }
}

std::uint64_t Retailer::Below(std::uint64_t bound) {
  return absl::Uint128High64(absl::uint128(random_()) * bound);
}

std::uint32_t Retailer::PickCustomer() {
  const double unit = static_cast<double>(random_() >> 11) * 0x1.0p-53;
  const auto part = static_cast<std::size_t>(unit * kGuideParts);
  const auto rank = std::upper_bound(shares_.begin() + guide_[part],
                                     shares_.begin() + guide_[part + 1], unit * shares_.back());
  return static_cast<std::uint32_t>(
      std::min<std::ptrdiff_t>(rank - shares_.begin(), std::ssize(shares_) - 1));
}

TimeMs Retailer::NextTime() const {
  const double share = (static_cast<double>(made_) + 0.5) / static_cast<double>(options_.events);
  return options_.start + static_cast<TimeMs>(share * static_cast<double>(options_.span));
}

void Retailer::AppendOrder(std::string* line) {
  const std::uint64_t items = 1 + Below(3) + Below(3);
  std::string list;
  std::int64_t total = 0;
  for (std::uint64_t i = 0; i < items; ++i) {
    const Shelf& shelf = kShelves[Below(kShelves.size())];
    const auto price = static_cast<std::int64_t>(shelf.price / 2 + Below(shelf.price));
    const auto quantity = static_cast<std::int64_t>(1 + (Below(4) == 0 ? Below(3) : 0));
    total += price * quantity;
    absl::StrAppend(&list, i > 0 ? "," : "", "{\"product_id\":\"p-", Below(5000),
                    "\",\"category\":\"", shelf.category, "\",\"quantity\":", quantity,
                    ",\"price\":", FormatDecimal(price, 2), "}");
  }
  absl::StrAppend(line, "{\"order_id\":\"", options_.first + made_,
                  "\",\"total\":", FormatDecimal(total, 2),
                  ",\"currency\":\"EUR\",\"promotion\":", Below(5) == 0 ? "true" : "false",
                  ",\"items\":[", list, "]}");
}

void Retailer::AppendView(std::string* line) {
  const Shelf& shelf = kShelves[Below(kShelves.size())];
  absl::StrAppend(line, "{\"product_id\":\"p-", Below(5000), "\",\"category\":\"", shelf.category,
                  "\",\"price\":", FormatDecimal(shelf.price, 2),
                  ",\"currency\":\"EUR\",\"page\":{\"path\":\"/", shelf.category,
                  "\",\"referrer\":\"search\",\"device\":\"phone\"}}");
}

bool Retailer::Next(std::string* line) {
  if (made_ == options_.events) return false;
  NextAt(NextTime(), line);
  return true;
}

void Retailer::NextAt(TimeMs time, std::string* line) {
  const bool order = Below(2) == 0;
  // Each draw is a statement of its own: compilers differ in the order of arguments.
  const char* const source = kSources[Below(kSources.size())];
  customer_ = CustomerName(PickCustomer());
  *line = absl::StrCat("{\"specversion\":\"1.0\",\"id\":\"e-", options_.first + made_,
                       "\",\"source\":\"", source, "\",\"type\":\"",
                       order ? "order_completed" : "product_viewed", "\",\"time\":\"",
                       FormatTime(time), "\",\"subject\":\"", customer_, "\",\"data\":");
  if (order) {
    AppendOrder(line);
  } else {
    AppendView(line);
  }
  line->push_back('}');
  ++made_;
}

}  // namespace parcours::cli
