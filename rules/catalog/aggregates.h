// Aggregates: what each is called, what it is of, and which keys of a feature it knows.
//
// docs/language.md#features has the same table in words. Threads: immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/catalog/catalog.h"
#include "rules/expr/type.h"

namespace parcours::catalog {

enum class Need { kNo, kMay, kMust };

struct AggregateRule {
  std::string_view name;
  Need of = Need::kMust;
  unsigned kinds = 0;  // that `of` may have, bits 1 << Kind
  Need window = Need::kMay;
  std::string_view own_keys[2] = {};  // of a feature, that other aggregates do not know

  bool Takes(expr::Kind kind) const { return (kinds >> static_cast<unsigned>(kind)) & 1; }
  bool Knows(std::string_view key) const { return key == own_keys[0] || key == own_keys[1]; }
};

const AggregateRule& RuleOf(Aggregate aggregate);
// In the order of enum Aggregate.
const std::vector<std::string>& AggregateNames();
// The kinds that `of` may have, in words: "int, double or money".
std::string KindsTaken(const AggregateRule& rule);
// The aggregates that know `key`: "'nth' or 'list'".
std::string AggregatesOf(std::string_view key);

}  // namespace parcours::catalog
