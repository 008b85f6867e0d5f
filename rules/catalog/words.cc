#include "rules/catalog/words.h"

namespace parcours::catalog {

std::string OneOf(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string Shown(std::string_view name) {
  constexpr std::size_t kBytes = 40;
  std::size_t end = name.size();
  if (end > kBytes) {
    end = kBytes;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  }
  std::string shown(name.substr(0, end));
  for (char& c : shown) {
    if (IsControl(c)) c = '?';
  }
  if (end < name.size()) shown += "...";
  return shown;
}

}  // namespace parcours::catalog
