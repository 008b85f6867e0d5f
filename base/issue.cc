#include "base/issue.h"

#include "absl/strings/str_cat.h"

namespace parcours {

std::string FormatIssue(const Issue& issue) {
  std::string text = issue.file.empty() ? "" : absl::StrCat(issue.file, ":");
  absl::StrAppend(&text, issue.line, ":", issue.column, issue.warning ? ": warning: " : ": ",
                  issue.message);
  if (!issue.hint.empty()) absl::StrAppend(&text, "; ", issue.hint);
  return text;
}

}  // namespace parcours
