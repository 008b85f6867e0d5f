#include "log/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace parcours::log {

namespace {

absl::Status Trouble(std::string_view doing, const std::string& path, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat(std::string(doing), " ", path, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return Trouble("create", path, errno);
  return std::unique_ptr<OutputFile>(new OutputFile(path, descriptor));
}

OutputFile::OutputFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {
  buffer_.reserve(kOutputBufferBytes + 4096);
}

OutputFile::~OutputFile() { Close().IgnoreError(); }

void OutputFile::WriteLine(std::string_view line) {
  buffer_.append(line).push_back('\n');
  if (buffer_.size() >= kOutputBufferBytes) Flush();
}

void OutputFile::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && status_.ok()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      status_ = Trouble("write", path_, errno);
    }
  }
  buffer_.clear();
}

absl::Status OutputFile::Close() {
  if (descriptor_ < 0) return status_;
  Flush();
  if (::close(descriptor_) != 0 && status_.ok()) status_ = Trouble("close", path_, errno);
  descriptor_ = -1;
  return status_;
}

absl::Status CreateFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return Trouble("create folder", path, error.value());
  return absl::OkStatus();
}

}  // namespace parcours::log
