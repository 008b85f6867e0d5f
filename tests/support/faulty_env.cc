#include "tests/support/faulty_env.h"

#include <algorithm>
#include <utility>

namespace parcours::testing {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

// Counts down to the one that fails.
bool IsItsTurn(std::uint64_t* in) { return *in > 0 && --*in == 0; }

}  // namespace

class FaultyEnv::File final : public rocksdb::WritableFile {
 public:
  File(FaultyEnv* env, std::uint64_t generation, std::unique_ptr<WritableFile> target,
       std::shared_ptr<Sizes> sizes)
      : env_(env), generation_(generation), target_(std::move(target)), sizes_(std::move(sizes)) {}

  using WritableFile::Append;
  Status Append(const Slice& data) override { return env_->Append(this, data); }
  Status Close() override { return target_->Close(); }
  Status Flush() override { return Status::OK(); }
  Status Sync() override { return env_->Sync(this); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize() override { return target_->GetFileSize(); }
  // RocksDB cuts what it allocated ahead; we never allocate.
  Status Truncate(std::uint64_t /*size*/) override { return Status::OK(); }

 private:
  friend class FaultyEnv;
  FaultyEnv* const env_;
  const std::uint64_t generation_;
  const std::unique_ptr<WritableFile> target_;
  const std::shared_ptr<Sizes> sizes_;
};

FaultyEnv::FaultyEnv()
    : EnvWrapper(std::unique_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()))) {}
FaultyEnv::~FaultyEnv() = default;

void FaultyEnv::Crash(std::uint64_t seed) {
  const MutexLock lock(&mu_);
  random_.seed(seed);
  LosePower();
}

void FaultyEnv::CrashAtChange(std::uint64_t n, std::uint64_t seed) {
  const MutexLock lock(&mu_);
  random_.seed(seed);
  crash_in_ = n;
}

void FaultyEnv::PowerOn() {
  const MutexLock lock(&mu_);
  powered_ = true;
  crash_in_ = fail_sync_in_ = fail_append_in_ = 0;
}

bool FaultyEnv::crashed() const {
  const MutexLock lock(&mu_);
  return !powered_;
}

std::uint64_t FaultyEnv::changes() const {
  const MutexLock lock(&mu_);
  return changes_;
}

void FaultyEnv::FullDisk(bool full) {
  const MutexLock lock(&mu_);
  full_ = full;
}

void FaultyEnv::FailSync(std::uint64_t n) {
  const MutexLock lock(&mu_);
  fail_sync_in_ = n;
}

void FaultyEnv::FailAppend(std::uint64_t n) {
  const MutexLock lock(&mu_);
  fail_append_in_ = n;
}

void FaultyEnv::LosePower() {
  powered_ = false;
  ++generation_;
  for (auto& [name, sizes] : files_) {
    if (sizes->size == sizes->synced) continue;
    const std::uint64_t kept = sizes->synced + random_() % (sizes->size - sizes->synced + 1);
    std::string bytes;
    if (!ReadFileToString(target(), name, &bytes).ok()) continue;
    bytes.resize(std::min<std::size_t>(bytes.size(), kept));
    if (name.ends_with(".log") && random_() % 2 == 0) LosePages(sizes->synced, &bytes);
    Overwrite(name, bytes).PermitUncheckedError();
    sizes->size = sizes->synced = bytes.size();
  }
}

void FaultyEnv::LosePages(std::size_t begin, std::string* bytes) {
  if (begin >= bytes->size()) return;
  const std::size_t at = begin + random_() % (bytes->size() - begin);
  const std::size_t size = std::min<std::size_t>(bytes->size() - at, 1 + random_() % 4096);
  std::fill_n(bytes->begin() + static_cast<std::ptrdiff_t>(at), size, '\0');
}

Status FaultyEnv::Overwrite(const std::string& name, const std::string& bytes) {
  return WriteStringToFile(target(), bytes, name);
}

Status FaultyEnv::Change(std::uint64_t generation, bool needs_space) {
  ++changes_;
  if (!powered_ || generation != generation_) return Status::IOError("the power is off");
  if (IsItsTurn(&crash_in_)) {
    LosePower();
    return Status::IOError("the power is off");
  }
  if (full_ && needs_space) return Status::NoSpace("the disk is full");
  return Status::OK();
}

Status FaultyEnv::Append(File* file, const Slice& data) {
  const MutexLock lock(&mu_);
  const auto append = [&](std::size_t size) {
    const Status status = file->target_->Append(Slice(data.data(), size));
    if (status.ok()) file->sizes_->size += size;
    return status;
  };
  // What a crash leaves of this very append is decided by what it leaves of the unsynced bytes.
  const bool last = powered_ && file->generation_ == generation_ && crash_in_ == 1;
  if (last) append(data.size()).PermitUncheckedError();
  Status status = Change(file->generation_, /*needs_space=*/true);
  if (status.ok() && IsItsTurn(&fail_append_in_)) status = Status::IOError("the append failed");
  if (status.ok()) return append(data.size());
  if (powered_ && file->generation_ == generation_) append(data.size() / 2).PermitUncheckedError();
  return status;
}

Status FaultyEnv::Sync(File* file) {
  const MutexLock lock(&mu_);
  // A crash during a sync comes before it, or after it and before its answer.
  const bool last = powered_ && file->generation_ == generation_ && crash_in_ == 1;
  if (last && random_() % 2 == 0) file->sizes_->synced = file->sizes_->size;
  Status status = Change(file->generation_, /*needs_space=*/true);
  if (status.ok() && IsItsTurn(&fail_sync_in_)) status = Status::IOError("the sync failed");
  if (status.ok()) file->sizes_->synced = file->sizes_->size;
  return status;
}

Status FaultyEnv::NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* file,
                                  const rocksdb::EnvOptions& options) {
  const MutexLock lock(&mu_);
  Status status = Change(generation_, /*needs_space=*/true);
  if (!status.ok()) return status;
  std::unique_ptr<rocksdb::WritableFile> target_file;
  status = target()->NewWritableFile(name, &target_file, options);
  if (!status.ok()) return status;
  auto& sizes = files_[name] = std::make_shared<Sizes>();
  *file = std::make_unique<File>(this, generation_, std::move(target_file), sizes);
  return status;
}

Status FaultyEnv::ReopenWritableFile(const std::string& name,
                                     std::unique_ptr<rocksdb::WritableFile>* file,
                                     const rocksdb::EnvOptions& options) {
  const MutexLock lock(&mu_);
  Status status = Change(generation_, /*needs_space=*/true);
  if (!status.ok()) return status;
  std::unique_ptr<rocksdb::WritableFile> target_file;
  status = target()->ReopenWritableFile(name, &target_file, options);
  if (!status.ok()) return status;
  auto& sizes = files_[name];
  if (sizes == nullptr) sizes = std::make_shared<Sizes>();
  *file = std::make_unique<File>(this, generation_, std::move(target_file), sizes);
  return status;
}

Status FaultyEnv::ReuseWritableFile(const std::string& name, const std::string& old_name,
                                    std::unique_ptr<rocksdb::WritableFile>* file,
                                    const rocksdb::EnvOptions& options) {
  const Status status = RenameFile(old_name, name);
  return status.ok() ? NewWritableFile(name, file, options) : status;
}

Status FaultyEnv::RenameFile(const std::string& from, const std::string& to) {
  const MutexLock lock(&mu_);
  Status status = Change(generation_, /*needs_space=*/false);
  if (status.ok()) status = target()->RenameFile(from, to);
  if (!status.ok()) return status;
  auto node = files_.extract(from);
  files_.erase(to);
  if (node.empty()) return status;
  node.key() = to;
  files_.insert(std::move(node));
  return status;
}

Status FaultyEnv::DeleteFile(const std::string& name) {
  const MutexLock lock(&mu_);
  Status status = Change(generation_, /*needs_space=*/false);
  if (status.ok()) status = target()->DeleteFile(name);
  if (status.ok()) files_.erase(name);
  return status;
}

Status FaultyEnv::Truncate(const std::string& name, std::size_t size) {
  const MutexLock lock(&mu_);
  Status status = Change(generation_, /*needs_space=*/false);
  std::string bytes;
  if (status.ok()) status = ReadFileToString(target(), name, &bytes);
  if (!status.ok() || size >= bytes.size()) return status;
  bytes.resize(size);
  auto& sizes = files_[name];
  if (sizes != nullptr) *sizes = {size, std::min<std::uint64_t>(sizes->synced, size)};
  return Overwrite(name, bytes);
}

std::string FaultyEnv::LastFile(std::string_view ending) const {
  const MutexLock lock(&mu_);
  const auto found = std::find_if(files_.rbegin(), files_.rend(),
                                  [&](const auto& file) { return file.first.ends_with(ending); });
  return found == files_.rend() ? "" : found->first;
}

bool FaultyEnv::FlipByte(std::string_view ending, std::int64_t place) {
  const std::string name = LastFile(ending);
  std::string bytes;
  if (name.empty() || !ReadFileToString(target(), name, &bytes).ok()) return false;
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (place < 0) place += size;
  if (place < 0 || place >= size) return false;
  char& byte = bytes[static_cast<std::size_t>(place)];
  byte = static_cast<char>(~byte);
  return Overwrite(name, bytes).ok();
}

bool FaultyEnv::CutEnd(std::string_view ending, std::uint64_t bytes_cut) {
  const std::string name = LastFile(ending);
  std::string bytes;
  if (name.empty() || !ReadFileToString(target(), name, &bytes).ok()) return false;
  if (bytes.size() < bytes_cut) return false;
  bytes.resize(bytes.size() - bytes_cut);
  return Overwrite(name, bytes).ok();
}

}  // namespace parcours::testing
