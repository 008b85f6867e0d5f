// Worker, Queue: a thread with a purpose, and the bounded way to hand it work.
//
// The only place where threads are made. A queue that is full holds its writer up: that is the
// backpressure. Threads: Queue is safe for concurrent use; Worker is owned by who made it.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace parcours::runtime {

template <typename T>
class Queue {
 public:
  explicit Queue(std::size_t items_max) : items_max_(items_max) {}

  // Waits while the queue is full. False: it was closed, and the item was not taken.
  bool Push(T item) {
    const MutexLock lock(&mutex_);
    while (!closed_ && items_.size() >= items_max_) changed_.Wait(&mutex_);
    return Put(std::move(item));
  }
  // False: the queue is full or closed, and the item was not taken.
  bool TryPush(T item) {
    const MutexLock lock(&mutex_);
    return items_.size() < items_max_ && Put(std::move(item));
  }
  // Waits for an item. Nothing once the queue is closed and empty.
  std::optional<T> Pop() {
    const MutexLock lock(&mutex_);
    while (!closed_ && items_.empty()) changed_.Wait(&mutex_);
    return Take();
  }
  // An item if there is one at once.
  std::optional<T> TryPop() {
    const MutexLock lock(&mutex_);
    return Take();
  }
  // No more items come; those that are there may still be taken.
  void Close() {
    const MutexLock lock(&mutex_);
    closed_ = true;
    changed_.SignalAll();
  }

 private:
  bool Put(T item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (closed_) return false;
    items_.push_back(std::move(item));
    changed_.SignalAll();
    return true;
  }
  std::optional<T> Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.SignalAll();
    return item;
  }

  const std::size_t items_max_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<T> items_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

class Worker {
 public:
  explicit Worker(std::function<void()> work) : thread_(std::move(work)) {}
  // `name` is what profilers and `top -H` show: at most 15 bytes.
  Worker(const std::string& name, std::function<void()> work) : Worker(std::move(work)) {
    pthread_setname_np(thread_.native_handle(), name.c_str());
  }
  // Waits until the work is done.
  ~Worker() { Join(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

// Calls `task` whenever it is asked to, on a thread of its own, never twice at once.
// Threads: Ask is safe for concurrent use. The end waits for the task that runs.
class Errand {
 public:
  explicit Errand(std::function<void()> task)
      : queue_(1), worker_([this, task = std::move(task)] {
          while (queue_.Pop().has_value()) task();
        }) {}
  ~Errand() { queue_.Close(); }
  // Asked again before it has begun, it is done once.
  void Ask() { queue_.TryPush(true); }

 private:
  Queue<bool> queue_;
  Worker worker_;
};

}  // namespace parcours::runtime
