#include "log/kafka/topics.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "log/kafka/names.h"

namespace parcours::log {
namespace {

constexpr int kAnswerMs = 10'000;

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct ConfigDeleter {
  void operator()(rd_kafka_ConfigResource_t* config) const {
    rd_kafka_ConfigResource_destroy(config);
  }
};
struct NewTopicDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, EventDeleter>;
using ConfigPtr = std::unique_ptr<rd_kafka_ConfigResource_t, ConfigDeleter>;

// A handle to administer with.
struct Admin {
  static absl::StatusOr<std::unique_ptr<Admin>> Open(const KafkaSettings& settings) {
    auto admin = std::make_unique<Admin>();
    ASSIGN_OR_RETURN(admin->client, MakeClient(RD_KAFKA_PRODUCER, settings, {}, &admin->context));
    return admin;
  }
  // The answer to what `ask` puts on its way.
  absl::StatusOr<EventPtr> Ask(std::string_view doing,
                               const std::function<void(rd_kafka_queue_t*)>& ask) {
    const QueuePtr queue(rd_kafka_queue_new(client.get()));
    ask(queue.get());
    EventPtr event(rd_kafka_queue_poll(queue.get(), kAnswerMs));
    if (event == nullptr) {
      return absl::UnavailableError(absl::StrCat(std::string(doing), ": no broker answers"));
    }
    RETURN_IF_ERROR(FromKafka(doing, rd_kafka_event_error(event.get())));
    return event;
  }
  ClientContext context;
  ClientPtr client;
};

absl::Status FindPartitions(Admin& admin, std::vector<TopicState>* states) {
  const rd_kafka_metadata_t* metadata = nullptr;
  RETURN_IF_ERROR(FromKafka("look at the topics", rd_kafka_metadata(admin.client.get(), 1, nullptr,
                                                                    &metadata, kAnswerMs)));
  for (TopicState& state : *states) {
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      if (state.name != topic.topic || topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      state.exists = true;
      state.partitions = topic.partition_cnt;
      if (topic.partition_cnt > 0) state.replication = topic.partitions[0].replica_cnt;
    }
  }
  rd_kafka_metadata_destroy(metadata);
  return absl::OkStatus();
}

void TakeSettings(const rd_kafka_ConfigResource_t* answer, const TopicWish& wish,
                  TopicState* state) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** const entries = rd_kafka_ConfigResource_configs(answer, &count);
  for (const Properties* properties : {&wish.musts, &wish.proposals}) {
    for (const auto& [name, unused] : *properties) {
      for (std::size_t i = 0; i < count; ++i) {
        if (name != rd_kafka_ConfigEntry_name(entries[i])) continue;
        const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
        state->settings.emplace_back(name, value == nullptr ? "" : value);
      }
    }
  }
}

absl::Status FindSettings(Admin& admin, const std::vector<TopicWish>& wishes,
                          std::vector<TopicState>* states) {
  std::vector<ConfigPtr> asked;
  std::vector<rd_kafka_ConfigResource_t*> pointers;
  for (const TopicState& state : *states) {
    if (!state.exists) continue;
    asked.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, state.name.c_str()));
    pointers.push_back(asked.back().get());
  }
  if (pointers.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const EventPtr event,
                   admin.Ask("look at the topics' settings", [&](rd_kafka_queue_t* queue) {
                     rd_kafka_DescribeConfigs(admin.client.get(), pointers.data(), pointers.size(),
                                              nullptr, queue);
                   }));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** const answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(answers[i]);
    RETURN_IF_ERROR(
        FromKafka("look at the settings of " + name, rd_kafka_ConfigResource_error(answers[i])));
    for (std::size_t topic = 0; topic < wishes.size(); ++topic) {
      if (wishes[topic].name == name) TakeSettings(answers[i], wishes[topic], &(*states)[topic]);
    }
  }
  return absl::OkStatus();
}

const std::string* ValueOf(const Properties& properties, std::string_view name) {
  for (const auto& [key, value] : properties) {
    if (key == name) return &value;
  }
  return nullptr;
}

// The musts that are not as they must be.
Properties Unmet(const TopicWish& wish, const TopicState& state) {
  Properties unmet;
  for (const auto& [name, value] : wish.musts) {
    const std::string* const is = ValueOf(state.settings, name);
    if (is == nullptr || *is != value) unmet.emplace_back(name, value);
  }
  return unmet;
}

std::string Listed(const Properties& properties) {
  std::string list;
  for (const auto& [name, value] : properties) absl::StrAppend(&list, ", ", name, "=", value);
  return list;
}

}  // namespace

std::vector<TopicWish> WishedTopics(std::string_view application) {
  const std::pair<std::string, std::string> days_30 = {"retention.ms", "2592000000"};
  const std::pair<std::string, std::string> compact = {"cleanup.policy", "compact"};
  const std::pair<std::string, std::string> delete_old = {"cleanup.policy", "delete"};
  const auto name = [&](Topic topic) { return KafkaTopic(application, topic); };
  return {
      {AnchorTopic(application), true, {}, {}},
      {name(Topic::kEvents),
       true,
       {{"message.timestamp.type", "LogAppendTime"}, delete_old},
       {days_30}},
      // A tombstone must outlive any store that may come back: see docs/operating.md. The broker
      // compacts closed segments only: small ones, or a gigabyte a shard is read by each restore.
      {name(Topic::kChangelog),
       true,
       {compact},
       {{"delete.retention.ms", "604800000"}, {"segment.bytes", "67108864"}}},
      {name(Topic::kTransitions), false, {}, {days_30}},
      {name(Topic::kActions), false, {}, {days_30}},
      {name(Topic::kDecisions), false, {}, {days_30}},
      {name(Topic::kDeadLetters), false, {}, {days_30}},
  };
}

absl::StatusOr<std::vector<TopicState>> LookAtTopics(const KafkaSettings& settings,
                                                     const std::vector<TopicWish>& wishes) {
  std::vector<TopicState> states;
  for (const TopicWish& wish : wishes) states.push_back({.name = wish.name});
  ASSIGN_OR_RETURN(const auto admin, Admin::Open(settings));
  RETURN_IF_ERROR(FindPartitions(*admin, &states));
  RETURN_IF_ERROR(FindSettings(*admin, wishes, &states));
  return states;
}

std::int64_t TombstoneMs(const std::vector<TopicState>& states, std::string_view application) {
  std::int64_t ms = 0;
  for (const TopicState& state : states) {
    if (state.name != KafkaTopic(application, Topic::kChangelog)) continue;
    const std::string* const value = ValueOf(state.settings, "delete.retention.ms");
    if (value != nullptr && !absl::SimpleAtoi(*value, &ms)) ms = 0;
  }
  return ms;
}

std::vector<std::string> FaultsOf(const std::vector<TopicWish>& wishes,
                                  const std::vector<TopicState>& states) {
  std::vector<std::string> faults;
  const int shards = states.front().partitions;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const TopicWish& wish = wishes[i];
    const TopicState& state = states[i];
    if (!state.exists) {
      faults.push_back(absl::StrCat("topic ", wish.name, " is missing"));
      continue;
    }
    if (wish.per_shard && states.front().exists && state.partitions != shards) {
      faults.push_back(absl::StrCat("topic ", wish.name, " has ", state.partitions,
                                    " partitions, not ", shards, " as ", states.front().name));
    }
    for (const auto& [name, value] : Unmet(wish, state)) {
      const std::string* const is = ValueOf(state.settings, name);
      faults.push_back(absl::StrCat("topic ", wish.name, " has ", name, "=",
                                    is == nullptr ? "?" : *is, ", not ", value));
    }
  }
  return faults;
}

std::vector<TopicStep> PlanTopics(const std::vector<TopicWish>& wishes,
                                  const std::vector<TopicState>& states, int partitions,
                                  int replication) {
  std::vector<TopicStep> steps;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    const TopicWish& wish = wishes[i];
    const TopicState& state = states[i];
    if (!state.exists) {
      Properties settings = wish.musts;
      settings.insert(settings.end(), wish.proposals.begin(), wish.proposals.end());
      steps.push_back({TopicStep::Kind::kCreate, wish.name,
                       absl::StrCat("create with ", partitions, " partitions, replication ",
                                    replication, Listed(settings)),
                       partitions, replication, settings});
      continue;
    }
    if (wish.per_shard && state.partitions != partitions) {
      steps.push_back(
          {.kind = TopicStep::Kind::kCannot,
           .topic = wish.name,
           .text = absl::StrCat("it has ", state.partitions, " partitions, not ", partitions,
                                "; customers would move to other shards: make a new "
                                "application instead")});
    }
    const Properties unmet = Unmet(wish, state);
    if (unmet.empty()) continue;
    steps.push_back({.kind = TopicStep::Kind::kSet,
                     .topic = wish.name,
                     .text = absl::StrCat("set", Listed(unmet).substr(1)),
                     .settings = unmet});
  }
  return steps;
}

namespace {

absl::Status Create(Admin& admin, const TopicStep& step) {
  std::array<char, 512> text;
  std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDeleter> topic(rd_kafka_NewTopic_new(
      step.topic.c_str(), step.partitions, step.replication, text.data(), text.size()));
  if (topic == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("create ", step.topic, ": ", text.data()));
  }
  for (const auto& [name, value] : step.settings) {
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  }
  rd_kafka_NewTopic_t* one = topic.get();
  ASSIGN_OR_RETURN(const EventPtr event,
                   admin.Ask("create " + step.topic, [&](rd_kafka_queue_t* queue) {
                     rd_kafka_CreateTopics(admin.client.get(), &one, 1, nullptr, queue);
                   }));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("create ", step.topic, ": ", rd_kafka_topic_result_error_string(results[i])));
  }
  return absl::OkStatus();
}

// AlterConfigs replaces all that was set on the topic, so what was set is said again.
absl::Status Set(Admin& admin, const TopicStep& step) {
  const ConfigPtr asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, step.topic.c_str()));
  rd_kafka_ConfigResource_t* one = asked.get();
  ASSIGN_OR_RETURN(const EventPtr before,
                   admin.Ask("look at " + step.topic, [&](rd_kafka_queue_t* queue) {
                     rd_kafka_DescribeConfigs(admin.client.get(), &one, 1, nullptr, queue);
                   }));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** const answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(before.get()), &count);
  const ConfigPtr wanted(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, step.topic.c_str()));
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** const list =
        rd_kafka_ConfigResource_configs(answers[i], &entries);
    for (std::size_t k = 0; k < entries; ++k) {
      const char* const value = rd_kafka_ConfigEntry_value(list[k]);
      if (rd_kafka_ConfigEntry_source(list[k]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG &&
          value != nullptr) {
        rd_kafka_ConfigResource_set_config(wanted.get(), rd_kafka_ConfigEntry_name(list[k]), value);
      }
    }
  }
  for (const auto& [name, value] : step.settings) {
    rd_kafka_ConfigResource_set_config(wanted.get(), name.c_str(), value.c_str());
  }
  one = wanted.get();
  ASSIGN_OR_RETURN(const EventPtr event,
                   admin.Ask("set " + step.topic, [&](rd_kafka_queue_t* queue) {
                     rd_kafka_AlterConfigs(admin.client.get(), &one, 1, nullptr, queue);
                   }));
  const rd_kafka_ConfigResource_t** const results = rd_kafka_AlterConfigs_result_resources(
      rd_kafka_event_AlterConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(FromKafka("set " + step.topic, rd_kafka_ConfigResource_error(results[i])));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyStep(const KafkaSettings& settings, const TopicStep& step) {
  ASSIGN_OR_RETURN(const auto admin, Admin::Open(settings));
  return step.kind == TopicStep::Kind::kCreate ? Create(*admin, step) : Set(*admin, step);
}

}  // namespace parcours::log
