#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

const std::vector<std::string>& AttributeTypes() {
  static const auto* const types = new std::vector<std::string>{
      "string", "bool", "int", "double", "money", "timestamp", "date", "time_zone"};
  return *types;
}

// "address.city": names between dots.
bool IsTraitPath(std::string_view path) {
  return !path.empty() && path.front() != '.' && path.back() != '.' &&
         path.find("..") == std::string_view::npos;
}

Attribute ReadAttribute(const Entry& entry, Build* build) {
  Problems* problems = &build->problems;
  Attribute attribute;
  attribute.name = attribute.trait = entry.name->text;
  const std::string what = absl::StrCat("the attribute '", Shown(attribute.name), "'");
  DeclaredType declared;
  if (entry.value->IsMap()) {
    MapReader map(*entry.value, what, problems);
    declared = ReadType(*entry.value, &map, AttributeTypes(), what, build);
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
    }
    map.Done();
  } else {
    declared = ReadType(*entry.value, nullptr, AttributeTypes(), what, build);
  }
  attribute.type = declared.type;
  attribute.scale = declared.scale;
  attribute.is_time_zone = declared.is_time_zone;
  return attribute;
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
    Attribute attribute = ReadAttribute(entry, build);
    const int number = static_cast<int>(catalog.attributes.size());
    if (attribute.is_time_zone && catalog.time_zone_attribute >= 0) {
      const auto& first = catalog.attributes[static_cast<std::size_t>(catalog.time_zone_attribute)];
      build->problems.Add(*entry.name, absl::StrCat("a customer has one time zone, and '",
                                                    Shown(first.name), "' is it already"));
    } else if (attribute.is_time_zone) {
      catalog.time_zone_attribute = number;
    }
    catalog.attributes.push_back(std::move(attribute));
  }
}

}  // namespace parcours::catalog
