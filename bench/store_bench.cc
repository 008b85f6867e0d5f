// The store: what a million customers cost to write twice, to read at random and to walk through.
//
// Prints one line a figure, `name value unit`. A customer written is a row of 130 bytes, and of its
// timer one row deleted and one put, in slices of some thousand sorted rows, as write-back does.
// CPU is that of all threads, flush and compaction to their end included; the making of keys is
// not. Usage: store_bench [FOLDER]: an empty folder on the disk to measure.

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "runtime/clock.h"
#include "state/keys.h"
#include "state/store/store.h"

namespace parcours {
namespace {

using state::Store;

constexpr std::uint32_t kCustomers = 1'000'000;
constexpr std::size_t kValueBytes = 130;
// By way of memory; and as a file at once.
constexpr std::size_t kSliceCustomers = 2000, kLargeSliceCustomers = 50'000;
constexpr std::size_t kKeysARead = 64;
constexpr TimeMs kNow = 1'767'225'600'000;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

double CpuSeconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
double CpuOfAll() { return CpuSeconds(RUSAGE_SELF); }
double CpuOfThis() { return CpuSeconds(RUSAGE_THREAD); }

// Until flushes and compactions rest.
void AwaitRest() {
  for (double before = -1, now = CpuOfAll(); now - before > 0.005; now = CpuOfAll()) {
    before = now;
    runtime::WaitUntil(runtime::MonotonicSeconds() + 0.3);
  }
}

std::string IdOf(std::uint32_t number) { return "customer-" + std::to_string(number); }

std::unique_ptr<Store> OpenStore(const std::string& folder, int shards, std::size_t memory_bytes) {
  auto store = Store::Open({.folder = folder, .shards = shards, .memory_bytes = memory_bytes});
  Require(store.status());
  return *std::move(store);
}

// Writes customers as write-back does.
class Writer {
 public:
  Writer(Store* store, int shards, std::size_t slice_customers)
      : store_(*store), slice_customers_(slice_customers), rows_(static_cast<std::size_t>(shards)) {
    dues_.assign(kCustomers, 0);
  }

  // Every customer once, in an order of chance.
  void WriteAll() {
    std::vector<std::uint32_t> order(kCustomers);
    for (std::uint32_t i = 0; i < kCustomers; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random_);
    const double others = CpuOfAll() - CpuOfThis();
    for (const std::uint32_t number : order) Add(number);
    for (std::size_t shard = 0; shard < rows_.size(); ++shard) WriteSlice(shard);
    Require(store_.Flush());
    AwaitRest();
    background_ += CpuOfAll() - CpuOfThis() - others;
  }
  double caller_us() const { return caller_ * 1e6 / (2.0 * kCustomers); }
  double background_us() const { return background_ * 1e6 / (2.0 * kCustomers); }

 private:
  struct Row {
    std::string key, value;
    bool deleted;
    bool operator<(const Row& other) const { return key < other.key; }
  };

  void Add(std::uint32_t number) {
    const std::string id = IdOf(number);
    const std::uint64_t hash = Hash64(id);
    std::vector<Row>& rows = rows_[hash % rows_.size()];
    std::string key;
    state::SetCustomerKey(id, &key);
    rows.push_back({key, MakeValue(), false});
    state::SetTimerKey(dues_[number], hash, id, &key);
    rows.push_back({key, {}, true});
    dues_[number] = kNow + static_cast<TimeMs>(random_() % (90 * kDayMs));
    state::SetTimerKey(dues_[number], hash, id, &key);
    rows.push_back({key, {}, false});
    if (rows.size() >= 3 * slice_customers_) WriteSlice(hash % rows_.size());
  }
  // A third alike, as presence bits and layouts are; the rest differs.
  std::string MakeValue() {
    std::string value(kValueBytes, 'v');
    for (std::size_t i = kValueBytes / 3; i < kValueBytes; ++i) {
      value[i] = static_cast<char>(random_());
    }
    return value;
  }
  void WriteSlice(std::size_t shard) {
    std::vector<Row>& rows = rows_[shard];
    std::sort(rows.begin(), rows.end());
    const double began = CpuOfThis();
    Store::Slice slice;
    slice.Put(state::kMetaKey, "position");
    for (const Row& row : rows) {
      if (row.deleted) {
        slice.Delete(row.key);
      } else {
        slice.Put(row.key, row.value);
      }
    }
    Require(store_.Write(static_cast<int>(shard), slice));
    caller_ += CpuOfThis() - began;
    rows.clear();
  }

  Store& store_;
  const std::size_t slice_customers_;
  std::mt19937_64 random_{42};
  std::vector<std::vector<Row>> rows_;
  std::vector<TimeMs> dues_;
  double caller_ = 0, background_ = 0;
};

// Microseconds a key, for groups of random keys; a key in ten is of nobody.
double MeasureGetMany(Store& store, int shards) {
  std::mt19937_64 random(7);
  std::vector<std::string> keys(kKeysARead), values;
  std::vector<bool> found;
  const auto read = [&](int groups) {
    double spent = 0;
    for (int i = 0; i < groups; ++i) {
      const std::uint64_t shard = random() % static_cast<std::uint64_t>(shards);
      for (std::string& key : keys) {
        std::string id;
        do {
          id = IdOf(static_cast<std::uint32_t>(random() % (kCustomers + kCustomers / 10)));
        } while (Hash64(id) % static_cast<std::uint64_t>(shards) != shard);
        state::SetCustomerKey(id, &key);
      }
      std::sort(keys.begin(), keys.end());
      const double began = runtime::MonotonicSeconds();
      Require(store.GetMany(static_cast<int>(shard), keys, &values, &found));
      spent += runtime::MonotonicSeconds() - began;
    }
    return spent * 1e6 / (static_cast<double>(groups) * kKeysARead);
  };
  read(10'000);  // until the cache holds what it will
  std::vector<double> figures;
  for (int i = 0; i < 5; ++i) figures.push_back(read(1000));
  std::sort(figures.begin(), figures.end());
  return figures[2];
}

// Nanoseconds a row of all with prefix `kind`.
double MeasureScan(Store& store, int shards, char kind) {
  const std::string from(1, kind), to(1, static_cast<char>(kind + 1));
  std::uint64_t rows = 0, bytes = 0;
  const double began = runtime::MonotonicSeconds();
  for (int shard = 0; shard < shards; ++shard) {
    const auto scan = store.From(shard, from, to, /*readahead=*/true);
    std::string_view key, value;
    while (true) {
      const auto more = scan->Next(&key, &value);
      Require(more.status());
      if (!*more) break;
      ++rows;
      bytes += key.size() + value.size();
    }
  }
  const double spent = runtime::MonotonicSeconds() - began;
  if (rows != kCustomers || bytes == 0) std::exit(1);
  return spent * 1e9 / static_cast<double>(rows);
}

double MeasureOpen(const std::string& folder, int shards) {
  std::vector<double> figures;
  for (int i = 0; i < 5; ++i) {
    const double began = runtime::MonotonicSeconds();
    const auto store = OpenStore(folder, shards, std::size_t{256} << 20);
    figures.push_back((runtime::MonotonicSeconds() - began) * 1e3);
  }
  std::sort(figures.begin(), figures.end());
  return figures[2];
}

void MeasureImports(const std::string& folder) {
  std::filesystem::remove_all(folder);
  const auto store = OpenStore(folder, 1, std::size_t{256} << 20);
  Writer writer(store.get(), 1, kLargeSliceCustomers);
  writer.WriteAll();
  writer.WriteAll();
  std::printf("store_import %.2f us\nstore_import_caller %.2f us\n",
              writer.caller_us() + writer.background_us(), writer.caller_us());
  std::printf(
      "store_import_amplification %.2f ratio\n",
      static_cast<double>(store->bytes_written()) / static_cast<double>(store->bytes_put()));
}

void Measure(const std::string& folder, int shards) {
  const std::string name = std::to_string(shards) + "_shards";
  const char* const of = name.c_str();
  std::filesystem::remove_all(folder);
  std::uint64_t bytes = 0;
  {
    const auto store = OpenStore(folder, shards, std::size_t{256} << 20);
    Writer writer(store.get(), shards, kSliceCustomers);
    writer.WriteAll();
    writer.WriteAll();
    std::printf("store_write_%s %.2f us\n", of, writer.caller_us() + writer.background_us());
    std::printf("store_write_caller_%s %.2f us\n", of, writer.caller_us());
    std::printf(
        "store_write_amplification_%s %.2f ratio\n", of,
        static_cast<double>(store->bytes_written()) / static_cast<double>(store->bytes_put()));
    for (int shard = 0; shard < shards; ++shard) bytes += store->SizesOf(shard).bytes;
    std::printf("store_size_%s %.0f MB\n", of, static_cast<double>(bytes) * 1e-6);
  }
  std::printf("store_open_%s %.1f ms\n", of, MeasureOpen(folder, shards));
  const auto store = OpenStore(folder, shards, bytes * 3 / 10);
  std::printf("store_get_many_%s %.2f us\n", of, MeasureGetMany(*store, shards));
  std::printf("store_scan_timers_%s %.0f ns\n", of, MeasureScan(*store, shards, 't'));
  std::printf("store_scan_customers_%s %.0f ns\n", of, MeasureScan(*store, shards, 's'));
}

}  // namespace
}  // namespace parcours

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string folder =
      argc > 1 ? argv[1] : std::filesystem::temp_directory_path() / "parcours_store_bench";
  for (const int shards : {1, 4, 64}) parcours::Measure(folder, shards);
  parcours::MeasureImports(folder);
  std::filesystem::remove_all(folder);
  return 0;
}
