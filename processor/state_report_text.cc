// StateReport: as tables, and as JSON.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/calendar.h"
#include "base/time.h"
#include "processor/engine/records.h"
#include "processor/state_report.h"
#include "state/store/store.h"
#include "state/stored.h"

namespace parcours::processor {

namespace {

struct NamedCount {
  const char* name;
  std::uint64_t count;
};

// What can be told of all shards together.
std::vector<NamedCount> TotalsOf(const StateReport& report) {
  Totals all{catalog::Catalog()};
  for (const StateReport::Shard& shard : report.shards) {
    if (shard.meta.has_value()) all.Add(shard.meta->totals);
  }
  return {{"events", all.engine.events},
          {"duplicates", all.engine.duplicates},
          {"late", all.engine.late},
          {"ignored", all.ignored},
          {"rejected", all.rejected},
          {"after_until", all.after_until},
          {"dues_fired", all.engine.dues_fired},
          {"transitions", all.records[kTransitionRecord]},
          {"actions", all.records[kActionRecord]},
          {"decisions", all.records[kDecisionRecord]}};
}

StateReport::Counts CountsOf(const StateReport& report) {
  StateReport::Counts all;
  for (const StateReport::Shard& shard : report.shards) all.Add(shard.counts);
  return all;
}

std::vector<NamedCount> NamesOf(const StateReport::Counts& counts) {
  return {{"customers", counts.customers},   {"customer_bytes", counts.customer_bytes},
          {"timer_rows", counts.timer_rows}, {"contacts", counts.contacts},
          {"chunks", counts.chunks},         {"waiting", counts.waiting}};
}

// 0: nothing came yet.
std::string TimeText(TimeMs time) { return time == 0 ? "-" : FormatTime(time); }

std::uint64_t BytesOf(const RunWords& words) {
  std::uint64_t bytes = 0;
  for (const RunWords::Input& input : words.inputs) bytes += input.bytes;
  return bytes;
}

void TableOfRuns(const StateReport& report, std::string* out) {
  absl::StrAppend(out, "\nruns\n");
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const RunWords& words = report.runs[i].words;
    absl::StrAppendFormat(out, "  %d  %d %s, %d bytes, order %s, until %s, out %s: ", i + 1,
                          words.inputs.size(), words.inputs.size() == 1 ? "input" : "inputs",
                          BytesOf(words), OrderName(words.order),
                          words.until.has_value() ? FormatTime(*words.until) : "the last event",
                          words.out.empty() ? "nowhere" : words.out);
    if (report.runs[i].end.has_value()) {
      absl::StrAppend(out, "finished, ", report.runs[i].end->customers, " customers\n");
    } else {
      absl::StrAppend(out, "not finished; the same words go on with it\n");
    }
  }
}

void TableOfShards(const StateReport& report, std::string* out) {
  absl::StrAppendFormat(out, "\n%5s %4s %11s %11s %9s  %-24s  %-24s  %s\n", "shard", "run",
                        "judged", "position", "sequence", "log time", "clock",
                        "changelog, needed from");
  for (std::size_t i = 0; i < report.shards.size(); ++i) {
    const StateReport::Shard& shard = report.shards[i];
    if (!shard.meta.has_value()) {
      absl::StrAppendFormat(out, "%5d  nothing is committed yet\n", i);
      continue;
    }
    absl::StrAppendFormat(out, "%5d %4d %11d %11d %9d  %-24s  %-24s  %d to %d, %d\n", i,
                          shard.meta->run, shard.meta->judged, shard.meta->position,
                          shard.meta->sequence, TimeText(shard.meta->log_time),
                          TimeText(shard.meta->clock), shard.changelog.begin, shard.changelog.end,
                          shard.needed_from);
  }
}

void TableOfStore(const StateReport& report, std::string* out) {
  std::uint64_t keys = 0, bytes = 0;
  for (const StateReport::Shard& shard : report.shards) {
    keys += shard.keys;
    bytes += shard.store_bytes;
  }
  absl::StrAppend(out, "\nstore\n");
  if (!report.has_store) absl::StrAppend(out, "  there is none: it is made from the changelog\n");
  const auto row = [&](const char* name, std::uint64_t count) {
    absl::StrAppendFormat(out, "  %-42s %14d\n", name, count);
  };
  row("keys, an estimate", keys);
  row("bytes, an estimate", bytes);
  if (!report.checked) return;
  const StateReport::Counts counts = CountsOf(report);
  row("customers", counts.customers);
  row("bytes a customer, the mean",
      counts.customer_bytes / std::max<std::uint64_t>(counts.customers, 1));
  row("timer rows", counts.timer_rows);
  row("customers with contact data", counts.contacts);
  row("chunks of seen ids", counts.chunks);
  row("changelog records it has not got yet", counts.waiting);
}

std::string TimeJson(TimeMs time) {
  return time == kNever || time == 0 ? "null" : absl::StrCat("\"", FormatTime(time), "\"");
}

std::string CountsJson(const std::vector<NamedCount>& counts) {
  std::string out = "{";
  for (const NamedCount& count : counts) {
    absl::StrAppend(&out, out.size() > 1 ? "," : "", "\"", count.name, "\":", count.count);
  }
  return out + "}";
}

void JsonOfRuns(const StateReport& report, std::string* out) {
  absl::StrAppend(out, ",\"runs\":[");
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const RunWords& words = report.runs[i].words;
    absl::StrAppend(out, i > 0 ? "," : "", "{\"run\":", i + 1, ",\"inputs\":[");
    for (std::size_t input = 0; input < words.inputs.size(); ++input) {
      absl::StrAppend(out, input > 0 ? "," : "", "{\"bytes\":", words.inputs[input].bytes,
                      ",\"sha256\":\"", words.inputs[input].sha256, "\"}");
    }
    absl::StrAppend(out, "],\"order\":\"", OrderName(words.order),
                    "\",\"until\":", TimeJson(words.until.value_or(kNever)), ",\"out\":");
    engine::AppendJsonText(words.out, out);
    const auto& end = report.runs[i].end;
    absl::StrAppend(out, ",\"finished\":", end.has_value() ? "true" : "false",
                    ",\"customers\":", end.has_value() ? absl::StrCat(end->customers) : "null",
                    "}");
  }
  absl::StrAppend(out, "]");
}

void JsonOfShards(const StateReport& report, std::string* out) {
  absl::StrAppend(out, ",\"shards\":[");
  for (std::size_t i = 0; i < report.shards.size(); ++i) {
    const StateReport::Shard& shard = report.shards[i];
    absl::StrAppend(out, i > 0 ? "," : "", "{\"shard\":", i,
                    ",\"changelog\":{\"begin\":", shard.changelog.begin,
                    ",\"end\":", shard.changelog.end, ",\"needed_from\":", shard.needed_from,
                    "},\"keys_estimate\":", shard.keys, ",\"bytes_estimate\":", shard.store_bytes,
                    ",\"meta\":");
    if (shard.meta.has_value()) {
      const Meta& meta = *shard.meta;
      absl::StrAppend(out, "{\"run\":", meta.run, ",\"judged\":", meta.judged,
                      ",\"position\":", meta.position, ",\"sequence\":", meta.sequence,
                      ",\"log_time\":", TimeJson(meta.log_time),
                      ",\"clock\":", TimeJson(meta.clock),
                      ",\"timers_from\":", TimeJson(meta.timers_from), "}");
    } else {
      absl::StrAppend(out, "null");
    }
    if (report.checked) absl::StrAppend(out, ",\"counts\":", CountsJson(NamesOf(shard.counts)));
    absl::StrAppend(out, "}");
  }
  absl::StrAppend(out, "]");
}

void JsonOfCheck(const StateReport& report, std::string* out) {
  absl::StrAppend(out, ",\"check\":");
  if (!report.checked) {
    absl::StrAppend(out, "null");
    return;
  }
  absl::StrAppend(out, "{\"counts\":", CountsJson(NamesOf(CountsOf(report))),
                  ",\"damage_count\":", report.damage_count, ",\"damages\":[");
  for (std::size_t i = 0; i < report.damages.size(); ++i) {
    if (i > 0) out->push_back(',');
    engine::AppendJsonText(report.damages[i], out);
  }
  absl::StrAppend(out, "]}");
}

}  // namespace

std::string StateTable(const StateReport& report) {
  const RunWords& first = report.runs.front().words;
  std::string out = absl::StrCat("state ", report.folder, ", definitions ", first.definitions,
                                 ", shards ", first.shards, "\n");
  TableOfRuns(report, &out);
  TableOfShards(report, &out);
  absl::StrAppend(&out, "\ncounters\n");
  for (const NamedCount& count : TotalsOf(report)) {
    absl::StrAppendFormat(&out, "  %-42s %14d\n", count.name, count.count);
  }
  TableOfStore(report, &out);
  if (!report.crashes.empty()) absl::StrAppend(&out, "\nevents that processes died of\n");
  for (const auto& crash : report.crashes) {
    absl::StrAppend(&out, "  shard ", crash.shard, ", position ", crash.position, ": ",
                    crash.crashes, " times\n");
  }
  absl::StrAppend(&out, "\nformats: log ", log::kLocalLogFormat, ", store ", state::kStoreFormat,
                  ", META ", kMetaFormat, ", customers ", state::kStoredFormatOldest, " to ",
                  state::kStoredFormat, "; time zone data ", TimeZoneDataVersion(), "\n");
  if (!report.checked) return out;
  const StateReport::Counts counts = CountsOf(report);
  absl::StrAppend(&out, "\n");
  for (const std::string& damage : report.damages) absl::StrAppend(&out, "damage: ", damage, "\n");
  absl::StrAppend(
      &out, "checked: ", counts.customers, " customers, ", counts.timer_rows, " timer rows, ",
      report.damage_count == 0 ? "no damage" : absl::StrCat("damages: ", report.damage_count),
      "\n");
  return out;
}

std::string StateJson(const StateReport& report) {
  const RunWords& first = report.runs.front().words;
  std::string out = "{\"folder\":";
  engine::AppendJsonText(report.folder, &out);
  JsonOfRuns(report, &out);
  JsonOfShards(report, &out);
  absl::StrAppend(&out, ",\"counters\":", CountsJson(TotalsOf(report)), ",\"crashes\":[");
  for (std::size_t i = 0; i < report.crashes.size(); ++i) {
    const auto& crash = report.crashes[i];
    absl::StrAppend(&out, i > 0 ? "," : "", "{\"shard\":", crash.shard,
                    ",\"position\":", crash.position, ",\"crashes\":", crash.crashes, "}");
  }
  absl::StrAppend(&out, "],\"versions\":{\"definitions\":\"", first.definitions,
                  "\",\"log\":", log::kLocalLogFormat, ",\"store\":", state::kStoreFormat,
                  ",\"meta\":", kMetaFormat, ",\"customers\":", state::kStoredFormat,
                  ",\"time_zone_data\":\"", TimeZoneDataVersion(), "\"}");
  JsonOfCheck(report, &out);
  return out + "}";
}

}  // namespace parcours::processor
