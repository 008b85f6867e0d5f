#include "rules/catalog/store_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/catalog.h"
#include "rules/expr/program.h"
#include "simdjson.h"

namespace parcours::catalog {
namespace {

constexpr std::size_t kFieldBytesMax = 1'024;
constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";

std::string TooMany() { return absl::StrCat("more than ", kStoresMax, " stores"); }

int ColumnOf(std::string_view name) {
  const std::vector<std::string> names = StoreColumnNames();
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

void RefuseColumn(const std::string& file, Place place, std::string_view name,
                  Problems* problems) {
  const std::string nearest = expr::Nearest(name, StoreColumnNames());
  problems->Add(file, place, absl::StrCat("a store has no column '", Shown(name), "'"),
                nearest.empty() ? absl::StrCat("expected ", OneOf(StoreColumnNames()))
                                : absl::StrCat("did you mean '", nearest, "'?"));
}

// Takes records out of a text, one after the other.
class Csv {
 public:
  explicit Csv(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  // The fields of the next record. False: it is broken, at `place()`, and nothing can follow.
  bool Next(std::vector<StoreCell>* fields) {
    fields->clear();
    for (;;) {
      StoreCell& field = fields->emplace_back();
      field.place = place_;
      if (!(Peek() == '"' ? Quoted(&field.text) : Plain(&field.text))) return false;
      if (Peek() == ',') {
        Step();
        continue;
      }
      if (Peek() == '\r') Step();
      if (done()) return true;
      const bool ends = Peek() == '\n';
      if (ends) Step();
      return ends;
    }
  }
  Place place() const { return place_; }

 private:
  char Peek() const { return done() ? '\n' : text_[at_]; }
  void Step() {
    const char c = text_[at_++];
    if (c == '\n') {
      place_ = {place_.line + 1, 1};
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++place_.column;
    }
  }
  bool Take(std::string* field) {
    field->push_back(text_[at_]);
    Step();
    return field->size() <= kFieldBytesMax;
  }
  bool Plain(std::string* field) {
    while (!done() && Peek() != ',' && Peek() != '\r' && Peek() != '\n') {
      if (Peek() == '"' || !Take(field)) return false;
    }
    return true;
  }
  bool Quoted(std::string* field) {
    Step();
    for (;;) {
      if (done()) return false;
      if (Peek() == '"') {
        Step();
        if (done() || Peek() != '"') return true;
      }
      if (!Take(field)) return false;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Place place_;
};

// What column each field of a record is; empty after a mistake.
std::vector<int> ReadHeader(const std::string& file, const std::vector<StoreCell>& header,
                            Problems* problems) {
  std::vector<int> columns;
  bool good = true;
  for (const StoreCell& field : header) {
    const int column = ColumnOf(field.text);
    if (column < 0) {
      RefuseColumn(file, field.place, field.text, problems);
      good = false;
    } else if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      problems->Add(file, field.place, absl::StrCat("there are two columns '", field.text, "'"));
      good = false;
    }
    columns.push_back(column);
  }
  return good ? columns : std::vector<int>();
}

using Json = simdjson::dom::element;

// A member of a line's object as the text that CSV would have.
std::optional<std::string> TextOf(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return std::string(std::string_view(value));
  if (value.is_number()) return simdjson::minify(value);
  double latitude = 0, longitude = 0;
  const bool point = value["lat"].get(latitude) == simdjson::SUCCESS &&
                     value["lon"].get(longitude) == simdjson::SUCCESS;
  if (!point) return std::nullopt;
  return absl::StrCat(simdjson::minify(value["lat"].value_unsafe()), ",",
                      simdjson::minify(value["lon"].value_unsafe()));
}

void ReadObject(const std::string& file, Place place, const simdjson::dom::object& object,
                std::vector<StoreRow>* rows, Problems* problems) {
  StoreRow row;
  for (StoreCell& cell : row) cell.place = place;
  for (const auto& [key, value] : object) {
    const int column = ColumnOf(key);
    if (column < 0) {
      RefuseColumn(file, place, key, problems);
      continue;
    }
    const auto text = TextOf(value);
    if (!text) {
      problems->Add(file, place, absl::StrCat("'", std::string(key), "' must be text"),
                    column == kStoreLocation ? "write {\"lat\": 48.85, \"lon\": 2.35}" : "");
      continue;
    }
    row[static_cast<std::size_t>(column)].text = *text;
  }
  rows->push_back(std::move(row));
}

}  // namespace

std::vector<std::string> StoreColumnNames() {
  return {"id", "location", "lat", "lon", "area", "time_zone"};
}

std::vector<StoreRow> ReadStoresCsv(const std::string& file, std::string_view text,
                                    Problems* problems) {
  if (text.substr(0, 3) == kByteOrderMark) text.remove_prefix(3);
  Csv csv(text);
  std::vector<StoreCell> fields;
  std::vector<StoreRow> rows;
  std::vector<int> columns;
  const auto broken = [&] {
    problems->Add(file, csv.place(), "the record is broken here",
                  "a field with a quote or a comma stands in double quotes, a quote in it twice; "
                  "a field has at most 1,024 bytes");
  };
  if (!csv.Next(&fields)) return broken(), rows;
  columns = ReadHeader(file, fields, problems);
  if (columns.empty()) return rows;
  while (!csv.done()) {
    if (!csv.Next(&fields)) return broken(), rows;
    const Place place = fields[0].place;
    if (fields.size() == 1 && fields[0].text.empty() && columns.size() > 1) continue;  // empty line
    if (rows.size() == kStoresMax) return problems->Add(file, place, TooMany()), rows;
    if (fields.size() != columns.size()) {
      problems->Add(file, place, absl::StrCat("the header has ", columns.size(),
                                              " fields, this record ", fields.size()));
      continue;
    }
    StoreRow& row = rows.emplace_back();
    for (StoreCell& cell : row) cell.place = place;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      row[static_cast<std::size_t>(columns[i])] = std::move(fields[i]);
    }
  }
  return rows;
}

std::vector<StoreRow> ReadStoresJson(const std::string& file, std::string_view text,
                                     Problems* problems) {
  std::vector<StoreRow> rows;
  simdjson::dom::parser parser;
  Place place;
  for (; !text.empty(); ++place.line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (rows.size() == kStoresMax) return problems->Add(file, place, TooMany()), rows;
    simdjson::dom::object object;
    if (parser.parse(simdjson::padded_string(line)).get(object) != simdjson::SUCCESS) {
      problems->Add(file, place, "the line is no JSON object");
      continue;
    }
    ReadObject(file, place, object, &rows, problems);
  }
  return rows;
}

}  // namespace parcours::catalog
