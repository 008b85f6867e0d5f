// Nearest: what a mistyped name probably meant.
#include <algorithm>
#include <numeric>

#include "rules/expr/program.h"

namespace parcours::expr {
namespace {

// Names longer than this are not compared: the table below is of their lengths' product.
constexpr std::size_t kComparedBytesMax = 128;

// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string Nearest(std::string_view name, const std::vector<std::string>& names) {
  std::string nearest;
  std::size_t best = std::max<std::size_t>(name.size() / 3, 1) + 1;
  if (name.size() > kComparedBytesMax || name.size() < 2) return nearest;
  for (const std::string& candidate : names) {
    if (candidate.size() > kComparedBytesMax) continue;
    const std::size_t distance = EditDistance(name, candidate);
    if (distance > 0 && distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace parcours::expr
