#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

const std::vector<std::string>& AttributeTypes() {
  static const auto* const types = new std::vector<std::string>{
      "string", "bool", "int", "double", "money", "timestamp", "date", "time_zone", "point",
      "store"};
  return *types;
}

// "address.city": names between dots.
bool IsTraitPath(std::string_view path) {
  return !path.empty() && path.front() != '.' && path.back() != '.' &&
         path.find("..") == std::string_view::npos;
}

// `keys` tells which event writes it.
Attribute ReadAttribute(const Entry& entry, AttributeKeys* keys, Build* build) {
  Problems* problems = &build->problems;
  Attribute attribute;
  attribute.name = attribute.trait = entry.name->text;
  const std::string what = absl::StrCat("the attribute '", Shown(attribute.name), "'");
  DeclaredType declared;
  if (entry.value->IsMap()) {
    MapReader map(*entry.value, what, problems);
    declared = ReadType(*entry.value, &map, AttributeTypes(), what, build);
    keys->on = map.Find("on");
    keys->of = map.Find("of");
    if (keys->on != nullptr) attribute.trait.clear();
    if (const YamlNode* trait = map.Find("trait")) {
      attribute.trait = ReadText(*trait, "'trait'", problems).value_or(attribute.name);
      if (!IsTraitPath(attribute.trait)) {
        problems->Add(*trait, "'trait' must be a name, or names with dots between",
                      "write it as address.city");
      }
    }
    if (const YamlNode* contact = map.Find("contact")) {
      attribute.contact = ReadBool(*contact, "'contact'", problems).value_or(false);
      if (attribute.contact && declared.is_time_zone) {
        problems->Add(*contact, "a time zone is for rules and cannot be contact data");
      }
      if (attribute.contact && keys->on != nullptr) {
        problems->Add(*keys->on, "contact data comes from 'identify' only");
      }
    }
    map.Done();
    if ((keys->on == nullptr) != (keys->of == nullptr)) {
      problems->Add(*entry.name, absl::StrCat(what, " needs both 'on' and 'of', or neither"),
                    "write on: order_completed, of: event.FIELD");
    }
    if (declared.is_time_zone && keys->on != nullptr) {
      problems->Add(*keys->on, "the customer's time zone comes from 'identify' only");
    }
  } else {
    declared = ReadType(*entry.value, nullptr, AttributeTypes(), what, build);
  }
  attribute.type = declared.type;
  attribute.scale = declared.scale;
  attribute.is_time_zone = declared.is_time_zone;
  attribute.is_store = declared.is_store;
  return attribute;
}

// A text or a double is one field as it is, a double of the same decimals.
void CheckField(const YamlNode& of, const Attribute& attribute, Build* build) {
  const bool text = IsKind(attribute.type, expr::Kind::kString);
  const bool real = IsKind(attribute.type, expr::Kind::kDouble);
  const int field = attribute.of->plain_field();
  if ((text || real) && field < 0) {
    build->problems.Add(of,
                        absl::StrCat("'of' computes a ", expr::TypeName(attribute.type),
                                     ", which is not yet supported"),
                        "name one field, such as event.id");
  } else if (real) {
    const auto& fields = build->catalog.events[static_cast<std::size_t>(attribute.event_type)].fields;
    const int scale = fields[static_cast<std::size_t>(field - kCommonFields)].scale;
    if (scale == attribute.scale) return;
    build->problems.Add(of, absl::StrCat("the field has ", scale, " decimals, the attribute ",
                                         attribute.scale),
                        "declare the same 'scale'");
  }
}

}  // namespace

void ReadAttributes(Build* build) {
  Catalog& catalog = build->catalog;
  for (const Entry& entry : build->sections.attributes) {
    if (catalog.attributes.size() == kVariablesMax) {
      build->problems.Add(*entry.name,
                          absl::StrCat("more than ", kVariablesMax, " attributes and features"));
      return;
    }
    AttributeKeys keys;
    Attribute attribute = ReadAttribute(entry, &keys, build);
    build->attribute_keys.push_back(keys);
    const int number = static_cast<int>(catalog.attributes.size());
    if (attribute.is_time_zone && catalog.time_zone_attribute >= 0) {
      const auto& first = catalog.attributes[static_cast<std::size_t>(catalog.time_zone_attribute)];
      build->problems.Add(*entry.name, absl::StrCat("a customer has one time zone, and '",
                                                    Shown(first.name), "' is it already"));
    } else if (attribute.is_time_zone) {
      catalog.time_zone_attribute = number;
    }
    if (attribute.is_store && !attribute.contact && catalog.store_attribute < 0) {
      catalog.store_attribute = number;
    }
    catalog.attributes.push_back(std::move(attribute));
  }
}

void CompileAttributes(Build* build) {
  Catalog& catalog = build->catalog;
  catalog.attributes_on_event.resize(catalog.events.size());
  for (std::size_t i = 0; i < catalog.attributes.size(); ++i) {
    const AttributeKeys& keys = build->attribute_keys[i];
    if (keys.on == nullptr || keys.of == nullptr) continue;
    Attribute& attribute = catalog.attributes[i];
    attribute.event_type = FindOn(*keys.on, build);
    attribute.of = CompileOnEvent(*keys.of, "'of'", attribute.event_type, attribute.type, build);
    if (!attribute.of.has_value()) continue;
    CheckField(*keys.of, attribute, build);
    const auto event = static_cast<std::size_t>(attribute.event_type);
    catalog.attributes_on_event[event].push_back(static_cast<int>(i));
  }
}

}  // namespace parcours::catalog
