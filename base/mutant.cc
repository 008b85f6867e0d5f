#include "base/mutant.h"

#ifdef PARCOURS_MUTANTS
#include <cstdlib>
#include <string_view>

namespace parcours {

bool MutantPlanted(const char* name) {
  static const char* const planted = std::getenv("PARCOURS_MUTANT");
  return planted != nullptr && std::string_view(planted) == name;
}

void CrashIfPlanted(std::string_view id) {
  static const char* const planted = std::getenv("PARCOURS_CRASH_ON");
  if (planted != nullptr && id == planted) std::abort();
}

}  // namespace parcours
#endif
