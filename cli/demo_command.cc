// parcours demo: a made-up retailer, its clock sped up, told in words as it happens.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "base/hash.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/definitions.h"
#include "cli/narrator.h"
#include "cli/retailer.h"
#include "processor/batch.h"
#include "processor/outputs.h"
#include "processor/shard.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::cli {

namespace {

struct Request {
  std::string definitions = "config";
  double seconds = 60;
  double days_per_second = 2;
  std::uint64_t seed = 1;
};

constexpr double kEventsPerDay = 8;
constexpr double kDuesLookedAtPerSecond = 20;  // how often the clock ticks
constexpr std::size_t kCustomersBytesMax = std::size_t{256} << 20;

class Demo {
 public:
  Demo(std::shared_ptr<const catalog::Catalog> catalog, const Request& request,
       processor::Outputs* outputs)
      : request_(request),
        catalog_(*catalog),
        rules_(std::move(catalog)),
        shard_(rules_, &effects_, kCustomersBytesMax),
        outputs_(outputs),
        reader_(catalog_),
        narrator_(catalog_, runtime::OutputIsTerminal()),
        options_(RetailOptions(request)),
        retailer_(options_) {}

  absl::Status Play();
  absl::StatusOr<processor::Summary> Finish();

 private:
  static RetailerOptions RetailOptions(const Request& request) {
    const double days = std::max(1.0, request.seconds * request.days_per_second);
    return {.seed = request.seed,
            .events = static_cast<std::uint64_t>(days * kEventsPerDay),
            .customers = 400,
            .zipf = 0.4,
            .span = static_cast<TimeMs>(days * static_cast<double>(kDayMs))};
  }
  TimeMs StoryTime(double seconds) const {
    return options_.start +
           static_cast<TimeMs>(seconds * request_.days_per_second * static_cast<double>(kDayMs));
  }
  absl::Status ApplyNext();
  void Tell();

  const Request request_;
  const catalog::Catalog& catalog_;
  engine::Rules rules_;
  engine::Effects effects_;
  processor::Shard shard_;
  processor::Outputs* const outputs_;
  sources::EventReader reader_;
  const Narrator narrator_;
  const RetailerOptions options_;
  Retailer retailer_;
  processor::Slot slot_;
  std::string line_;
};

// Prints what happened and passes it on to the digests and counts.
void Demo::Tell() {
  for (const auto& transition : effects_.transitions) {
    std::printf("%s\n", narrator_.Tell(transition).c_str());
  }
  for (const auto& action : effects_.actions) std::printf("%s\n", narrator_.Tell(action).c_str());
  for (const auto& decision : effects_.decisions) {
    const std::string words = narrator_.Tell(decision);
    if (!words.empty()) std::printf("%s\n", words.c_str());
  }
  std::fflush(stdout);
  outputs_->Drain(&effects_);
}

absl::Status Demo::ApplyNext() {
  retailer_.Next(&line_);
  slot_.SetLine(line_);
  if (reader_.Read(slot_.text(), &slot_.buffer) != sources::Outcome::kEvent) {
    return absl::OkStatus();  // the definitions do not declare it
  }
  engine::Event& event = slot_.event();
  while (!shard_.Tick(event.time, 100)) Tell();
  Tell();
  RETURN_IF_ERROR(shard_.Apply(event, Hash64(event.customer), event.time).status());
  Tell();
  return absl::OkStatus();
}

absl::Status Demo::Play() {
  const double began = runtime::MonotonicSeconds();
  for (double tick = 0;; tick += 1 / kDuesLookedAtPerSecond) {
    if (tick > request_.seconds || !runtime::WaitUntil(began + tick)) return absl::OkStatus();
    const TimeMs story = StoryTime(tick);
    while (retailer_.NextTime() <= story && retailer_.NextTime() < options_.start + options_.span) {
      RETURN_IF_ERROR(ApplyNext());
    }
    while (!shard_.Tick(story, 100)) Tell();
    Tell();
  }
}

absl::StatusOr<processor::Summary> Demo::Finish() {
  outputs_->WriteCustomers(shard_, shard_.clock());
  processor::Summary summary;
  summary.engine = effects_.counters;
  summary.journeys = effects_.journeys;
  summary.early_pops = shard_.early_pops();
  summary.customer_loads = shard_.customer_loads();
  summary.clock = shard_.clock();
  summary.peak_memory_bytes = runtime::PeakMemoryBytes();
  RETURN_IF_ERROR(outputs_->Finish(&summary));
  return summary;
}

absl::Status Play(const Request& request, const std::shared_ptr<const catalog::Catalog>& catalog) {
  ASSIGN_OR_RETURN(const std::unique_ptr<processor::Outputs> outputs,
                   processor::Outputs::Open(*catalog, ""));
  runtime::CatchStopSignals();
  const double began = runtime::MonotonicSeconds();
  Demo demo(catalog, request, outputs.get());
  RETURN_IF_ERROR(demo.Play());
  ASSIGN_OR_RETURN(processor::Summary summary, demo.Finish());
  summary.seconds = runtime::MonotonicSeconds() - began;
  std::printf("%s", SummaryTable(*catalog, summary).c_str());
  return absl::OkStatus();
}

}  // namespace

void AddDemo(CLI::App& app, int* exit_code) {
  CLI::App* command =
      app.add_subcommand("demo", "Watch a made-up retailer's customers move, its clock sped up");
  auto request = std::make_shared<Request>();
  command->add_option("--definitions", request->definitions, "Folder of *.yaml")
      ->capture_default_str();
  command->add_option("--for", request->seconds, "How long, as 30s")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}},
                                CLI::AsNumberWithUnit::UNIT_OPTIONAL, "LENGTH"))
      ->check(CLI::Range(0.0, 86'400.0))
      ->default_str("60s");
  command->add_option("--speed", request->days_per_second, "Days a second")
      ->check(CLI::Range(0.001, 365.0))
      ->capture_default_str();
  command->add_option("--seed", request->seed, "Seed")->capture_default_str();
  command->callback([request, exit_code] {
    const auto catalog = LoadDefinitions(request->definitions);
    if (catalog == nullptr) {
      *exit_code = kExitInput;
      return;
    }
    const absl::Status status = Play(*request, catalog);
    if (!status.ok()) *exit_code = Fail(status);
  });
}

}  // namespace parcours::cli
