#include "rules/catalog/aggregates.h"

#include "absl/strings/str_cat.h"
#include "rules/catalog/words.h"

namespace parcours::catalog {
namespace {

using expr::Kind;

template <typename... Kinds>
constexpr unsigned Bits(Kinds... kinds) {
  return ((1u << static_cast<unsigned>(kinds)) | ...);
}

constexpr unsigned kNumbers = Bits(Kind::kInt, Kind::kDouble, Kind::kMoney);
constexpr unsigned kOrdered = kNumbers | Bits(Kind::kTimestamp, Kind::kDate);
constexpr unsigned kScalars =
    kOrdered | Bits(Kind::kBool, Kind::kString, Kind::kDuration, Kind::kPoint);

// In the order of enum Aggregate.
constexpr AggregateRule kRules[] = {
    {"count", Need::kNo, 0, Need::kMay},
    {"sum", Need::kMust, kNumbers, Need::kMay},
    {"min", Need::kMust, kOrdered, Need::kMay},
    {"max", Need::kMust, kOrdered, Need::kMay},
    {"avg", Need::kMust, kNumbers, Need::kMay},
    {"first", Need::kMust, kScalars, Need::kMay},
    {"last", Need::kMust, kScalars, Need::kMay},
    {"nth", Need::kMust, kScalars, Need::kNo, {"n"}},
    {"distinct", Need::kMust, kScalars, Need::kMay},
    {"list", Need::kMust, kScalars, Need::kNo, {"n"}},
    {"map", Need::kMay, kNumbers, Need::kMay, {"by", "keys"}},
    {"ratio", Need::kMust, Bits(Kind::kBool), Need::kMay},
    {"mean_gap", Need::kNo, 0, Need::kMay},
    {"last_gap", Need::kNo, 0, Need::kMay},
    {"decayed", Need::kMay, Bits(Kind::kInt, Kind::kDouble), Need::kMust, {"half_life"}},
    {"stddev", Need::kMust, kNumbers, Need::kNo},
};

}  // namespace

const AggregateRule& RuleOf(Aggregate aggregate) {
  return kRules[static_cast<std::size_t>(aggregate)];
}

const std::vector<std::string>& AggregateNames() {
  static const auto* const names = [] {
    auto* const made = new std::vector<std::string>();
    for (const AggregateRule& rule : kRules) made->emplace_back(rule.name);
    return made;
  }();
  return *names;
}

std::string KindsTaken(const AggregateRule& rule) {
  std::vector<std::string> names;
  for (Kind kind : {Kind::kBool, Kind::kInt, Kind::kDouble, Kind::kString, Kind::kMoney,
                    Kind::kTimestamp, Kind::kDate, Kind::kPoint}) {
    if (rule.Takes(kind)) names.push_back(expr::TypeName(expr::Type::Of(kind)));
  }
  return OneOf(names);
}

std::string AggregatesOf(std::string_view key) {
  std::vector<std::string> names;
  for (const AggregateRule& rule : kRules) {
    if (rule.Knows(key)) names.push_back(absl::StrCat("'", std::string(rule.name), "'"));
  }
  return OneOf(names);
}

}  // namespace parcours::catalog
