// PARCOURS_MUTANT("name"): true when the test build was told to plant that bug.
//
// Each use marks a line whose breaking some named test must notice (`./dev mutants`). In builds
// without PARCOURS_MUTANTS it is the constant false and leaves no code.
// Threads: the name is read once, before main.
#pragma once

#include <string_view>

namespace parcours {

#ifdef PARCOURS_MUTANTS
// Whether the environment variable PARCOURS_MUTANT is `name`.
bool MutantPlanted(const char* name);
#define PARCOURS_MUTANT(name) (::parcours::MutantPlanted(name))
// Ends the process by abort() if the environment variable PARCOURS_CRASH_ON is `id`: for the test
// of what happens when an event cannot be survived.
void CrashIfPlanted(std::string_view id);
#define PARCOURS_CRASH_ON(id) ::parcours::CrashIfPlanted(id)
#else
#define PARCOURS_MUTANT(name) false
#define PARCOURS_CRASH_ON(id) static_cast<void>(0)
#endif

}  // namespace parcours
