#include "tests/sim/world.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/hash.h"

namespace parcours::sim {

namespace {

constexpr char kShop[] = R"(
programme: {currency: EUR, time_zone: $zone}
events:
  order: {fields: {total: money}}
  view: {fields: {category: string}}
  note: {}
attributes:
  birth_date: {type: date, trait: birthday}
  time_zone: {type: time_zone}
  language: string
$contact
features:
  orders: {on: order, aggregate: count}
  spend: {on: order, aggregate: sum, of: event.total, keep: true}
  views: {on: view, aggregate: count, keep: true}
  last_order_at: {on: order, aggregate: last, of: event.time}
  third_order_at: {on: order, aggregate: nth, n: 3, of: event.time, keep: true}
  last_category: {on: view, aggregate: last, of: event.category, keep: true}
$windows
segmentations:
  lifecycle:
    kind: exclusive
    segments:
      lost: calendar_days(last_order_at, now) > $lost
      lapsing: now - last_order_at > days($lapsing)
      loyal: orders >= 3
      new: orders >= 1
$segmentations
$journeys
)";

constexpr char kWindows[] = R"(
  views_10m: {on: view, aggregate: count, window: 10m, keep: true}
  spend_30d: {on: order, aggregate: sum, of: event.total, window: 30d, keep: true}
  largest_2d: {on: order, aggregate: max, of: event.total, window: 2d, keep: true}
)";

constexpr char kWindowSegments[] = R"(
  interest:
    segments:
      keen: views_10m >= 3
      spender: spend_30d > money("80")
      recent: has(largest_2d) && largest_2d > money("5")
)";

constexpr char kPeople[] = R"(
  age:
    segments:
      senior: age(birth_date) >= 60
      adult: age(birth_date) >= 41
      young: has(birth_date)
  taste:
    segments:
      french: language == "fr"
      hiker: has(last_category) && last_category.startsWith("h")
      third: now - third_order_at > days(2)
)";

constexpr char kJourneys[] = R"(
journeys:
  second_purchase:
    enter: {event: order, when: orders == 1}
    exit_when: orders >= 2
    goal: {when: orders >= 2, within: 30d}
    steps:
      - {name: pause, wait: 2d}
      - {name: nudge, send: {channel: email, template: second_purchase}}
      - wait: {until: start_of_day(last_order_at) + days(9)}
      - send: {channel: sms, template: again}
  win_back:
    enter: {transition: {segmentation: lifecycle, to: lapsing}}
    reentry: always
    exit_when: views >= 9
    goal: {when: orders >= 4, within: 14d, from: send}
    steps:
      - wait: {until: local_time(now) >= hours(9)}
      - send: {channel: email, purpose: marketing, template: we_miss_you}
  looked:
    enter: {event: view}
    reentry: always
    steps:
      - wait: 90m
      - send: {channel: email, template: seen}
)";

constexpr char kContact[] = "  email: {type: string, contact: true}\n";

}  // namespace

std::shared_ptr<const catalog::Catalog> DrawCatalog(Random* random) {
  const bool windows = random->Percent(80), people = random->Percent(70),
             journeys = random->Percent(75), contact = random->Percent(60);
  const std::string text = absl::StrReplaceAll(
      kShop,
      {{"$zone", random->OneOf({"Europe/Paris", "UTC", "America/New_York"})},
       {"$contact", contact ? kContact : ""},
       {"$windows", windows ? kWindows : ""},
       {"$lost", absl::StrCat(random->Between(10, 60))},
       {"$lapsing", absl::StrCat(random->Between(1, 9))},
       {"$segmentations", absl::StrCat(windows ? kWindowSegments : "", people ? kPeople : "")},
       {"$journeys", journeys ? kJourneys : ""}});
  std::vector<Issue> issues;
  auto compiled = catalog::CompileCatalog({{"definitions.yaml", text}}, &issues);
  for (const Issue& issue : issues) std::fprintf(stderr, "%s\n", FormatIssue(issue).c_str());
  if (compiled == nullptr) std::abort();
  return compiled;
}

EventMaker::EventMaker(int partitions, Random* random) : partitions_(partitions), random_(*random) {
  const auto count = random->OneOf({3, 10, 25, 60});
  for (int i = 0; i < count; ++i) customers_.push_back(absl::StrCat("c", i));
  customers_.back().append(random->Percent(30) ? 200 : 0, 'x');
  if (random->Percent(20)) customers_.emplace_back("a \"quoted\" \xC3\xA9l\xC3\xA8ve/1");
}

Sent EventMaker::Keep(Sent sent) {
  sent_.push_back(sent);
  return sent;
}

TimeMs EventMaker::DrawTime(TimeMs now) {
  switch (random_.Below(20)) {
    case 0:  // late
    case 1:
      return now - random_.Below(3 * kHourMs);
    case 2:
      return now - random_.Below(40 * kDayMs);
    case 3:  // a little ahead
      return now + random_.Below(10 * kMinuteMs);
    case 4:
      return random_.Percent(30) ? now + random_.Below(3 * kDayMs) : now;
    case 5:  // on a grid line
      return now - now % kMinuteMs;
    default:
      return now - random_.Below(5) * 250;
  }
}

std::string EventMaker::DrawTraits() {
  std::string traits = absl::StrFormat(R"("birthday":"%d-%02d-%02d")", random_.Between(1950, 1999),
                                       random_.Between(1, 12), random_.Between(1, 28));
  if (random_.Percent(60)) {
    absl::StrAppend(&traits, R"(,"time_zone":")",
                    random_.OneOf({"Europe/Paris", "Asia/Kolkata", "America/St_Johns", "UTC"}),
                    "\"");
  }
  if (random_.Percent(50)) {
    absl::StrAppend(&traits, R"(,"language":")",
                    random_.OneOf({"fr", "de", "a language of more than a few bytes"}), "\"");
  }
  if (random_.Percent(50)) {
    absl::StrAppend(&traits, R"(,"email":"a)", random_.Below(1000), R"(@example.com")");
  }
  return absl::StrCat(R"({"traits":{)", traits, "}}");
}

EventMaker::Parts EventMaker::DrawParts(const std::string& customer, TimeMs now) {
  Parts parts;
  parts.id = absl::StrCat("e", ++made_);
  parts.source = random_.OneOf({"web", "till"});
  parts.customer = customer;
  parts.time = DrawTime(now);
  parts.data = "{}";
  const auto kind = random_.Below(100);
  if (kind < 40) {
    parts.type = "order";
    parts.data = absl::StrFormat(R"({"total":"%d.%02d"})", random_.Below(60), random_.Below(100));
  } else if (kind < 80) {
    parts.type = "view";
    parts.data = absl::StrCat(R"({"category":")",
                              random_.OneOf({"hats", "hiking boots for men", "tennis"}), "\"}");
  } else if (kind < 88) {
    parts.type = "note";
  } else if (kind < 98) {
    parts.type = "identify";
    parts.data = DrawTraits();
  } else {
    parts.type = "undeclared";
  }
  return parts;
}

Sent EventMaker::Assemble(const Parts& parts) const {
  std::string customer = absl::StrReplaceAll(parts.customer, {{"\"", "\\\""}});
  return {PartitionOf(parts.customer, partitions_), parts.customer,
          absl::StrCat(R"({"specversion":"1.0","id":")", parts.id, R"(","source":")", parts.source,
                       R"(","type":")", parts.type, R"(","time":")", FormatTime(parts.time),
                       R"(","subject":")", customer, R"(","data":)", parts.data, "}")};
}

// What must become a dead letter, or nothing.
Sent EventMaker::DrawBroken(TimeMs now) {
  Sent sent = Assemble(DrawParts(random_.OneOf(customers_), now));
  switch (random_.Below(6)) {
    case 0:
      sent.value.resize(static_cast<std::size_t>(random_.Below(60)));
      break;
    case 1:
      sent.value = std::string("\x00\xFF\x7F{", 4);
      break;
    case 2:
      sent.key = "somebody else";
      break;
    case 3:
      sent.partition = static_cast<int>(random_.Below(partitions_));
      break;
    case 4:
      sent.key.clear();
      break;
    default:
      sent.value.clear();
      sent.tombstone = true;
  }
  return sent;
}

Sent EventMaker::Draw(TimeMs now) {
  if (random_.Percent(4)) return Keep(DrawBroken(now));
  if (!sent_.empty() && random_.Percent(8)) {  // told again, lately or long ago
    const auto count = static_cast<std::int64_t>(sent_.size());
    const auto back = random_.Percent(60) ? std::min<std::int64_t>(count, 8) : count;
    return sent_[static_cast<std::size_t>(count - 1 - random_.Below(back))];
  }
  if (random_.Percent(15)) return DrawHot(now);
  return Keep(Assemble(DrawParts(random_.OneOf(customers_), now)));
}

Sent EventMaker::DrawHot(TimeMs now) { return Keep(Assemble(DrawParts(customers_.front(), now))); }

}  // namespace parcours::sim
