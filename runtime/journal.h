// Journal: what happened, one line each, to standard error: JSON for machines, text for people.
//
// {"ts":"2026-03-01T10:15:30.123Z","level":"info","component":"lane","msg":"restored","lane":0}
// A message says the same words each time, and what differs stands in fields: then a message that
// repeats is told `same_max` times a second, and how often it was left out in a line behind.
// Limits: kJournalTextBytesMax a text; kJournalMessagesMax different messages a second are told
// apart, further ones count as one. Threads: safe for concurrent use. Failure: what cannot be
// written is gone; nothing is thrown, nobody is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/time.h"

namespace parcours::runtime {

inline constexpr std::size_t kJournalTextBytesMax = 4096;
inline constexpr std::size_t kJournalMessagesMax = 256;

class Journal {
 public:
  enum class Format : std::uint8_t { kJson, kText };
  enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

  // A name and its value; valid for the call only. {"lane", 3}, {"topic", topic}, {"ratio", 0.5}.
  struct Field {
    template <class T>
    requires std::is_integral_v<T> Field(std::string_view field, T number) : name(field) {
      if constexpr (std::is_same_v<T, bool>) {
        value = number;
      } else {
        value = static_cast<std::int64_t>(number);
      }
    }
    Field(std::string_view field, double number) : name(field), value(number) {}
    Field(std::string_view field, std::string_view text) : name(field), value(text) {}
    Field(std::string_view field, const std::string& text)
        : name(field), value(std::string_view(text)) {}
    Field(std::string_view field, const char* text) : name(field), value(std::string_view(text)) {}
    Field(std::string_view field, absl::string_view text)  // a Status's message
        : name(field), value(std::string_view(text.data(), text.size())) {}

    std::string_view name;
    std::variant<std::int64_t, double, bool, std::string_view> value;
  };

  struct Options {
    Format format = Format::kJson;
    Level least = Level::kInfo;
    int same_max = 5;  // a second
    // For tests: the wall clock and standard error by default. `write` gets whole lines with their
    // newline, one call at a time.
    std::function<TimeMs()> clock;
    std::function<void(std::string_view line)> write;
  };

  explicit Journal(Options options);
  // Tells what was left out.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void Write(Level level, std::string_view component, std::string_view message,
             std::initializer_list<Field> fields = {});
  void Info(std::string_view component, std::string_view message,
            std::initializer_list<Field> fields = {}) {
    Write(Level::kInfo, component, message, fields);
  }
  void Warning(std::string_view component, std::string_view message,
               std::initializer_list<Field> fields = {}) {
    Write(Level::kWarning, component, message, fields);
  }
  void Error(std::string_view component, std::string_view message,
             std::initializer_list<Field> fields = {}) {
    Write(Level::kError, component, message, fields);
  }
  // Tells what was left out in seconds that are over; Write does so as well, if anybody writes.
  void Flush();

 private:
  struct Repeats {
    Level level;
    std::string component, message;
    int told = 0;
    std::uint64_t left_out = 0;
  };
  std::string LineOf(TimeMs time, Level level, std::string_view component, std::string_view message,
                     std::initializer_list<Field> fields) const;
  // Begins the second of `time` if it is another one.
  void Turn(TimeMs time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellLeftOut(TimeMs time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  Mutex mutex_;
  std::int64_t second_ ABSL_GUARDED_BY(mutex_) = -1;
  std::map<std::string, Repeats> repeats_ ABSL_GUARDED_BY(mutex_);  // of this second
};

}  // namespace parcours::runtime
