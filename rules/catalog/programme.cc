#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/decimal.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

// The value of `key` in whichever file states it; stated twice is a problem.
const YamlNode* FindOnce(std::string_view key, std::vector<MapReader>* readers,
                         Problems* problems) {
  const YamlNode* first = nullptr;
  for (MapReader& reader : *readers) {
    const YamlNode* found = reader.Find(key);
    if (found == nullptr) continue;
    if (first != nullptr) {
      const Place place = first->file->PlaceOf(first->pos);
      problems->Add(*found,
                    absl::StrCat("the programme's '", std::string(key), "' is stated twice"),
                    absl::StrCat("the first is in ", first->file->name, ":", place.line));
      continue;
    }
    first = found;
  }
  return first;
}

void ReadCurrency(const YamlNode* currency, const YamlNode* decimals, Build* build) {
  Catalog& catalog = build->catalog;
  if (currency == nullptr) {
    if (decimals != nullptr) {
      build->problems.Add(*decimals, "'decimals' are of a currency, and none is stated");
    }
    return;
  }
  const auto code = ReadText(*currency, "'currency'", &build->problems);
  if (!code.has_value()) return;
  catalog.currency = *code;
  const auto standard = CurrencyDecimals(*code);
  if (standard.ok()) {
    catalog.decimals = *standard;
  } else {
    build->problems.Add(*currency, absl::StrCat("unknown currency '", Shown(*code), "'"),
                        "write its ISO 4217 code, such as EUR");
  }
  if (decimals == nullptr) return;
  catalog.decimals =
      ReadInt(*decimals, "'decimals'", 0, kDecimalsMax, &build->problems).value_or(2);
}

// "04-01" -> April, 1; a day that every year has.
std::optional<PeriodStart> ReadStart(const YamlNode& name, const YamlNode& node,
                                     Problems* problems) {
  const auto date = ParseDate(absl::StrCat("2001-", node.IsScalar() ? node.text : ""));
  if (!date.ok()) {
    problems->Add(node,
                  absl::StrCat("the season '", Shown(name.text), "' begins on no day of a year"),
                  "write its month and day, such as 06-01");
    return std::nullopt;
  }
  const YearMonthDay begin = DateOfDay(*date);
  return PeriodStart{begin.month, begin.day, name.text};
}

void ReadSeasons(const YamlNode& node, Build* build) {
  Problems* problems = &build->problems;
  if (!node.IsMap() || node.keys.empty() || node.keys.size() > kPeriodsMax) {
    problems->Add(
        node,
        absl::StrCat("'seasons' must be 1 to ", kPeriodsMax, " names, each with its first day"),
        "write seasons: {summer: 04-01, winter: 10-01}");
    return;
  }
  std::vector<PeriodStart> starts;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    CheckName(node.keys[i], "a season", problems);
    const auto start = ReadStart(node.keys[i], node.items[i], problems);
    if (start.has_value()) starts.push_back(*start);
  }
  const auto day = [](const PeriodStart& start) { return std::pair(start.month, start.day); };
  std::sort(starts.begin(), starts.end(),
            [&](const PeriodStart& a, const PeriodStart& b) { return day(a) < day(b); });
  for (std::size_t i = 1; i < starts.size(); ++i) {
    if (day(starts[i - 1]) != day(starts[i])) continue;
    problems->Add(node, absl::StrCat("the seasons '", Shown(starts[i - 1].name), "' and '",
                                     Shown(starts[i].name), "' begin on one day"));
  }
  if (!starts.empty()) {
    build->catalog.seasons = std::make_shared<const Periods>(std::move(starts));
  }
}

}  // namespace

void ReadProgramme(Build* build) {
  std::vector<MapReader> readers;
  for (const YamlNode* node : build->sections.programme) {
    readers.emplace_back(*node, "the programme", &build->problems);
  }
  const YamlNode* currency = FindOnce("currency", &readers, &build->problems);
  const YamlNode* decimals = FindOnce("decimals", &readers, &build->problems);
  const YamlNode* time_zone = FindOnce("time_zone", &readers, &build->problems);
  const YamlNode* seasons = FindOnce("seasons", &readers, &build->problems);
  for (MapReader& reader : readers) reader.Done();

  ReadCurrency(currency, decimals, build);
  Catalog& catalog = build->catalog;
  catalog.seasons = std::make_shared<const Periods>(Periods::Seasons());
  if (seasons != nullptr) ReadSeasons(*seasons, build);
  catalog.time_zone = "UTC";
  if (time_zone != nullptr) {
    catalog.time_zone = ReadText(*time_zone, "'time_zone'", &build->problems).value_or("UTC");
  }
  auto zone = Zone::Load(catalog.time_zone);
  if (zone.ok()) {
    catalog.zone = *std::move(zone);
  } else if (time_zone != nullptr) {
    build->problems.Add(*time_zone,
                        absl::StrCat("unknown time zone '", Shown(catalog.time_zone), "'"),
                        "write its IANA name, such as Europe/Paris");
  }
}

void NeedCurrency(const YamlNode& node, Build* build) {
  if (!build->catalog.currency.empty()) return;
  build->problems.Add(node, "money needs the programme's currency",
                      "add the section programme: {currency: EUR}");
}

}  // namespace parcours::catalog
