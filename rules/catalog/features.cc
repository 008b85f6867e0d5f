#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/aggregates.h"
#include "rules/catalog/build.h"
#include "rules/catalog/expressions.h"
#include "rules/catalog/feature_windows.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

using expr::Kind;
using expr::Type;

// The keys of a feature, as far as they are written.
struct Keys {
  const YamlNode *value, *on, *where, *aggregate, *of, *by, *n, *keys, *half_life, *window, *grain;
};

// Takes the type of `of` for that of the feature's value, or of what it is made of.
void SetOf(const YamlNode& of, Feature* feature, Build* build) {
  const Type& type = feature->of->type();
  const AggregateRule& rule = RuleOf(feature->aggregate);
  if (IsKind(type, Kind::kDyn)) return;
  if (!rule.Takes(type.kind)) {
    build->problems.Add(of, absl::StrCat("'", std::string(rule.name), "' is of ", KindsTaken(rule),
                                         ", not of ", expr::TypeName(type)));
    return;
  }
  const int field = feature->of->plain_field();
  if (IsKind(type, Kind::kDouble) && field < 0) {
    build->problems.Add(of, "'of' computes a double, which is not yet supported",
                        "name one field of the event");
    return;
  }
  feature->type = type;
  feature->of_event_time = field == kEventTimeField;
  const auto& fields = build->catalog.events[static_cast<std::size_t>(feature->event_type)].fields;
  // Behind the event's own fields lie those of an item.
  const auto declared = static_cast<std::size_t>(std::max(field - kCommonFields, 0));
  feature->is_store =
      field >= kCommonFields && declared < fields.size() && fields[declared].is_store;
  feature->of_text = IsKind(type, Kind::kString);
  if (IsKind(type, Kind::kMoney)) feature->scale = build->catalog.decimals;
  if (IsKind(type, Kind::kDouble)) {
    feature->scale = fields[declared].scale;
    feature->of_scale = feature->scale;
    feature->fixed_point = true;
  }
}

// What the aggregate makes of the type of its `of`, an int where it has none.
void SetType(Feature* feature) {
  const auto becomes = [feature](Type type, int scale, bool fixed_point) {
    feature->type = std::move(type);
    feature->scale = scale;
    feature->fixed_point = fixed_point;
  };
  switch (feature->aggregate) {
    case Aggregate::kAvg:
    case Aggregate::kStddev:
      // A mean has more decimals than what it is of: an IEEE double, or money rounded to its own.
      if (!IsKind(feature->type, Kind::kMoney)) becomes(Type::Of(Kind::kDouble), 0, false);
      break;
    case Aggregate::kDistinct:
      feature->of_event_time = false;
      becomes(Type::Of(Kind::kInt), 0, false);
      break;
    case Aggregate::kList:
      feature->of_event_time = false;
      feature->type = Type::ListOf(feature->type);
      break;
    case Aggregate::kMap:
      feature->type = Type::MapOf(Type::Of(Kind::kString), feature->type);
      break;
    case Aggregate::kRatio:
      becomes(Type::Of(Kind::kDouble), 0, false);
      break;
    case Aggregate::kMeanGap:
    case Aggregate::kLastGap:
      becomes(Type::Of(Kind::kDuration), 0, false);
      break;
    case Aggregate::kDecayed:
      becomes(Type::Of(Kind::kDouble), kDecayedScale, true);
      break;
    default:
      break;
  }
}

void ReadOf(const Keys& keys, const YamlNode& name, Feature* feature, Build* build) {
  Problems* problems = &build->problems;
  const AggregateRule& rule = RuleOf(feature->aggregate);
  feature->type = Type::Of(Kind::kInt);
  if (keys.of == nullptr) {
    if (rule.of != Need::kMust) return SetType(feature);
    feature->type = Dyn();
    problems->Add(name, absl::StrCat("'", std::string(rule.name), "' needs an 'of'"),
                  "write of: event.FIELD");
    return;
  }
  if (rule.of == Need::kNo) {
    problems->Add(*keys.of,
                  absl::StrCat("'", std::string(rule.name), "' counts events and takes no 'of'"),
                  "count the events for which 'where' is true");
    return SetType(feature);
  }
  feature->type = Dyn();
  feature->of = CompileOnEvent(*keys.of, "'of'", feature->event_type, std::nullopt, build);
  if (feature->of.has_value()) SetOf(*keys.of, feature, build);
  if (!IsKind(feature->type, Kind::kDyn)) SetType(feature);
}

// The keys that only some aggregates know.
void ReadOwnKeys(const Keys& keys, const YamlNode& name, Feature* feature, Build* build) {
  Problems* problems = &build->problems;
  const AggregateRule& rule = RuleOf(feature->aggregate);
  struct Own {
    const char* key;
    const YamlNode* node;
    const char* hint;  // null where it may be left out
  };
  for (const Own& own :
       {Own{"n", keys.n, "write n: 2"}, Own{"by", keys.by, "write by: event.FIELD"},
        Own{"keys", keys.keys, nullptr},
        Own{"half_life", keys.half_life, "write half_life: 14d"}}) {
    const bool knows = rule.Knows(own.key);
    if (own.node != nullptr && !knows) {
      problems->Add(*own.node,
                    absl::StrCat("'", own.key, "' is of the aggregate ", AggregatesOf(own.key)));
    } else if (own.node == nullptr && knows && own.hint != nullptr) {
      problems->Add(name, absl::StrCat("'", std::string(rule.name), "' needs '", own.key, "'"),
                    own.hint);
    }
  }
  if (keys.n != nullptr && rule.Knows("n")) {
    const int most = feature->aggregate == Aggregate::kNth ? kNthMax : kListMax;
    feature->n = ReadInt(*keys.n, "'n'", 1, most, problems).value_or(1);
  }
  if (!rule.Knows("by")) return;
  feature->keys = kMapKeys;
  if (keys.keys != nullptr) {
    feature->keys = ReadInt(*keys.keys, "'keys'", 1, kMapKeysMax, problems).value_or(kMapKeys);
  }
  if (keys.by != nullptr) {
    feature->by =
        CompileOnEvent(*keys.by, "'by'", feature->event_type, Type::Of(Kind::kString), build);
  }
}

// Each grain of a window has a map, or the hashes of a distinct count, of its own.
void CheckWindowKeys(const YamlNode& window, const Feature& feature, Problems* problems) {
  const bool collects =
      feature.aggregate == Aggregate::kMap || feature.aggregate == Aggregate::kDistinct;
  const int keys = feature.aggregate == Aggregate::kMap ? feature.keys : kMapKeys;
  if (!collects || feature.window->grains * keys <= kWindowKeysMax) return;
  problems->Add(window,
                absl::StrCat("the window has ", feature.window->grains, " grains, more than the ",
                             kWindowKeysMax / keys, " that this '",
                             std::string(RuleOf(feature.aggregate).name), "' may have"),
                "write a coarser 'grain', such as 1d");
}

void ReadWindowKeys(const Keys& keys, const YamlNode& name, Feature* feature, Build* build) {
  Problems* problems = &build->problems;
  const AggregateRule& rule = RuleOf(feature->aggregate);
  if (keys.window == nullptr) {
    if (rule.window == Need::kMust) {
      problems->Add(name, absl::StrCat("'", std::string(rule.name), "' needs a 'window'"),
                    "write window: 90d");
    }
    if (keys.grain != nullptr) {
      problems->Add(*keys.grain, "'grain' is of a 'window', and there is none");
    }
    return;
  }
  if (rule.window == Need::kNo) {
    problems->Add(*keys.window, absl::StrCat("'", std::string(rule.name), "' has no window"));
    return;
  }
  feature->window = ReadWindow(*keys.window, keys.grain, build);
  if (!feature->window.has_value()) return;
  CheckWindowKeys(*keys.window, *feature, problems);
  if (feature->aggregate != Aggregate::kDecayed) return;
  if (feature->window->periods != nullptr) {
    problems->Add(*keys.window, "'decayed' has a sliding window", "write window: 90d");
  } else if (keys.half_life != nullptr) {
    const auto half_life = ReadLength(*keys.half_life, "'half_life'", problems);
    if (half_life == TimeMs{0}) {
      problems->Add(*keys.half_life, "a half life is longer than nothing");
    } else if (half_life.has_value()) {
      feature->weights = DecayWeights(*feature->window, *half_life);
    }
  }
}

// Whether it contributes once for each item of an order: one of its expressions reads `item`.
void SetItems(Feature* feature, const Build& build) {
  if (feature->event_type < 0) return;
  const auto& fields = build.catalog.events[static_cast<std::size_t>(feature->event_type)].fields;
  const int first_of_item = kCommonFields + static_cast<int>(fields.size());
  for (const auto* program : {&feature->where, &feature->of, &feature->by}) {
    if (!program->has_value() || (*program)->fields_read().empty()) continue;
    if ((*program)->fields_read().back() >= first_of_item) {
      feature->items_field = ItemsField(fields);
    }
  }
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
    static const auto* const later = new std::vector<std::string>{"variance", "median"};
    aggregate = ReadChoice(*keys.aggregate, "aggregate", AggregateNames(), *later, problems);
  }
  if (!aggregate.has_value()) {
    if (keys.of != nullptr) {
      CompileOnEvent(*keys.of, "'of'", feature->event_type, std::nullopt, build);
    }
    if (keys.window != nullptr) ReadWindow(*keys.window, keys.grain, build);
    return;
  }
  feature->aggregate = static_cast<Aggregate>(*aggregate);
  ReadOf(keys, name, feature, build);
  ReadOwnKeys(keys, name, feature, build);
  ReadWindowKeys(keys, name, feature, build);
  SetItems(feature, *build);
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
  keys.by = map.Find("by");
  keys.n = map.Find("n");
  keys.keys = map.Find("keys");
  keys.half_life = map.Find("half_life");
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
    for (const YamlNode* other : {keys.on, keys.aggregate, keys.where, keys.of, keys.by, keys.n,
                                  keys.keys, keys.half_life, keys.window, keys.grain}) {
      if (other == nullptr) continue;
      problems->Add(
          *other, absl::StrCat(what, " is derived: beside its 'value' there may be 'keep' alone"));
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
