#include "log/byte_source.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parcours::log {
namespace {

constexpr std::size_t kInputBytes = 256 << 10;  // of compressed data at a time
constexpr std::size_t kMagicBytes = 6;
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

// A file's raw bytes, some of which may be looked at before they are read.
class FileBytes : public ByteSource {
 public:
  FileBytes(std::string path, int file) : path_(std::move(path)), file_(file) {}
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes() override { close(file_); }

  absl::StatusOr<std::size_t> Read(char* to, std::size_t size) override {
    if (!ahead_.empty()) {
      const std::size_t taken = std::min(size, ahead_.size());
      std::memcpy(to, ahead_.data(), taken);
      ahead_.erase(0, taken);
      return taken;
    }
    return ReadFile(to, size);
  }

  // The first bytes, as many as there are up to kMagicBytes.
  absl::StatusOr<std::string_view> Peek() {
    while (ahead_.size() < kMagicBytes) {
      char bytes[kMagicBytes];
      ASSIGN_OR_RETURN(const std::size_t count, ReadFile(bytes, kMagicBytes - ahead_.size()));
      if (count == 0) break;
      ahead_.append(bytes, count);
    }
    return std::string_view(ahead_);
  }

  const std::string& path() const { return path_; }

 private:
  absl::StatusOr<std::size_t> ReadFile(char* to, std::size_t size) {
    for (;;) {
      const ssize_t count = read(file_, to, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return absl::ErrnoToStatus(errno, absl::StrCat("read ", path_));
    }
  }

  const std::string path_;
  const int file_;
  std::string ahead_;
};

// Compressed input through one buffer; counts where it stands, for messages.
class Input {
 public:
  explicit Input(std::unique_ptr<FileBytes> file) : file_(std::move(file)), bytes_(kInputBytes) {}

  // Makes sure that some bytes are there, unless the file has ended.
  absl::Status Fill() {
    if (begin_ < end_ || ended_) return absl::OkStatus();
    ASSIGN_OR_RETURN(end_, file_->Read(bytes_.data(), bytes_.size()));
    begin_ = 0;
    ended_ = end_ == 0;
    return absl::OkStatus();
  }
  bool ended() const { return ended_; }
  char* data() { return bytes_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  void Consume(std::size_t count) {
    begin_ += count;
    position_ += count;
  }
  absl::Status Damaged(std::string_view kind, std::string_view what) const {
    return absl::DataLossError(absl::StrCat("read ", file_->path(), ": the ", std::string(kind),
                                            " data ", std::string(what), " at byte ", position_));
  }

 private:
  const std::unique_ptr<FileBytes> file_;
  std::vector<char> bytes_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t position_ = 0;
  bool ended_ = false;
};

class GzipBytes : public ByteSource {
 public:
  explicit GzipBytes(std::unique_ptr<FileBytes> file) : input_(std::move(file)) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    good_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;
  ~GzipBytes() override { inflateEnd(&stream_); }

  absl::StatusOr<std::size_t> Read(char* to, std::size_t size) override {
    if (!good_) return absl::ResourceExhaustedError("gzip: no memory");
    size = std::min<std::size_t>(size, 1 << 30);  // zlib counts in unsigned int
    for (;;) {
      RETURN_IF_ERROR(input_.Fill());
      if (between_) {
        ASSIGN_OR_RETURN(const bool more, BeginMember());
        if (!more) return std::size_t{0};
      } else if (input_.ended()) {
        return input_.Damaged("gzip", "ends too early");
      }
      const std::size_t given = input_.size();
      stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(to);
      stream_.avail_out = static_cast<uInt>(size);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      input_.Consume(given - stream_.avail_in);
      const std::size_t made = size - stream_.avail_out;
      if (result == Z_STREAM_END) {
        between_ = true;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return input_.Damaged("gzip", "is damaged");
      }
      if (made > 0) return made;
    }
  }

 private:
  // Behind a member: whether another begins. Zeros that pad a file to a block are passed over.
  absl::StatusOr<bool> BeginMember() {
    while (!first_ && !input_.ended() && *input_.data() == '\0') {
      input_.Consume(1);
      RETURN_IF_ERROR(input_.Fill());
    }
    if (input_.ended()) return false;
    if (*input_.data() != kGzipMagic[0])
      return input_.Damaged("gzip", "is followed by other bytes");
    between_ = first_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  Input input_;
  z_stream stream_{};
  bool good_ = false;
  bool between_ = true;  // before a member
  bool first_ = true;
};

class ZstdBytes : public ByteSource {
 public:
  explicit ZstdBytes(std::unique_ptr<FileBytes> file)
      : input_(std::move(file)), stream_(ZSTD_createDStream()) {}
  ZstdBytes(const ZstdBytes&) = delete;
  ZstdBytes& operator=(const ZstdBytes&) = delete;
  ~ZstdBytes() override { ZSTD_freeDStream(stream_); }

  absl::StatusOr<std::size_t> Read(char* to, std::size_t size) override {
    if (stream_ == nullptr) return absl::ResourceExhaustedError("zstd: no memory");
    for (;;) {
      RETURN_IF_ERROR(input_.Fill());
      ZSTD_inBuffer in{input_.data(), input_.size(), 0};
      ZSTD_outBuffer out{to, size, 0};
      const std::size_t wanted = ZSTD_decompressStream(stream_, &out, &in);
      input_.Consume(in.pos);
      if (ZSTD_isError(wanted)) {
        return input_.Damaged("zstd", absl::StrCat("is damaged (", ZSTD_getErrorName(wanted), ")"));
      }
      if (out.pos > 0) {
        between_ = wanted == 0;
        return out.pos;
      }
      if (input_.ended()) {
        if (between_) return std::size_t{0};
        return input_.Damaged("zstd", "ends too early");
      }
      between_ = wanted == 0;
    }
  }

 private:
  Input input_;
  ZSTD_DStream* const stream_;
  bool between_ = true;  // no frame is open
};

bool IsZstd(std::string_view begin) {
  if (begin.substr(0, 4) == kZstdMagic) return true;
  // A skippable frame: 0x184D2A5?.
  return begin.size() >= 4 && (begin[0] & '\xf0') == '\x50' && begin.substr(1, 3) == "\x2a\x4d\x18";
}

// Of formats that we do not read, so that a message can name them.
std::string_view OtherFormat(std::string_view begin) {
  using Format = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Format, 5> kFormats = {Format{"BZh", "bzip2"},
                                              {"\xfd"
                                               "7zXZ",
                                               "xz"},
                                              {"\x04\x22\x4d\x18", "lz4"},
                                              {"PK\x03\x04", "zip"},
                                              {"PAR1", "Parquet"}};
  for (const Format& format : kFormats) {
    if (begin.substr(0, format.first.size()) == format.first) return format.second;
  }
  return {};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenBytes(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat("open ", path));
  auto file = std::make_unique<FileBytes>(path, descriptor);
  ASSIGN_OR_RETURN(const std::string_view begin, file->Peek());
  if (const std::string_view other = OtherFormat(begin); !other.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("read ", path, ": a ", std::string(other),
                                                   " file; plain text, gzip and zstd can be read"));
  }
  if (begin.substr(0, 2) == kGzipMagic) return std::make_unique<GzipBytes>(std::move(file));
  if (IsZstd(begin)) return std::make_unique<ZstdBytes>(std::move(file));
  return file;
}

}  // namespace parcours::log
