#include "processor/remarks.h"

#include "absl/strings/str_cat.h"

namespace parcours::processor {
namespace {

// How many customers came into a segment, and how many left it.
struct Traffic {
  std::uint64_t entered = 0, left = 0;
};

Traffic TrafficOf(const SegmentationTally& tally, std::size_t segment) {
  const auto count = [&](std::size_t from, std::size_t to) {
    const PairCount& pair = tally.pairs[from * tally.size + to];
    return pair.by_event + pair.by_time;
  };
  Traffic traffic;
  for (std::size_t other = 0; other < tally.size; ++other) {
    traffic.entered += count(other, segment);
    traffic.left += count(segment, other);
  }
  return traffic;
}

const std::string& SegmentationName(const catalog::Catalog& catalog, Member member) {
  return catalog.segmentations[static_cast<std::size_t>(member.segmentation)].name;
}

const std::string& SegmentName(const catalog::Catalog& catalog, Member member) {
  return catalog.segmentations[static_cast<std::size_t>(member.segmentation)]
      .segments[static_cast<std::size_t>(member.segment)]
      .name;
}

// "'vip' of 'lifecycle'"
std::string Shown(const catalog::Catalog& catalog, Member member) {
  return absl::StrCat("'", SegmentName(catalog, member), "' of '",
                      SegmentationName(catalog, member), "'");
}

std::string JsonOf(const catalog::Catalog& catalog, Member member) {
  return absl::StrCat("\"segmentation\":\"", SegmentationName(catalog, member), "\",\"segment\":\"",
                      SegmentName(catalog, member), "\"");
}

}  // namespace

std::vector<Remark> RemarksOf(const catalog::Catalog& catalog, const Totals& totals,
                              const std::vector<Overlap>& overlaps) {
  std::vector<Remark> remarks;
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    for (std::size_t k = 0; k < catalog.segmentations[i].segments.size(); ++k) {
      const Member member{static_cast<int>(i), static_cast<int>(k)};
      const Traffic traffic = TrafficOf(totals.segmentations[i], k);
      if (traffic.entered == traffic.left) {
        remarks.push_back({Remark::Kind::kEmpty, member, {}, traffic.entered});
      } else if (traffic.left == 0) {
        remarks.push_back({Remark::Kind::kNobodyLeaves, member, {}, traffic.entered});
      }
    }
  }
  for (std::size_t i = 0; i < overlaps.size(); ++i) {
    if (i == kOverlapsTold) {
      remarks.push_back({Remark::Kind::kMoreOverlaps, {}, {}, overlaps.size() - i});
      break;
    }
    const Overlap& pair = overlaps[i];
    remarks.push_back({Remark::Kind::kOverlap, pair.a, pair.b, pair.both, pair.either});
  }
  return remarks;
}

std::string RemarkText(const catalog::Catalog& catalog, const Remark& remark) {
  switch (remark.kind) {
    case Remark::Kind::kEmpty:
      return remark.count == 0 ? absl::StrCat("nobody was ever in ", Shown(catalog, remark.segment))
                               : absl::StrCat("nobody is in ", Shown(catalog, remark.segment), "; ",
                                              remark.count, " came and left");
    case Remark::Kind::kNobodyLeaves:
      return absl::StrCat("nobody ever left ", Shown(catalog, remark.segment), "; ", remark.count,
                          " came");
    case Remark::Kind::kOverlap:
      return absl::StrCat(Shown(catalog, remark.segment), " and ", Shown(catalog, remark.other),
                          " are nearly the same: ", remark.count, " of ", remark.of,
                          " customers are in both");
    case Remark::Kind::kMoreOverlaps:
      return absl::StrCat(remark.count, " more pairs of segments overlap by more than ",
                          kOverlapPercent, " %");
  }
  return "";
}

std::string RemarkJson(const catalog::Catalog& catalog, const Remark& remark) {
  switch (remark.kind) {
    case Remark::Kind::kEmpty:
      return absl::StrCat("{\"remark\":\"empty\",", JsonOf(catalog, remark.segment),
                          ",\"entered\":", remark.count, "}");
    case Remark::Kind::kNobodyLeaves:
      return absl::StrCat("{\"remark\":\"nobody_leaves\",", JsonOf(catalog, remark.segment),
                          ",\"entered\":", remark.count, "}");
    case Remark::Kind::kOverlap:
      return absl::StrCat("{\"remark\":\"overlap\",\"segments\":[{",
                          JsonOf(catalog, remark.segment), "},{", JsonOf(catalog, remark.other),
                          "}],\"both\":", remark.count, ",\"either\":", remark.of, "}");
    case Remark::Kind::kMoreOverlaps:
      return absl::StrCat("{\"remark\":\"more_overlaps\",\"pairs\":", remark.count, "}");
  }
  return "{}";
}

}  // namespace parcours::processor
