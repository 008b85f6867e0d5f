// Retailer: a made-up retailer's history, the same for the same seed, for trying and measuring.
//
// Half orders with one to five items, half product views; customers by a Zipf law (few buy often);
// times rise evenly. Lines are canonical events for the definitions in config/.
// Threads: owned by one worker.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/time.h"

namespace parcours::cli {

struct RetailerOptions {
  std::uint64_t seed = 1;
  std::uint64_t events = 100'000;
  std::uint64_t first = 0;  // the number of the first event, which is in its id
  std::uint32_t customers = 20'000;
  double zipf = 0.9;                 // 0: all alike
  TimeMs start = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  TimeMs span = 180 * kDayMs;
};

class Retailer {
 public:
  explicit Retailer(const RetailerOptions& options);

  // Writes the next event as one line of JSON, without its newline. False after the last one.
  bool Next(std::string* line);
  // The same at `time`, whatever the span says, and without an end.
  void NextAt(TimeMs time, std::string* line);
  // Whose the last event was.
  const std::string& customer() const { return customer_; }
  // The instant of the event that Next would give.
  TimeMs NextTime() const;

 private:
  std::uint64_t Below(std::uint64_t bound);
  std::uint32_t PickCustomer();
  void MakeGuide();
  void AppendOrder(std::string* line);
  void AppendView(std::string* line);

  const RetailerOptions options_;
  std::mt19937_64 random_;
  std::vector<double> shares_;        // cumulative, by customer
  std::vector<std::uint32_t> guide_;  // where in shares_ each part of [0, 1) begins
  std::uint64_t made_ = 0;
  std::string customer_;
};

// "lea-104233": the id of customer `number`.
std::string CustomerName(std::uint32_t number);

}  // namespace parcours::cli
