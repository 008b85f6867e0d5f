#include "runtime/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <vector>

namespace parcours::runtime {
namespace {

// Given once by one thread, waited for by another.
class Signal {
 public:
  void Notify() { given_.set_value(); }
  void Wait() { seen_.wait(); }
  // Whether it was given within a moment.
  bool WaitAMoment() {
    return seen_.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready;
  }

 private:
  std::promise<void> given_;
  std::future<void> seen_ = given_.get_future();
};

TEST(Queue, GivesWhatCameFirstFirst) {
  Queue<int> queue(3);
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(queue.Push(i));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(queue.Pop(), i);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
}

TEST(Queue, HoldsUpWhoWritesWhileItIsFull) {
  Queue<int> queue(2);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_TRUE(queue.TryPush(2));
  EXPECT_FALSE(queue.TryPush(3));
  Signal pushed;
  Worker writer([&] {
    queue.Push(3);
    pushed.Notify();
  });
  EXPECT_FALSE(pushed.WaitAMoment());
  EXPECT_EQ(queue.Pop(), 1);
  pushed.Wait();
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), 3);
}

TEST(Queue, WaitsForAnItem) {
  Queue<std::unique_ptr<int>> queue(1);  // of what can only be moved
  Signal popped;
  int got = 0;
  Worker reader([&] {
    got = **queue.Pop();
    popped.Notify();
  });
  EXPECT_FALSE(popped.WaitAMoment());
  queue.Push(std::make_unique<int>(7));
  popped.Wait();
  EXPECT_EQ(got, 7);
}

TEST(Queue, GivesWhatItHoldsAfterItWasClosedAndTakesNothing) {
  Queue<int> queue(3);
  queue.Push(1);
  queue.Push(2);
  queue.Close();
  EXPECT_FALSE(queue.Push(3));
  EXPECT_FALSE(queue.TryPush(3));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(Queue, LetsEverybodyGoWhenItIsClosed) {
  Queue<int> full(1), empty(1);
  full.Push(1);
  Signal write, read;
  Worker writer([&] {
    EXPECT_FALSE(full.Push(2));
    write.Notify();
  });
  Worker reader([&] {
    EXPECT_EQ(empty.Pop(), std::nullopt);
    read.Notify();
  });
  EXPECT_FALSE(write.WaitAMoment());
  full.Close();
  empty.Close();
  write.Wait();
  read.Wait();
}

TEST(Queue, LosesAndDoublesNothingBetweenSeveralThreads) {
  constexpr int kEach = 5000, kWriters = 3;
  Queue<int> queue(4);
  std::vector<int> seen(kEach * kWriters);
  std::atomic<int> writing = kWriters;
  std::vector<std::unique_ptr<Worker>> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.push_back(std::make_unique<Worker>([&, writer] {
      for (int i = 0; i < kEach; ++i) queue.Push(writer * kEach + i);
      if (--writing == 0) queue.Close();
    }));
  }
  std::vector<int> last(kWriters, -1);
  while (const std::optional<int> item = queue.Pop()) {
    ++seen[static_cast<std::size_t>(*item)];
    int& before = last[static_cast<std::size_t>(*item / kEach)];
    EXPECT_LT(before, *item) << "in the order of each writer";
    before = *item;
  }
  for (int count : seen) ASSERT_EQ(count, 1);
}

TEST(Errand, IsDoneOnceForThoseWhoAskBeforeItBegins) {
  std::atomic<int> done = 0;
  {
    Signal begun, go_on;
    Errand errand([&] {
      if (done++ == 0) {
        begun.Notify();
        go_on.Wait();
      }
    });
    errand.Ask();
    begun.Wait();
    for (int i = 0; i < 10; ++i) errand.Ask();
    go_on.Notify();
  }
  EXPECT_EQ(done, 2) << "the end waits for what was asked";
}

}  // namespace
}  // namespace parcours::runtime
