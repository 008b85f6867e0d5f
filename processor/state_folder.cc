#include "processor/state_folder.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/status_macros.h"
#include "base/varint.h"
#include "log/output_file.h"

namespace parcours::processor {

namespace fs = std::filesystem;

std::string LogFolder(const std::string& folder) { return folder + "/log"; }
std::string StoreFolder(const std::string& folder) { return folder + "/store"; }
std::string CrashesFile(const std::string& folder) { return folder + "/crashes"; }

const char* OrderName(Order order) {
  switch (order) {
    case Order::kSort:
      return "sort";
    case Order::kSorted:
      return "sorted";
    case Order::kArrival:
      return "arrival";
  }
  return "";
}

namespace {

constexpr std::string_view kRunsHeader = "parcours runs 1";

std::string RunsFile(const std::string& folder) { return folder + "/runs"; }

// One line of the runs file: everything that makes a run the same.
std::string LineOf(const RunWords& words) {
  std::vector<std::string> inputs;
  for (const RunWords::Input& input : words.inputs) {
    inputs.push_back(absl::StrCat(input.bytes, ":", input.sha256));
  }
  return absl::StrCat("definitions=", words.definitions, " shards=", words.shards,
                      " order=", OrderName(words.order),
                      " until=", words.until.has_value() ? FormatTime(*words.until) : "-",
                      " inputs=", absl::StrJoin(inputs, ","), " out=", absl::CEscape(words.out));
}

std::string WordOf(const std::string& line, std::string_view name) {
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(line, ' '))) {
    if (word.compare(0, name.size(), name) == 0 && word.compare(name.size(), 1, "=") == 0) {
      return word.substr(name.size() + 1);
    }
  }
  return "";
}

absl::StatusOr<std::vector<std::string>> ReadRuns(const std::string& folder) {
  std::vector<std::string> lines;
  std::ifstream file(RunsFile(folder));
  if (!file.is_open()) {
    std::error_code error;
    if (!fs::exists(RunsFile(folder), error)) return lines;
    return absl::FailedPreconditionError(
        absl::StrCat("open state ", folder, ": ", RunsFile(folder), " cannot be read"));
  }
  std::string line;
  std::getline(file, line);
  if (line != kRunsHeader) {
    const bool newer = line.substr(0, 14) == kRunsHeader.substr(0, 14);
    return absl::FailedPreconditionError(absl::StrCat(
        "open state ", folder, ": ",
        newer ? "it was written by a newer version" : "the file 'runs' in it is not Parcours'"));
  }
  while (std::getline(file, line)) lines.push_back(line);
  return lines;
}

absl::Status SyncPath(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = file >= 0 && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  if (ok) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("write ", path, ": ", std::strerror(error)));
}

// Replaces the file whole, so that it is never half written.
absl::Status WriteRuns(const std::string& folder, const std::vector<std::string>& lines) {
  const std::string path = RunsFile(folder), fresh = path + ".new";
  ASSIGN_OR_RETURN(const auto file, log::OutputFile::Create(fresh));
  file->WriteLine(kRunsHeader);
  for (const std::string& line : lines) file->WriteLine(line);
  RETURN_IF_ERROR(file->Close());
  RETURN_IF_ERROR(SyncPath(fresh));
  std::error_code error;
  fs::rename(fresh, path, error);
  if (error) {
    return absl::FailedPreconditionError(absl::StrCat("write ", path, ": ", error.message()));
  }
  return SyncPath(folder);
}

absl::Status CheckWords(const std::string& folder, const std::string& first,
                        const RunWords& words) {
  if (WordOf(first, "definitions") != words.definitions) {
    return absl::FailedPreconditionError(
        absl::StrCat("open state ", folder, ": it was made with other definitions (version ",
                     WordOf(first, "definitions"), ", now ", words.definitions,
                     "); use those, or another folder"));
  }
  if (WordOf(first, "shards") != absl::StrCat(words.shards)) {
    return absl::FailedPreconditionError(
        absl::StrCat("open state ", folder, ": it has ", WordOf(first, "shards"), " shards, not ",
                     words.shards, "; say --shards ", WordOf(first, "shards")));
  }
  return absl::OkStatus();
}

// The log's note of which `runs` are its own: as they were, and as they were to become.
constexpr std::string_view kRunsNote = "runs";

std::string HashOf(const std::vector<std::string>& runs) {
  return absl::StrCat(absl::Hex(Hash64(absl::StrJoin(runs, "\n")), absl::kZeroPad16));
}

absl::Status NoteRuns(log::LocalLog& log, const std::vector<std::string>& before,
                      const std::vector<std::string>& after) {
  return log.PutNote(kRunsNote, absl::StrCat(HashOf(before), " ", HashOf(after)));
}

// Whether log and store are those that `runs` tell of. A run is told there before it commits.
absl::Status CheckRuns(log::LocalLog& log, const std::string& folder,
                       const std::vector<std::string>& runs, int shards) {
  bool removed = false;
  for (int shard = 0; runs.empty() && shard < shards; ++shard) {
    ASSIGN_OR_RETURN(const auto range, log.Range(log::Topic::kChangelog, shard));
    removed = removed || range.end > 0;
  }
  ASSIGN_OR_RETURN(const auto note, log.Note(kRunsNote));
  std::error_code error;
  const bool has_store = fs::exists(StoreFolder(folder), error);
  if (!note.has_value() && !runs.empty() && (runs.size() > 1 || has_store)) {
    return absl::DataLossError(absl::StrCat("open state ", folder, ": its log is gone"));
  }
  const bool known = note.has_value() ? note->find(HashOf(runs)) != std::string::npos
                                      : runs.size() <= 1;  // new, or to be made again
  if (known && !removed) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "open state ", folder, ": the file 'runs' in it was ", removed ? "removed" : "changed",
      ", so that nobody knows what was read: put it back, or give all inputs to another folder"));
}

std::string EndNote(std::uint64_t run) { return absl::StrCat("end/", run); }

std::optional<RunEnd> DecodeEnd(std::string_view bytes) {
  RunEnd end;
  bool ok = GetVarint(&bytes, &end.customers);
  for (std::uint64_t& word : end.customers_digest) ok = ok && GetVarint(&bytes, &word);
  while (ok && !bytes.empty()) {
    std::array<std::uint64_t, 6> n{};
    for (std::uint64_t& number : n) ok = ok && GetVarint(&bytes, &number);
    const auto member = [&](int i) {
      return Member{static_cast<int>(n[i]), static_cast<int>(n[i + 1])};
    };
    end.overlaps.push_back({member(0), member(2), n[4], n[5]});
  }
  return ok ? std::optional(end) : std::nullopt;
}

// "store" -> "store.damaged-1", the first that is free.
absl::StatusOr<std::string> MoveAside(const std::string& path) {
  std::error_code error;
  for (int i = 1; i < 1000; ++i) {
    const std::string aside = absl::StrCat(path, ".damaged-", i);
    if (fs::exists(aside, error)) continue;
    fs::rename(path, aside, error);
    if (!error || !fs::exists(path, error)) return aside;
    return absl::FailedPreconditionError(absl::StrCat("set aside ", path, ": ", error.message()));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("set aside ", path, ": there are 999 such folders; look at them first"));
}

// Whether the log alone can give the whole store again.
bool ReachesBack(log::LocalLog& log, int shards) {
  for (int shard = 0; shard < shards; ++shard) {
    const auto range = log.Range(log::Topic::kChangelog, shard);
    if (!range.ok() || range->begin > 0) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<RunWords::Input> IdentifyInput(const std::string& path) {
  constexpr std::size_t kReadBytes = std::size_t{1} << 20;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return absl::FailedPreconditionError(absl::StrCat("open ", path, ": ", std::strerror(errno)));
  }
  RunWords::Input input;
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  std::vector<char> buffer(kReadBytes);
  bool ok = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  ssize_t got = 0;
  while (ok && (got = read(file, buffer.data(), buffer.size())) > 0) {
    ok = EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(got)) == 1;
    input.bytes += static_cast<std::uint64_t>(got);
  }
  const int error = errno;
  close(file);
  if (got < 0) {
    return absl::FailedPreconditionError(absl::StrCat("read ", path, ": ", std::strerror(error)));
  }
  std::array<unsigned char, 32> hash{};
  if (!ok || EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) != 1) {
    return absl::InternalError("hash an input: OpenSSL refuses");
  }
  input.sha256 = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
  return input;
}

absl::StatusOr<std::unique_ptr<StateFolder>> StateFolder::Open(const std::string& folder,
                                                               const RunWords& words,
                                                               const TellWords& tell_words,
                                                               std::size_t store_bytes,
                                                               std::size_t log_buffer_bytes) {
  RETURN_IF_ERROR(log::CreateFolder(folder));
  std::unique_ptr<StateFolder> state(new StateFolder());
  state->folder_ = folder;
  ASSIGN_OR_RETURN(std::vector<std::string> runs, ReadRuns(folder));
  if (!runs.empty()) RETURN_IF_ERROR(CheckWords(folder, runs.front(), words));
  log::LocalLogOptions log_options;
  log_options.folder = LogFolder(folder);
  log_options.write_buffer_bytes = log_buffer_bytes;
  ASSIGN_OR_RETURN(state->log_, log::LocalLog::Open(log_options));
  // Only who holds the log may write beside it; who held it before may have.
  ASSIGN_OR_RETURN(runs, ReadRuns(folder));
  if (!runs.empty()) RETURN_IF_ERROR(CheckWords(folder, runs.front(), words));
  RETURN_IF_ERROR(CheckRuns(*state->log_, folder, runs, words.shards));
  state->tell_words_ = tell_words;
  std::string line;
  if (!runs.empty()) {
    ASSIGN_OR_RETURN(const RunWords all_words, tell_words());
    line = LineOf(all_words);
  }
  state->run_ = runs.size();
  if (runs.empty() || runs.back() != line) {
    for (std::size_t i = 0; i + 1 < runs.size(); ++i) {
      if (runs[i] != line) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("open state ", folder,
                       ": these inputs were read before, and others since; give new ones"));
    }
    if (!runs.empty()) {
      ASSIGN_OR_RETURN(const auto end, state->log_->Note(EndNote(runs.size())));
      if (!end.has_value()) {
        return absl::FailedPreconditionError(
            absl::StrCat("open state ", folder,
                         ": the run before is not finished; say the same words again to go on with "
                         "it, then give further input"));
      }
    }
    const MutexLock lock(&state->mutex_);
    state->runs_before_ = runs;
    state->begun_ = false;
    state->run_ = runs.size() + 1;
  } else if (runs.size() == 1) {  // the log may have been made again
    RETURN_IF_ERROR(NoteRuns(*state->log_, {}, runs));
  }
  ASSIGN_OR_RETURN(const auto end, state->log_->Note(EndNote(state->run_)));
  if (end.has_value()) state->end_ = DecodeEnd(*end);
  ASSIGN_OR_RETURN(state->crash_slots_, runtime::CrashSlots::Open(CrashesFile(folder)));
  state::StoreOptions store_options;
  store_options.folder = StoreFolder(folder);
  store_options.shards = words.shards;
  store_options.memory_bytes = store_bytes;
  ASSIGN_OR_RETURN(state->store_, state::Store::Open(store_options));
  return state;
}

absl::Status StateFolder::Begin() {
  const MutexLock lock(&mutex_);
  if (begun_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const RunWords words, tell_words_());
  std::vector<std::string> runs = runs_before_;
  runs.push_back(LineOf(words));
  RETURN_IF_ERROR(NoteRuns(*log_, runs_before_, runs));
  RETURN_IF_ERROR(WriteRuns(folder_, runs));
  begun_ = true;
  return absl::OkStatus();
}

absl::Status StateFolder::Finish(const RunEnd& end) {
  RETURN_IF_ERROR(Begin());
  std::string bytes;
  PutVarint(end.customers, &bytes);
  for (std::uint64_t word : end.customers_digest) PutVarint(word, &bytes);
  for (std::size_t i = 0; i < std::min(end.overlaps.size(), kOverlapsKept); ++i) {
    const Overlap& pair = end.overlaps[i];
    for (const Member& member : {pair.a, pair.b}) {
      PutVarint(static_cast<std::uint64_t>(member.segmentation), &bytes);
      PutVarint(static_cast<std::uint64_t>(member.segment), &bytes);
    }
    PutVarint(pair.both, &bytes);
    PutVarint(pair.either, &bytes);
  }
  RETURN_IF_ERROR(log_->PutNote(EndNote(run_), bytes));
  end_ = end;
  return absl::OkStatus();
}

absl::Status StateFolder::SetAside(std::unique_ptr<StateFolder> state, const std::string& folder,
                                   const RunWords& words, const absl::Status& damage,
                                   const Notice& notice) {
  state = nullptr;
  const std::string why(damage.message());
  log::LocalLogOptions log_options;
  log_options.folder = LogFolder(folder);
  bool log_whole = false;
  {
    const auto log = log::LocalLog::Open(log_options);
    log_whole = log.ok() && (*log)->Check().ok() && ReachesBack(**log, words.shards) &&
                (*log)->Note(kRunsNote).value_or(std::nullopt).has_value();
  }
  std::error_code error;
  if (log_whole && fs::exists(StoreFolder(folder), error)) {
    ASSIGN_OR_RETURN(const std::string aside, MoveAside(StoreFolder(folder)));
    notice(absl::StrCat(why, "; set aside as ", aside, ", made again from the changelog"));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> runs, ReadRuns(folder));
  if (runs.size() != 1 || runs.front() != LineOf(words)) {
    return absl::DataLossError(absl::StrCat(
        why, "; it cannot be made again from these inputs alone, since ", runs.size(),
        " runs led here (see ", RunsFile(folder),
        "): nothing was changed; give all inputs, the earliest first, to an empty --state"));
  }
  for (const std::string& path : {StoreFolder(folder), LogFolder(folder)}) {
    if (!fs::exists(path, error)) continue;
    ASSIGN_OR_RETURN(const std::string aside, MoveAside(path));
    notice(absl::StrCat(why, "; set aside as ", aside, ", made again from the inputs"));
  }
  return absl::OkStatus();
}

namespace {

// What LineOf wrote. False: it makes no sense.
bool ParseLine(const std::string& line, RunWords* words) {
  constexpr std::string_view kOut = " out=";
  const std::size_t out = line.find(kOut);
  if (out == std::string::npos) return false;
  std::string error;
  if (!absl::CUnescape(line.substr(out + kOut.size()), &words->out, &error)) return false;
  const std::string before = line.substr(0, out);
  words->definitions = WordOf(before, "definitions");
  for (const Order order : {Order::kSort, Order::kSorted, Order::kArrival}) {
    if (WordOf(before, "order") == OrderName(order)) words->order = order;
  }
  const std::string until = WordOf(before, "until");
  if (until != "-") {
    const absl::StatusOr<TimeMs> time = ParseTime(until);
    if (!time.ok()) return false;
    words->until = *time;
  }
  const std::string inputs = WordOf(before, "inputs");
  for (const std::string& input :
       std::vector<std::string>(absl::StrSplit(inputs, ',', absl::SkipEmpty()))) {
    const std::vector<std::string> parts = absl::StrSplit(input, ':');
    RunWords::Input& read = words->inputs.emplace_back();
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &read.bytes)) return false;
    read.sha256 = parts[1];
  }
  return absl::SimpleAtoi(WordOf(before, "shards"), &words->shards) && words->shards > 0;
}

}  // namespace

absl::StatusOr<std::vector<RunWords>> RunsOf(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("open state ", folder, ": there is no such folder"));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, ReadRuns(folder));
  if (lines.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "open state ", folder, ": no state lies there; its file 'runs' is missing or empty"));
  }
  std::vector<RunWords> runs;
  for (const std::string& line : lines) {
    if (ParseLine(line, &runs.emplace_back())) continue;
    return absl::DataLossError(absl::StrCat("open state ", folder, ": ", RunsFile(folder),
                                            ": line ", runs.size() + 1, " makes no sense"));
  }
  return runs;
}

absl::StatusOr<std::optional<RunEnd>> EndOfRun(log::LocalLog& log, std::uint64_t number) {
  ASSIGN_OR_RETURN(const auto note, log.Note(EndNote(number)));
  return note.has_value() ? DecodeEnd(*note) : std::nullopt;
}

}  // namespace parcours::processor
