#include "log/local_log_mark.h"

#include "base/hash.h"

namespace parcours::log {
namespace {

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kMarkBytes = 2 * kNumberBytes;  // the number, its hash

void PutNumber(std::uint64_t number, std::string* out) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) out->push_back(static_cast<char>(number >> 8 * i));
}

std::string Encode(std::uint64_t sequence) {
  std::string bytes;
  PutNumber(sequence, &bytes);
  PutNumber(Hash64(bytes), &bytes);
  return bytes;
}

std::uint64_t Decode(const std::string& bytes) {
  if (bytes.size() != kMarkBytes) return 0;
  std::uint64_t sequence = 0;
  for (std::size_t i = kNumberBytes; i-- > 0;) {
    sequence = sequence << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return Encode(sequence) == bytes ? sequence : 0;
}

}  // namespace

SyncedMark::SyncedMark(rocksdb::Env* env, const std::string& folder)
    : env_(env), folder_(folder), path_(folder + "/SYNCED") {
  std::string bytes;
  if (rocksdb::ReadFileToString(env, path_, &bytes).ok()) read_ = Decode(bytes);
}

void SyncedMark::Write(std::uint64_t sequence) {
  const std::string bytes = Encode(sequence);
  if (file_ == nullptr) {
    // Overwriting in place keeps an old mark whole; a file that was never synced may come back
    // empty, and without a mark a torn end is not known from damage.
    if (read_ == 0) {
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
