#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "rules/catalog/build.h"
#include "rules/catalog/expressions.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

using expr::Kind;
using expr::Type;

// In the order of enum Aggregate.
const std::vector<std::string>& Aggregates() {
  static const auto* const names =
      new std::vector<std::string>{"count", "sum", "min", "max", "avg", "first", "last", "nth"};
  return *names;
}

// The keys of a feature, as far as they are written.
struct Keys {
  const YamlNode *value, *on, *where, *aggregate, *of, *n, *window, *grain;
};

bool Takes(Aggregate aggregate, Kind kind) {
  switch (aggregate) {
    case Aggregate::kCount:
      return false;
    case Aggregate::kSum:
    case Aggregate::kAvg:
      return kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kMoney;
    case Aggregate::kMin:
    case Aggregate::kMax:
      return kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kMoney ||
             kind == Kind::kTimestamp || kind == Kind::kDate;
    case Aggregate::kFirst:
    case Aggregate::kLast:
    case Aggregate::kNth:
      return kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kMoney ||
             kind == Kind::kTimestamp || kind == Kind::kDate || kind == Kind::kBool ||
             kind == Kind::kString || kind == Kind::kDuration || kind == Kind::kPoint;
  }
  return false;
}

std::string TakenBy(Aggregate aggregate) {
  if (Takes(aggregate, Kind::kBool)) {
    return "bool, int, double, string, money, timestamp, date, point or store";
  }
  if (Takes(aggregate, Kind::kDate)) return "int, double, money, timestamp or date";
  return "int, double or money";
}

TimeMs DefaultGrain(TimeMs length) {
  if (PARCOURS_MUTANT("catalog-grain-of-one-hour") ? length < kHourMs : length <= kHourMs) {
    return kMinuteMs;
  }
  if (length <= kDayMs) return 10 * kMinuteMs;
  return length <= 14 * kDayMs ? kHourMs : kDayMs;
}

std::optional<Window> ReadWindow(const Keys& keys, Problems* problems) {
  const auto length = ReadLength(*keys.window, "'window'", problems);
  std::optional<int> grain;
  if (keys.grain != nullptr) {
    grain = ReadChoice(*keys.grain, "grain", {"1m", "10m", "1h", "1d"}, {}, problems);
  }
  if (!length.has_value() || (keys.grain != nullptr && !grain.has_value())) return std::nullopt;
  constexpr TimeMs kGrains[] = {kMinuteMs, 10 * kMinuteMs, kHourMs, kDayMs};
  Window window;
  window.length = *length;
  window.grain = grain.has_value() ? kGrains[*grain] : DefaultGrain(*length);
  window.local_days = window.grain == kDayMs;
  const std::string shown = window.local_days ? "1d" : FormatLength(window.grain);
  if (window.length == 0 || window.length % window.grain != 0) {
    problems->Add(
        *keys.window,
        absl::StrCat("a window of ", FormatLength(window.length),
                     " is not a whole number of its grain, ", shown),
        keys.grain == nullptr ? "write a length of whole grains, or state a 'grain'" : "");
    return std::nullopt;
  }
  const TimeMs grains_max = kGrainsMax + (PARCOURS_MUTANT("catalog-one-grain-too-many") ? 1 : 0);
  if (window.length / window.grain > grains_max) {
    problems->Add(*keys.window,
                  absl::StrCat("a window of ", FormatLength(window.length), " has ",
                               window.length / window.grain, " grains of ", shown, ", more than ",
                               kGrainsMax),
                  "write a shorter window or a coarser 'grain'");
    return std::nullopt;
  }
  window.grains = static_cast<int>(window.length / window.grain);
  return window;
}

// Takes the type of `of` for the feature's own.
void SetType(const YamlNode& of, Feature* feature, Build* build) {
  const Type& type = feature->of->type();
  const std::string& aggregate = Aggregates()[static_cast<std::size_t>(feature->aggregate)];
  if (IsKind(type, Kind::kDyn)) return;
  if (!Takes(feature->aggregate, type.kind)) {
    build->problems.Add(of, absl::StrCat("'", aggregate, "' is of ", TakenBy(feature->aggregate),
                                         ", not of ", expr::TypeName(type)));
    return;
  }
  const auto& fields = build->catalog.events[static_cast<std::size_t>(feature->event_type)].fields;
  const int field = feature->of->plain_field();
  const bool needs_field = IsKind(type, Kind::kDouble) || IsKind(type, Kind::kString);
  if (needs_field && field < 0) {
    build->problems.Add(
        of, absl::StrCat("'of' computes a ", expr::TypeName(type), ", which is not yet supported"),
        "name one field, such as event.id");
    return;
  }
  feature->type = type;
  feature->of_event_time = field == kEventTimeField;
  feature->is_store = field >= kCommonFields &&
                      fields[static_cast<std::size_t>(field - kCommonFields)].is_store;
  if (IsKind(type, Kind::kMoney)) feature->scale = build->catalog.decimals;
  if (IsKind(type, Kind::kDouble)) {
    feature->scale = fields[static_cast<std::size_t>(field - kCommonFields)].scale;
    feature->of_scale = feature->scale;
    feature->fixed_point = true;
  }
  // A mean has more decimals than what it is of: an IEEE double, or money rounded to its decimals.
  if (feature->aggregate == Aggregate::kAvg && !IsKind(type, Kind::kMoney)) {
    feature->type = Type::Of(Kind::kDouble);
    feature->scale = 0;
    feature->fixed_point = false;
  }
}

void ReadOf(const Keys& keys, const YamlNode& name, Feature* feature, Build* build) {
  Problems* problems = &build->problems;
  if (feature->aggregate == Aggregate::kCount) {
    feature->type = Type::Of(Kind::kInt);
    if (keys.of != nullptr) {
      problems->Add(*keys.of, "'count' counts events and takes no 'of'",
                    "count the events for which 'where' is true");
    }
    return;
  }
  if (keys.of == nullptr) {
    problems->Add(name,
                  absl::StrCat("'", Aggregates()[static_cast<std::size_t>(feature->aggregate)],
                               "' needs an 'of'"),
                  "write of: event.FIELD");
    return;
  }
  feature->of = CompileOnEvent(*keys.of, "'of'", feature->event_type, std::nullopt, build);
  if (feature->of.has_value()) SetType(*keys.of, feature, build);
}

void ReadAggregate(const Keys& keys, const YamlNode& name, Feature* feature, Build* build) {
  Problems* problems = &build->problems;
  feature->event_type = keys.on != nullptr ? FindOn(*keys.on, build) : -1;
  if (keys.where != nullptr) {
    feature->where =
        CompileOnEvent(*keys.where, "'where'", feature->event_type, Type::Of(Kind::kBool), build);
  }
  std::optional<int> aggregate;
  if (keys.aggregate != nullptr) {
    static const auto* const later = new std::vector<std::string>{
        "distinct", "list", "map", "ratio", "gap", "decayed", "last_k", "stddev", "variance"};
    aggregate = ReadChoice(*keys.aggregate, "aggregate", Aggregates(), *later, problems);
  }
  if (aggregate.has_value()) {
    feature->aggregate = static_cast<Aggregate>(*aggregate);
    ReadOf(keys, name, feature, build);
  } else if (keys.of != nullptr) {
    CompileOnEvent(*keys.of, "'of'", feature->event_type, std::nullopt, build);
  }
  const bool is_nth = aggregate.has_value() && feature->aggregate == Aggregate::kNth;
  if (is_nth && keys.n == nullptr) {
    problems->Add(name, "'nth' needs an 'n'", "write n: 2 for the second");
  } else if (is_nth) {
    feature->n = ReadInt(*keys.n, "'n'", 1, kNthMax, problems).value_or(1);
  } else if (keys.n != nullptr && aggregate.has_value()) {
    problems->Add(*keys.n, "'n' is of the aggregate 'nth'");
  }
  if (keys.window == nullptr && keys.grain != nullptr) {
    problems->Add(*keys.grain, "'grain' is of a 'window', and there is none");
  } else if (keys.window != nullptr && is_nth) {
    problems->Add(*keys.window, "'nth' has no window");
  } else if (keys.window != nullptr) {
    feature->window = ReadWindow(keys, problems);
  }
}

void ReadFeature(const Entry& entry, Build* build) {
  Problems* problems = &build->problems;
  Feature feature;
  feature.name = entry.name->text;
  feature.type = Dyn();
  const std::string what = absl::StrCat("the feature '", Shown(feature.name), "'");
  MapReader map(*entry.value, what, problems);
  Keys keys{};
  keys.value = map.Find("value");
  keys.on = map.Find("on");
  keys.aggregate = map.Find("aggregate");
  keys.where = map.Find("where");
  keys.of = map.Find("of");
  keys.n = map.Find("n");
  keys.window = map.Find("window");
  keys.grain = map.Find("grain");
  if (const YamlNode* keep = map.Find("keep")) {
    feature.keep = ReadBool(*keep, "'keep'", problems).value_or(false);
  }
  map.Done();
  if (map.is_map() && !map.Has("value")) {
    const bool on = map.Has("on"), aggregate = map.Has("aggregate");
    const char* missing = on          ? "'aggregate'"
                          : aggregate ? "'on'"
                                      : "'on' and 'aggregate', or a 'value'";
    if (!on || !aggregate) problems->Add(*entry.name, absl::StrCat(what, " needs ", missing));
  }
  if (keys.value != nullptr) {
    for (const YamlNode* other :
         {keys.on, keys.aggregate, keys.where, keys.of, keys.n, keys.window, keys.grain}) {
      if (other == nullptr) continue;
      problems->Add(*other, absl::StrCat(what, " is derived: beside its 'value' there may be 'keep' alone"));
    }
  } else {
    ReadAggregate(keys, *entry.name, &feature, build);
  }
  build->catalog.features.push_back(std::move(feature));
  build->derived_values.push_back(keys.value);
}

}  // namespace

void ReadFeatures(Build* build) {
  Catalog& catalog = build->catalog;
  for (const Entry& entry : build->sections.features) {
    if (catalog.attributes.size() + catalog.features.size() == kVariablesMax) {
      build->problems.Add(*entry.name,
                          absl::StrCat("more than ", kVariablesMax, " attributes and features"));
      break;
    }
    const auto& unused = build->unused;
    if (std::find(unused.begin(), unused.end(), entry.name->text) != unused.end()) {
      build->problems.Warn(*entry.name,
                           absl::StrCat("the feature '", entry.name->text,
                                        "' is used by nothing: it is not computed"),
                           "take it out, or write keep: true to have it for records and lookups");
      continue;
    }
    ReadFeature(entry, build);
  }
  catalog.on_event.resize(catalog.events.size());
  for (std::size_t i = 0; i < catalog.features.size(); ++i) {
    Feature& feature = catalog.features[i];
    const int number = static_cast<int>(i);
    if (feature.event_type >= 0) {
      catalog.on_event[static_cast<std::size_t>(feature.event_type)].push_back(number);
    }
    if (feature.window.has_value()) {
      feature.window_index = static_cast<int>(catalog.windows.size());
      catalog.windows.push_back(number);
    }
  }
}

}  // namespace parcours::catalog
