// RunConfig: what `parcours run` is told, from one YAML file and the words of --set.
//
// All mistakes are told at once, each where it stands. Values of librdkafka's properties are never
// shown: passwords are among them. Bytes: docs/operating.md#the-configuration.
// Limits: kConfigBytesMax, kRunLanesMax. Threads: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/journal.h"

namespace parcours::cli {

inline constexpr std::size_t kConfigBytesMax = 1 << 20;
inline constexpr int kRunLanesMax = 16;
inline constexpr std::uint64_t kRunMemoryBytesMin = 256 << 20;

struct RunConfig {
  enum class Outputs : std::uint8_t { kJson, kProtobuf };

  std::string application;  // what the topics' names begin with, and the group
  std::string brokers;      // "host:port,host:port"
  std::string definitions;  // a folder that is there
  std::string data;         // a folder, there or not
  std::string instance;     // unlike that of every other process of the application
  int lanes = 1;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  Outputs outputs = Outputs::kJson;
  bool leave = false;  // when told to stop: the others take over at once
  std::string http_address = "0.0.0.0";
  int http_port = 8080;  // 0: any that is free
  runtime::Journal::Format log = runtime::Journal::Format::kJson;
  std::vector<std::pair<std::string, std::string>> kafka;  // librdkafka's properties, by name
};

// Reads the file at `path`, then `sets`, each "key=value" as "http.port=9100", of which the last
// one of a key counts. InvalidArgument: the file cannot be read or something in it or in `sets` is
// wrong; the message has a line for each mistake.
absl::StatusOr<RunConfig> LoadRunConfig(const std::string& path,
                                        const std::vector<std::string>& sets);

// Why a user may not set this property of librdkafka, in a sentence; empty: they may.
std::string_view WhyKept(std::string_view property);

}  // namespace parcours::cli
