// Stores: what is known of a retailer's shops, by id: reference data that expressions read.
//
// Threads: immutable once built, share freely.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/calendar.h"
#include "base/point.h"

namespace parcours::expr {

struct Store {
  std::optional<Point> location;
  std::string area;                  // empty: not stated
  std::shared_ptr<const Zone> zone;  // null: not stated
  std::string time_zone;             // its name
};

// What an expression may ask of one: home_store.area.
enum class StorePart { kLocation, kArea, kTimeZone };

class Stores {
 public:
  // False if there is one of this id already.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): both are moved
  bool Add(std::string id, Store store) {
    return stores_.emplace(std::move(id), std::move(store)).second;
  }
  // nullptr if there is none.
  const Store* Find(std::string_view id) const {
    const auto found = stores_.find(absl::string_view(id.data(), id.size()));
    return found == stores_.end() ? nullptr : &found->second;
  }
  std::size_t size() const { return stores_.size(); }

 private:
  absl::flat_hash_map<std::string, Store> stores_;
};

}  // namespace parcours::expr
