// Definitions from anybody: whatever the bytes, a catalog or Issues that can be printed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rules/catalog/catalog.h"
#include "rules/expr/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<parcours::Issue> issues;
  const auto catalog = parcours::catalog::CompileCatalog({{"f.yaml", text}}, &issues);
  bool mistakes = false;
  for (const parcours::Issue& issue : issues) {
    mistakes |= !issue.warning;
    if (issue.line < 1 || issue.column < 1 || issue.message.empty()) abort();
    const std::string line = FormatIssue(issue);
    if (!parcours::expr::IsUtf8(line) || line.find('\n') != std::string::npos) abort();
  }
  if ((catalog == nullptr) != mistakes) abort();
  return 0;
}
