#include "processor/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/lane_fixture.h"
#include "tests/support/proto_json.h"

namespace parcours::processor {
namespace {

using log::Topic;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(LaneTest, CommitsAfterSoManyEvents) {
  LaneOptions options = Patient({0});
  options.commit_events = 3;
  const auto lane = MakeLane(options);
  for (int i = 1; i <= 7; ++i) {
    Order(*lane, "anna", absl::StrCat(i), kStart + i);
    Ok(lane->Keep(1));
    EXPECT_EQ(lane->commits(), static_cast<std::uint64_t>(i / 3)) << i;
  }
}

TEST_F(LaneTest, CommitsWhenItHoldsSoManyBytes) {
  LaneOptions options = Patient({0});
  options.commit_bytes = 4000;
  const auto lane = MakeLane(options);
  int events = 0;
  for (; lane->commits() == 0 && events < 1000; ++events) {
    Order(*lane, absl::StrCat("c", events), absl::StrCat(events), kStart + events);
    Ok(lane->Keep(1));
  }
  EXPECT_GT(events, 5);
  EXPECT_LT(events, 40) << "customers count, and records";
}

TEST_F(LaneTest, CommitsWhenItIsOld) {
  const auto lane = MakeLane({.shards = {0}, .commit_seconds = 2});
  Ok(lane->Commit(100));
  const std::uint64_t commits = lane->commits();
  Order(*lane, "anna", "1", kStart);
  Ok(lane->Keep(101.9));
  EXPECT_EQ(lane->commits(), commits);
  Ok(lane->Keep(102));
  EXPECT_EQ(lane->commits(), commits + 1);
  Order(*lane, "anna", "2", kStart + 1);
  Ok(lane->Keep(103.9));
  EXPECT_EQ(lane->commits(), commits + 1);
}

TEST_F(LaneTest, PublishesNothingBeforeItCommits) {
  const auto lane = MakeLane(Patient({0}));
  Order(*lane, "anna", "1", kStart);
  lane->Reject(*lane->shard(0), {"file", 7, "json", "cut"});
  Ok(lane->Keep(1));
  EXPECT_THAT(Committed(Topic::kTransitions), IsEmpty());
  EXPECT_THAT(Committed(Topic::kChangelog), IsEmpty());
  Ok(lane->Commit(1));
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  EXPECT_THAT(Committed(Topic::kDeadLetters), SizeIs(1));
  EXPECT_THAT(Committed(Topic::kChangelog), SizeIs(2)) << "the customer, then META";
  EXPECT_EQ(lane->totals().rejected, 1u);
}

TEST_F(LaneTest, DoesAgainWhatCameToNothing) {
  const auto lane = MakeLane(Patient({0}));
  Order(*lane, "anna", "1", kStart);
  Ok(lane->Commit(1));
  const Totals before = lane->totals();
  Order(*lane, "anna", "2", kStart + 4 * kDayMs);
  Order(*lane, "ben", "3", kStart + 4 * kDayMs);
  log_->FailCommit(1, absl::AbortedError("planted"));
  EXPECT_TRUE(absl::IsAborted(lane->Commit(2)));
  Ok(lane->RollBack());
  EXPECT_EQ(lane->totals().digests, before.digests);
  EXPECT_EQ(lane->totals().engine.events, before.engine.events);
  Order(*lane, "anna", "2", kStart + 4 * kDayMs);
  Order(*lane, "ben", "3", kStart + 4 * kDayMs);
  Ok(lane->Commit(3));
  EXPECT_EQ(lane->totals().engine.events, 3u);
  EXPECT_EQ(lane->totals().engine.duplicates, 0u);
  EXPECT_THAT(Committed(Topic::kActions), SizeIs(1)) << "the nudge of anna's third day";
  EXPECT_EQ(lane->totals().records[kActionRecord], 1u);
}

TEST_F(LaneTest, SaysThatTheChangelogDoesNotReachBackFarEnough) {
  {
    const auto lane = MakeLane(Patient({0}));
    Order(*lane, "anna", "1", kStart);
    Ok(lane->Commit(1));
  }
  const auto end = local_->Range(Topic::kChangelog, 0)->end;
  Ok(local_->TrimBefore(Topic::kChangelog, 0, end));
  Lane lane(catalog_, {.shards = {0}}, log_.get(), nullptr, nullptr);
  const absl::Status status = lane.Restore(store_.get());
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("restore shard 0"));
}

TEST_F(LaneTest, FlushesAndCutsOnlyWhatTheStoreHas) {
  const auto lane = MakeLane(Patient({0}));
  for (int i = 0; i < 100; ++i) {
    Order(*lane, absl::StrCat("c", i), absl::StrCat(i), kStart + i);
    Ok(lane->Commit(i));
    if (i == 59) Ok(lane->WriteBackAll());
  }
  Ok(FlushAndTrim(store_.get(), local_.get()));
  EXPECT_EQ(lane->shard(0)->changelog_next(), 120);
  EXPECT_EQ(local_->Range(Topic::kChangelog, 0)->begin, 120);
  const std::string expected = Customers(*MakeLane(Patient({0})));
  EXPECT_EQ(Customers(*lane), expected);
  EXPECT_THAT(expected, HasSubstr("100 "));
}

TEST_F(LaneTest, LeavesTheLastMetaInTheStoreThoughNoCustomerChanged) {
  const auto lane = MakeLane(Patient({0}));
  Order(*lane, "anna", "1", kStart);
  Ok(lane->Commit(1));
  Ok(lane->WriteBackAll());
  lane->Reject(*lane->shard(0), {"file", 7, "json", "cut"});
  lane->shard(0)->meta().position = 99;
  Ok(lane->Commit(2));
  Ok(lane->WriteBackAll());
  Ok(FlushAndTrim(store_.get(), local_.get()));
  std::string stored;
  ASSERT_TRUE(*store_->Get(0, "m", &stored));
  std::string meta;
  EncodeMeta(lane->shard(0)->meta(), &meta);
  EXPECT_THAT(stored, testing::EndsWith(meta)) << "a finished run is told from it";
}

TEST_F(LaneTest, NeverPublishesContactData) {
  const auto lane = MakeLane(Patient({0}));
  const std::string traits = R"({"email":"anna@example.org","phone":"+33 1 23","language":"fr"})";
  Feed(*lane, IdentifyLine("anna", "i-1", kStart, traits));
  for (int i = 0; i < 5; ++i) {
    Order(*lane, "anna", absl::StrCat(i), kStart + i * 2 * kDayMs);
    Ok(lane->Commit(i));
  }
  Ok(lane->TickAll(kStart + 60 * kDayMs, 0));
  Ok(lane->Commit(9));
  Ok(lane->WriteBackAll());
  std::string name = testing::TempDir() + "/lane-XXXXXX";
  const std::string folder = mkdtemp(name.data());
  auto file = CustomerFile::Open(folder);
  Census census(*lane->rules().catalog);
  Ok(lane->WriteCustomers(file->get(), &census));
  Ok((*file)->Close());
  std::ostringstream customers;
  customers << std::ifstream(folder + "/customers.ndjson").rdbuf();
  std::filesystem::remove_all(folder);
  EXPECT_THAT(customers.str(), HasSubstr("\"fr\""));
  EXPECT_THAT(customers.str(), Not(HasSubstr("example.org")));
  EXPECT_THAT(customers.str(), Not(HasSubstr("+33")));
  int lines = 0;
  for (const Topic topic : {Topic::kTransitions, Topic::kActions, Topic::kDecisions}) {
    for (const std::string& line : Committed(topic)) {
      ++lines;
      EXPECT_THAT(line, Not(HasSubstr("example.org")));
      EXPECT_THAT(line, Not(HasSubstr("+33")));
    }
  }
  EXPECT_GT(lines, 3);
}

// Five shards in two lanes.
class TwoLanesTest : public LaneTest {
 protected:
  TwoLanesTest() : LaneTest(5) {}
  Lane& LaneOf(const std::string& customer) {
    return PartitionOf(customer, 5) % 2 == 0 ? *even_ : *odd_;
  }
  void Open(std::size_t memory_bytes) {
    LaneOptions even = Patient({0, 2, 4}), odd = Patient({1, 3});
    even.memory_bytes = odd.memory_bytes = memory_bytes;
    even_ = nullptr;
    odd_ = nullptr;
    even_ = MakeLane(even);
    odd_ = MakeLane(odd);
  }
  void FeedBoth(int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string customer = absl::StrCat("c", i * 7 % 900);
      Order(LaneOf(customer), customer, absl::StrCat("o-", i), kStart + i * kMinuteMs * 10);
      if (i % 64 != 63) continue;
      Ok(even_->Keep(1));
      Ok(odd_->Keep(1));
      if (i % 512 == 511) Ok(LaneOf(customer).Commit(1));
    }
  }
  std::unique_ptr<Lane> even_, odd_;
};

TEST_F(TwoLanesTest, TogetherDoWhatOneDoesAndGoOnAfterTheyWereGone) {
  Open(std::size_t{1} << 30);
  FeedBoth(0, 3000);
  Ok(even_->Commit(1));
  Ok(odd_->Commit(1));
  FeedBoth(3000, 3100);  // is not committed
  Open(std::size_t{1} << 30);
  FeedBoth(3000, 5000);
  Ok(even_->Commit(1));
  Ok(odd_->Commit(1));
  Totals sum = even_->totals();
  sum.Add(odd_->totals());

  LaneOptions all = Patient({0, 1, 2, 3, 4});
  all.partitions = 5;
  Lane one(catalog_, all, nullptr, nullptr, nullptr);
  for (int i = 0; i < 5000; ++i) {
    Order(one, absl::StrCat("c", i * 7 % 900), absl::StrCat("o-", i), kStart + i * kMinuteMs * 10);
  }
  EXPECT_EQ(sum.digests, one.totals().digests);
  EXPECT_EQ(sum.engine.events, 5000u);
  EXPECT_EQ(sum.engine.dues_fired, one.totals().engine.dues_fired);
  EXPECT_GT(sum.engine.dues_fired, 500u);
  const std::set<std::string> lines = [&] {
    const auto all_lines = Committed(Topic::kTransitions);
    return std::set<std::string>(all_lines.begin(), all_lines.end());
  }();
  EXPECT_EQ(lines.size(), sum.records[kTransitionRecord]) << "each once";
}

TEST_F(TwoLanesTest, KeepTheirMemoryBound) {
  constexpr std::size_t kMemory = 300'000;
  Open(kMemory);
  FeedBoth(0, 5000);
  for (const Lane* lane : {even_.get(), odd_.get()}) EXPECT_GT(lane->loads(), 0u);
  EXPECT_LT(even_->customers_bytes(), kMemory * 11 / 10);
  Ok(even_->Commit(1));
  Ok(odd_->Commit(1));
  Totals sum = even_->totals();
  sum.Add(odd_->totals());
  Open(kMemory);
  Totals again = even_->totals();
  again.Add(odd_->totals());
  EXPECT_EQ(again.digests, sum.digests);
  EXPECT_EQ(again.engine.events, 5000u);
}

TEST_F(TwoLanesTest, LetAShardWithoutAnyEventBe) {
  constexpr std::size_t kMemory = 400'000;
  Open(kMemory);
  for (int i = 0; i < 2000; ++i) {
    const std::string customer = absl::StrCat("c", i % 30);
    if (PartitionOf(customer, 5) != 1) continue;  // shard 3 of the same lane hears of nothing
    Order(*odd_, customer, absl::StrCat("o-", i), kStart + i);
    Ok(odd_->Commit(1));
    Ok(odd_->Keep(1));
  }
  ASSERT_GT(store_->bytes_put(), 0u) << "or too little waited for the store";
  const std::uint64_t events = odd_->totals().engine.events;
  Open(kMemory);
  EXPECT_EQ(odd_->totals().engine.events, events);
}

// What stands in a topic: key, headers and value of each record.
struct Published {
  std::string key, headers, value;
};
std::vector<Published> ReadAll(log::Log& log, Topic topic) {
  std::vector<Published> all;
  const auto reader = log.Read(topic, 0, 0);
  EXPECT_TRUE(reader.ok()) << reader.status();
  log::ReadRecord record;
  while ((*reader)->Next(&record).value_or(false)) {
    Published& published = all.emplace_back();
    published.key = std::string(record.entry.key);
    published.value = std::string(record.entry.value);
    for (const log::Header& header : record.entry.headers) {
      absl::StrAppend(&published.headers, std::string(header.name), "=", std::string(header.value),
                      "\n");
    }
  }
  return all;
}

constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// An order that is traced, and the nudge three days later, which time alone causes.
void Publish(Lane& lane, Slots& slots) {
  std::string line = OrderLine("anna", "o-1", kStart);
  line.insert(1, absl::StrCat("\"traceparent\":\"", kTraceparent, "\","));
  ASSERT_TRUE(lane.TickAndApply(slots.Read(line)).ok());
  ASSERT_TRUE(lane.TickAndApply(slots.Read(OrderLine("ben", "o-2", kStart + 1))).ok());
  ASSERT_TRUE(lane.TickAll(kStart + 4 * kDayMs, 0).ok());
  lane.Reject(*lane.shard(0), {"file", 7, "json", "cut"});
  lane.Publish(Topic::kDeadLetters, "anna", "{}");
  ASSERT_TRUE(lane.Commit(1).ok());
}

TEST_F(LaneTest, PublishesLinesWithoutHeadersUnlessTold) {
  const auto lane = MakeLane(Patient({0}));
  Publish(*lane, slots_);
  for (const Topic topic :
       {Topic::kTransitions, Topic::kActions, Topic::kDecisions, Topic::kDeadLetters}) {
    const auto all = ReadAll(*local_, topic);
    EXPECT_THAT(all, SizeIs(2));
    for (const Published& record : all) {
      EXPECT_EQ(record.headers, "");
      EXPECT_EQ(record.value[0], '{');
    }
  }
}

TEST_F(LaneTest, SaysBesideARecordWhatCausedItAndWhatItIs) {
  LaneOptions options = Patient({0});
  options.headers = true;
  const auto lane = MakeLane(options);
  Publish(*lane, slots_);
  const std::string plain =
      absl::StrCat("definition-version=", catalog_->version, "\ncontent-type=application/json\n");
  const auto transitions = ReadAll(*local_, Topic::kTransitions);
  ASSERT_THAT(transitions, SizeIs(2));
  EXPECT_EQ(transitions[0].key, "anna");
  EXPECT_EQ(transitions[0].headers, plain + "event-id=o-1\ntraceparent=" + kTraceparent + "\n");
  EXPECT_THAT(transitions[0].value, HasSubstr(R"("customer":"anna","number":1,)"));
  EXPECT_EQ(transitions[1].key, "ben");
  EXPECT_EQ(transitions[1].headers, plain + "event-id=o-2\n");
  for (const Topic topic : {Topic::kActions, Topic::kDecisions}) {
    const auto nudges = ReadAll(*local_, topic);
    ASSERT_THAT(nudges, SizeIs(2));
    EXPECT_EQ(nudges[0].key, "anna");
    EXPECT_EQ(nudges[0].headers, plain) << "time alone caused it";
  }
  const auto letters = ReadAll(*local_, Topic::kDeadLetters);
  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[0].headers, plain);
  EXPECT_EQ(letters[1].key, "anna");
  EXPECT_EQ(letters[1].headers, plain);
}

TEST_F(LaneTest, PublishesTheSameAsProtocolBuffers) {
  std::vector<std::string> lines;
  const auto as_lines = MakeLane(Patient({0}));
  Publish(*as_lines, slots_);
  for (const Topic topic : {Topic::kTransitions, Topic::kActions, Topic::kDecisions}) {
    for (Published& record : ReadAll(*local_, topic)) lines.push_back(std::move(record.value));
  }
  ASSERT_THAT(lines, SizeIs(6));

  const auto second = log::LocalLog::Open({.folder = "/second", .env = env_.get()});
  ASSERT_TRUE(second.ok());
  LaneOptions options = Patient({0});
  options.encoding = Encoding::kProtobuf;
  options.headers = true;
  options.partitions = 1;
  auto store = state::Store::Open({.folder = "/second_store", .shards = 1, .env = env_.get()});
  ASSERT_TRUE(store.ok());
  Lane as_messages(catalog_, options, second->get(), nullptr, nullptr);
  Ok(as_messages.Restore(store->get()));
  Publish(as_messages, slots_);
  EXPECT_EQ(as_messages.totals().digests, as_lines->totals().digests);

  std::vector<std::string> again;
  const auto read = [&]<class Message>(Topic topic, const std::string& type, Message message) {
    for (const Published& record : ReadAll(**second, topic)) {
      EXPECT_THAT(record.headers, HasSubstr("content-type=application/protobuf; type=" + type));
      EXPECT_TRUE(message.ParseFromString(record.value));
      again.push_back(LineOf(message));
    }
  };
  read(Topic::kTransitions, "parcours.v1.Transition\n", v1::Transition());
  read(Topic::kActions, "parcours.v1.Action\n", v1::Action());
  read(Topic::kDecisions, "parcours.v1.Decision\n", v1::Decision());
  EXPECT_EQ(again, lines);
  const auto letters = ReadAll(**second, Topic::kDeadLetters);
  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[1].value, "{}") << "what is no record stays a line";
  EXPECT_THAT(letters[1].headers, HasSubstr("content-type=application/json\n"));
}

}  // namespace
}  // namespace parcours::processor
