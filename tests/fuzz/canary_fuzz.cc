// A fuzz target that must die: proof that fuzzing, here and in the corpus run, still finds things.
//
// It dies of one word that no corpus holds; the corpus is one bit away from it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text == "canary") {
    std::fputs("the canary died\n", stderr);
    std::abort();
  }
  return 0;
}
