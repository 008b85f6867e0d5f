#include "log/run_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

absl::Status FolderTrouble(int error, const std::string& folder, std::int64_t written) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(absl::StrCat("sort: no space left for temporary files in ",
                                                     folder, " (after ", written >> 20, " MiB)"));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "sort: cannot use ", folder, " for temporary files: ", std::string(std::strerror(error))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunFile>> RunFile::Create(const std::string& folder,
                                                         std::size_t buffer_bytes) {
  std::string name = folder + "/parcours-sort-XXXXXX";
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return FolderTrouble(errno, folder, 0);
  unlink(name.c_str());
  return std::unique_ptr<RunFile>(new RunFile(folder, file, buffer_bytes));
}

RunFile::RunFile(std::string folder, int file, std::size_t buffer_bytes)
    : folder_(std::move(folder)), file_(file), buffer_bytes_(buffer_bytes), buffer_(buffer_bytes) {}

RunFile::~RunFile() { close(file_); }

absl::Status RunFile::Write(const Record& record) {
  const std::size_t size = StoredSize(record);
  if (end_ + size > buffer_.size()) RETURN_IF_ERROR(Flush());
  if (size > buffer_.size()) buffer_.resize(size);
  StoreRecord(record, buffer_.data() + end_);
  end_ += size;
  return absl::OkStatus();
}

absl::Status RunFile::Flush() {
  std::size_t at = 0;
  while (at < end_) {
    const ssize_t count = write(file_, buffer_.data() + at, end_ - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FolderTrouble(errno, folder_, written_);
    at += static_cast<std::size_t>(count);
    written_ += count;
  }
  end_ = 0;
  return absl::OkStatus();
}

absl::Status RunFile::EndWriting() {
  RETURN_IF_ERROR(Flush());
  buffer_ = std::vector<char>();
  return absl::OkStatus();
}

absl::Status RunFile::Rewind() {
  buffer_.resize(buffer_bytes_);
  if (lseek(file_, 0, SEEK_SET) != 0) return FolderTrouble(errno, folder_, written_);
  begin_ = end_ = current_size_ = 0;
  return Advance();
}

absl::Status RunFile::Advance() {
  begin_ += current_size_;
  current_size_ = 0;
  RETURN_IF_ERROR(Have(sizeof(RecordHeader)));
  if (at_end_) return absl::OkStatus();
  const std::size_t size = HeaderAt(buffer_.data() + begin_).StoredSize();
  RETURN_IF_ERROR(Have(size));
  current_ = RecordAt(buffer_.data() + begin_);
  current_size_ = size;
  return absl::OkStatus();
}

absl::Status RunFile::Have(std::size_t size) {
  if (end_ - begin_ >= size) return absl::OkStatus();
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (size > buffer_.size()) buffer_.resize(size);
  while (end_ < size) {
    const ssize_t count = read(file_, buffer_.data() + end_, buffer_.size() - end_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FolderTrouble(errno, folder_, written_);
    if (count == 0) {
      // Records are whole, so the end comes between two of them.
      if (end_ != 0) return absl::DataLossError("sort: a temporary file lost its end");
      at_end_ = true;
      return absl::OkStatus();
    }
    end_ += static_cast<std::size_t>(count);
  }
  return absl::OkStatus();
}

}  // namespace parcours::log
