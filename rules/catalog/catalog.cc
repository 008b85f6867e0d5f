#include "rules/catalog/catalog.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

// More than any section may have.
constexpr std::size_t kEntriesMax = 1024;

// Where a name was first defined; attributes and features share one set of names.
using FirstPlaces = std::map<std::string, const YamlNode*, std::less<>>;

// Names that mean something in every expression.
bool IsWord(std::string_view name) {
  static const auto* const words = new std::vector<std::string_view>{
      "now",      "event",     "segment", "persona",   "true",     "false",    "null",
      "in",       "as",        "break",   "const",     "continue", "else",     "for",
      "function", "if",        "import",  "let",       "loop",     "package",  "return",
      "var",      "namespace", "void",    "while",     "bool",     "int",      "uint",
      "double",   "string",    "bytes",   "list",      "map",      "type",     "dyn",
      "money",    "date",      "item",    "timestamp", "duration", "null_type"};
  return std::find(words->begin(), words->end(), name) != words->end();
}

void Gather(const YamlNode* section, std::string_view what, bool in_expressions,
            FirstPlaces* places, std::vector<Entry>* entries, Problems* problems) {
  if (section == nullptr) return;
  if (!section->IsMap()) {
    problems->Add(*section, "a section must be a map of names and definitions");
    return;
  }
  for (std::size_t i = 0; i < section->keys.size(); ++i) {
    const YamlNode& name = section->keys[i];
    const bool good = CheckName(name, what, problems);
    if (good && in_expressions && IsWord(name.text)) {
      problems->Add(name,
                    absl::StrCat("'", name.text, "' is a word of expressions and cannot name ",
                                 std::string(what)));
    }
    const auto [first, added] = places->emplace(name.text, &name);
    if (added) {
      // Where there are far too many, the limit of the section is told; the rest is not looked at.
      if (entries->size() < kEntriesMax) entries->push_back({&name, &section->items[i]});
      continue;
    }
    const YamlNode& other = *first->second;
    problems->Add(name, absl::StrCat("'", Shown(name.text), "' is defined twice"),
                  absl::StrCat("the first is in ", other.file->name, ":",
                               other.file->PlaceOf(other.pos).line));
  }
}

void GatherSections(Build* build) {
  Problems* problems = &build->problems;
  Sections* sections = &build->sections;
  FirstPlaces events, variables, segmentations, personas, journeys;
  for (const auto& file : build->files) {
    if (file->root.kind == YamlNode::Kind::kNull) continue;
    MapReader map(file->root, "the definitions", problems);
    if (const YamlNode* programme = map.FindFilled("programme")) {
      sections->programme.push_back(programme);
    }
    if (const YamlNode* stores = map.Find("stores")) sections->stores.push_back(stores);
    Gather(map.FindFilled("events"), "an event", false, &events, &sections->events, problems);
    Gather(map.FindFilled("attributes"), "an attribute", true, &variables, &sections->attributes,
           problems);
    Gather(map.FindFilled("features"), "a feature", true, &variables, &sections->features,
           problems);
    Gather(map.FindFilled("segmentations"), "a segmentation", false, &segmentations,
           &sections->segmentations, problems);
    Gather(map.FindFilled("personas"), "a persona", false, &personas, &sections->personas,
           problems);
    Gather(map.FindFilled("journeys"), "a journey", false, &journeys, &sections->journeys,
           problems);
    map.Done();
  }
}

// Numbers journeys by name.
void RankJourneys(Catalog* catalog) {
  std::vector<Journey>& journeys = catalog->journeys;
  std::vector<int>& order = catalog->journeys_by_name;
  order.resize(journeys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return journeys[static_cast<std::size_t>(a)].name < journeys[static_cast<std::size_t>(b)].name;
  });
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    journeys[static_cast<std::size_t>(order[rank])].rank = static_cast<int>(rank);
  }
}

std::string VersionOf(const std::vector<SourceFile>& files, const std::vector<SourceFile>& data) {
  std::uint64_t hash = 0;
  for (const auto* part : {&files, &data}) {
    for (const SourceFile& file : *part) {
      hash = Hash64(file.name, hash);
      hash = Hash64(file.text, hash);
    }
  }
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

std::vector<Issue> Sorted(std::vector<Issue> issues) {
  std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  return issues;
}

// Texts to trees. A file that cannot be read as YAML hides names that others use, so that nothing
// more is checked then.
bool ParseFiles(const std::vector<SourceFile>& files, Build* build, std::vector<Issue>* issues) {
  std::size_t bytes = 0;
  std::vector<Issue> found;
  for (const SourceFile& file : files) {
    bytes += file.text.size();
    if (bytes > kDefinitionsBytesMax) {
      found.push_back(
          {file.name, 1, 1,
           absl::StrCat("the definitions have more than ", kDefinitionsBytesMax, " bytes"), ""});
      break;
    }
    auto parsed = ParseYaml(file.name, file.text, &found);
    if (parsed != nullptr) build->files.push_back(std::move(parsed));
  }
  const bool good = found.empty();
  for (Issue& issue : Sorted(std::move(found))) issues->push_back(std::move(issue));
  return good;
}

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// "Order Completed" and "orderCompleted" -> "order_completed".
std::string LowerSnakeCase(std::string_view name) {
  std::string snake;
  bool gap = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool wordy = IsUpper(name[i]) || IsLowerOrDigit(name[i]);
    gap |= !wordy || (i > 0 && IsUpper(name[i]) && IsLowerOrDigit(name[i - 1]));
    if (!wordy) continue;
    if (gap && !snake.empty()) snake.push_back('_');
    gap = false;
    snake.push_back(LowerAscii(name[i]));
  }
  return snake;
}

// Everything behind the parsing of the files.
void CompileSections(const DataReader& read_data, Build* build) {
  GatherSections(build);
  ReadProgramme(build);
  ReadStores(read_data, build);
  ReadEvents(build);
  ReadAttributes(build);
  MakeEventScopes(build);
  CompileAttributes(build);
  ReadFeatures(build);
  DeclareSegmentations(build);
  ReadPersonas(build);
  LayOut(build);
  MakeCustomerScope(build);
  CompileDerivedFeatures(build);
  CompileSegmentations(build);
  MakePlan(build);
  ReadJourneys(build);
  ListTextCells(build);
}

// Compiles again without the features that nothing reads: which they are is known only once all
// is compiled, and their cells are among those that programs name by number.
void LeaveOutUnused(const DataReader& read_data, Build* build) {
  if (!build->problems.empty()) return;
  std::vector<std::string> unused = UnusedFeatures(*build);
  if (unused.empty()) return;
  Build again;
  again.files = std::move(build->files);
  again.unused = std::move(unused);
  again.data = std::move(build->data);  // read once: there may be many stores
  again.catalog.stores = std::move(build->catalog.stores);
  CompileSections(read_data, &again);
  *build = std::move(again);
}

}  // namespace

int Catalog::FindEvent(std::string_view name) const {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

int Catalog::FindSegmentEvent(std::string_view name) const {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].segment.empty() && events[i].segment == name) return static_cast<int>(i);
  }
  return FindEvent(LowerSnakeCase(name));
}

std::shared_ptr<const Catalog> CompileCatalog(const std::vector<SourceFile>& files,
                                              std::vector<Issue>* issues,
                                              const DataReader& read_data) {
  Build build;
  if (!ParseFiles(files, &build, issues)) return nullptr;
  CompileSections(read_data, &build);
  LeaveOutUnused(read_data, &build);
  if (build.problems.empty()) Advise(&build);
  const bool good = build.problems.empty();
  for (Issue& issue : build.problems.Take()) issues->push_back(std::move(issue));
  if (!good) return nullptr;
  RankJourneys(&build.catalog);
  build.catalog.version = VersionOf(files, build.data);
  return std::make_shared<const Catalog>(std::move(build.catalog));
}

}  // namespace parcours::catalog
