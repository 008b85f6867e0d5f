#include "processor/outputs.h"

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::processor {

namespace {

constexpr log::Topic kPublished[] = {log::Topic::kTransitions, log::Topic::kActions,
                                     log::Topic::kDecisions, log::Topic::kDeadLetters};

}  // namespace

const char* FileOfTopic(log::Topic topic) {
  switch (topic) {
    case log::Topic::kTransitions:
      return "transitions.ndjson";
    case log::Topic::kActions:
      return "actions.ndjson";
    case log::Topic::kDecisions:
      return "decisions.ndjson";
    case log::Topic::kDeadLetters:
      return "rejected.ndjson";
    case log::Topic::kEvents:
    case log::Topic::kChangelog:
      return nullptr;
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<RecordFiles>> RecordFiles::Open(const std::string& folder) {
  RETURN_IF_ERROR(log::CreateFolder(folder));
  auto files = std::make_unique<RecordFiles>();
  const MutexLock lock(&files->mutex_);
  for (log::Topic topic : kPublished) {
    ASSIGN_OR_RETURN(files->files_[static_cast<std::size_t>(topic)],
                     log::OutputFile::Create(absl::StrCat(folder, "/", FileOfTopic(topic))));
  }
  return files;
}

absl::Status RecordFiles::Write(const log::Transaction& transaction) {
  const MutexLock lock(&mutex_);
  for (const log::Transaction::Part& part : transaction.parts()) {
    log::OutputFile* file = files_[static_cast<std::size_t>(part.topic)].get();
    if (file == nullptr) continue;
    log::BatchReader reader(part.batch.bytes());
    for (log::Entry entry; reader.Next(&entry);) file->WriteLine(entry.value);
    RETURN_IF_ERROR(file->status());
  }
  return absl::OkStatus();
}

absl::Status RecordFiles::Close() {
  const MutexLock lock(&mutex_);
  for (auto& file : files_) {
    if (file != nullptr) RETURN_IF_ERROR(file->Close());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<CustomerFile>> CustomerFile::Open(const std::string& folder) {
  auto customers = std::make_unique<CustomerFile>();
  if (folder.empty()) return customers;
  RETURN_IF_ERROR(log::CreateFolder(folder));
  const MutexLock lock(&customers->mutex_);
  ASSIGN_OR_RETURN(customers->file_,
                   log::OutputFile::Create(absl::StrCat(folder, "/customers.ndjson")));
  return customers;
}

absl::Status CustomerFile::Write(std::string_view lines) {
  const MutexLock lock(&mutex_);
  if (file_ == nullptr) return absl::OkStatus();
  if (!lines.empty()) lines.remove_suffix(1);  // WriteLine ends the last one
  file_->WriteLine(lines);
  return file_->status();
}

absl::Status CustomerFile::Close() {
  const MutexLock lock(&mutex_);
  return file_ != nullptr ? file_->Close() : absl::OkStatus();
}

}  // namespace parcours::processor
