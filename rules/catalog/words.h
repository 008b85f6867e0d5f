// Words: how names are shown in the messages of Issues.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parcours::catalog {

// "a, b or c".
std::string OneOf(const std::vector<std::string>& names);

// `name` as it may be printed: cut short where it is long, control characters as '?'.
std::string Shown(std::string_view name);

// A control character of ASCII.
inline bool IsControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }

}  // namespace parcours::catalog
