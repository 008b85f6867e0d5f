#include "log/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

absl::Status FileTrouble(std::string_view doing, const std::string& path, int error) {
  const std::string what(doing);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(absl::StrCat(what, " ", path, ": the disk is full"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(what, " ", path, ": ", std::string(std::strerror(error))));
}

absl::Status ChangedOutside(const std::string& path, std::int64_t committed, std::int64_t length) {
  return absl::DataLossError(
      absl::StrCat("open ", path, ": ", committed, " bytes were written to it, and it has ", length,
                   ": it was changed from outside; restore it or start over with an empty --state "
                   "and --out"));
}

// A new name is durable only with its folder. A folder that cannot be synced is no reason to stop.
void SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LineFile>> LineFile::Open(const std::string& path,
                                                         std::int64_t committed) {
  const int create = committed == 0 ? O_CREAT : 0;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | create, 0644);
  if (descriptor < 0 && errno == ENOENT && committed > 0) return ChangedOutside(path, committed, 0);
  if (descriptor < 0) return FileTrouble("open", path, errno);
  std::unique_ptr<LineFile> file(new LineFile(path, descriptor, committed));
  if (create != 0) SyncFolderOf(path);
  RETURN_IF_ERROR(file->CutBack());
  return file;
}

LineFile::LineFile(std::string path, int descriptor, std::int64_t committed)
    : path_(std::move(path)), descriptor_(descriptor), committed_(committed), length_(committed) {}

LineFile::~LineFile() { ::close(descriptor_); }

absl::Status LineFile::WriteLine(std::string_view line) {
  buffer_.append(line).push_back('\n');
  return buffer_.size() < kLineBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status LineFile::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::pwrite(descriptor_, rest.data(), rest.size(), length_);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Trouble("write", errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
    length_ += written;
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status LineFile::Sync() {
  RETURN_IF_ERROR(Flush());
  if (length_ == committed_) return absl::OkStatus();
  if (::fdatasync(descriptor_) != 0) return Trouble("write", errno);
  return absl::OkStatus();
}

absl::Status LineFile::CutBack() {
  buffer_.clear();
  length_ = committed_;
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0) return Trouble("look at", errno);
  if (!S_ISREG(about.st_mode)) return absl::OkStatus();  // a device, a pipe: what is out is out
  if (about.st_size < committed_) return ChangedOutside(path_, committed_, about.st_size);
  if (PARCOURS_MUTANT("log-file-not-cut-back")) return absl::OkStatus();
  if (::ftruncate(descriptor_, committed_) != 0) return Trouble("shorten", errno);
  return absl::OkStatus();
}

absl::Status LineFile::Trouble(std::string_view doing, int error) const {
  return FileTrouble(doing, path_, error);
}

}  // namespace parcours::log
