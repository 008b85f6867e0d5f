// AppendJsonText: text as a JSON string.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace parcours {

// Appends `text` with its quotes: only ", \ and control characters are escaped. What is not UTF-8
// stays as it is.
void AppendJsonText(std::string_view text, std::string* out);

}  // namespace parcours
