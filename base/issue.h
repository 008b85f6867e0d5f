// Issue: an author's mistake in a definition or an expression, told so that it can be mended; or a
// warning of what is no mistake but hardly meant.
//
// Collected, never thrown: one check reports all of them. Not for trouble of our own (that is a
// Status) nor for data that makes one evaluation fail (that is an error value).
// Threads: plain data.
#pragma once

#include <string>
#include <vector>

namespace parcours {

struct Issue {
  std::string file;     // as named by the user; empty for a lone expression
  int line = 1;         // from 1
  int column = 1;       // from 1, in characters (code points)
  std::string message;  // what is wrong and what was expected: "unknown name 'oders'"
  std::string hint;     // what to write instead, or empty: "did you mean 'orders'?"
  bool warning = false;  // the definitions are good nevertheless
};

// "lifecycle.yaml:12:7: unknown name 'oders'; did you mean 'orders'?"; a warning says so behind its
// place: "lifecycle.yaml:12:7: warning: ...".
std::string FormatIssue(const Issue& issue);

}  // namespace parcours
