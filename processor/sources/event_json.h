// EventReader: one line of JSON, CloudEvents 1.0 or Segment, -> one typed event.
//
// One walk over the line validates all of it and notes where the envelope's attributes and the
// declared fields are; only those are then read, so the order of keys does not matter and of a
// repeated key the last wins. Where `data` comes before what names its type, it is walked twice.
// Bytes: docs/formats.md, "Events in".   Limits: kLineBytesMax, kJsonDepthMax, kListElementsMax.
// Threads: owned by one worker; several may share a catalog.
// Time and failure: no clock: an event ahead of log time is the caller's to judge. A line that
// cannot be used is kRejected with a reason; nothing of it is kept.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "processor/engine/event.h"
#include "processor/sources/event_buffer.h"
#include "processor/sources/field_reader.h"
#include "processor/sources/json_walk.h"
#include "processor/sources/name_table.h"
#include "processor/sources/trait_tree.h"
#include "rules/catalog/catalog.h"

namespace parcours::sources {

enum class Outcome {
  kEvent,
  kEmpty,     // white space only
  kIgnored,   // of a type that is not declared, or of Segment's other kinds
  kRejected,  // see EventBuffer::reason and detail
};

class EventReader {
 public:
  // `catalog` must outlive the reader.
  explicit EventReader(const catalog::Catalog& catalog);

  // Reads `line`, which has kLinePadding readable bytes behind it. After kEvent, buffer->event
  // views the line and the buffer until either goes or is used again.
  Outcome Read(std::string_view line, EventBuffer* buffer);

 private:
  // The attributes of both envelopes.
  enum Key {
    kSpecversion,
    kId,
    kSource,
    kType,
    kTime,
    kSubject,
    kData,
    kDataBase64,
    kDataContentType,
    kDataSchema,
    kCloudEventsKeys,
    kMessageId = kCloudEventsKeys,
    kUserId,
    kAnonymousId,
    kTimestamp,
    kOriginalTimestamp,
    kEvent,
    kProperties,
    kTraits,
    kTraceparent,  // of a CloudEvent, one of its extensions
    kKeys,
  };

  // How the fields of one type are found in one format.
  struct Plan {
    struct Declared {
      FieldKind kind;
      int scale;
      int name;  // in `names`
    };
    NameTable names;
    std::vector<Declared> fields;
    std::vector<bool> is_items;  // by name: whether a list(item) is declared there
    int currency = -1;           // in `names`, where one must be the programme's
    int item_lists = 0, text_lists = 0;
  };
  // A track's name as Segment writes it, and the type it is (or -1).
  struct SegmentName {
    std::string name;
    int type = -1;
  };

  Plan MakePlan(const catalog::EventType& type, bool segment);
  bool WalkLine();
  Token WalkKey(int key, std::string_view name, Token value);
  Token NoteFields(Plan& plan, Token object);
  bool IsExtension(std::string_view name, Token value) const;
  Plan* EarlyPlan(int key);
  int SegmentType(std::string_view name);

  Outcome ReadCloudEvent();
  bool CheckCloudEvent();
  void ReadTraceparent();
  Outcome ReadSegment();
  Outcome FinishEvent(int type, Plan& plan, Token data);
  bool ReadFields(int type, Plan& plan, Token data);
  Outcome FinishIdentify(Token traits);
  bool ReadTraits(Token traits);
  bool FindTraits(Token data, Token* traits);
  bool EnvelopeText(Token token, const char* name, std::string_view* out);
  bool SetCustomer(std::string_view customer);
  bool SetSegmentCustomer();
  bool SetTime(Token token, const char* name);
  void SetKey();
  bool CheckCurrency(Token token);

  // Both return what the caller returns.
  bool Fail(Reason reason, std::string detail);
  bool FailWalk();
  bool FailField(std::string_view name);

  const catalog::Catalog& catalog_;
  NameTable keys_;
  NameTable types_;  // the catalog's, by their own names
  std::vector<Plan> cloud_plans_, segment_plans_;
  TraitTree traits_;
  NameTable traits_key_;  // {"traits": ...} in the data of an identify
  std::vector<FieldKind> attribute_kinds_;
  std::vector<SegmentName> segment_names_;  // a direct-mapped cache

  JsonWalk walk_;
  FieldReader fields_;
  EventBuffer* buffer_ = nullptr;
  std::array<Token, kKeys> at_{};  // where the envelope's attributes are
  Token bad_extension_ = 0;        // an attribute that CloudEvents does not allow
  bool unusual_ = false;           // there are attributes behind kData in Key
  // The type that was looked up while the line was walked, and by which token; of which object, and
  // by which plan, fields were noted then.
  int early_type_ = -1;
  Token early_name_ = 0;
  Token early_data_ = 0;
  const Plan* early_plan_ = nullptr;
  std::vector<Token> noted_;         // by name of the plan
  std::vector<Token> noted_traits_;  // by attribute
};

}  // namespace parcours::sources
