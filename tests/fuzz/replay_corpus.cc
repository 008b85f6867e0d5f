// Runs a fuzz entry point without libFuzzer: every file of a corpus folder, and mutations of it.
//
// A file is run as it is; cut after each of its first bytes; with each of its first bits flipped;
// and with bytes overwritten, removed or repeated as a fixed seed says. So the run is the same each
// time and needs no fuzzing compiler; `./dev fuzz` searches further. Usage: X_fuzz CORPUS_FOLDER
// [CORPUS_FOLDER...]     Limits: kCutsMax, kFlipsMax, kRandomMax a file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kCutsMax = 256;
constexpr std::size_t kFlipsMax = 1024;
constexpr int kRandomMax = 200;

void Run(const std::string& bytes) {
  // A copy of exactly its size, so that the address sanitizer sees one byte too far.
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

// Xorshift: a fixed sequence, the same on every machine.
std::uint64_t Next(std::uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

std::string Mutate(std::string bytes, std::uint64_t* state) {
  const std::uint64_t changes = 1 + Next(state) % 4;
  for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = Next(state) % bytes.size();
    const std::size_t length = std::min<std::size_t>(1 + Next(state) % 8, bytes.size() - at);
    switch (Next(state) % 3) {
      case 0:
        bytes[at] = static_cast<char>(Next(state) & 0xff);
        break;
      case 1:
        bytes.erase(at, length);
        break;
      default:
        bytes.insert(at, bytes.substr(at, length));
    }
  }
  return bytes;
}

void RunWithMutations(const std::string& bytes) {
  Run(bytes);
  for (std::size_t cut = 0; cut < std::min(bytes.size(), kCutsMax); ++cut) {
    Run(bytes.substr(0, cut));
  }
  for (std::size_t bit = 0; bit < std::min(bytes.size() * 8, kFlipsMax); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    Run(flipped);
  }
  std::uint64_t state = 0x9e3779b97f4a7c15;
  for (int i = 0; i < kRandomMax; ++i) Run(Mutate(bytes, &state));
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)),
                              std::istreambuf_iterator<char>());
      RunWithMutations(bytes);
      ++files;
    }
  }
  std::printf("%d corpus files and their mutations\n", files);
  return files > 0 ? 0 : 1;
}
