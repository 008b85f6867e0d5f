#include "processor/live_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "processor/fold_check.h"
#include "tests/support/lane_fixture.h"

namespace parcours::processor {
namespace {

using log::Topic;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A group of one member, whose shards come and go as the test says.
class PlainGroup final : public log::Group {
 public:
  void Gain(std::vector<int> shards) {
    said_.push_back([shards](log::ShardOwner* owner) { owner->Gained(shards); });
  }
  void Leave(std::vector<int> shards) {
    said_.push_back([shards](log::ShardOwner* owner) { owner->Leaving(shards); });
  }
  void Lose(std::vector<int> shards) {
    said_.push_back([shards](log::ShardOwner* owner) { owner->Lost(shards); });
  }
  void Unsettle(bool unsettled) { unsettled_ = unsettled; }
  int asked() const { return asked_; }

  void Refuse() { refuses_ = true; }
  int rejoined() const { return rejoined_; }

  absl::Status Poll(double /*wait_s*/, log::ShardOwner* owner) override {
    if (refuses_) return absl::PermissionDeniedError("fenced");
    for (; !said_.empty(); said_.pop_front()) said_.front()(owner);
    return absl::OkStatus();
  }
  absl::Status Rejoin(log::ShardOwner* owner) override {
    refuses_ = false;
    ++rejoined_;
    owner->Lost({0, 1});
    Gain({0, 1});
    return absl::OkStatus();
  }
  absl::Status Settled(std::span<const int> /*shards*/) override {
    ++asked_;
    return unsettled_ ? absl::UnavailableError("undecided") : absl::OkStatus();
  }
  bool joined() const override { return true; }
  void Leave(bool /*for_good*/, log::ShardOwner* /*owner*/) override { left_ = true; }
  bool left() const { return left_; }

 private:
  std::deque<std::function<void(log::ShardOwner*)>> said_;
  bool unsettled_ = false, left_ = false, refuses_ = false;
  int asked_ = 0, rejoined_ = 0;
};

class LiveLaneTest : public LaneTest {
 protected:
  LiveLaneTest() : LaneTest(2) {}

  // A process of its own; it shares the log, and a store if it is the same disk.
  struct Member {
    PlainGroup group;
    std::unique_ptr<LiveLane> lane;
    std::vector<std::string> told;
  };
  std::unique_ptr<Member> NewMember(state::Store* store, TimeMs stale_ms = 0) {
    auto member = std::make_unique<Member>();
    LaneOptions options;
    options.partitions = 2;
    options.commit_seconds = 1e9;
    options.stale_ms = stale_ms;
    member->lane = std::make_unique<LiveLane>(
        catalog_, options, log_.get(), &member->group, store,
        [told = &member->told](LiveLane::Notice, const std::string& what) {
          told->push_back(what);
        });
    return member;
  }
  // Rounds, until nothing happens any more; time goes on.
  void Settle(Member& member, double seconds = 1) {
    for (int i = 0; i < 40; ++i) {
      now_s_ += seconds / 40;
      Ok(member.lane->Round(now_s_, kStart));
    }
  }
  // An order, into the shard of its customer.
  void Order(const std::string& customer, const std::string& id, TimeMs time = kStart) {
    log::Batch batch;
    batch.Add(customer, OrderLine(customer, id, time));
    Ok(log_->Append(Topic::kEvents, PartitionOf(customer, 2), batch, time));
  }
  std::size_t Transitions() { return Committed(Topic::kTransitions).size(); }
  std::uint64_t Events(Member& member) { return member.lane->lane().totals().engine.events; }
  void ExpectFold() {
    for (int shard : {0, 1}) {
      const auto count = CheckFold(store_.get(), log_.get(), shard);
      EXPECT_TRUE(count.ok()) << count.status();
    }
  }

  static std::string CustomerOf(int shard) {
    for (int i = 0;; ++i) {
      if (PartitionOf(std::to_string(i), 2) == shard) return std::to_string(i);
    }
  }
  const std::string one_ = CustomerOf(0), other_ = CustomerOf(1);
  double now_s_ = 100;
};

TEST_F(LiveLaneTest, FollowsWhatItGains) {
  const auto member = NewMember(store_.get());
  Order(one_, "1");
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), IsEmpty()) << "nothing is ours yet";
  member->group.Gain({PartitionOf(one_, 2)});
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  Order(other_, "2");
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1)) << "somebody else's";
  member->group.Gain({PartitionOf(other_, 2)});
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(2));
  EXPECT_TRUE(member->lane->ready());
}

TEST_F(LiveLaneTest, WaitsUntilNothingOfTheFormerOwnerIsUndecided) {
  const auto member = NewMember(store_.get());
  Order(one_, "1");
  member->group.Unsettle(true);
  member->group.Gain({0, 1});
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), IsEmpty());
  EXPECT_FALSE(member->lane->ready());
  EXPECT_GT(member->group.asked(), 2);
  EXPECT_LT(member->group.asked(), 20) << "not in every round";
  member->group.Unsettle(false);
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
}

TEST_F(LiveLaneTest, CommitsWhatIsOpenBeforeShardsLeave) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  Order(one_, "1");
  Ok(member->lane->Round(now_s_, kStart));  // read, too young to be committed
  ASSERT_THAT(Committed(Topic::kTransitions), IsEmpty());
  member->group.Leave({PartitionOf(one_, 2)});
  Ok(member->lane->Round(now_s_, kStart));
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  EXPECT_EQ(member->lane->owned(), 1u);
  ExpectFold();
}

TEST_F(LiveLaneTest, HandsAShardOverAndBackWithNothingLostOrDoubled) {
  const auto first = NewMember(store_.get());
  const auto second_store =
      state::Store::Open({.folder = "/second", .shards = 2, .env = env_.get()}).value();
  const auto second = NewMember(second_store.get());
  first->group.Gain({0, 1});
  int id = 0;
  for (int round = 0; round < 6; ++round) {
    Member& owner = round % 2 == 0 ? *first : *second;
    Member& next = round % 2 == 0 ? *second : *first;
    for (int i = 0; i < 3; ++i) {
      ++id;
      Order(one_, std::to_string(id), kStart + id);
    }
    Settle(owner, round == 2 ? 15 : 1);  // once so long that the store follows
    EXPECT_EQ(Events(owner), static_cast<std::uint64_t>(id));
    owner.group.Leave({0, 1});
    Ok(owner.lane->Round(now_s_, kStart));
    next.group.Gain({0, 1});
  }
  Settle(*first);
  EXPECT_EQ(Events(*first), static_cast<std::uint64_t>(id));
  EXPECT_EQ(Transitions(), 2u) << "new, then busy";
}

TEST_F(LiveLaneTest, NeverCommitsWhatItHadWhenItLostItsShards) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  Order(one_, "1");
  Ok(member->lane->Round(now_s_, kStart));
  member->group.Lose({0, 1});
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), IsEmpty());
  EXPECT_THAT(Committed(Topic::kChangelog, 0), IsEmpty());
  EXPECT_EQ(member->lane->owned(), 0u);
  member->group.Gain({0, 1});
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1)) << "read again by whoever owns it";
}

TEST_F(LiveLaneTest, LosesNothingOfOthersWhenItLosesOne) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  Order(one_, "1");
  Order(other_, "2");
  Ok(member->lane->Round(now_s_, kStart));
  member->group.Lose({PartitionOf(one_, 2)});
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1)) << "the other's, once";
  EXPECT_EQ(member->lane->owned(), 1u);
}

TEST_F(LiveLaneTest, RestoresEverythingWhenNobodyKnowsWhetherItCommitted) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  // Committed, but the answer is lost.
  log_->FailAfterCommit(1, absl::InternalError("planted"));
  Order(one_, "1");
  Settle(*member, 2);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  Order(one_, "2", kStart + 1);
  Settle(*member, 2);
  EXPECT_EQ(Events(*member), 2u);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(2));
  // Not committed, and the answer is lost.
  log_->FailCommit(1, absl::InternalError("planted"));
  Order(one_, "3", kStart + 2);
  Settle(*member, 2);
  EXPECT_EQ(Events(*member), 3u);
  ExpectFold();
}

TEST_F(LiveLaneTest, PausesAfterACommitThatCameToNothing) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  int failures = 0;
  member->lane->failed = [&failures](absl::StatusCode code) {
    EXPECT_EQ(code, absl::StatusCode::kAborted);
    ++failures;
  };
  log_->FailCommit(1, absl::AbortedError("planted"));
  Order(one_, "1");
  for (int i = 0; i < 10 && failures == 0; ++i) Ok(member->lane->Round(now_s_ += 0.02, kStart));
  EXPECT_EQ(failures, 1);
  for (int i = 0; i < 10; ++i) Ok(member->lane->Round(now_s_ += 0.001, kStart));
  EXPECT_THAT(Committed(Topic::kTransitions), IsEmpty()) << "not at once";
  Settle(*member);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  EXPECT_EQ(failures, 1);
}

TEST_F(LiveLaneTest, SaysThatItCannotGoOnWhereTheStoreIsDamaged) {
  state::Store::Slice slice;
  slice.Put("m", "\x05junk");
  Ok(store_->Write(0, slice));
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  absl::Status status;
  for (int i = 0; i < 40 && status.ok(); ++i) status = member->lane->Round(now_s_ += 0.1, kStart);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST_F(LiveLaneTest, JoinsAnewWhenItIsRefusedButNotForEver) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  Order(one_, "1");
  Ok(member->lane->Round(now_s_, kStart));
  member->group.Refuse();
  Settle(*member);
  EXPECT_EQ(member->group.rejoined(), 1);
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1)) << "read again";
  now_s_ += 100;  // long ago
  member->group.Refuse();
  Settle(*member);
  member->group.Refuse();
  Settle(*member);
  EXPECT_EQ(member->group.rejoined(), 3);
  member->group.Refuse();
  EXPECT_TRUE(absl::IsPermissionDenied(member->lane->Round(now_s_, kStart)));
}

TEST_F(LiveLaneTest, RefusesAStoreThatMissesWhatTheChangelogHasForgotten) {
  {
    const auto member = NewMember(store_.get());
    member->group.Gain({0, 1});
    Order(one_, "1");
    Settle(*member);
    Ok(member->lane->Stop(now_s_, false));
  }
  const auto second_store =
      state::Store::Open({.folder = "/second", .shards = 2, .env = env_.get()}).value();
  const auto away = NewMember(second_store.get());
  away->group.Gain({0, 1});
  const auto restore = [this](TimeMs stale) {
    const auto back = NewMember(store_.get(), stale);
    back->group.Gain({0, 1});
    absl::Status status;
    for (int i = 0; i < 40 && status.ok(); ++i) status = back->lane->Round(now_s_ += 0.1, kStart);
    return status;
  };
  Settle(*away);
  Ok(restore(kDayMs));  // old, but nothing has happened since
  Order(one_, "2", kStart + 2 * kDayMs);
  Settle(*away);
  EXPECT_TRUE(absl::IsDataLoss(restore(kDayMs))) << restore(kDayMs);
  Ok(restore(3 * kDayMs));
}

TEST_F(LiveLaneTest, StopsWithEverythingInTheStore) {
  const auto member = NewMember(store_.get());
  member->group.Gain({0, 1});
  Settle(*member);
  Order(one_, "1");
  Ok(member->lane->Round(now_s_, kStart));
  Ok(member->lane->Stop(now_s_, false));
  EXPECT_TRUE(member->group.left());
  EXPECT_THAT(Committed(Topic::kTransitions), SizeIs(1));
  const auto count = CheckFold(store_.get(), log_.get(), PartitionOf(one_, 2));
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(count->tail, 0);
}

TEST_F(LiveLaneTest, TicksItsShardsOnly) {
  const auto member = NewMember(store_.get());
  member->group.Gain({PartitionOf(one_, 2)});
  Order(one_, "1");
  Order(other_, "2");
  Settle(*member);
  const auto before = log_->Range(Topic::kEvents, PartitionOf(other_, 2))->end;
  for (int i = 0; i < 20; ++i) {
    Ok(member->lane->Round(now_s_ += 0.3, kStart + 30 * kDayMs + i * kTickMs));
  }
  EXPECT_GT(log_->Range(Topic::kEvents, PartitionOf(one_, 2))->end, 1);
  EXPECT_EQ(log_->Range(Topic::kEvents, PartitionOf(other_, 2))->end, before);
}

TEST_F(LiveLaneTest, TicksWhenAFifthOfASecondHasPassed) {
  const auto member = NewMember(store_.get());
  const int shard = PartitionOf(one_, 2);
  member->group.Gain({shard});
  Order(one_, "1", kStart + kTickMs / 2);
  Settle(*member);
  const auto end = [&] { return log_->Range(Topic::kEvents, shard)->end; };
  const auto before = end();
  const TimeMs due = member->lane->lane().shard(shard)->overlay().timers().NotBefore();
  ASSERT_EQ(due % kTickMs, kTickMs / 2);
  const auto round = [&](TimeMs clock) {
    Ok(member->lane->Round(now_s_ += 0.05, clock + kTickGraceMs));
  };
  round(due - 1);
  round(due + kTickMs / 4);
  EXPECT_EQ(end(), before) << "there was a tick in this fifth, or nothing was due";
  round(due + kTickMs / 2);
  EXPECT_EQ(end(), before + 1);
}

TEST_F(LiveLaneTest, TellsWhatWasDueFirstOfEachCommit) {
  const auto member = NewMember(store_.get());
  const int shard = PartitionOf(one_, 2);
  member->group.Gain({shard});
  std::vector<TimeMs> told;
  member->lane->committed = [&told](TimeMs, TimeMs oldest_due) { told.push_back(oldest_due); };
  Order(one_, "1");
  Settle(*member);
  EXPECT_THAT(told, Each(kNever)) << "an event alone: nothing was due";
  const TimeMs due = member->lane->lane().shard(shard)->overlay().timers().NotBefore();
  told.clear();
  log_->FailCommit(1, absl::AbortedError("planted"));
  for (int i = 0; i < 20; ++i) {
    Ok(member->lane->Round(now_s_ += 0.3, due + 5000 + kTickGraceMs + i * kTickMs));
  }
  EXPECT_THAT(told, ElementsAre(due)) << "once it is committed, however late the tick";
  Order(one_, "2", due + 10'000);
  for (int i = 0; i < 4; ++i) Ok(member->lane->Round(now_s_ += 0.3, due + 5000));
  EXPECT_THAT(told, ElementsAre(due, kNever)) << "the next commit begins anew";
}

}  // namespace
}  // namespace parcours::processor
