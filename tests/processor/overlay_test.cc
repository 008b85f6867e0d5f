#include "processor/overlay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/varint.h"
#include "processor/shard.h"
#include "state/keys.h"
#include "tests/support/shop.h"

namespace parcours::processor {
namespace {

using state::Customer;
using testing::HasSubstr;
using testing::Not;

constexpr char kEmail[] = "anna@example.org";

// One shard with a store in memory and a changelog that is a list of batches.
class OverlayTest : public testing::Test {
 protected:
  OverlayTest() {
    state::StoreOptions options{.folder = "/store", .env = env_.get()};
    auto store = state::Store::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    Restart();
  }

  // A new process: what is in the store and in the changelog is all there is.
  void Restart() {
    shard_ = std::make_unique<Shard>(rules_, 0);
    Ok(shard_->UseStore(store_.get()));
    const log::Offset from = shard_->changelog_end();
    for (const auto& [position, bytes] : changelog_) {
      if (position >= from) Ok(shard_->TakeCommitted(bytes, position + CountOf(bytes)));
    }
    Ok(shard_->Restored());
  }
  static void Ok(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  static log::Offset CountOf(const std::string& bytes) {
    log::BatchReader reader(bytes);
    log::Offset count = 0;
    for (log::Entry entry; reader.Next(&entry);) ++count;
    return count;
  }

  Shard::Result Apply(Shard& shard, const std::string& line) {
    Slot& slot = slots_.Read(line);
    const auto result = shard.Apply(slot.event(), slot.customer_hash, slot.log_time);
    EXPECT_TRUE(result.ok()) << result.status();
    shard.effects().ClearRecords();
    return result.value_or(Shard::Result::kFuture);
  }
  Shard::Result Order(const std::string& customer, const std::string& id, TimeMs time) {
    return Apply(*shard_, OrderLine(customer, id, time));
  }
  void Identify(const std::string& customer, const std::string& id, TimeMs time,
                const std::string& traits) {
    Apply(*shard_, IdentifyLine(customer, id, time, traits));
  }
  static void Tick(Shard& shard, TimeMs clock) {
    for (bool done = false; !done; shard.effects().ClearRecords()) {
      const auto result = shard.Tick(clock, 100);
      ASSERT_TRUE(result.ok()) << result.status();
      done = *result;
    }
  }
  void Commit() {
    log::Batch batch;
    shard_->Encode(&batch);
    changelog_.emplace_back(end_, std::string(batch.bytes()));
    end_ += batch.count();
    shard_->Committed(&batch, end_);
  }
  void WriteBackAll() {
    while (!overlay().written()) Ok(shard_->WriteBack(1000));
  }
  // Commits, writes and forgets all.
  void ForgetAll() {
    Commit();
    WriteBackAll();
    overlay().MakeRoom(0);
    ASSERT_EQ(overlay().customers().size(), 0u);
  }
  Overlay& overlay() { return shard_->overlay(); }
  Customer* Find(const std::string& id) {
    const auto found = overlay().Find(id, Hash64(id));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(nullptr);
  }
  std::string Bytes(const std::string& id) {
    const Customer* customer = Find(id);
    return customer != nullptr ? BytesOf(rules_, *customer) : "nobody";
  }
  // All that lies in the store: key -> value.
  std::map<std::string, std::string> Stored() {
    std::map<std::string, std::string> rows;
    const auto scan = store_->From(0, std::string(1, '\0'), std::string(1, '\x7f'), false);
    std::string_view key, value;
    while (scan->Next(&key, &value).value_or(false)) rows.emplace(key, value);
    return rows;
  }
  // The instants of the timer rows of a customer.
  std::vector<TimeMs> RowsOf(const std::string& id) {
    std::vector<TimeMs> dues;
    for (const auto& [key, value] : Stored()) {
      state::TimerKey timer;
      if (state::ParseTimerKey(key, &timer) && timer.customer == id) dues.push_back(timer.due);
    }
    return dues;
  }
  log::Offset StoredChangelogNext() {
    const std::string meta = Stored()["m"];
    std::string_view bytes = meta;
    std::uint64_t next = UINT64_MAX;
    EXPECT_TRUE(GetVarint(&bytes, &next));
    return static_cast<log::Offset>(next);
  }

  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  engine::Rules rules_{CompileShop()};
  Slots slots_{rules_.catalog};
  std::unique_ptr<state::Store> store_;
  std::vector<std::pair<log::Offset, std::string>> changelog_;
  log::Offset end_ = 0;
  std::unique_ptr<Shard> shard_;
};

TEST_F(OverlayTest, FindsNobodyWhoIsNeitherInMemoryNorStored) {
  EXPECT_EQ(Find("anna"), nullptr);
  Order("anna", "1", kStart);
  ForgetAll();
  EXPECT_EQ(Find("ben"), nullptr);
  EXPECT_EQ(overlay().loads(), 0u);
}

TEST_F(OverlayTest, BringsBackWhoWasForgottenAsTheyWere) {
  Order("anna", "1", kStart);
  Order("ben", "2", kStart + 1);
  const std::string anna = Bytes("anna"), ben = Bytes("ben");
  ForgetAll();
  EXPECT_EQ(Bytes("anna"), anna);
  EXPECT_EQ(overlay().loads(), 1u);
  const Overlay::Wanted wanted[] = {{"anna", Hash64("anna")},
                                    {"ben", Hash64("ben")},
                                    {"ben", Hash64("ben")},
                                    {"nobody", Hash64("nobody")}};
  Ok(overlay().Load(wanted));
  EXPECT_EQ(overlay().loads(), 2u) << "ben alone was missing, and is read once";
  EXPECT_EQ(Bytes("ben"), ben);
  EXPECT_EQ(overlay().loads(), 2u);
}

TEST_F(OverlayTest, ForgetsNobodyBeforeTheStoreHasThem) {
  Order("dirty", "1", kStart);
  EXPECT_FALSE(overlay().MakeRoom(0));
  EXPECT_EQ(overlay().customers().size(), 1u);
  Commit();
  EXPECT_FALSE(overlay().MakeRoom(0)) << "committed, not yet written";
  EXPECT_EQ(overlay().customers().size(), 1u);
  WriteBackAll();
  Order("dirty", "2", kStart + 1);
  overlay().MakeRoom(0);
  EXPECT_EQ(overlay().customers().size(), 1u) << "dirty again";
}

TEST_F(OverlayTest, ForgetsFirstWhoWasNotUsedLately) {
  for (int i = 0; i < 100; ++i) Order(absl::StrCat("c", i), absl::StrCat(i), kStart);
  Commit();
  WriteBackAll();
  ASSERT_TRUE(overlay().MakeRoom(overlay().bytes() - 1)) << "the hand passes everybody once";
  ASSERT_EQ(overlay().customers().size(), 99u);
  const std::size_t full = overlay().customers().bytes();
  std::vector<std::string> used;
  for (int i = 5; i < 100; i += 10) {
    used.push_back(absl::StrCat("c", i));
    Order(used.back(), absl::StrCat("again-", i), kStart + 1);
  }
  Commit();
  WriteBackAll();
  ASSERT_TRUE(overlay().MakeRoom(overlay().bytes() - full / 2)) << "it passes half of them again";
  ASSERT_LT(overlay().customers().size(), 60u);
  for (const std::string& id : used) {
    EXPECT_NE(overlay().customers().Find(id, Hash64(id)), state::Customers::kNone) << id;
  }
}

TEST_F(OverlayTest, WhoIsOnlyLookedAtWhenDueIsNotUsedByThat) {
  Order("anna", "1", kStart);
  Tick(*shard_, kStart + 3 * kDayMs);
  ASSERT_GT(shard_->effects().counters.dues_fired, 0u);
  EXPECT_EQ(Find("anna")->uses, 1);
}

TEST_F(OverlayTest, KnowsAnIdOfASealedChunkAfterForgettingAndAfterARestart) {
  for (int i = 0; i < 100; ++i) Order("anna", absl::StrCat("o-", i), kStart + i);
  Commit();
  Restart();
  EXPECT_EQ(Order("anna", "o-3", kStart + 200), Shard::Result::kDuplicate) << "from the changelog";
  ForgetAll();
  EXPECT_EQ(Order("anna", "o-3", kStart + 300), Shard::Result::kDuplicate) << "from the store";
  EXPECT_EQ(Find("anna")->seen.size(), 100);
  for (int i = 100; i < 140; ++i) Order("anna", absl::StrCat("o-", i), kStart + i);
  Ok(shard_->RollBack());
  EXPECT_EQ(Find("anna")->seen.size(), 100) << "as the store has it";
  EXPECT_EQ(Order("anna", "o-120", kStart + 400), Shard::Result::kApplied);
}

TEST_F(OverlayTest, LetsGoOfChunksThatNobodyNeedsAnyMore) {
  for (int i = 0; i < 100; ++i) Order("anna", absl::StrCat("o-", i), kStart + i);
  ForgetAll();
  const auto chunks = [this] {
    int count = 0;
    for (const auto& [key, value] : Stored()) count += key[0] == state::kSeenPrefix;
    return count;
  };
  EXPECT_EQ(chunks(), 6);
  for (int i = 0; i < 20; ++i) Order("anna", absl::StrCat("p-", i), kStart + 4 * kDayMs + i);
  ForgetAll();
  EXPECT_EQ(chunks(), 1);
  EXPECT_EQ(Order("anna", "p-0", kStart + 4 * kDayMs + 50), Shard::Result::kDuplicate);
}

TEST_F(OverlayTest, SaysThatAChunkIsMissing) {
  for (int i = 0; i < 40; ++i) Order("anna", absl::StrCat("o-", i), kStart + i);
  ForgetAll();
  state::Store::Slice slice;
  std::string key;
  state::SetSeenKey("anna", 1, &key);
  slice.Delete(key);
  Ok(store_->Write(0, slice));
  const auto found = overlay().Find("anna", Hash64("anna"));
  EXPECT_TRUE(absl::IsDataLoss(found.status())) << found.status();
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("customer anna"));
  EXPECT_EQ(overlay().customers().size(), 0u) << "nothing of it is left";
}

TEST_F(OverlayTest, RollsBackToWhatIsCommittedWhereverThatLies) {
  Order("stored", "1", kStart);
  ForgetAll();
  Order("unwritten", "2", kStart + 1);
  Commit();
  const std::string stored = Bytes("stored"), unwritten = Bytes("unwritten");
  const std::uint64_t events = shard_->effects().counters.events;
  for (const char* id : {"stored", "unwritten", "new"}) {
    Order(id, absl::StrCat("later-", id), kStart + 2);
  }
  EXPECT_NE(Bytes("unwritten"), unwritten);
  Ok(shard_->RollBack());
  EXPECT_EQ(Bytes("stored"), stored);
  EXPECT_EQ(Bytes("unwritten"), unwritten);
  EXPECT_EQ(Find("new"), nullptr);
  EXPECT_EQ(shard_->effects().counters.events, events);
  EXPECT_EQ(overlay().dirty(), 0u);
  EXPECT_EQ(Order("unwritten", "later-unwritten", kStart + 2), Shard::Result::kApplied)
      << "or the redelivered event would be dropped";
}

TEST_F(OverlayTest, RollsBackTheBookingsOfWhoWasMoved) {
  Order("stored", "1", kStart);
  ForgetAll();
  Order("unwritten", "2", kStart);
  Commit();
  const std::uint64_t fired = shard_->effects().counters.dues_fired;
  Tick(*shard_, kStart + 3 * kDayMs);
  EXPECT_EQ(shard_->effects().counters.dues_fired, fired + 2);
  Ok(shard_->RollBack());
  EXPECT_LT(shard_->clock(), kStart + 3 * kDayMs);
  EXPECT_EQ(shard_->effects().counters.dues_fired, fired);
  Tick(*shard_, kStart + 3 * kDayMs);
  EXPECT_EQ(shard_->effects().counters.dues_fired, fired + 2) << "once more, and no more";
}

TEST_F(OverlayTest, WritesOnlyTheLastOfWhatWasCommittedAgain) {
  for (int i = 0; i < 50; ++i) {
    Order("anna", absl::StrCat("o-", i % 10), kStart + i);
    Commit();
  }
  const std::string committed = Bytes("anna");
  Order("anna", "not committed", kStart + 60);
  const std::uint64_t before = store_->bytes_put();
  Ok(shard_->WriteBack(1000));
  EXPECT_TRUE(overlay().written());
  EXPECT_LT(store_->bytes_put() - before, 1000u);
  EXPECT_EQ(Stored()["sanna"], committed) << "never what is not committed";
}

TEST_F(OverlayTest, NeedsTheChangelogFromItsOldestUnwrittenPageOn) {
  std::vector<log::Offset> begins;
  for (int i = 0; i < 3; ++i) {
    begins.push_back(end_);
    for (int k = 0; k < 4; ++k) {
      Order(absl::StrCat("c", i, "-", k), absl::StrCat(i, "-", k), kStart + i);
    }
    Commit();
  }
  EXPECT_EQ(shard_->changelog_next(), 0);
  Ok(shard_->WriteBack(2));
  EXPECT_EQ(shard_->changelog_next(), begins[0]) << "half a page is no page";
  EXPECT_EQ(StoredChangelogNext(), begins[0]);
  Ok(shard_->WriteBack(2));
  EXPECT_EQ(shard_->changelog_next(), begins[1]);
  EXPECT_EQ(StoredChangelogNext(), begins[1]);
  Restart();
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 4; ++k) EXPECT_NE(Find(absl::StrCat("c", i, "-", k)), nullptr);
  }
  WriteBackAll();
  EXPECT_EQ(StoredChangelogNext(), end_);
  EXPECT_EQ(overlay().unwritten_bytes(), 0u);
}

TEST_F(OverlayTest, ReplacesTheTimerRowOfWhoCameFromTheChangelog) {
  Order("anna", "1", kStart);
  ForgetAll();
  ASSERT_EQ(RowsOf("anna"), std::vector<TimeMs>{kStart + 3 * kDayMs});
  Tick(*shard_, kStart + 4 * kDayMs);
  const TimeMs due = Find("anna")->next_due;
  Commit();
  Restart();
  WriteBackAll();
  EXPECT_EQ(RowsOf("anna"), std::vector<TimeMs>{due}) << "the old row is gone";
}

TEST_F(OverlayTest, ReplacesTheTimerRowOfWhoWasWrittenAndForgottenWhileTheTailWasRead) {
  Order("anna", "1", kStart);
  Commit();
  Tick(*shard_, kStart + 4 * kDayMs);
  const TimeMs due = Find("anna")->next_due;
  Commit();
  shard_ = std::make_unique<Shard>(rules_, 0);
  Ok(shard_->UseStore(store_.get()));
  for (const auto& [position, bytes] : changelog_) {
    Ok(shard_->TakeCommitted(bytes, position + CountOf(bytes)));
    WriteBackAll();
    overlay().MakeRoom(0);  // as a small memory asks for
  }
  Ok(shard_->Restored());
  EXPECT_EQ(RowsOf("anna"), std::vector<TimeMs>{due});
}

TEST_F(OverlayTest, ReadsATailThatNamesAChunkOfIdsDeletedBeforeItWasWritten) {
  for (int i = 0; i < 20; ++i) Order("anna", absl::StrCat(i), kStart);
  Commit();
  Order("ben", "1", kStart);
  Order("anna", "20", kStart);
  Commit();
  Order("anna", "21", kStart + 4 * kDayMs);  // she needs the chunk no more
  Commit();
  const std::string before = Bytes("anna");
  Ok(shard_->WriteBack(1));  // ben; what anna was at first is skipped, and her chunk with it
  ASSERT_GT(shard_->changelog_next(), 0);
  Restart();
  EXPECT_EQ(Bytes("anna"), before);
}

TEST_F(OverlayTest, KeepsTheBookingOfWhoseRowWasMoved) {
  Order("anna", "1", kStart);
  ForgetAll();
  Restart();  // so that no row was read yet
  for (int i = 2; i <= 3; ++i) Order("anna", absl::StrCat(i), kStart + i);  // leaves the journey
  Commit();
  WriteBackAll();
  const TimeMs due = Find("anna")->next_due;
  ASSERT_GT(due, kStart + 3 * kDayMs);
  const std::uint64_t fired = shard_->effects().counters.dues_fired;
  Tick(*shard_, due);
  EXPECT_EQ(shard_->effects().counters.dues_fired, fired + 1);
}

TEST_F(OverlayTest, FindsEveryDueAgainAfterARestart) {
  for (int i = 0; i < 2000; ++i) {
    Order(absl::StrCat("c", i), absl::StrCat(i), kStart + i % 7);
    if (i == 700) ForgetAll();
    if (i == 1400) Commit();
  }
  Commit();
  Restart();
  Tick(*shard_, kStart + 3 * kDayMs + 7);
  EXPECT_EQ(shard_->effects().counters.dues_fired, 2000u);
}

TEST_F(OverlayTest, KeepsContactDataUnderItsOwnKeyAndBringsItBack) {
  Identify("anna", "1", kStart, absl::StrCat(R"({"email":")", kEmail, R"(","language":"fr"})"));
  ForgetAll();
  for (const auto& [key, value] : Stored()) {
    if (key != "canna") {
      EXPECT_THAT(value, Not(HasSubstr(kEmail))) << key;
    }
  }
  EXPECT_THAT(Stored()["canna"], HasSubstr(kEmail));
  Order("anna", "2", kStart + 1);
  EXPECT_EQ(Find("anna")->contacts_or_null(), nullptr) << "who only orders needs no address";
  // Another contact attribute is written: the one that is stored must not be lost.
  Identify("anna", "3", kStart + 2, R"({"phone":"+33 1 23 45 67 89"})");
  ForgetAll();
  EXPECT_THAT(Stored()["canna"], HasSubstr(kEmail));
  EXPECT_THAT(Stored()["canna"], HasSubstr("+33 1 23 45 67 89"));
  Identify("anna", "4", kStart + 3, R"({"phone":"+49 30"})");
  Commit();
  Restart();
  Identify("anna", "5", kStart + 4, R"({"phone":"+44 20"})");
  ForgetAll();
  EXPECT_THAT(Stored()["canna"], HasSubstr(kEmail));
  EXPECT_THAT(Stored()["canna"], HasSubstr("+44 20"));
}

TEST_F(OverlayTest, RollsBackContactData) {
  Identify("anna", "1", kStart, absl::StrCat(R"({"email":")", kEmail, "\"}"));
  Commit();
  Identify("anna", "2", kStart + 1, R"({"email":"other@example.org"})");
  Ok(shard_->RollBack());
  ForgetAll();
  EXPECT_THAT(Stored()["canna"], HasSubstr(kEmail));
}

TEST_F(OverlayTest, SaysThatABatchOfTheChangelogIsDamaged) {
  Order("anna", "1", kStart);
  Commit();
  changelog_.front().second.resize(changelog_.front().second.size() / 2);
  shard_ = std::make_unique<Shard>(rules_, 0);
  Ok(shard_->UseStore(store_.get()));
  const absl::Status status = shard_->TakeCommitted(changelog_.front().second, 2);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

// A shard with a store, driven at random, against one that is told only what was committed and
// keeps everybody in memory.
TEST_F(OverlayTest, AgreesWithAShardThatForgetsNobodyWhateverHappens) {
  std::mt19937_64 random(11);
  Shard naive(rules_, 0);
  struct Op {
    std::string line;  // or a tick
    TimeMs clock = 0;
  };
  std::vector<Op> open;
  TimeMs now = kStart, committed_now = kStart;
  int ids = 0;
  const auto settle = [&](bool committed) {
    if (committed) {
      for (const Op& op : open) {
        if (op.line.empty()) {
          Tick(naive, op.clock);
        } else {
          Apply(naive, op.line);
        }
      }
      committed_now = now;
    }
    now = committed_now;
    open.clear();
  };
  for (int round = 0; round < 6000; ++round) {
    const std::string id = absl::StrCat("c", random() % 40);
    switch (random() % 16) {
      default: {
        now += static_cast<TimeMs>(random() % (2 * kHourMs));
        // Now and then an id that came before.
        if (random() % 8 != 0) ++ids;
        open.push_back({random() % 10 == 0
                            ? IdentifyLine(id, absl::StrCat("i-", ids), now,
                                           absl::StrCat(R"({"email":")", ids, R"(@x.org"})"))
                            : OrderLine(id, absl::StrCat("o-", ids), now)});
        Apply(*shard_, open.back().line);
        break;
      }
      case 10:
        now += static_cast<TimeMs>(random() % (2 * kDayMs));
        open.push_back({"", now});
        Tick(*shard_, now);
        break;
      case 11:
        Commit();
        settle(true);
        break;
      case 12:
        Ok(shard_->RollBack());
        settle(false);
        break;
      case 13:
        if (!overlay().written()) Ok(shard_->WriteBack(1 + random() % 20));
        break;
      case 14:
        overlay().MakeRoom(random() % 2 == 0 ? 0 : overlay().bytes() / 2);
        break;
      case 15:
        if (random() % 4 != 0) break;
        Restart();
        settle(false);
        break;
    }
    if (!open.empty() || round % 20 != 0) continue;
    ASSERT_EQ(shard_->clock(), naive.clock()) << round;
    ASSERT_EQ(shard_->effects().counters.events, naive.effects().counters.events) << round;
    ASSERT_EQ(shard_->effects().counters.duplicates, naive.effects().counters.duplicates) << round;
    ASSERT_EQ(shard_->effects().counters.dues_fired, naive.effects().counters.dues_fired) << round;
    for (int i = 0; i < 40; ++i) {
      const std::string each = absl::StrCat("c", i);
      const std::uint32_t number = naive.overlay().customers().Find(each, Hash64(each));
      if (number == state::Customers::kNone) {
        ASSERT_EQ(Find(each), nullptr) << round;
        continue;
      }
      const Customer& expected = naive.overlay().customers()[number];
      ASSERT_EQ(Bytes(each), BytesOf(rules_, expected)) << each << ", round " << round;
      ASSERT_EQ(Find(each)->has_contact, expected.has_contact);
    }
  }
  EXPECT_GT(overlay().loads(), 0u);
  EXPECT_GT(naive.effects().counters.dues_fired, 50u);
}

}  // namespace
}  // namespace parcours::processor
