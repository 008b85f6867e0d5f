// PARCOURS_MUTANT("name"): true when the test build was told to plant that bug.
//
// Each use marks a line whose breaking some named test must notice (`./dev mutants`). In builds
// without PARCOURS_MUTANTS it is the constant false and leaves no code.
// Threads: the name is read once, before main.
#pragma once

namespace parcours {

#ifdef PARCOURS_MUTANTS
// Whether the environment variable PARCOURS_MUTANT is `name`.
bool MutantPlanted(const char* name);
#define PARCOURS_MUTANT(name) (::parcours::MutantPlanted(name))
#else
#define PARCOURS_MUTANT(name) false
#endif

}  // namespace parcours
