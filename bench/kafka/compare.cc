// kafka_load compare: whether two topics, or a topic and a file, hold the same lines.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/status_macros.h"
#include "bench/kafka/load.h"
#include "bench/kafka/published.h"
#include "log/lines.h"

namespace parcours::bench {

namespace {

constexpr std::size_t kExamples = 5;
constexpr std::size_t kLinesAtOnce = 1024;

struct CompareRequest {
  Target target;
  std::string left, right;
  TimeMs until = 0;
};

using Take = absl::FunctionRef<void(std::string_view)>;

absl::Status ReadFile(const std::string& path, Take take) {
  ASSIGN_OR_RETURN(const auto lines, log::LineReader::Open(path));
  for (;;) {
    ASSIGN_OR_RETURN(const auto batch, lines->NextBatch(kLinesAtOnce));
    if (batch.empty()) return absl::OkStatus();
    for (const log::Line& line : batch) take(line.text);
  }
}

// The lines that happened by `until`, without their ids. A name with a slash is a file's.
absl::Status ReadLines(const CompareRequest& request, const std::string& name, Take take) {
  const std::string until = FormatTime(request.until);
  const auto take_some = [&](std::string_view line) {
    // Times have one length, so that their texts are in the order of the instants.
    if (AtOf(line) <= until) take(WithoutId(line));
  };
  if (name.find('/') != std::string::npos) return ReadFile(name, take_some);
  return ReadAll(request.target, name, take_some);
}

using Hashes = std::vector<std::uint64_t>;

absl::StatusOr<Hashes> HashesOf(const CompareRequest& request, const std::string& name) {
  Hashes hashes;
  RETURN_IF_ERROR(
      ReadLines(request, name, [&](std::string_view line) { hashes.push_back(Hash64(line)); }));
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

// Those of `one` that `other` has not, as often as it has not.
Hashes Difference(const Hashes& one, const Hashes& other) {
  Hashes left;
  std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(left));
  return left;
}

absl::Status ShowExamples(const CompareRequest& request, const std::string& name, const char* what,
                          const Hashes& wanted) {
  if (wanted.empty()) return absl::OkStatus();
  std::size_t shown = 0;
  return ReadLines(request, name, [&](std::string_view line) {
    if (shown == kExamples) return;
    if (!std::binary_search(wanted.begin(), wanted.end(), Hash64(line))) return;
    ++shown;
    std::printf("only_%s: %.*s\n", what, static_cast<int>(line.size()), line.data());
  });
}

absl::StatusOr<bool> Same(const CompareRequest& request) {
  ASSIGN_OR_RETURN(const Hashes left, HashesOf(request, request.left));
  ASSIGN_OR_RETURN(const Hashes right, HashesOf(request, request.right));
  const Hashes missing = Difference(left, right), extra = Difference(right, left);
  Print("left", std::uint64_t{left.size()}, "lines");
  Print("right", std::uint64_t{right.size()}, "lines");
  Print("missing", std::uint64_t{missing.size()}, "lines");
  Print("extra", std::uint64_t{extra.size()}, "lines");
  RETURN_IF_ERROR(ShowExamples(request, request.left, "left", missing));
  RETURN_IF_ERROR(ShowExamples(request, request.right, "right", extra));
  return missing.empty() && extra.empty();
}

int Compare(const CompareRequest& request) {
  const absl::StatusOr<bool> same = Same(request);
  if (!same.ok()) return ExitCode(same.status());
  return *same ? 0 : 1;
}

}  // namespace

void AddCompare(CLI::App& app, int* exit_code) {
  CLI::App* command = app.add_subcommand(
      "compare", "Whether two topics hold the same lines, whatever their order and ids");
  auto request = std::make_shared<CompareRequest>();
  command->add_option("--brokers", request->target.brokers, "host:port, several with commas")
      ->required();
  command->add_option("--left", request->left, "A topic; with a slash in it, a file")->required();
  command->add_option("--right", request->right, "The other one")->required();
  command->add_option("--until", request->until, "Lines that happened later do not count, ms")
      ->required();
  command->callback([request, exit_code] { *exit_code = Compare(*request); });
}

}  // namespace parcours::bench
