#include "rules/catalog/problems.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/expr/program.h"

namespace parcours::catalog {
namespace {

constexpr std::size_t kListedMax = 16;      // names a hint lists
constexpr std::size_t kSuggestedMax = 200;  // mistakes for which the nearest name is sought

}  // namespace

void Problems::Tell(Issue issue) {
  if (!issue.warning) ++mistakes_;
  if (issues_.size() >= kProblemsMax) {
    ++untold_;
    return;
  }
  issues_.push_back(std::move(issue));
}

void Problems::Add(const std::string& file, Place place, std::string message, std::string hint) {
  Tell({file, place.line, place.column, std::move(message), std::move(hint)});
}

void Problems::Add(const YamlNode& at, std::string message, std::string hint) {
  Add(at.file->name, at.file->PlaceOf(at.pos), std::move(message), std::move(hint));
}

void Problems::Warn(const YamlNode& at, std::string message, std::string hint) {
  const Place place = at.file->PlaceOf(at.pos);
  Tell({at.file->name, place.line, place.column, std::move(message), std::move(hint), true});
}

void Problems::AddUnknown(const YamlNode& at, std::string message, std::string_view name,
                          const std::vector<std::string>& names) {
  std::string hint;
  if (issues_.size() < kSuggestedMax) {
    // Of one or two letters everything is near.
    const std::string nearest = name.size() > 2 ? expr::Nearest(name, names) : "";
    if (!nearest.empty()) {
      hint = absl::StrCat("did you mean '", nearest, "'?");
    } else if (!names.empty() && names.size() <= kListedMax) {
      hint = absl::StrCat("expected ", OneOf(names));
    } else if (names.empty()) {
      hint = "none is declared";
    }
  }
  Add(at, std::move(message), std::move(hint));
}

std::vector<Issue> Problems::Take() {
  const auto key = [](const Issue& issue) {
    return std::tie(issue.file, issue.line, issue.column, issue.message, issue.hint);
  };
  std::stable_sort(issues_.begin(), issues_.end(),
                   [&](const Issue& a, const Issue& b) { return key(a) < key(b); });
  const auto same = [&](const Issue& a, const Issue& b) { return key(a) == key(b); };
  issues_.erase(std::unique(issues_.begin(), issues_.end(), same), issues_.end());
  if (untold_ > 0) {
    Issue last = issues_.back();
    last.message = absl::StrCat(untold_, " more are not shown");
    last.hint.clear();
    issues_.push_back(std::move(last));
  }
  mistakes_ = untold_ = 0;
  return std::exchange(issues_, {});
}

}  // namespace parcours::catalog
