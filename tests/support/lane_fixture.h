// LaneTest: lanes over a log and a store in memory, fed with lines; and a log that fails when told.
//
// Threads: one test.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/local_log.h"
#include "processor/lane.h"
#include "tests/support/shop.h"

namespace parcours::processor {

// Another log, but for commits that fail.
class FailingLog final : public log::Log {
 public:
  explicit FailingLog(log::Log* log) : log_(log) {}
  // The `n`-th commit from now on (1: the next) fails; nothing is committed.
  void FailCommit(int n, absl::Status status) {
    fail_in_ = n;
    failure_ = std::move(status);
  }
  // The same, but it is committed: only the answer is lost.
  void FailAfterCommit(int n, absl::Status status) {
    FailCommit(n, std::move(status));
    after_ = true;
  }
  int commits() const { return commits_; }

  absl::StatusOr<log::OffsetRange> Range(log::Topic topic, int partition) override {
    return log_->Range(topic, partition);
  }
  absl::Status Append(log::Topic topic, int partition, const log::Batch& batch,
                      TimeMs log_time) override {
    return log_->Append(topic, partition, batch, log_time);
  }
  absl::Status Sync() override { return log_->Sync(); }
  absl::Status Commit(const log::Transaction& transaction, TimeMs log_time,
                      std::vector<log::Offset>* ends) override {
    if (fail_in_ > 0 && --fail_in_ == 0) {
      if (std::exchange(after_, false)) log_->Commit(transaction, log_time, ends).IgnoreError();
      return failure_;
    }
    ++commits_;
    return log_->Commit(transaction, log_time, ends);
  }
  absl::StatusOr<std::unique_ptr<log::Reader>> Read(log::Topic topic, int partition,
                                                    log::Offset from) override {
    return log_->Read(topic, partition, from);
  }
  absl::Status TrimBefore(log::Topic topic, int partition, log::Offset offset) override {
    return log_->TrimBefore(topic, partition, offset);
  }

 private:
  log::Log* const log_;
  int fail_in_ = 0, commits_ = 0;
  bool after_ = false;
  absl::Status failure_;
};

class LaneTest : public testing::Test {
 protected:
  explicit LaneTest(int partitions = 1) : partitions_(partitions) {
    auto local = log::LocalLog::Open({.folder = "/log", .env = env_.get()});
    EXPECT_TRUE(local.ok()) << local.status();
    local_ = *std::move(local);
    log_ = std::make_unique<FailingLog>(local_.get());
    auto store = state::Store::Open({.folder = "/store", .shards = partitions, .env = env_.get()});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // A lane of some shards that takes over what is committed.
  std::unique_ptr<Lane> MakeLane(LaneOptions options) {
    options.partitions = partitions_;
    auto lane = std::make_unique<Lane>(catalog_, options, log_.get(), nullptr, nullptr);
    Ok(lane->Restore(store_.get()));
    return lane;
  }
  // One that commits only when told to.
  static LaneOptions Patient(std::vector<int> shards) {
    return {.shards = std::move(shards), .commit_seconds = 1e9};
  }
  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  void Feed(Lane& lane, const std::string& line) {
    Slot& slot = slots_.Read(line, partitions_);
    const auto result = lane.TickAndApply(slot);
    EXPECT_TRUE(result.ok()) << result.status();
    lane.shard(slot.partition)->meta().position = slot.position;
  }
  void Order(Lane& lane, const std::string& customer, const std::string& id, TimeMs time) {
    Feed(lane, OrderLine(customer, id, time));
  }
  // The values that were committed to a partition.
  std::vector<std::string> Committed(log::Topic topic, int partition = 0) {
    std::vector<std::string> values;
    const auto reader = local_->Read(topic, partition, 0);
    EXPECT_TRUE(reader.ok()) << reader.status();
    log::ReadRecord record;
    while ((*reader)->Next(&record).value_or(false)) values.emplace_back(record.entry.value);
    return values;
  }
  // What there is of all customers of a lane, written back first.
  static std::string Customers(Lane& lane) {
    Ok(lane.WriteBackAll());
    auto file = CustomerFile::Open("");
    Census census(*lane.rules().catalog);
    Ok(lane.WriteCustomers(file->get(), &census));
    return absl::StrCat(census.customers, " ", Digest::Hex(census.digest));
  }

  const int partitions_;
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  const std::shared_ptr<const catalog::Catalog> catalog_ = CompileShop();
  Slots slots_{catalog_};
  std::unique_ptr<log::LocalLog> local_;
  std::unique_ptr<FailingLog> log_;
  std::unique_ptr<state::Store> store_;
};

}  // namespace parcours::processor
