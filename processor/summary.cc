#include "processor/summary.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/calendar.h"
#include "base/time.h"
#include "processor/remarks.h"

namespace parcours::processor {

namespace {

using catalog::Catalog;

struct NamedCount {
  const char* name;
  std::uint64_t count;
};

std::vector<NamedCount> CountersOf(const Summary& summary) {
  const Totals& totals = summary.totals;
  const engine::Counters& engine = totals.engine;
  return {{"events", engine.events},
          {"duplicates", engine.duplicates},
          {"duplicates_unchecked", engine.duplicates_unchecked},
          {"late", engine.late},
          {"times_cut", engine.times_cut},
          {"ignored", totals.ignored},
          {"rejected", totals.rejected},
          {"after_until", totals.after_until},
          {"evaluations", engine.evaluations},
          {"dues_fired", engine.dues_fired},
          {"idle_wakeups", engine.idle_wakeups},
          {"early_pops", totals.early_pops},
          {"customer_loads", totals.customer_loads},
          {"transitions", totals.records[kTransitionRecord]},
          {"actions", totals.records[kActionRecord]},
          {"decisions", totals.records[kDecisionRecord]},
          {"customers", summary.customers},
          {"events_resumed", summary.events_resumed}};
}

// One pair of segments that some customer moved between.
struct Pair {
  std::string from, to;  // empty: none
  PairCount count;
};

std::vector<Pair> PairsOf(const catalog::Segmentation& segmentation,
                          const SegmentationTally& tally) {
  const auto name = [&](std::size_t segment) {
    return segment < segmentation.segments.size() ? segmentation.segments[segment].name : "";
  };
  std::vector<Pair> pairs;
  for (std::size_t from = 0; from < tally.size; ++from) {
    for (std::size_t to = 0; to < tally.size; ++to) {
      const PairCount& count = tally.pairs[from * tally.size + to];
      if (count.by_event + count.by_time > 0) pairs.push_back({name(from), name(to), count});
    }
  }
  return pairs;
}

PairCount TotalOf(const SegmentationTally& tally) {
  PairCount total;
  for (const PairCount& pair : tally.pairs) {
    total.by_event += pair.by_event;
    total.by_time += pair.by_time;
  }
  return total;
}

engine::StepTally TotalOf(const engine::JourneyTally& journey) {
  engine::StepTally total;
  for (const engine::StepTally& step : journey.steps) {
    total.sent += step.sent;
    total.exited += step.exited;
    total.converted += step.converted;
  }
  total.entered = journey.entered;
  return total;
}

const char* KindName(catalog::Step::Kind kind) {
  return kind == catalog::Step::Kind::kSend ? "send" : "wait";
}

// 12345678 -> "12,345,678".
std::string Grouped(std::uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

void TableOfSegments(const Catalog& catalog, const Summary& summary, std::string* out) {
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    const catalog::Segmentation& segmentation = catalog.segmentations[i];
    const SegmentationTally& tally = summary.totals.segmentations[i];
    absl::StrAppendFormat(out, "\n%-44s %14s\n", segmentation.name, "members");
    for (std::size_t segment = 0; segment < segmentation.segments.size(); ++segment) {
      absl::StrAppendFormat(out, "  %-42s %14s\n", segmentation.segments[segment].name,
                            Grouped(static_cast<std::uint64_t>(tally.Members(segment))));
    }
    absl::StrAppendFormat(out, "  %-42s %14s %12s\n", "transitions", "by event", "by time");
    for (const Pair& pair : PairsOf(segmentation, tally)) {
      const std::string move = absl::StrCat(pair.from.empty() ? "(none)" : pair.from, " -> ",
                                            pair.to.empty() ? "(none)" : pair.to);
      absl::StrAppendFormat(out, "    %-40s %14s %12s\n", move, Grouped(pair.count.by_event),
                            Grouped(pair.count.by_time));
    }
    const PairCount total = TotalOf(tally);
    absl::StrAppendFormat(out, "    %-40s %14s %12s\n", "all", Grouped(total.by_event),
                          Grouped(total.by_time));
  }
}

void TableOfJourneys(const Catalog& catalog, const Summary& summary, std::string* out) {
  for (std::size_t i = 0; i < catalog.journeys.size(); ++i) {
    const catalog::Journey& journey = catalog.journeys[i];
    absl::StrAppendFormat(out, "\n%-36s %10s %10s %10s %10s\n", journey.name, "entered", "sent",
                          "exited", "converted");
    const auto row = [&](const std::string& name, const engine::StepTally& tally) {
      absl::StrAppendFormat(out, "  %-34s %10s %10s %10s %10s\n", name, Grouped(tally.entered),
                            Grouped(tally.sent), Grouped(tally.exited), Grouped(tally.converted));
    };
    for (std::size_t step = 0; step < journey.steps.size(); ++step) {
      row(absl::StrCat(journey.steps[step].name, " ", KindName(journey.steps[step].kind)),
          summary.totals.journeys[i].steps[step]);
    }
    row("all", TotalOf(summary.totals.journeys[i]));
  }
}

void JsonOfSegments(const Catalog& catalog, const Summary& summary, std::string* out) {
  absl::StrAppend(out, "\"members\":{");
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    const catalog::Segmentation& segmentation = catalog.segmentations[i];
    absl::StrAppend(out, i > 0 ? "," : "", "\"", segmentation.name, "\":{");
    for (std::size_t segment = 0; segment < segmentation.segments.size(); ++segment) {
      absl::StrAppend(out, segment > 0 ? "," : "", "\"", segmentation.segments[segment].name,
                      "\":", summary.totals.segmentations[i].Members(segment));
    }
    absl::StrAppend(out, "}");
  }
  absl::StrAppend(out, "},\"transitions\":{");
  const auto quoted = [](const std::string& name) {
    return name.empty() ? std::string("null") : absl::StrCat("\"", name, "\"");
  };
  for (std::size_t i = 0; i < catalog.segmentations.size(); ++i) {
    const PairCount total = TotalOf(summary.totals.segmentations[i]);
    absl::StrAppend(out, i > 0 ? "," : "", "\"", catalog.segmentations[i].name,
                    "\":{\"total\":", total.by_event + total.by_time, ",\"event\":", total.by_event,
                    ",\"time\":", total.by_time, ",\"pairs\":[");
    bool first = true;
    for (const Pair& pair : PairsOf(catalog.segmentations[i], summary.totals.segmentations[i])) {
      absl::StrAppend(out, first ? "" : ",", "{\"from\":", quoted(pair.from),
                      ",\"to\":", quoted(pair.to), ",\"event\":", pair.count.by_event,
                      ",\"time\":", pair.count.by_time, "}");
      first = false;
    }
    absl::StrAppend(out, "]}");
  }
  absl::StrAppend(out, "}");
}

void JsonOfJourneys(const Catalog& catalog, const Summary& summary, std::string* out) {
  const auto tally = [&](const engine::StepTally& t) {
    absl::StrAppend(out, "\"entered\":", t.entered, ",\"sent\":", t.sent, ",\"exited\":", t.exited,
                    ",\"converted\":", t.converted);
  };
  absl::StrAppend(out, "\"journeys\":{");
  for (std::size_t i = 0; i < catalog.journeys.size(); ++i) {
    const catalog::Journey& journey = catalog.journeys[i];
    absl::StrAppend(out, i > 0 ? "," : "", "\"", journey.name, "\":{");
    tally(TotalOf(summary.totals.journeys[i]));
    absl::StrAppend(out, ",\"completed\":", summary.totals.journeys[i].completed,
                    ",\"goals_dropped\":", summary.totals.journeys[i].goals_dropped,
                    ",\"steps\":[");
    for (std::size_t step = 0; step < journey.steps.size(); ++step) {
      absl::StrAppend(out, step > 0 ? "," : "", "{\"step\":\"", journey.steps[step].name,
                      "\",\"kind\":\"", KindName(journey.steps[step].kind), "\",");
      tally(summary.totals.journeys[i].steps[step]);
      absl::StrAppend(out, "}");
    }
    absl::StrAppend(out, "]}");
  }
  absl::StrAppend(out, "}");
}

struct DigestTexts {
  std::string transitions, actions, decisions, customers;
};
DigestTexts DigestsOf(const Summary& summary) {
  const auto& digests = summary.totals.digests;
  return {Digest::Hex(digests[kTransitionRecord]), Digest::Hex(digests[kActionRecord]),
          Digest::Hex(digests[kDecisionRecord]), Digest::Hex(summary.customers_digest)};
}

double Rate(const Summary& summary) {
  const std::uint64_t events = summary.totals.engine.events - summary.events_resumed;
  return summary.seconds > 0 ? static_cast<double>(events) / summary.seconds : 0;
}

}  // namespace

void Summary::Take(const Census& census) {
  customers = census.customers;
  customers_digest = census.digest;
  overlaps = census.overlaps.Above(kOverlapPercent);
}

std::string SummaryTable(const Catalog& catalog, const Summary& summary) {
  std::string out;
  TableOfSegments(catalog, summary, &out);
  TableOfJourneys(catalog, summary, &out);
  const std::vector<Remark> remarks = RemarksOf(catalog, summary.totals, summary.overlaps);
  if (!remarks.empty()) absl::StrAppend(&out, "\nremarks\n");
  for (const Remark& remark : remarks) {
    absl::StrAppend(&out, "  ", RemarkText(catalog, remark), "\n");
  }
  absl::StrAppendFormat(&out, "\n%-44s %14s\n", "counters", "");
  for (const NamedCount& counter : CountersOf(summary)) {
    absl::StrAppendFormat(&out, "  %-42s %14s\n", counter.name, Grouped(counter.count));
  }
  absl::StrAppendFormat(&out, "\n%s events in %.2f s: %s events/s, peak memory %s MiB, until %s\n",
                        Grouped(summary.totals.engine.events), summary.seconds,
                        Grouped(static_cast<std::uint64_t>(Rate(summary))),
                        Grouped(summary.peak_memory_bytes >> 20), FormatTime(summary.clock));
  absl::StrAppendFormat(&out, "\ndigests (time zone data %s)\n", TimeZoneDataVersion());
  const DigestTexts digests = DigestsOf(summary);
  absl::StrAppendFormat(&out, "  transitions  %s\n  actions      %s\n  decisions    %s\n",
                        digests.transitions, digests.actions, digests.decisions);
  absl::StrAppendFormat(&out, "  customers    %s\n", digests.customers);
  return out;
}

std::string SummaryJson(const Catalog& catalog, const Summary& summary) {
  std::string out = "{";
  JsonOfSegments(catalog, summary, &out);
  out.push_back(',');
  JsonOfJourneys(catalog, summary, &out);
  absl::StrAppend(&out, ",\"remarks\":[");
  bool first = true;
  for (const Remark& remark : RemarksOf(catalog, summary.totals, summary.overlaps)) {
    absl::StrAppend(&out, first ? "" : ",", RemarkJson(catalog, remark));
    first = false;
  }
  absl::StrAppend(&out, "],\"counters\":{");
  first = true;
  for (const NamedCount& counter : CountersOf(summary)) {
    absl::StrAppend(&out, first ? "" : ",", "\"", counter.name, "\":", counter.count);
    first = false;
  }
  const DigestTexts digests = DigestsOf(summary);
  absl::StrAppend(&out, "},\"digests\":{\"transitions\":\"", digests.transitions,
                  "\",\"actions\":\"", digests.actions, "\",\"decisions\":\"", digests.decisions,
                  "\",\"customers\":\"", digests.customers, "\"}");
  absl::StrAppendFormat(&out,
                        ",\"run\":{\"seconds\":%.3f,\"events_per_second\":%.0f,"
                        "\"peak_memory_bytes\":%d,\"customers_bytes\":%d,\"commits\":%d,"
                        "\"changelog_bytes\":%d,\"store_bytes\":%d,\"written_bytes\":%d,"
                        "\"store_loads\":%d,\"clock\":\"%s\","
                        "\"definitions\":\"%s\",\"time_zone_data\":\"%s\"}}",
                        summary.seconds, Rate(summary), summary.peak_memory_bytes,
                        summary.customers_bytes, summary.commits, summary.changelog_bytes,
                        summary.store_bytes, summary.written_bytes, summary.store_loads,
                        FormatTime(summary.clock), catalog.version, TimeZoneDataVersion());
  return out;
}

}  // namespace parcours::processor
