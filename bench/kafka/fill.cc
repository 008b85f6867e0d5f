// kafka_load fill: a history with log times of its own. kafka_load mass: one order of everybody, at
// one instant.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/status_macros.h"
#include "bench/kafka/load.h"
#include "bench/kafka/sender.h"
#include "cli/retailer.h"
#include "processor/follower.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::bench {

namespace {

constexpr std::uint64_t kDuplicateWithin = 100;  // events of the partition

struct FillRequest {
  Target target;
  cli::RetailerOptions retailer = {.events = 1'000'000, .customers = 1'000'000};
  double per_second = 10'000;  // of the history's own time
  TimeMs end = 0;              // 0: now
  double duplicates = 0.01;
  TimeMs ticks_ms = 200;
};

// What a run cost, whatever it did.
class Cost {
 public:
  void Print() const {
    bench::Print("seconds", runtime::MonotonicSeconds() - began_s_, "s");
    bench::Print("cpu", runtime::CpuSeconds() - cpu_s_, "s");
  }

 private:
  const double began_s_ = runtime::MonotonicSeconds(), cpu_s_ = runtime::CpuSeconds();
};

// Times lie relative to the beginning of the history: the same seed gives the same records, shifted
// in time.
class Filling {
 public:
  Filling(const FillRequest& request, Sender* sender)
      : request_(request),
        sender_(*sender),
        retailer_(request.retailer),
        random_(request.retailer.seed + 1),  // other numbers than the retailer's
        partitions_(static_cast<std::size_t>(sender->partitions())) {}

  absl::Status Run() {
    TimeMs tick = request_.retailer.start + request_.ticks_ms;
    TimeMs time = retailer_.NextTime();
    std::string line;
    while (!runtime::StopAsked() && retailer_.Next(&line)) {
      for (; tick <= time; tick += request_.ticks_ms) RETURN_IF_ERROR(SendTicks(tick));
      RETURN_IF_ERROR(SendEvent(retailer_.customer(), line, time));
      time = retailer_.NextTime();
    }
    const TimeMs end = request_.retailer.start + request_.retailer.span;
    RETURN_IF_ERROR(SendTicks(end));  // all that is due by then
    return sender_.Flush();
  }

  void Print() const {
    bench::Print("events", events_, "events");
    bench::Print("duplicates", duplicates_, "events");
    bench::Print("ticks", ticks_, "records");
    bench::Print("records", sender_.records(), "records");
    bench::Print("bytes", sender_.bytes(), "bytes");
    bench::Print("end", static_cast<std::uint64_t>(request_.end), "ms");
  }

 private:
  struct Copy {
    std::uint64_t due;  // behind which of its partition's events it comes
    std::string customer, line;
  };
  struct Partition {
    std::uint64_t events = 0;
    std::vector<Copy> copies;
  };

  absl::Status SendEvent(const std::string& customer, const std::string& line, TimeMs time) {
    const int number = PartitionOf(customer, sender_.partitions());
    Partition& partition = partitions_[static_cast<std::size_t>(number)];
    RETURN_IF_ERROR(sender_.Send(number, customer, line, time));
    ++events_;
    ++partition.events;
    const double draw = static_cast<double>(random_() >> 11) * 0x1.0p-53;
    if (draw < request_.duplicates) {
      const std::uint64_t behind =
          1 + absl::Uint128High64(absl::uint128(random_()) * kDuplicateWithin);
      partition.copies.push_back({partition.events + behind, customer, line});
    }
    return SendCopies(number, &partition, time);
  }

  absl::Status SendCopies(int number, Partition* partition, TimeMs time) {
    for (std::size_t i = 0; i < partition->copies.size();) {
      Copy& copy = partition->copies[i];
      if (copy.due > partition->events) {
        ++i;
        continue;
      }
      RETURN_IF_ERROR(sender_.Send(number, copy.customer, copy.line, time));
      ++duplicates_;
      if (i + 1 < partition->copies.size()) copy = std::move(partition->copies.back());
      partition->copies.pop_back();
    }
    return absl::OkStatus();
  }

  absl::Status SendTicks(TimeMs time) {
    sender_.Poll();
    for (int partition = 0; partition < sender_.partitions(); ++partition) {
      RETURN_IF_ERROR(sender_.Send(partition, {}, processor::TickRecord(time), time));
      ++ticks_;
    }
    return absl::OkStatus();
  }

  const FillRequest& request_;
  Sender& sender_;
  cli::Retailer retailer_;
  std::mt19937_64 random_;
  std::vector<Partition> partitions_;
  std::uint64_t events_ = 0, duplicates_ = 0, ticks_ = 0;
};

absl::Status Fill(FillRequest request) {
  const Cost cost;
  if (request.end == 0) request.end = runtime::WallTime();
  request.retailer.span =
      static_cast<TimeMs>(static_cast<double>(request.retailer.events) * 1000 / request.per_second);
  request.retailer.start = request.end - request.retailer.span;
  ASSIGN_OR_RETURN(const auto sender, Sender::Open(request.target, Haste::kBulk));
  Filling filling(request, sender.get());
  RETURN_IF_ERROR(filling.Run());
  filling.Print();
  cost.Print();
  return absl::OkStatus();
}

struct MassRequest {
  Target target;
  std::uint64_t customers = 1'000'000;
  TimeMs at = 0;
};

// Customers of their own, `mass-N`: nothing that others send moves them.
absl::Status Mass(const MassRequest& request) {
  const Cost cost;
  ASSIGN_OR_RETURN(const auto sender, Sender::Open(request.target, Haste::kBulk));
  const std::string time = FormatTime(request.at);
  for (std::uint64_t i = 0; i < request.customers && !runtime::StopAsked(); ++i) {
    const std::string customer = absl::StrCat("mass-", i);
    const std::string line = absl::StrCat(
        R"({"specversion":"1.0","id":"m-)", i,
        R"(","source":"web","type":"order_completed","time":")", time, R"(","subject":")", customer,
        R"(","data":{"order_id":"m-)", i,
        R"(","total":24.90,"currency":"EUR","promotion":false,"items":[)"
        R"({"product_id":"p-1","category":"home/bottles","quantity":1,"price":24.90}]}})");
    RETURN_IF_ERROR(
        sender->Send(PartitionOf(customer, sender->partitions()), customer, line, request.at));
    if (i % 1000 == 0) sender->Poll();
  }
  RETURN_IF_ERROR(sender->Flush());
  Print("records", sender->records(), "records");
  Print("bytes", sender->bytes(), "bytes");
  cost.Print();
  return absl::OkStatus();
}

}  // namespace

void AddFill(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("fill", "Fill A-events with a history that ends now");
  auto request = std::make_shared<FillRequest>();
  AddTarget(*command, &request->target);
  command->add_option("--events", request->retailer.events, "How many")->capture_default_str();
  AddCrowd(*command, &request->retailer);
  command->add_option("--per-second", request->per_second, "Events in a second of the history")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--end", request->end, "Where it ends, ms since 1970; now by default");
  command->add_option("--duplicates", request->duplicates, "Share of events that come twice")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--ticks-ms", request->ticks_ms, "Between two ticks of a partition")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->callback([request, exit_code] { *exit_code = ExitCode(Fill(*request)); });
}

void AddMass(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand("mass", "One order of each of M customers at one instant");
  auto request = std::make_shared<MassRequest>();
  AddTarget(*command, &request->target);
  command->add_option("--customers", request->customers, "How many")->capture_default_str();
  command->add_option("--at", request->at, "The instant, ms since 1970")->required();
  command->callback([request, exit_code] { *exit_code = ExitCode(Mass(*request)); });
}

}  // namespace parcours::bench
