// LocalLogTest: a LocalLog on files that fail as a test asks, and short words for what it holds.
//
// Threads: owned by one test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "log/local_log.h"
#include "tests/support/faulty_env.h"

namespace parcours::log {

using parcours::testing::FaultyEnv;

// A record as "offset@time key=value".
inline std::string Say(const ReadRecord& record) {
  return std::to_string(record.offset) + "@" + std::to_string(record.log_time) + " " +
         std::string(record.entry.key) +
         (record.entry.tombstone ? "!" : "=" + std::string(record.entry.value));
}

inline Batch Of(std::initializer_list<std::pair<std::string, std::string>> entries) {
  Batch batch;
  for (const auto& [key, value] : entries) batch.Add(key, value);
  return batch;
}

inline std::string FileText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline absl::StatusOr<std::vector<std::string>> TryReadAll(LocalLog& log, Topic topic,
                                                           int partition, Offset from) {
  auto reader = log.Read(topic, partition, from);
  if (!reader.ok()) return reader.status();
  std::vector<std::string> said;
  ReadRecord record;
  for (;;) {
    const auto more = (*reader)->Next(&record);
    if (!more.ok()) return more.status();
    if (!*more) return said;
    said.push_back(Say(record));
  }
}

inline std::vector<std::string> ReadAll(LocalLog& log, Topic topic, int partition,
                                        Offset from = 0) {
  auto said = TryReadAll(log, topic, partition, from);
  EXPECT_TRUE(said.ok()) << said.status();
  return said.ok() ? *said : std::vector<std::string>{};
}

class LocalLogTest : public ::testing::Test {
 protected:
  LocalLogTest() {
    std::string name = ::testing::TempDir() + "local-log-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~LocalLogTest() override {
    log_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  LocalLogOptions Options() { return {.folder = "/log", .env = &env_}; }
  LocalLogOptions OnDisk() { return {.folder = folder_ + "/log"}; }

  LocalLog& Open() { return Open(Options()); }
  LocalLog& Open(const LocalLogOptions& options) {
    log_ = nullptr;
    auto log = LocalLog::Open(options);
    EXPECT_TRUE(log.ok()) << log.status();
    if (!log.ok()) abort();  // nothing else can be tried
    log_ = *std::move(log);
    return *log_;
  }
  // Loses power, and opens what is left.
  LocalLog& CrashAndOpen(std::uint64_t seed) {
    env_.Crash(seed);
    log_ = nullptr;
    env_.PowerOn();
    return Open();
  }

  absl::Status Commit(const std::string& key, const std::string& value, TimeMs time = 1) {
    Transaction transaction;
    transaction.To(Topic::kChangelog, 0).Add(key, value);
    std::vector<Offset> ends;
    return log_->Commit(transaction, time, &ends);
  }

  FaultyEnv env_;
  std::unique_ptr<LocalLog> log_;
  std::string folder_;
};

}  // namespace parcours::log
