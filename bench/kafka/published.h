// Published: the lines of one topic of outputs, as a reader of committed records gets them, and
// what one takes from a line without reading all of it.
//
// Threads: owned by one worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/kafka/load.h"
#include "log/kafka/reading.h"

namespace parcours::bench {

class Published {
 public:
  // What is committed from now on.
  static absl::StatusOr<std::unique_ptr<Published>> Follow(const Target& target, log::Topic topic);
  // Hands over what has come, some of each partition at most.
  absl::Status Take(absl::FunctionRef<void(const log::ReadRecord&)> take);

 private:
  std::vector<std::unique_ptr<log::Reader>> readers_;
};

// Hands over every line of `topic` as it ends now.
absl::Status ReadAll(const Target& target, const std::string& topic,
                     absl::FunctionRef<void(std::string_view)> take);

// "2026-03-01T10:15:30.123Z": when it happened. Empty: not one of our lines.
std::string_view AtOf(std::string_view line);
// The instant that caused it; empty if an event did.
std::string_view DueOf(std::string_view line);
// The id of the event that caused it; empty if time did.
std::string_view EventIdOf(std::string_view line);
// The line without its last field, the id.
std::string_view WithoutId(std::string_view line);

}  // namespace parcours::bench
