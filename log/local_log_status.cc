#include "log/local_log_status.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace parcours::log {
namespace {

bool IsLock(const std::string& text) {
  return absl::StrContains(text, "While lock file") || absl::StrContains(text, "lock hold by") ||
         absl::StrContains(text, "lock is already held");
}

bool IsForbidden(const std::string& text) {
  return absl::StrContains(text, "Permission denied") ||
         absl::StrContains(text, "Read-only file system") ||
         absl::StrContains(text, "Operation not permitted") ||
         absl::StrContains(text, "Not a directory");
}

}  // namespace

absl::Status FromRocks(std::string_view doing, const std::string& folder,
                       const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string begin = absl::StrCat(std::string(doing), " ", folder, ": ");
  const std::string text = status.ToString();
  if (status.IsCorruption()) return absl::DataLossError(begin + "damaged: " + text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(begin + "the disk is full");
  if (IsForbidden(text)) {
    return absl::FailedPreconditionError(begin + "the folder cannot be written: " + text);
  }
  if (IsLock(text)) return absl::FailedPreconditionError(begin + "another process uses it");
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return absl::NotFoundError(begin + "something is missing: " + text);
  }
  return absl::UnknownError(begin + text);
}

}  // namespace parcours::log
