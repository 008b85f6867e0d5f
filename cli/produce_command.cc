// parcours produce: events from a file into A-events, with the key and the partition they need.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/definitions.h"
#include "cli/kafka_settings.h"
#include "log/kafka/names.h"
#include "log/kafka/producer.h"
#include "log/lines.h"
#include "processor/batch.h"
#include "processor/sources/event_json.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::cli {

namespace {

constexpr double kFlushSeconds = 60;
constexpr std::size_t kLinesAtOnce = 256;

struct Request {
  ConfigRequest config;
  std::string file;
  double rate = 0;
};

class Producing {
 public:
  Producing(const RunConfig& config, const catalog::Catalog& catalog)
      : topic_(log::KafkaTopic(config.application, log::Topic::kEvents)),
        reader_(catalog),
        producer_(SettingsOf(config)) {}

  absl::Status Send(const std::string& file, double rate) {
    ASSIGN_OR_RETURN(const auto lines, log::LineReader::Open(file == "-" ? "/dev/stdin" : file));
    const double began_s = runtime::MonotonicSeconds();
    while (!runtime::StopAsked()) {
      ASSIGN_OR_RETURN(const auto batch, lines->NextBatch(kLinesAtOnce));
      if (batch.empty()) break;
      for (const log::Line& line : batch) {
        if (rate > 0 && !runtime::WaitUntil(began_s + static_cast<double>(sent_) / rate)) break;
        RETURN_IF_ERROR(SendLine(line.text));
      }
    }
    return producer_.Flush(kFlushSeconds);
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t passed_over() const { return passed_over_; }

 private:
  // Lines that are no events of these definitions, of which no customer is known, are passed over,
  // and counted.
  absl::Status SendLine(std::string_view text) {
    slot_.SetLine(text);
    if (reader_.Read(slot_.text(), &slot_.buffer) != sources::Outcome::kEvent) {
      ++passed_over_;
      return absl::OkStatus();
    }
    const std::string customer(slot_.event().customer);
    const std::string value(text);
    for (;;) {
      const absl::Status status = producer_.Send(topic_, -1, {.key = customer, .value = value});
      if (status.ok()) break;
      if (!absl::IsUnavailable(status)) return status;
      producer_.Poll();
      if (!runtime::WaitUntil(runtime::MonotonicSeconds() + 0.01)) return status;
    }
    producer_.Poll();
    ++sent_;
    return absl::OkStatus();
  }

  const std::string topic_;
  sources::EventReader reader_;
  log::PlainProducer producer_;
  processor::Slot slot_;
  std::uint64_t sent_ = 0, passed_over_ = 0;
};

int Produce(const Request& request) {
  const absl::StatusOr<RunConfig> config =
      LoadRunConfig(request.config.config, request.config.sets);
  if (!config.ok()) return Fail(config.status());
  const auto catalog = LoadDefinitions(config->definitions);
  if (catalog == nullptr) return kExitInput;
  Producing producing(*config, *catalog);
  const absl::Status status = producing.Send(request.file, request.rate);
  if (!status.ok()) return Fail(status);
  std::printf("%llu events sent, %llu lines passed over\n",
              static_cast<unsigned long long>(producing.sent()),
              static_cast<unsigned long long>(producing.passed_over()));
  return 0;
}

}  // namespace

void AddProduce(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("produce", "Send the events of a file to A-events");
  auto request = std::make_shared<Request>();
  AddConfig(*command, &request->config);
  command->add_option("FILE", request->file, "NDJSON, plain, gzip or zstd; - is standard input")
      ->required();
  command->add_option("--rate", request->rate, "Events a second; as fast as it goes by default");
  command->callback([request, exit_code] { *exit_code = Produce(*request); });
}

}  // namespace parcours::cli
