// Catalog: one compiled set of definitions: what comes in, what is kept, who is who, what happens.
//
// LoadCatalog reads a folder of YAML and checks all of it; the result is immutable and swapped
// whole. It numbers everything: types of event, fields, attributes, features, segmentations,
// journeys, and the cells in which a customer's values lie, so that the engine only follows
// indexes. Limits: limits.h.   Bytes: see docs/language.md. Threads: immutable, share freely.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/issue.h"
#include "base/periods.h"
#include "base/time.h"
#include "rules/catalog/limits.h"
#include "rules/catalog/number_set.h"
#include "rules/expr/program.h"

namespace parcours::catalog {

inline constexpr std::string_view kPersonaName = "persona";  // the segmentation of the personas
inline constexpr int kDecayedScale = 6;                      // decimals of a decayed feature
// Fields that every event has before its declared ones: event.time, event.id, event.source. The
// engine, which lays events out, asserts that it counts the same.
inline constexpr int kCommonFields = 3;
inline constexpr int kEventTimeField = 0;
// Cells beside a value: see docs/formats.md#cells.
inline constexpr int kAttributeCells = 1;  // value; who wrote it last is kept apart
inline constexpr int kTimedCells = 2;      // value, until when it stands
inline constexpr int kExclusiveCells = 3;  // segment, since, horizon; of independent ones: since
                                           // of each segment, then the horizon
inline constexpr int kAuxOfSum = 2;        // of int and double: 128 bits, low half first
inline constexpr int kAuxOfAvg = 3;        // the same, then the count
inline constexpr int kAuxOfFirst = 2;      // time, tie text; none where of_event_time
inline constexpr int kAuxOfNth = 3;        // n times: value, time, tie text; or n values
inline constexpr int kAuxOfStddev = 5;     // sum, sum of squares, 128 bits each; the count
inline constexpr int kAuxOfDistinct = 1;   // a set of hashes: base/collection.h
inline constexpr int kAuxOfRatio = 2;      // how many were true, and how many known
inline constexpr int kAuxOfMeanGap = 3;    // the first time, the last, how many
inline constexpr int kAuxOfLastGap = 2;    // the latest time, the one before

// What expressions read, by number: attributes, features, segmentations.
using VariableSet = NumberSet<kVariablesMax + kSegmentationsMax>;
// Places in Catalog::plan.
using PlanSet = NumberSet<kVariablesMax + kSegmentationsMax>;

// A declared field of an event. Its number counts from engine::kCommonFields.
struct Field {
  std::string name;
  expr::Type type;        // bool int double string timestamp date money point item-list string-list
  int scale = 0;          // decimals of a double (declared) or of money (the programme's)
  std::string segment;    // its name in a Segment event's properties; by default `name`
  bool is_store = false;  // a string that is a store's id
};

struct EventType {
  std::string name;     // lower_snake_case: the CloudEvents `type`
  std::string segment;  // Segment's event name, if stated: "Order Completed"
  std::vector<Field> fields;
  bool has_money = false;  // then a `currency` beside it must be the programme's
};

struct Attribute {
  std::string name;
  expr::Type type;  // bool int double string timestamp date money point
  int scale = 0;
  bool is_time_zone = false;  // type time_zone: a string that names the customer's zone
  bool is_store = false;      // type store: a string that is a store's id
  bool contact = false;       // personal: kept apart, never in rules nor in what is published
  std::string trait;          // dotted path in an identify's traits; empty: no identify writes it
  int event_type = -1;        // the type of event that writes it too, or -1,
  std::optional<expr::Program> of;  // and what of the event
  int variable = -1;                // -1 for contact data
  int cell = -1;                    // value; `variable` numbers the note of its last write
};

enum class Aggregate {
  kCount,
  kSum,
  kMin,
  kMax,
  kAvg,
  kFirst,
  kLast,
  kNth,
  kDistinct,
  kList,
  kMap,
  kRatio,
  kMeanGap,
  kLastGap,
  kDecayed,
  kStddev,
};

// Sliding: contributions count from their time t until the first grid line at or after t + length.
// Of the calendar: those of the present period count, or those of the one before.
struct Window {
  std::shared_ptr<const Periods> periods;  // of the calendar; else sliding
  bool previous = false;                   // the period before the present one
  TimeMs length = 0;
  TimeMs grain = 0;         // kDayMs with `local_days`
  bool local_days = false;  // grid lines are the starts of the programme's local days
  int grains = 0;           // length / grain
};

struct Feature {
  std::string name;
  expr::Type type;
  int scale = 0;             // decimals, of money and of fixed-point doubles
  bool fixed_point = false;  // a double held as fixed point; others are IEEE bits
  bool is_store = false;     // a string that is a store's id
  int variable = -1;
  // The value's cell. A derived or windowed one is followed by the instant until which it stands.
  int cell = -1;
  bool keep = false;  // computed though nothing reads it

  // Derived: `value`, evaluated after all that it reads.
  std::optional<expr::Program> value;
  VariableSet reads;

  // Aggregated, where `value` is not set.
  Aggregate aggregate = Aggregate::kCount;
  int event_type = -1;
  std::optional<expr::Program> where;
  std::optional<expr::Program> of;  // unset where events are counted
  std::optional<expr::Program> by;  // the key of a map
  bool of_event_time = false;       // `of: event.time`: ties need no id
  bool of_text = false;             // `of` is a string
  int items_field = -1;             // where one reads `item`: the list whose items contribute, each
  int of_scale = 0;                 // decimals of what an avg is the mean of
  int n = 1;                        // of nth; the length of a list
  int keys = 0;                     // of a map
  std::vector<std::int64_t> weights;  // of decayed, by age in whole grains: millionths
  std::optional<Window> window;
  // Whether time alone may change it: it is derived, or counts what a window holds.
  bool timed() const { return event_type < 0 || window.has_value(); }
  int window_index = -1;  // in Catalog::windows
  // Cells the engine keeps beside the value, and how many: see docs/formats.md#cells.
  int aux = -1, aux_count = 0;
};

// Whether a value of this type lies in a text cell: a string, or the bytes of a list or map.
inline bool IsHeldAsText(const expr::Type& type) {
  return type.kind == expr::Kind::kString || type.kind == expr::Kind::kList ||
         type.kind == expr::Kind::kMap;
}

struct Segment {
  std::string name;
  expr::Program rule;
  VariableSet reads;
  bool timed = false;  // whether time alone may change it
};

// Exclusive: a customer is in the first segment whose rule is true. Independent: in each of those.
struct Segmentation {
  std::string name;
  bool independent = false;
  bool publish = true;          // else its transitions are made and counted, but not published
  bool otherwise_none = false;  // it is said that a customer may be in no segment
  std::vector<Segment> segments;
  VariableSet reads;   // of all its segments
  bool timed = false;  // whether time alone may change any of them
  int variable = -1;
  // Exclusive: the segment's number or kAbsent, then since when. Independent: for each segment
  // since when the customer is in it, or kAbsent.
  int cell = -1;
  int until = -1;  // the cell of the horizon of the whole
  int since_cell(int segment) const { return independent ? cell + segment : cell + 1; }
  // Whether the customer with these cells is in the segment.
  bool Holds(const Cell* cells, int segment) const {
    return independent ? cells[cell + segment] != kAbsent : cells[cell] == segment;
  }
};

// Something that is looked at again when what it reads changes, or at an instant.
struct PlanStep {
  enum class Kind : std::uint8_t { kDerived, kSegmentation };
  Kind kind = Kind::kDerived;
  int number = 0;  // in Catalog::features or Catalog::segmentations
};

// What a team tells of a typical customer: the keys that were written, in the order of
// docs/language.md.
struct CardEntry {
  std::string key;
  std::vector<std::string> texts;  // one where the key holds a text, not a list
};
struct Persona {
  std::string name;
  std::vector<CardEntry> card;
};

struct Goal {
  expr::Program when;
  TimeMs within = 0;
  bool from_send = false;  // else from entry
  VariableSet reads;
};

struct Step {
  enum class Kind { kWait, kWaitUntil, kSend };
  Kind kind = Kind::kSend;
  std::string name;                    // as stated, else its position from 1: "2"
  TimeMs wait = 0;                     // kWait
  std::optional<expr::Program> until;  // kWaitUntil: bool, or a timestamp at which it ends
  VariableSet reads;
  std::string channel, purpose, template_name;  // kSend
};

struct Journey {
  std::string name;
  int enter_event = -1;                // enters on this type of event, or
  int enter_segmentation = -1;         // on a transition of this one,
  int enter_from = -1, enter_to = -1;  // between these segments (-1: any)
  std::optional<expr::Program> when;   // of the customer
  bool reenter = false;
  TimeMs late_entry = 48 * kHourMs;
  std::optional<expr::Program> exit_when;
  VariableSet exit_reads;
  std::optional<Goal> goal;
  std::vector<Step> steps;
  int rank = 0;  // among all journeys by name
};

struct Catalog {
  std::string currency;  // empty if the programme states none
  int decimals = 2;
  std::shared_ptr<const Periods> seasons;
  std::string time_zone;
  std::shared_ptr<const Zone> zone;

  std::vector<EventType> events;
  std::vector<Attribute> attributes;
  std::vector<Feature> features;           // those in use, in the order of definition
  std::vector<int> windows;                // features with a window, by window_index
  std::vector<std::vector<int>> on_event;  // by type of event: the features it contributes to
  // In the order of definition; where there are personas, the last one, exclusive, is theirs.
  std::vector<Segmentation> segmentations;
  std::vector<Persona> personas;  // in the order of definition: the segments of kPersonaName
  std::vector<Journey> journeys;
  std::vector<int> journeys_by_name;
  // Derived features and segmentations, each after all that it reads: derived ones as soon as may
  // be, then segmentations in the order of definition. For dues: places in `plan`, the same with
  // segmentations by name, that of the personas last.
  std::vector<PlanStep> plan;
  std::vector<int> plan_of_dues;
  std::vector<std::vector<int>> attributes_on_event;  // by type of event: those it writes
  int time_zone_attribute = -1;  // the attribute that names the customer's zone, or -1
  int store_attribute = -1;      // the first one of type store: whose zone counts otherwise, or -1
  std::shared_ptr<const expr::Stores> stores;  // null without the section

  int cell_count = 0;
  std::vector<int> text_cells;  // cells that hold text and so must be freed
  std::string version;          // 16 hex digits: Hash64 of the files' names and bytes

  int FindEvent(std::string_view name) const;         // -1 if undeclared
  int FindSegmentEvent(std::string_view name) const;  // by Segment's name, stated or by rule
};

// One file of definitions, as read.
struct SourceFile {
  std::string name;  // relative to the folder
  std::string text;
};

// Gives the text of a file of data that definitions name ("stores.csv"), nullopt if there is none.
using DataReader = std::function<std::optional<std::string>(const std::string& name)>;

// Compiles definitions. On mistakes returns nullptr and every Issue, ordered by file, line, column;
// without mistakes there may be Issues too, all of them warnings.
std::shared_ptr<const Catalog> CompileCatalog(
    const std::vector<SourceFile>& files, std::vector<Issue>* issues,
    const DataReader& read_data = [](const std::string&) { return std::nullopt; });

// Reads all *.yaml and *.yml in `folder` (not below), in the order of their names, and compiles
// them, with the files of data that they name. A folder or file that cannot be read is an Issue
// too.
std::shared_ptr<const Catalog> LoadCatalog(const std::string& folder, std::vector<Issue>* issues);

}  // namespace parcours::catalog
