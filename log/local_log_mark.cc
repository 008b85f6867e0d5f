#include "log/local_log_mark.h"

#include "base/hash.h"

namespace parcours::log {
namespace {

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kNumbers = 3;
constexpr std::size_t kFirstFormatNumbers = 1;  // of the log's format 1: the sequence alone

void PutNumber(std::uint64_t number, std::string* out) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) out->push_back(static_cast<char>(number >> 8 * i));
}

std::uint64_t NumberAt(const std::string& bytes, std::size_t place) {
  std::uint64_t number = 0;
  for (std::size_t i = kNumberBytes; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[place * kNumberBytes + i]);
  }
  return number;
}

// The numbers, and the hash of their bytes.
std::string Encode(const SyncedMark::Mark& mark) {
  std::string bytes;
  for (const std::uint64_t number : {mark.sequence, mark.manifest, mark.manifest_bytes}) {
    PutNumber(number, &bytes);
  }
  PutNumber(Hash64(bytes), &bytes);
  return bytes;
}

SyncedMark::Mark Decode(const std::string& bytes) {
  const std::size_t numbers = bytes.size() / kNumberBytes - 1;
  if (bytes.size() % kNumberBytes != 0 || (numbers != kNumbers && numbers != kFirstFormatNumbers) ||
      Hash64(std::string_view(bytes).substr(0, numbers * kNumberBytes)) !=
          NumberAt(bytes, numbers)) {
    return {};
  }
  if (numbers == kFirstFormatNumbers) return {.sequence = NumberAt(bytes, 0)};
  return {NumberAt(bytes, 0), NumberAt(bytes, 1), NumberAt(bytes, 2)};
}

}  // namespace

SyncedMark::SyncedMark(rocksdb::Env* env, const std::string& folder)
    : env_(env), folder_(folder), path_(folder + "/SYNCED") {
  std::string bytes;
  if (rocksdb::ReadFileToString(env, path_, &bytes).ok()) read_ = Decode(bytes);
}

void SyncedMark::Write(const Mark& mark) {
  const std::string bytes = Encode(mark);
  if (file_ == nullptr) {
    // Overwriting in place keeps an old mark whole; a file that was never synced may come back
    // empty, and without a mark a torn end is not known from damage.
    if (read_.sequence == 0) {
      rocksdb::WriteStringToFile(env_, bytes, path_, /*should_sync=*/true).PermitUncheckedError();
      std::unique_ptr<rocksdb::Directory> folder;
      env_->NewDirectory(folder_, &folder).PermitUncheckedError();
      if (folder != nullptr) folder->Fsync().PermitUncheckedError();
    }
    env_->NewRandomRWFile(path_, &file_, rocksdb::EnvOptions()).PermitUncheckedError();
  }
  if (file_ != nullptr) file_->Write(0, bytes).PermitUncheckedError();
}

}  // namespace parcours::log
