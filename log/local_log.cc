#include "log/local_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/local_log_check.h"
#include "log/local_log_core.h"
#include "log/local_log_reader.h"
#include "log/local_log_status.h"

namespace parcours::log {
namespace {

constexpr Offset kNoOffset = -1;  // of a record that is not kept in the log itself

std::size_t IndexOf(Topic topic) { return static_cast<std::size_t>(topic); }

absl::Status WriteLines(const Batch& batch, LineFile* file) {
  BatchReader reader(batch.bytes());
  Entry entry;
  while (reader.Next(&entry)) RETURN_IF_ERROR(file->WriteLine(entry.value));
  if (!reader.ok()) return absl::InvalidArgumentError("append to log: a batch makes no sense");
  return absl::OkStatus();
}

}  // namespace

struct LocalLog::Rep : LogCore {
  using LogCore::LogCore;

  // A batch to where its topic goes; the offset of its first record.
  absl::StatusOr<Offset> Add(const PartitionId& id, const Batch& batch, TimeMs log_time,
                             PendingWrite* write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  // Makes the lines written so far durable, and their number part of `write`.
  absl::Status AddFiles(PendingWrite* write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  // Adds what is still to be added, writes, and settles what becomes of the lines.
  absl::Status Finish(std::string_view doing, PendingWrite* write, bool sync)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  // Takes back the lines of a transaction that came to nothing.
  void TakeLinesBack() ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  absl::Status CheckWritable() const;
};

absl::StatusOr<Offset> LocalLog::Rep::Add(const PartitionId& id, const Batch& batch,
                                          TimeMs log_time, PendingWrite* write) {
  if (dropped[IndexOf(id.topic)]) return kNoOffset;
  LineFile* const file = files[IndexOf(id.topic)].get();
  if (file == nullptr) return write->AddBatch(PartitionOf(id), batch, log_time);
  RETURN_IF_ERROR(WriteLines(batch, file));
  return kNoOffset;
}

absl::Status LocalLog::Rep::AddFiles(PendingWrite* write) {
  for (const std::unique_ptr<LineFile>& file : files) {
    if (file == nullptr || file->length() == file->committed()) continue;
    RETURN_IF_ERROR(file->Sync());
    write->AddSmall(FileKey(file->path()), EncodeNumber(file->length()));
  }
  return absl::OkStatus();
}

absl::Status LocalLog::Rep::Finish(std::string_view doing, PendingWrite* write, bool sync) {
  RETURN_IF_ERROR(AddFiles(write));
  write->AddRanges();
  if (write->empty() && !sync) return absl::OkStatus();
  RETURN_IF_ERROR(Write(doing, write, sync));
  for (const std::unique_ptr<LineFile>& file : files) {
    if (file != nullptr) file->Keep(file->length());
  }
  return absl::OkStatus();
}

void LocalLog::Rep::TakeLinesBack() {
  // Closed after trouble: whether the lines were committed is seen when it is opened again.
  if (!is_open()) return;
  for (const std::unique_ptr<LineFile>& file : files) {
    // If this fails the bytes lie beyond the committed length, where they are nobody's.
    if (file != nullptr && file->length() != file->committed()) file->CutBack().IgnoreError();
  }
}

absl::Status LocalLog::Rep::CheckWritable() const {
  if (!options.read_only) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("write log ", options.folder, ": it was opened to be read only"));
}

LocalLog::LocalLog(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
LocalLog::~LocalLog() = default;

absl::StatusOr<std::unique_ptr<LocalLog>> LocalLog::Open(const LocalLogOptions& options) {
  auto rep = std::make_unique<Rep>(options);
  RETURN_IF_ERROR(rep->EnsureOpen());
  return std::unique_ptr<LocalLog>(new LocalLog(std::move(rep)));
}

absl::StatusOr<OffsetRange> LocalLog::Range(Topic topic, int partition) {
  RETURN_IF_ERROR(rep_->EnsureOpen());
  const Partition* const of = rep_->PartitionOf({topic, partition});
  return OffsetRange{of->begin.load(), of->end.load()};
}

absl::Status LocalLog::Append(Topic topic, int partition, const Batch& batch, TimeMs log_time) {
  RETURN_IF_ERROR(rep_->CheckWritable());
  MutexLock lock(&rep_->write_mu);
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  PendingWrite write(rep_->open_database(), batch.size());
  absl::Status status = rep_->Add({topic, partition}, batch, log_time, &write).status();
  if (status.ok()) status = rep_->Finish("append to log", &write, /*sync=*/false);
  if (status.ok()) rep_->appended.fetch_add(1);
  if (!status.ok()) rep_->TakeLinesBack();
  return status;
}

absl::Status LocalLog::Sync() {
  RETURN_IF_ERROR(rep_->CheckWritable());
  const std::uint64_t wanted = rep_->appended.load();
  MutexLock lock(&rep_->write_mu);
  if (rep_->synced >= wanted) return absl::OkStatus();  // somebody's commit has done it meanwhile
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  return rep_->SyncWritten();
}

absl::Status LocalLog::Commit(const Transaction& transaction, TimeMs log_time,
                              std::vector<Offset>* ends) {
  RETURN_IF_ERROR(rep_->CheckWritable());
  ends->clear();
  MutexLock lock(&rep_->write_mu);
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  PendingWrite write(rep_->open_database(), transaction.bytes());
  absl::Status status;
  for (const Transaction::Part& part : transaction.parts()) {
    const auto first = rep_->Add({part.topic, part.partition}, part.batch, log_time, &write);
    status = first.status();
    if (!status.ok()) break;
    ends->push_back(*first == kNoOffset ? kNoOffset : *first + part.batch.count());
  }
  if (status.ok()) status = rep_->Finish("commit to log", &write, /*sync=*/true);
  if (!status.ok()) rep_->TakeLinesBack();
  return status;
}

absl::StatusOr<std::unique_ptr<Reader>> LocalLog::Read(Topic topic, int partition, Offset from) {
  RETURN_IF_ERROR(rep_->EnsureOpen());
  {
    MutexLock lock(&rep_->write_mu);
    if (rep_->dropped[IndexOf(topic)] || rep_->files[IndexOf(topic)] != nullptr) {
      return absl::FailedPreconditionError(absl::StrCat("read log ", rep_->options.folder, ": ",
                                                        TopicName(topic), " are not kept in it"));
    }
  }
  auto reader =
      std::make_unique<LogReader>(rep_.get(), rep_->PartitionOf({topic, partition}), from);
  RETURN_IF_ERROR(reader->Begin());
  return reader;
}

absl::Status LocalLog::TrimBefore(Topic topic, int partition, Offset offset) {
  RETURN_IF_ERROR(rep_->CheckWritable());
  MutexLock lock(&rep_->write_mu);
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  Partition* const of = rep_->PartitionOf({topic, partition});
  const Offset end = of->end.load();
  offset = std::min(offset, end);
  if (offset <= of->begin.load()) return absl::OkStatus();
  Offset begin = offset;
  if (offset < end) {
    ASSIGN_OR_RETURN(begin, rep_->BatchAt(of->id, offset));
    if (begin <= of->begin.load()) return absl::OkStatus();
  }
  PendingWrite write(rep_->open_database(), 0);
  write.AddTrim(of, begin);
  write.AddRanges();
  return rep_->Write("trim log", &write, /*sync=*/false);
}

absl::Status LocalLog::SendToFile(Topic topic, const std::string& path) {
  RETURN_IF_ERROR(rep_->CheckWritable());
  MutexLock lock(&rep_->write_mu);
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  ASSIGN_OR_RETURN(const std::int64_t committed, rep_->CommittedLength(path));
  ASSIGN_OR_RETURN(rep_->files[IndexOf(topic)], LineFile::Open(path, committed));
  return absl::OkStatus();
}

void LocalLog::Drop(Topic topic) {
  MutexLock lock(&rep_->write_mu);
  rep_->dropped[IndexOf(topic)] = true;
}

absl::StatusOr<std::optional<std::string>> LocalLog::Note(std::string_view name) {
  RETURN_IF_ERROR(rep_->EnsureOpen());
  ReaderMutexLock lock(&rep_->database_mu);
  if (rep_->database == nullptr)
    return absl::UnavailableError("read log: it is being opened again");
  return rep_->database->Small(NoteKey(name));
}

absl::Status LocalLog::PutNote(std::string_view name, std::string_view value) {
  RETURN_IF_ERROR(rep_->CheckWritable());
  MutexLock lock(&rep_->write_mu);
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  PendingWrite write(rep_->open_database(), value.size());
  write.AddSmall(NoteKey(name), value);
  return rep_->Write("write log", &write, /*sync=*/true);
}

absl::Status LocalLog::Check() {
  // Nothing is written meanwhile, so ranges and batches must agree.
  MutexLock lock(&rep_->write_mu);
  RETURN_IF_ERROR(rep_->EnsureOpenToWrite());
  return CheckDatabase(rep_->open_database(), rep_->options.folder);
}

std::uint64_t LocalLog::bytes_written() const {
  std::uint64_t sum = 0;
  for (const rocksdb::Tickers ticker :
       {rocksdb::WAL_FILE_BYTES, rocksdb::FLUSH_WRITE_BYTES, rocksdb::COMPACT_WRITE_BYTES}) {
    sum += rep_->statistics->getTickerCount(ticker);
  }
  return sum;
}

}  // namespace parcours::log
