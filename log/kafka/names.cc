#include "log/kafka/names.h"

#include "absl/strings/str_cat.h"

namespace parcours::log {

std::string KafkaTopic(std::string_view application, Topic topic) {
  const char* const word = topic == Topic::kDeadLetters ? "dlq" : TopicName(topic);
  return absl::StrCat(std::string(application), "-", word);
}

std::string AnchorTopic(std::string_view application) {
  return absl::StrCat(std::string(application), "-shards");
}

}  // namespace parcours::log
