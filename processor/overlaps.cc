#include "processor/overlaps.h"

#include <algorithm>

#include "base/cell.h"
#include "base/mutant.h"

namespace parcours::processor {

Overlaps::Overlaps(const catalog::Catalog& catalog) : catalog_(&catalog) {
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    for (std::size_t k = 0; k < catalog.segmentations[i].segments.size(); ++k) {
      if (members_.size() == kOverlapSegmentsMax) break;
      members_.push_back({static_cast<int>(i), static_cast<int>(k)});
    }
  }
  both_.resize(members_.size() * members_.size());
}

void Overlaps::Count(const state::Customer& customer) {
  in_.clear();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& segmentation = catalog_->segmentations[members_[i].segmentation];
    if (segmentation.Holds(customer.cells(), members_[i].segment)) in_.push_back(i);
  }
  for (std::size_t i = 0; i < in_.size(); ++i) {
    for (std::size_t k = i; k < in_.size(); ++k) ++Both(in_[i], in_[k]);
  }
}

void Overlaps::Add(const Overlaps& other) {
  for (std::size_t i = 0; i < both_.size(); ++i) both_[i] += other.both_[i];
}

std::vector<Overlap> Overlaps::Above(int percent) const {
  std::vector<Overlap> found;
  for (std::size_t a = 0; a < members_.size(); ++a) {
    for (std::size_t b = a + 1; b < members_.size(); ++b) {
      const std::uint64_t both = Both(a, b);
      const std::uint64_t twice = PARCOURS_MUTANT("overlap-counts-both-twice") ? 0 : both;
      const std::uint64_t either = std::uint64_t{Both(a, a)} + Both(b, b) - twice;
      if (both * 100 <= either * static_cast<std::uint64_t>(percent)) continue;
      found.push_back({members_[a], members_[b], both, either});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Overlap& x, const Overlap& y) {
    return static_cast<double>(x.both) * static_cast<double>(y.either) >
           static_cast<double>(y.both) * static_cast<double>(x.either);
  });
  return found;
}

void Census::Add(const Census& other) {
  customers += other.customers;
  Digest::Add(other.digest, &digest);
  overlaps.Add(other.overlaps);
}

}  // namespace parcours::processor
