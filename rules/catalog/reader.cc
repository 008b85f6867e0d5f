#include "rules/catalog/reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rules/catalog/catalog.h"

namespace parcours::catalog {
namespace {

// Keys of the language to come. They are refused by name, wherever they stand, so that nobody
// believes them to work.
constexpr std::array<std::string_view, 17> kLaterKeys = {
    "address", "addresses", "branch",  "cap",          "caps",    "consent",
    "consents", "expires",  "holdout", "kafka",        "minimum_stay", "points",
    "quiet_hours", "shopify", "ga4",   "wait_for", "webhook"};

bool IsLater(std::string_view key) {
  return std::find(kLaterKeys.begin(), kLaterKeys.end(), key) != kLaterKeys.end();
}

std::string_view KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "";
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string NotYet(std::string_view word) {
  return absl::StrCat("'", Shown(word), "' is not yet supported");
}

MapReader::MapReader(const YamlNode& node, std::string what, Problems* problems)
    : node_(node),
      what_(std::move(what)),
      problems_(*problems),
      is_map_(node.IsMap() || node.kind == YamlNode::Kind::kNull) {
  if (is_map_) return;
  problems_.Add(node_, absl::StrCat(what_, " must be a map of keys and values, not ",
                                    std::string(KindName(node_))));
}

bool MapReader::Has(std::string_view key) const {
  for (const YamlNode& written : node_.keys) {
    if (written.text == key) return true;
  }
  return false;
}

const YamlNode* MapReader::Find(std::string_view key) {
  known_.emplace_back(key);
  for (std::size_t i = 0; i < node_.keys.size(); ++i) {
    if (node_.keys[i].text != key) continue;
    if (node_.items[i].kind != YamlNode::Kind::kNull) return &node_.items[i];
    problems_.Add(node_.keys[i], absl::StrCat("'", std::string(key), "' has no value"));
    return nullptr;
  }
  return nullptr;
}

const YamlNode* MapReader::FindFilled(std::string_view key) {
  known_.emplace_back(key);
  for (std::size_t i = 0; i < node_.keys.size(); ++i) {
    if (node_.keys[i].text == key && node_.items[i].kind != YamlNode::Kind::kNull) {
      return &node_.items[i];
    }
  }
  return nullptr;
}

const YamlNode* MapReader::Need(std::string_view key) {
  const YamlNode* value = Find(key);
  if (value != nullptr || !is_map_) return value;
  if (Has(key)) return nullptr;  // it has no value, as Find has told
  problems_.Add(node_, absl::StrCat(what_, " needs '", std::string(key), "'"));
  return nullptr;
}

void MapReader::Done() {
  for (std::size_t i = 0; i < node_.keys.size(); ++i) {
    const YamlNode& key = node_.keys[i];
    if (Contains(known_, key.text)) continue;
    if (IsLater(key.text)) {
      problems_.Add(key, NotYet(key.text));
    } else if (node_.flow && node_.items[i].kind == YamlNode::Kind::kNull) {
      // Inside { } a comma ends a value, and what follows it looks like a key without a value.
      problems_.Add(
          key, absl::StrCat("'", Shown(key.text), "' has no value"),
          "if a comma or a bracket belongs to an expression, put the expression in quotes");
    } else {
      problems_.AddUnknown(key, absl::StrCat("unknown key '", Shown(key.text), "' in ", what_),
                           key.text, known_);
    }
  }
}

bool CheckName(const YamlNode& node, std::string_view what, Problems* problems) {
  const std::string& name = node.text;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  bool good = !name.empty() && is_letter(name[0]);
  for (char c : name) good = good && (is_letter(c) || (c >= '0' && c <= '9') || c == '_');
  if (good && name.size() <= kNameBytesMax) return true;
  const std::string shown = Shown(name);
  if (good) {
    problems->Add(node, absl::StrCat("the name '", shown, "' of ", std::string(what),
                                     " is longer than ", kNameBytesMax, " characters"));
    return false;
  }
  problems->Add(node, absl::StrCat("'", shown, "' is no name for ", std::string(what)),
                "a name is lower_snake_case: a letter, then letters, digits and _");
  return false;
}

std::optional<std::string> ReadText(const YamlNode& node, std::string_view what,
                                    Problems* problems) {
  if (!node.IsScalar()) {
    problems->Add(
        node, absl::StrCat(std::string(what), " must be text, not ", std::string(KindName(node))));
    return std::nullopt;
  }
  if (node.text.empty() || node.text.size() > 256) {
    problems->Add(node, absl::StrCat(std::string(what), " must have 1 to 256 characters"));
    return std::nullopt;
  }
  if (std::any_of(node.text.begin(), node.text.end(), IsControl)) {
    problems->Add(node, absl::StrCat(std::string(what), " has a control character"));
    return std::nullopt;
  }
  return node.text;
}

std::optional<TimeMs> ReadLength(const YamlNode& node, std::string_view what, Problems* problems) {
  if (node.IsScalar()) {
    const auto length = ParseLength(node.text);
    if (length.ok()) return *length;
  }
  const std::string shown =
      node.IsScalar() ? absl::StrCat("'", Shown(node.text), "'") : std::string(KindName(node));
  problems->Add(node, absl::StrCat(std::string(what), " must be a length of time, not ", shown),
                "write a whole number and a unit of ms s m h d w, such as 90m or 7d");
  return std::nullopt;
}

std::optional<int> ReadInt(const YamlNode& node, std::string_view what, int min, int max,
                           Problems* problems) {
  int value = 0;
  if (node.IsScalar() && absl::SimpleAtoi(node.text, &value) && value >= min && value <= max) {
    return value;
  }
  problems->Add(node,
                absl::StrCat(std::string(what), " must be a whole number from ", min, " to ", max));
  return std::nullopt;
}

std::optional<bool> ReadBool(const YamlNode& node, std::string_view what, Problems* problems) {
  if (node.IsScalar() && (node.text == "true" || node.text == "false")) return node.text == "true";
  problems->Add(node, absl::StrCat(std::string(what), " must be true or false"));
  return std::nullopt;
}

std::optional<int> ReadChoice(const YamlNode& node, std::string_view what,
                              const std::vector<std::string>& choices,
                              const std::vector<std::string>& later, Problems* problems) {
  if (node.IsScalar()) {
    const auto found = std::find(choices.begin(), choices.end(), node.text);
    if (found != choices.end()) return static_cast<int>(found - choices.begin());
    if (Contains(later, node.text)) {
      problems->Add(node, NotYet(node.text));
      return std::nullopt;
    }
    problems->AddUnknown(node, absl::StrCat("'", Shown(node.text), "' is no ", std::string(what)),
                         node.text, choices);
    return std::nullopt;
  }
  problems->Add(node, absl::StrCat(std::string(KindName(node)), " is no ", std::string(what)),
                absl::StrCat("expected ", OneOf(choices)));
  return std::nullopt;
}

}  // namespace parcours::catalog
