// parcours tail: what the processor publishes, as it is committed.

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/kafka_settings.h"
#include "log/kafka/names.h"
#include "log/kafka/reading.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::cli {

namespace {

constexpr int kQueueKb = 16 << 10;
constexpr double kLookSeconds = 0.005;

struct Request {
  ConfigRequest config;
  std::string what;
  bool from_beginning = false, once = false;
};

// False: whoever reads us has had enough, as in `tail | head`.
absl::StatusOr<bool> StillRead(bool written) {
  if (written) return true;
  if (errno == EPIPE) return false;
  return absl::FailedPreconditionError("write standard output: it is closed or full");
}

bool Write(std::string_view line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
         std::fputc('\n', stdout) != EOF;
}

absl::Status Tail(const Request& request, const RunConfig& config, log::Topic topic) {
  const std::string name = log::KafkaTopic(config.application, topic);
  const log::KafkaSettings settings = SettingsOf(config);
  ASSIGN_OR_RETURN(const auto watermarks, log::Watermarks::Open(settings));
  ASSIGN_OR_RETURN(const int partitions, watermarks->Partitions(name));
  const log::Reading reading = request.once ? log::Reading::kToTheEnd : log::Reading::kFollow;
  ASSIGN_OR_RETURN(const auto source,
                   log::PartitionSource::Open(settings, name, reading, kQueueKb));
  std::vector<std::unique_ptr<log::Reader>> readers;
  for (int partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const log::OffsetRange range, watermarks->Range(name, partition));
    const log::Offset from = request.from_beginning || request.once ? range.begin : range.end;
    readers.push_back(log::PartitionSource::Read(source, partition, from, range.end));
  }
  log::ReadRecord record;
  while (!readers.empty() && !runtime::StopAsked()) {
    bool any = false;
    for (auto reader = readers.begin(); reader != readers.end();) {
      const absl::StatusOr<bool> more = (*reader)->Next(&record);
      if (!more.ok() && !absl::IsUnavailable(more.status())) return more.status();
      if (more.ok() && !*more && request.once) {
        reader = readers.erase(reader);
        continue;
      }
      ++reader;
      if (!more.value_or(false)) continue;
      any = true;
      ASSIGN_OR_RETURN(const bool read, StillRead(Write(record.entry.value)));
      if (!read) return absl::OkStatus();
    }
    if (any) continue;
    ASSIGN_OR_RETURN(const bool read, StillRead(std::fflush(stdout) == 0));
    if (!read) return absl::OkStatus();
    runtime::WaitUntil(runtime::MonotonicSeconds() + kLookSeconds);
  }
  return StillRead(std::fflush(stdout) == 0).status();
}

const std::map<std::string, log::Topic>& Topics() {
  static const auto* const topics =
      new std::map<std::string, log::Topic>{{"transitions", log::Topic::kTransitions},
                                            {"actions", log::Topic::kActions},
                                            {"decisions", log::Topic::kDecisions},
                                            {"dead-letters", log::Topic::kDeadLetters}};
  return *topics;
}

int Go(const Request& request) {
  const absl::StatusOr<RunConfig> config =
      LoadRunConfig(request.config.config, request.config.sets);
  if (!config.ok()) return Fail(config.status());
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads us may have had enough
  runtime::CatchStopSignals();
  const absl::Status status = Tail(request, *config, Topics().at(request.what));
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

void AddTail(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("tail", "Print what is published, as it is committed");
  auto request = std::make_shared<Request>();
  command->add_option("WHAT", request->what, "transitions, actions, decisions or dead-letters")
      ->required()
      ->check(CLI::IsMember(Topics()));
  AddConfig(*command, &request->config);
  command->add_flag("--from-beginning", request->from_beginning, "And what was published before");
  command->add_flag("--once", request->once, "What there is, then end");
  command->callback([request, exit_code] { *exit_code = Go(*request); });
}

}  // namespace parcours::cli
