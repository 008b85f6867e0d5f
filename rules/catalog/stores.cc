// Stores: the section, and what its file says of each store.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"
#include "rules/catalog/store_rows.h"

namespace parcours::catalog {
namespace {

constexpr std::size_t kStoreTextMax = 256;  // of an id, of an area

// Reads rows into stores.
class StoreReader {
 public:
  StoreReader(std::string file, Problems* problems)
      : file_(std::move(file)), problems_(*problems) {}

  void Add(StoreRow row) {
    StoreCell& id = row[kStoreId];
    if (id.text.empty()) return problems_.Add(file_, id.place, "a store needs an 'id'");
    if (id.text.size() > kStoreTextMax || row[kStoreArea].text.size() > kStoreTextMax) {
      return problems_.Add(
          file_, id.place,
          absl::StrCat("an id and an area have at most ", kStoreTextMax, " bytes"));
    }
    expr::Store store;
    store.area = std::move(row[kStoreArea].text);
    ReadLocation(row, &store);
    ReadZone(row[kStoreZone], &store);
    if (!stores_->Add(id.text, std::move(store))) {
      problems_.Add(file_, id.place, absl::StrCat("the store '", Shown(id.text), "' stands twice"));
    }
  }
  std::shared_ptr<const expr::Stores> stores() const { return stores_; }

 private:
  void ReadLocation(const StoreRow& row, expr::Store* store) {
    const StoreCell &location = row[kStoreLocation], &lat = row[kStoreLat], &lon = row[kStoreLon];
    if (!location.text.empty()) {
      store->location = ParsePoint(location.text);
      if (!store->location) Refuse(location, "no location", "write \"48.85,2.35\"");
    } else if (!lat.text.empty() || !lon.text.empty()) {
      store->location = ParsePoint(absl::StrCat(lat.text, ",", lon.text));
      if (!store->location)
        Refuse(lat, "no latitude, or its longitude none", "write 48.85 and 2.35");
    }
  }
  void ReadZone(const StoreCell& cell, expr::Store* store) {
    if (cell.text.empty()) return;
    store->time_zone = cell.text;
    auto known = zones_.find(cell.text);
    if (known == zones_.end()) {
      auto zone = Zone::Load(cell.text);
      known = zones_.emplace(cell.text, zone.ok() ? *std::move(zone) : nullptr).first;
    }
    store->zone = known->second;
    if (store->zone == nullptr) {
      Refuse(cell, "no time zone", "write its IANA name, such as Europe/Paris");
    }
  }
  void Refuse(const StoreCell& cell, const char* what, const char* hint) {
    problems_.Add(file_, cell.place, absl::StrCat("'", Shown(cell.text), "' is ", what), hint);
  }

  const std::string file_;
  Problems& problems_;
  const std::shared_ptr<expr::Stores> stores_ = std::make_shared<expr::Stores>();
  std::map<std::string, std::shared_ptr<const Zone>> zones_;
};

bool EndsWith(const std::string& name, std::string_view end) {
  return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
}

// The file that the section names, or nullptr after a mistake.
const YamlNode* FindFile(Build* build) {
  const YamlNode& section = *build->sections.stores[0];
  for (std::size_t i = 1; i < build->sections.stores.size(); ++i) {
    build->problems.Add(*build->sections.stores[i], "the stores are stated twice");
  }
  MapReader map(section, "'stores'", &build->problems);
  const YamlNode* file = map.Need("file");
  map.Done();
  if (file == nullptr || !ReadText(*file, "'file'", &build->problems)) return nullptr;
  const bool plain = file->text.find_first_of("/\\") == std::string::npos;
  if (plain && (EndsWith(file->text, ".csv") || EndsWith(file->text, ".ndjson"))) return file;
  build->problems.Add(*file,
                      "'file' must be a file NAME.csv or NAME.ndjson beside the definitions");
  return nullptr;
}

}  // namespace

void ReadStores(const DataReader& read_data, Build* build) {
  if (build->sections.stores.empty() || build->catalog.stores != nullptr) return;
  build->catalog.stores = std::make_shared<const expr::Stores>();
  const YamlNode* file = FindFile(build);
  if (file == nullptr) return;
  std::optional<std::string> text = read_data(file->text);
  if (!text.has_value()) {
    return build->problems.Add(*file, absl::StrCat("cannot read '", Shown(file->text), "'"),
                               "it stands in the folder of the definitions");
  }
  if (text->size() > kStoresBytesMax) {
    return build->problems.Add(
        *file, absl::StrCat("'", Shown(file->text), "' has more than ", kStoresBytesMax, " bytes"));
  }
  const auto read = EndsWith(file->text, ".csv") ? ReadStoresCsv : ReadStoresJson;
  StoreReader reader(file->text, &build->problems);
  for (StoreRow& row : read(file->text, *text, &build->problems)) reader.Add(std::move(row));
  build->catalog.stores = reader.stores();
  build->data.push_back({file->text, *std::move(text)});
}

}  // namespace parcours::catalog
