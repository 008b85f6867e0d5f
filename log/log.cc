#include "log/log.h"

#include <algorithm>

namespace parcours::log {
namespace {

// A batch that was once larger gives its memory back.
constexpr std::size_t kBytesKept = 64 * 1024;

}  // namespace

const char* TopicName(Topic topic) {
  switch (topic) {
    case Topic::kEvents:
      return "events";
    case Topic::kChangelog:
      return "changelog";
    case Topic::kTransitions:
      return "transitions";
    case Topic::kActions:
      return "actions";
    case Topic::kDecisions:
      return "decisions";
    case Topic::kDeadLetters:
      return "dead letters";
  }
  return "unknown";
}

Batch& Transaction::To(Topic topic, int partition) {
  const auto is_it = [&](const Part& part) {
    return part.partition == partition && part.topic == topic;
  };
  if (last_ < parts_.size() && is_it(parts_[last_])) return parts_[last_].batch;
  const auto found = std::find_if(parts_.begin(), parts_.end(), is_it);
  last_ = static_cast<std::size_t>(found - parts_.begin());
  if (found == parts_.end()) parts_.push_back({topic, partition, {}});
  return parts_[last_].batch;
}

bool Transaction::empty() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.batch.empty(); });
}

std::size_t Transaction::bytes() const {
  std::size_t sum = 0;
  for (const Part& part : parts_) sum += part.batch.size();
  return sum;
}

void Transaction::Clear() {
  for (Part& part : parts_) {
    if (part.batch.size() > kBytesKept) part.batch.Take();
    part.batch.Clear();
  }
  progress_.clear();
}

}  // namespace parcours::log
