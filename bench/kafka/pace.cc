// kafka_load pace: sends events at a steady pace and reads what comes of them, in one loop.
//
// An event's time counts from the call that sends it until its transition was read; a flip's from
// the instant it was due. Only what lies in the seconds behind the warm-up counts. Where the loop
// itself was too late, it says that the figures do not count.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/status_macros.h"
#include "bench/kafka/load.h"
#include "bench/kafka/published.h"
#include "bench/kafka/sender.h"
#include "cli/retailer.h"
#include "runtime/clock.h"
#include "runtime/process.h"

namespace parcours::bench {

namespace {

constexpr double kLoopSeconds = 0.001;
constexpr int kSentAtOnce = 200;  // before what has come is read
constexpr double kDrainSeconds = 5;
constexpr std::string_view kMassLine = "{\"customer\":\"mass-";
// Beyond these the loop was not where it had to be.
constexpr double kBehindMaxSeconds = 1, kLoopMaxSeconds = 0.02;

struct PaceRequest {
  Target target;
  cli::RetailerOptions retailer = {.customers = 1'000'000};
  double rate = 10'000, seconds = 60, warm_up = 10;
  TimeMs instant = 0;  // 0: none is looked at
};

double Percentile(const std::vector<double>& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

// What was waited, in seconds, by name.
void PrintWaits(const std::string& name, std::vector<double> waits) {
  Print((name + "_count").c_str(), std::uint64_t{waits.size()}, "records");
  if (waits.empty()) return;
  std::sort(waits.begin(), waits.end());
  for (const auto& [word, share] :
       {std::pair{"_p50", 0.5}, {"_p90", 0.9}, {"_p99", 0.99}, {"_p99_9", 0.999}, {"_max", 1.0}}) {
    Print((name + word).c_str(), Percentile(waits, share) * 1000, "ms");
  }
}

// What was read, and when.
class Waits {
 public:
  Waits(const PaceRequest& request, std::uint64_t events) : request_(request), sent_s_(events, 0) {}

  void Begin(TimeMs wall) {
    first_ms_ = wall + static_cast<TimeMs>(request_.warm_up * 1000);
    last_ms_ = first_ms_ + static_cast<TimeMs>(request_.seconds * 1000);
  }
  void Sent(std::uint64_t event) { sent_s_[event] = runtime::MonotonicSeconds(); }

  void TakeTransition(const log::ReadRecord& record) {
    const std::string_view line = record.entry.value, due = DueOf(line);
    ++transitions_;
    if (due.empty()) {
      TakeOfEvent(EventIdOf(line));
    } else {
      TakeDue(due, record.log_time, &flips_);
      if (line.starts_with(kMassLine)) TakeMass(due);
    }
  }
  void TakeAction(const log::ReadRecord& record) {
    ++actions_;
    TakeDue(AtOf(record.entry.value), record.log_time, &late_actions_);
  }

  void Print() {
    bench::Print("transitions", transitions_, "records");
    bench::Print("actions", actions_, "records");
    PrintWaits("event", Of(events_, 0, runtime::MonotonicSeconds()));
    PrintWaits("flip", flips_);
    bench::Print("flip_rate", static_cast<double>(flips_.size()) / request_.seconds, "per_s");
    PrintWaits("action", late_actions_);
    bench::Print("early", early_, "records");
    if (request_.instant > 0) PrintInstant();
  }

 private:
  struct OfEvent {
    double sent_s, wait_s;
  };

  static std::vector<double> Of(const std::vector<OfEvent>& events, double from_s, double to_s) {
    std::vector<double> waits;
    for (const OfEvent& event : events) {
      if (event.sent_s >= from_s && event.sent_s <= to_s) waits.push_back(event.wait_s);
    }
    return waits;
  }

  void TakeOfEvent(std::string_view id) {
    std::uint64_t number = 0;
    if (!id.starts_with("e-")) return;
    std::from_chars(id.data() + 2, id.data() + id.size(), number);
    const std::uint64_t event = number - request_.retailer.first;
    // An event before the first one is a large number here.
    if (number < request_.retailer.first || event >= sent_s_.size()) return;
    if (static_cast<double>(event) < request_.warm_up * request_.rate) return;
    events_.push_back({sent_s_[event], runtime::MonotonicSeconds() - sent_s_[event]});
  }

  void TakeDue(std::string_view text, TimeMs log_time, std::vector<double>* waits) {
    const TimeMs due = ParseTime(text).value_or(0), now = runtime::WallTime();
    if (due > now || due > log_time) ++early_;
    const double wait_s = static_cast<double>(now - due) / 1000;
    if (due >= first_ms_ && due < last_ms_) waits->push_back(wait_s);
  }

  // Of customers whom `mass` made: nothing that is sent here moves them.
  void TakeMass(std::string_view due) {
    if (ParseTime(due).value_or(0) != request_.instant) return;
    ++instant_count_;
    instant_out_s_ = runtime::MonotonicSeconds();
    instant_wait_s_ = static_cast<double>(runtime::WallTime() - request_.instant) / 1000;
  }

  void PrintInstant() const {
    bench::Print("instant_flips", instant_count_, "records");
    bench::Print("instant_out", instant_wait_s_, "s");
    if (instant_count_ == 0) return;
    PrintWaits("event_meanwhile", Of(events_, instant_out_s_ - instant_wait_s_, instant_out_s_));
  }

  const PaceRequest& request_;
  std::vector<double> sent_s_;  // by event; 0: not yet
  TimeMs first_ms_ = 0, last_ms_ = 0;
  std::vector<OfEvent> events_;
  std::vector<double> flips_, late_actions_;
  std::uint64_t transitions_ = 0, actions_ = 0, early_ = 0;
  std::uint64_t instant_count_ = 0;
  double instant_out_s_ = 0, instant_wait_s_ = 0;
};

class Pacing {
 public:
  explicit Pacing(const PaceRequest& request)
      : request_(request),
        events_(static_cast<std::uint64_t>(request.rate * (request.seconds + request.warm_up))),
        waits_(request, events_),
        retailer_(request.retailer) {}

  absl::Status Open() {
    ASSIGN_OR_RETURN(sender_, Sender::Open(request_.target, Haste::kPrompt));
    ASSIGN_OR_RETURN(transitions_, Published::Follow(request_.target, log::Topic::kTransitions));
    ASSIGN_OR_RETURN(lines_of_actions_, Published::Follow(request_.target, log::Topic::kActions));
    return absl::OkStatus();
  }

  absl::Status Run() {
    began_s_ = runtime::MonotonicSeconds();
    waits_.Begin(runtime::WallTime());
    const double end_s = began_s_ + request_.warm_up + request_.seconds + kDrainSeconds;
    for (double now_s = began_s_; now_s < end_s;) {
      RETURN_IF_ERROR(SendDue(now_s));
      RETURN_IF_ERROR(TakeAll());
      if (!runtime::WaitUntil(now_s + kLoopSeconds)) break;
      const double next_s = runtime::MonotonicSeconds();
      rounds_s_.push_back(next_s - now_s);
      now_s = next_s;
    }
    return sender_->Flush();
  }

  void Print() {
    bench::Print("sent", sent_, "events");
    bench::Print("bytes", sender_->bytes(), "bytes");
    waits_.Print();
    bench::Print("behind_max", behind_s_ * 1000, "ms");
    std::sort(rounds_s_.begin(), rounds_s_.end());
    const double loop_s = rounds_s_.empty() ? 0 : Percentile(rounds_s_, 0.99);
    bench::Print("loop_p99", loop_s * 1000, "ms");
    if (sent_ < events_) std::printf("does_not_count: %s\n", "not all was sent");
    if (behind_s_ > kBehindMaxSeconds) {
      std::printf("does_not_count: %.1f s behind the pace\n", behind_s_);
    }
    if (loop_s > kLoopMaxSeconds) {
      std::printf("does_not_count: rounds of the loop took %.0f ms\n", loop_s * 1000);
    }
  }

 private:
  absl::Status SendDue(double now_s) {
    const double due = std::min((now_s - began_s_) * request_.rate, static_cast<double>(events_));
    behind_s_ = std::max(behind_s_, (due - static_cast<double>(sent_)) / request_.rate);
    for (int i = 0; i < kSentAtOnce && static_cast<double>(sent_ + 1) <= due; ++i) {
      retailer_.NextAt(runtime::WallTime(), &line_);
      const std::string& customer = retailer_.customer();
      waits_.Sent(sent_);
      RETURN_IF_ERROR(
          sender_->Send(PartitionOf(customer, sender_->partitions()), customer, line_, kNow));
      ++sent_;
    }
    sender_->Poll();
    return absl::OkStatus();
  }

  absl::Status TakeAll() {
    RETURN_IF_ERROR(transitions_->Take(
        [this](const log::ReadRecord& record) { waits_.TakeTransition(record); }));
    return lines_of_actions_->Take(
        [this](const log::ReadRecord& record) { waits_.TakeAction(record); });
  }

  const PaceRequest& request_;
  const std::uint64_t events_;
  Waits waits_;
  cli::Retailer retailer_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<Published> transitions_, lines_of_actions_;
  std::string line_;
  double began_s_ = 0, behind_s_ = 0;
  std::uint64_t sent_ = 0;
  std::vector<double> rounds_s_;  // from one to the next
};

absl::Status Pace(const PaceRequest& request) {
  Pacing pacing(request);
  RETURN_IF_ERROR(pacing.Open());
  const double cpu_s = runtime::CpuSeconds();
  RETURN_IF_ERROR(pacing.Run());
  pacing.Print();
  Print("cpu", runtime::CpuSeconds() - cpu_s, "s");
  return absl::OkStatus();
}

}  // namespace

void AddPace(CLI::App& app, int* exit_code) {
  CLI::App* command =
      app.add_subcommand("pace", "Send at a steady pace, and measure until outputs are read");
  auto request = std::make_shared<PaceRequest>();
  AddTarget(*command, &request->target);
  command->add_option("--rate", request->rate, "Events a second")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--seconds", request->seconds, "That count")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--warm-up", request->warm_up, "Seconds before them")->capture_default_str();
  AddCrowd(*command, &request->retailer);
  command->add_option("--first-event", request->retailer.first, "Number in the first event's id")
      ->capture_default_str();
  command->add_option("--instant", request->instant,
                      "Look apart at what `mass` made due at it, ms since 1970");
  command->callback([request, exit_code] { *exit_code = ExitCode(Pace(*request)); });
}

}  // namespace parcours::bench
