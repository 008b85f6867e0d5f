// Personas: the cards, and the rules, which make an exclusive segmentation named 'persona'.
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

constexpr std::size_t kCardTextBytesMax = 1'000;
constexpr std::size_t kCardListMax = 16;

struct CardKey {
  std::string_view name;
  bool list;
};
constexpr CardKey kCardKeys[] = {
    {"title", false},           {"first_name", false},    {"portrait", false}, {"age", false},
    {"priority", false},        {"motivations", true},    {"goals", true},     {"brakes", true},
    {"relational_style", false}, {"way_of_buying", false}, {"channels", true},  {"lifestyle", false},
    {"quote", false},
};

bool CheckCardText(const YamlNode& node, const std::string& what, Problems* problems) {
  if (!node.IsScalar() || node.text.empty()) {
    problems->Add(node, absl::StrCat(what, " must be text"));
    return false;
  }
  if (node.text.size() > kCardTextBytesMax) {
    problems->Add(node, absl::StrCat(what, " is longer than ", kCardTextBytesMax, " bytes"));
    return false;
  }
  return true;
}

CardEntry ReadCardEntry(const CardKey& key, const YamlNode& node, Problems* problems) {
  const std::string name(key.name);
  const std::string what = absl::StrCat("'", name, "'");
  CardEntry entry{name, {}};
  if (!key.list) {
    if (CheckCardText(node, what, problems)) entry.texts.push_back(node.text);
    return entry;
  }
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    problems->Add(node, absl::StrCat(what, " must be a list of texts"),
                  absl::StrCat("write ", name, ": [one, another]"));
    return entry;
  }
  for (const YamlNode& item : node.items) {
    if (entry.texts.size() == kCardListMax) {
      problems->Add(item, absl::StrCat(what, " has more than ", kCardListMax, " texts"));
      break;
    }
    if (CheckCardText(item, absl::StrCat("a text of ", what), problems)) {
      entry.texts.push_back(item.text);
    }
  }
  return entry;
}

std::vector<CardEntry> ReadCard(const YamlNode& node, const std::string& what, Problems* problems) {
  std::vector<CardEntry> card;
  MapReader map(node, absl::StrCat("the card of ", what), problems);
  for (const CardKey& key : kCardKeys) {
    if (const YamlNode* value = map.Find(key.name)) {
      card.push_back(ReadCardEntry(key, *value, problems));
    }
  }
  map.Done();
  return card;
}

// Returns where its rule stands, or nullptr.
const YamlNode* ReadPersona(const Entry& entry, Build* build) {
  Problems* problems = &build->problems;
  Persona persona;
  persona.name = entry.name->text;
  const std::string what = absl::StrCat("the persona '", Shown(persona.name), "'");
  MapReader map(*entry.value, what, problems);
  const YamlNode* card = map.Find("card");
  const YamlNode* when = map.Need("when");
  map.Done();
  if (card != nullptr) persona.card = ReadCard(*card, what, problems);
  build->catalog.personas.push_back(std::move(persona));
  return when;
}

}  // namespace

void ReadPersonas(Build* build) {
  const std::vector<Entry>& entries = build->sections.personas;
  if (entries.empty()) return;
  if (build->catalog.segmentations.size() == kSegmentationsMax) {
    build->problems.Add(*entries[0].name,
                        absl::StrCat("more than ", kSegmentationsMax,
                                     " segmentations; the personas together count as one"));
    return;
  }
  Segmentation segmentation;
  segmentation.name = std::string(kPersonaName);
  std::vector<const YamlNode*> rules;
  for (const Entry& entry : entries) {
    if (segmentation.segments.size() == kSegmentsMax) {
      build->problems.Add(*entry.name, absl::StrCat("more than ", kSegmentsMax, " personas"));
      break;
    }
    segmentation.segments.push_back({entry.name->text, {}, {}});
    rules.push_back(ReadPersona(entry, build));
  }
  build->segmentation_places.push_back(entries[0].name);
  build->segment_rules.push_back(std::move(rules));
  build->catalog.segmentations.push_back(std::move(segmentation));
}

}  // namespace parcours::catalog
