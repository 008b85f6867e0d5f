// Mutex, SharedMutex, MutexLock, ReaderMutexLock, CondVar: the standard library's locks, with the
// annotations that let the compiler check who holds what.
//
// Not Abseil's: the thread sanitizer knows the standard library's locks, but not those inside a
// library that was built without it, and would call everything they guard a race.
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include "absl/base/thread_annotations.h"

namespace parcours {

class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Held by one writer, or by any number of readers.
class ABSL_LOCKABLE SharedMutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  void lock_shared() ABSL_SHARED_LOCK_FUNCTION() { mutex_.lock_shared(); }
  void unlock_shared() ABSL_UNLOCK_FUNCTION() { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

// Holds a lock, alone, as long as it lives.
template <class Lock>
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Lock* lock) ABSL_EXCLUSIVE_LOCK_FUNCTION(lock) : lock_(lock) { lock->lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { lock_->unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Lock* const lock_;
};

// Holds a lock, with other readers, as long as it lives.
class ABSL_SCOPED_LOCKABLE ReaderMutexLock {
 public:
  explicit ReaderMutexLock(SharedMutex* lock) ABSL_SHARED_LOCK_FUNCTION(lock) : lock_(lock) {
    lock->lock_shared();
  }
  ~ReaderMutexLock() ABSL_UNLOCK_FUNCTION() { lock_->unlock_shared(); }
  ReaderMutexLock(const ReaderMutexLock&) = delete;
  ReaderMutexLock& operator=(const ReaderMutexLock&) = delete;

 private:
  SharedMutex* const lock_;
};

// Waiting, under a Mutex that the caller holds, for what another thread changes under it.
class CondVar {
 public:
  // May return for no reason: wait in a loop that looks at what is waited for.
  void Wait(Mutex* mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { changed_.wait(*mutex); }
  void SignalAll() { changed_.notify_all(); }

 private:
  std::condition_variable_any changed_;
};

}  // namespace parcours
