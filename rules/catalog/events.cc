#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/decimal.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

using expr::Kind;
using expr::Type;

const std::vector<std::string>& FieldTypes() {
  static const auto* const types =
      new std::vector<std::string>{"string",    "bool", "int",          "double",    "money",
                                   "timestamp", "date", "point",        "store",     "list(string)",
                               "list(item)"};
  return *types;
}

Type TypeOfName(const std::string& name) {
  static const auto* const types = new std::map<std::string, Type>{
      {"string", Type::Of(Kind::kString)},
      {"bool", Type::Of(Kind::kBool)},
      {"int", Type::Of(Kind::kInt)},
      {"double", Type::Of(Kind::kDouble)},
      {"money", Type::Of(Kind::kMoney)},
      {"timestamp", Type::Of(Kind::kTimestamp)},
      {"date", Type::Of(Kind::kDate)},
      {"time_zone", Type::Of(Kind::kString)},
      {"store", Type::Of(Kind::kString)},
      {"point", Type::Of(Kind::kPoint)},
      {"list(string)", Type::ListOf(Type::Of(Kind::kString))},
      {"list(item)", Type::ListOf(Type::Of(Kind::kItem))},
  };
  return types->at(name);
}

void ReadField(const YamlNode& name, const YamlNode& value, const std::string& event,
               EventType* type, Build* build) {
  Problems* problems = &build->problems;
  CheckName(name, "a field", problems);
  for (std::string_view taken : {"time", "id", "source"}) {
    if (name.text == taken) {
      problems->Add(name, absl::StrCat("every event has '", name.text, "' already"));
    }
  }
  const std::string what = absl::StrCat("the field '", Shown(name.text), "' of '", event, "'");
  Field field;
  field.name = field.segment = name.text;
  DeclaredType declared;
  if (value.IsMap()) {
    MapReader map(value, what, problems);
    declared = ReadType(value, &map, FieldTypes(), what, build);
    if (const YamlNode* segment = map.Find("segment")) {
      field.segment = ReadText(*segment, "'segment'", problems).value_or(name.text);
    }
    map.Done();
  } else {
    declared = ReadType(value, nullptr, FieldTypes(), what, build);
  }
  field.type = declared.type;
  field.scale = declared.scale;
  field.is_store = declared.is_store;
  const bool is_items = IsKind(field.type, Kind::kList) && IsKind(*field.type.element, Kind::kItem);
  if (is_items) NeedCurrency(value, build);
  type->has_money |= is_items || IsKind(field.type, Kind::kMoney);
  type->fields.push_back(std::move(field));
}

void ReadEvent(const Entry& entry, EventType* type, Build* build) {
  Problems* problems = &build->problems;
  const std::string shown = Shown(entry.name->text);
  if (type->name == "identify") {
    problems->Add(*entry.name, "'identify' writes attributes and is not declared as an event");
  }
  MapReader map(*entry.value, absl::StrCat("the event '", shown, "'"), problems);
  const YamlNode* fields = map.FindFilled("fields");
  const YamlNode* from = map.Find("from");
  map.Done();
  if (fields != nullptr && !fields->IsMap()) {
    problems->Add(*fields, "'fields' must be a map of names and types");
  } else if (fields != nullptr) {
    for (std::size_t i = 0; i < fields->keys.size(); ++i) {
      if (type->fields.size() == kFieldsMax) {
        problems->Add(fields->keys[i], absl::StrCat("more than ", kFieldsMax, " fields"));
        break;
      }
      ReadField(fields->keys[i], fields->items[i], shown, type, build);
    }
  }
  if (from == nullptr) return;
  MapReader sources(*from, "'from'", problems);
  const YamlNode* segment = sources.Need("segment");
  sources.Done();
  if (segment == nullptr) return;
  type->segment = ReadText(*segment, "'segment'", problems).value_or("");
  for (const EventType& other : build->catalog.events) {
    if (!type->segment.empty() && other.segment == type->segment) {
      problems->Add(*segment, absl::StrCat("'", Shown(type->segment), "' is already what '",
                                           Shown(other.name), "' comes from"));
      break;
    }
  }
}

void ReadScale(const YamlNode& node, const YamlNode* type, const YamlNode* scale,
               DeclaredType* declared, Build* build) {
  if (IsKind(declared->type, Kind::kMoney)) {
    NeedCurrency(node, build);
    declared->scale = build->catalog.decimals;
  }
  if (IsKind(declared->type, Kind::kDouble) && scale == nullptr) {
    build->problems.Add(type != nullptr ? *type : node, "a double declares its 'scale'",
                        "write {type: double, scale: 2} for two decimals");
    declared->type = Dyn();
  }
  if (scale == nullptr) return;
  const auto decimals = ReadInt(*scale, "'scale'", 0, kDecimalsMax, &build->problems);
  if (IsKind(declared->type, Kind::kDouble)) {
    declared->scale = decimals.value_or(0);
  } else if (!IsKind(declared->type, Kind::kDyn)) {
    build->problems.Add(*scale, "'scale' is for doubles only");
  }
}

}  // namespace

DeclaredType ReadType(const YamlNode& node, MapReader* map, const std::vector<std::string>& types,
                      std::string_view what, Build* build) {
  const YamlNode* type = map != nullptr ? map->Need("type") : &node;
  const YamlNode* scale = map != nullptr ? map->Find("scale") : nullptr;
  DeclaredType declared;
  if (type == nullptr) return declared;
  if (type->kind == YamlNode::Kind::kNull) {
    build->problems.Add(node, absl::StrCat(std::string(what), " needs a type"),
                        absl::StrCat("expected ", OneOf(types)));
    return declared;
  }
  const auto choice = ReadChoice(*type, "type", types, {}, &build->problems);
  if (!choice.has_value()) return declared;
  const std::string& name = types[static_cast<std::size_t>(*choice)];
  declared.type = TypeOfName(name);
  declared.is_time_zone = name == "time_zone";
  declared.is_store = name == "store";
  if (declared.is_store && build->sections.stores.empty()) {
    build->problems.Add(*type, "the type 'store' needs the stores",
                        "add the section stores: {file: stores.csv}");
  }
  ReadScale(node, map != nullptr ? type : nullptr, scale, &declared, build);
  return declared;
}

void ReadEvents(Build* build) {
  for (const Entry& entry : build->sections.events) {
    if (build->catalog.events.size() == kEventTypesMax) {
      build->problems.Add(*entry.name, absl::StrCat("more than ", kEventTypesMax, " events"));
      return;
    }
    EventType type;
    type.name = entry.name->text;
    ReadEvent(entry, &type, build);
    build->catalog.events.push_back(std::move(type));
  }
}

}  // namespace parcours::catalog
