#include "processor/sources/event_json.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "base/time.h"

namespace parcours::sources {
namespace {

constexpr std::size_t kEnvelopeTextMax = 256;  // of id and source
constexpr std::size_t kSegmentNames = 256;     // slots of the cache, a power of two
constexpr std::size_t kSegmentNameKept = 128;  // bytes of a name that is worth a slot
constexpr std::string_view kSegmentSource = "segment";
constexpr std::string_view kIdentifyType = "identify";

// By EventReader::Key.
constexpr std::string_view kKeyNames[] = {"specversion", "id",          "source",
                                          "type",        "time",        "subject",
                                          "data",        "data_base64", "datacontenttype",
                                          "dataschema",  "messageId",   "userId",
                                          "anonymousId", "timestamp",   "originalTimestamp",
                                          "event",       "properties",  "traits",
                                          "traceparent"};

bool IsExtensionName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

// "type/subtype", perhaps with parameters (RFC 2046).
bool IsContentType(std::string_view text) {
  const auto is_token = [](std::string_view token) {
    return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
      return c > ' ' && c < 0x7F && std::strchr("()<>@,;:\\\"/[]?=", c) == nullptr;
    });
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  std::string_view subtype = text.substr(slash + 1, text.find(';') - slash - 1);
  while (!subtype.empty() && subtype.back() == ' ') subtype.remove_suffix(1);
  return is_token(text.substr(0, slash)) && is_token(subtype);
}

// version "-" trace id "-" parent id "-" flags, in hexadecimal digits (W3C Trace Context, level 1).
bool IsTraceparent(std::string_view text) {
  constexpr std::string_view kForm = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
  static_assert(kForm.size() == engine::kTraceparentBytes);
  const auto fits = [](char c, char form) {
    return form == 'x' ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') : c == form;
  };
  const auto nothing = [](std::string_view id) { return id.find_first_not_of('0') == id.npos; };
  return text.size() == kForm.size() && std::equal(text.begin(), text.end(), kForm.begin(), fits) &&
         text.substr(0, 2) != "ff" && !nothing(text.substr(3, 32)) && !nothing(text.substr(36, 16));
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

EventReader::EventReader(const catalog::Catalog& catalog)
    : catalog_(catalog),
      traits_(catalog.attributes),
      segment_names_(kSegmentNames),
      fields_(catalog.decimals),
      noted_traits_(catalog.attributes.size()) {
  for (int key = 0; key < kKeys; ++key) keys_.Add(kKeyNames[key], key);
  traits_key_.Add("traits", 0);
  for (std::size_t i = 0; i < catalog.events.size(); ++i) {
    types_.Add(catalog.events[i].name, static_cast<int>(i));
    cloud_plans_.push_back(MakePlan(catalog.events[i], /*segment=*/false));
    segment_plans_.push_back(MakePlan(catalog.events[i], /*segment=*/true));
  }
  for (const catalog::Attribute& attribute : catalog.attributes) {
    attribute_kinds_.push_back(KindOf(attribute.type, attribute.is_time_zone));
  }
}

EventReader::Plan EventReader::MakePlan(const catalog::EventType& type, bool segment) {
  Plan plan;
  int names = 0;
  const auto name_number = [&plan, &names](std::string_view name) {
    const int number = plan.names.Add(name, names);
    if (number == names) ++names;
    return number;
  };
  for (const catalog::Field& field : type.fields) {
    const FieldKind kind = KindOf(field.type, /*is_time_zone=*/false);
    plan.fields.push_back({kind, field.scale, name_number(segment ? field.segment : field.name)});
    plan.is_items.resize(static_cast<std::size_t>(names) + 1);
    if (kind == FieldKind::kItems) {
      ++plan.item_lists;
      plan.is_items[static_cast<std::size_t>(plan.fields.back().name)] = true;
    }
    if (kind == FieldKind::kTexts) ++plan.text_lists;
  }
  if (type.has_money) plan.currency = name_number("currency");
  plan.is_items.resize(static_cast<std::size_t>(names));
  noted_.resize(std::max(noted_.size(), plan.fields.size() + 1));  // and the currency
  return plan;
}

Outcome EventReader::Read(std::string_view line, EventBuffer* buffer) {
  buffer_ = buffer;
  buffer->Clear();
  switch (walk_.Begin(line)) {
    case JsonWalk::Start::kEmpty:
      return Outcome::kEmpty;
    case JsonWalk::Start::kFault:
      FailWalk();
      return Outcome::kRejected;
    case JsonWalk::Start::kObject:
      break;
  }
  fields_.Begin(&walk_, buffer);
  if (!WalkLine()) return Outcome::kRejected;
  return walk_.Present(at_[kSpecversion]) ? ReadCloudEvent() : ReadSegment();
}

bool EventReader::WalkLine() {
  at_.fill(0);
  bad_extension_ = early_data_ = early_name_ = 0;
  unusual_ = false;
  const Token behind = walk_.Object(
      0, 1, keys_,
      [this](int key, std::string_view name, Token value) { return WalkKey(key, name, value); });
  if (behind == 0) return FailWalk();
  if (behind == walk_.count()) return true;
  walk_.Unexpected(behind, "text behind the object");
  return FailWalk();
}

Token EventReader::WalkKey(int key, std::string_view name, Token value) {
  if (key < 0) {
    const Token behind = walk_.Skip(value, 1);
    if (behind != 0 && !IsExtension(name, value)) bad_extension_ = value;
    return behind;
  }
  at_[static_cast<std::size_t>(key)] = value;
  unusual_ |= key > kData;
  if ((key == kData || key == kProperties) && walk_.First(value) == '{') {
    if (Plan* plan = EarlyPlan(key); plan != nullptr) {
      early_plan_ = plan;
      early_data_ = value;
      return NoteFields(*plan, value);
    }
  }
  return walk_.Skip(value, 1);
}

// Whether CloudEvents allows an attribute of this name and value beside its own.
bool EventReader::IsExtension(std::string_view name, Token value) const {
  const char first = walk_.First(value);
  if (first == '{' || first == '[' || !IsExtensionName(name)) return false;
  const bool number = first == '-' || (first >= '0' && first <= '9');
  return !number || walk_.Written(value).find_first_of(".eE") == std::string_view::npos;
}

// The plan for the object that comes next, if what has been read so far tells it.
EventReader::Plan* EventReader::EarlyPlan(int key) {
  const Token named_by = key == kData ? at_[kType] : at_[kEvent];
  std::string_view name;
  if (named_by == 0 || (key == kData) != (at_[kSpecversion] != 0)) return nullptr;
  if (walk_.First(named_by) != '"') return nullptr;
  name = walk_.Quoted(named_by);
  // Unusual names can wait: `data` may be repeated often, and each of them would be paid for again.
  if (name.size() > kSegmentNameKept || (walk_.escapes() && name.find('\\') != name.npos)) {
    return nullptr;
  }
  early_type_ = key == kData ? types_.Find(name) : SegmentType(name);
  early_name_ = named_by;
  if (early_type_ < 0) return nullptr;
  return &(key == kData ? cloud_plans_ : segment_plans_)[static_cast<std::size_t>(early_type_)];
}

Token EventReader::NoteFields(Plan& plan, Token object) {
  std::fill_n(noted_.begin(), plan.fields.size() + 1, Token{0});
  return walk_.Object(
      object, 2, plan.names, [this, &plan](int name, std::string_view, Token value) {
        if (name < 0) return walk_.Skip(value, 2);
        noted_[static_cast<std::size_t>(name)] = value;
        return plan.is_items[static_cast<std::size_t>(name)] ? fields_.NoteItems(value, 2)
                                                             : walk_.Skip(value, 2);
      });
}

int EventReader::SegmentType(std::string_view name) {
  if (name.size() > kSegmentNameKept) return catalog_.FindSegmentEvent(name);
  SegmentName& slot = segment_names_[Hash64(name) & (kSegmentNames - 1)];
  if (slot.name != name || name.empty()) {
    slot.name = std::string(name);
    slot.type = catalog_.FindSegmentEvent(name);
  }
  return slot.type;
}

Outcome EventReader::ReadCloudEvent() {
  if (!CheckCloudEvent()) return Outcome::kRejected;
  if (unusual_) ReadTraceparent();
  engine::Event& event = buffer_->event;
  std::string_view type;
  if (!EnvelopeText(at_[kId], "id", &event.id) ||
      !EnvelopeText(at_[kSource], "source", &event.source)) {
    return Outcome::kRejected;
  }
  if (!walk_.Present(at_[kType]) || !fields_.Text(at_[kType], &type) || type.empty()) {
    Fail(Reason::kEnvelope, "type: missing, empty or not a string");
    return Outcome::kRejected;
  }
  std::string_view subject;
  if (walk_.Present(at_[kSubject]) && (!fields_.Text(at_[kSubject], &subject) || subject.empty())) {
    Fail(Reason::kEnvelope, "subject: empty or not a string");
    return Outcome::kRejected;
  }
  const bool timed = walk_.Present(at_[kTime]);
  if (timed && !SetTime(at_[kTime], "time")) return Outcome::kRejected;

  const bool identify = type == kIdentifyType;
  const int number = identify                    ? engine::Event::kIdentify
                     : early_name_ == at_[kType] ? early_type_
                                                 : types_.Find(type);
  if (!identify && number < 0) return Outcome::kIgnored;
  if (!SetCustomer(subject)) return Outcome::kRejected;
  if (!timed) {
    Fail(Reason::kTime, "time: missing");
    return Outcome::kRejected;
  }
  if (walk_.Present(at_[kDataBase64])) {
    Fail(Reason::kType, "data_base64: data must be an object");
    return Outcome::kRejected;
  }
  if (!identify) {
    return FinishEvent(number, cloud_plans_[static_cast<std::size_t>(number)], at_[kData]);
  }
  Token traits = 0;
  if (!FindTraits(at_[kData], &traits)) return Outcome::kRejected;
  return FinishIdentify(traits);
}

// The traits in the data of an identify, or 0.
bool EventReader::FindTraits(Token data, Token* traits) {
  if (!walk_.Present(data)) return true;
  if (walk_.First(data) != '{') return Fail(Reason::kType, "data: not an object");
  const Token behind =
      walk_.Object(data, 2, traits_key_, [this, traits](int name, std::string_view, Token value) {
        if (name >= 0) *traits = value;
        return walk_.Skip(value, 2);
      });
  return behind != 0 || FailWalk();
}

// Keeps what is of W3C's form; all else is as if it were not there, since a trace that is lost is
// no reason to lose an event.
void EventReader::ReadTraceparent() {
  std::string_view text;
  const Token token = at_[kTraceparent];
  if (walk_.Present(token) && fields_.Text(token, &text) && IsTraceparent(text)) {
    buffer_->event.traceparent = text;
  }
}

// What CloudEvents asks of attributes that we do not use.
bool EventReader::CheckCloudEvent() {
  std::string_view text;
  if (!fields_.Text(at_[kSpecversion], &text) || text != "1.0") {
    return Fail(Reason::kEnvelope, "specversion: not \"1.0\"");
  }
  if (!unusual_ && bad_extension_ == 0) return true;
  // Segment's attributes, too, are extensions here, if they may be.
  for (int key = kCloudEventsKeys; key < kKeys; ++key) {
    const Token token = at_[static_cast<std::size_t>(key)];
    if (token != 0 && !IsExtension(kKeyNames[key], token)) bad_extension_ = token;
  }
  if (bad_extension_ != 0) {
    return Fail(Reason::kEnvelope,
                "an extension's name is not of a-z 0-9, or its value not simple");
  }
  for (Token token : {at_[kDataContentType], at_[kDataSchema], at_[kDataBase64]}) {
    if (!walk_.Present(token)) continue;
    if (!fields_.Text(token, &text) || (text.empty() && token != at_[kDataBase64]) ||
        (token == at_[kDataContentType] && !IsContentType(text))) {
      return Fail(Reason::kEnvelope, "datacontenttype, dataschema or data_base64: malformed");
    }
  }
  if (walk_.Present(at_[kData]) && walk_.Present(at_[kDataBase64])) {
    return Fail(Reason::kEnvelope, "both data and data_base64");
  }
  return true;
}

Outcome EventReader::ReadSegment() {
  std::string_view type;
  const bool typed = walk_.Present(at_[kType]) && fields_.Text(at_[kType], &type);
  const bool other = type == "page" || type == "screen" || type == "group" || type == "alias";
  const bool identify = type == kIdentifyType;
  const bool named = walk_.Present(at_[kMessageId]);
  engine::Event& event = buffer_->event;
  if (named && typed && other) return Outcome::kIgnored;
  if (!named && !other && !identify && type != "track") {
    Fail(Reason::kEnvelope, "neither specversion nor messageId");
    return Outcome::kRejected;
  }
  if (!EnvelopeText(at_[kMessageId], "messageId", &event.id)) return Outcome::kRejected;
  if (!identify && type != "track") {
    Fail(Reason::kEnvelope, "type: not one of Segment's");
    return Outcome::kRejected;
  }
  event.source = kSegmentSource;
  int number = engine::Event::kIdentify;
  if (!identify) {
    std::string_view name;
    if (!walk_.Present(at_[kEvent]) || !fields_.Text(at_[kEvent], &name) || name.empty()) {
      Fail(Reason::kEnvelope, "event: missing, empty or not a string");
      return Outcome::kRejected;
    }
    number = early_name_ == at_[kEvent] ? early_type_ : SegmentType(name);
    if (number < 0) return Outcome::kIgnored;
  }
  const bool stamped = walk_.Present(at_[kTimestamp]);
  if (!SetSegmentCustomer() ||
      !SetTime(at_[stamped ? kTimestamp : kOriginalTimestamp], "timestamp")) {
    return Outcome::kRejected;
  }
  if (identify) return FinishIdentify(at_[kTraits]);
  return FinishEvent(number, segment_plans_[static_cast<std::size_t>(number)], at_[kProperties]);
}

Outcome EventReader::FinishEvent(int type, Plan& plan, Token data) {
  engine::Event& event = buffer_->event;
  std::vector<expr::Field>& fields = buffer_->fields;
  fields.resize(engine::kCommonFields + plan.fields.size());
  fields[engine::kFieldTime] = {event.time, nullptr};
  fields[engine::kFieldId] = {static_cast<Cell>(event.id.size()), event.id.data()};
  fields[engine::kFieldSource] = {static_cast<Cell>(event.source.size()), event.source.data()};
  if (!walk_.Present(data)) {
    std::fill(fields.begin() + engine::kCommonFields, fields.end(), expr::Field());
  } else if (!ReadFields(type, plan, data)) {
    return Outcome::kRejected;
  }
  event.type = type;
  event.fields = fields;
  event.attributes = {};
  SetKey();
  return Outcome::kEvent;
}

bool EventReader::ReadFields(int type, Plan& plan, Token data) {
  if (walk_.First(data) != '{') return Fail(Reason::kType, "data: not an object");
  // Another type or other data may have followed what was noted early.
  const bool noted = early_data_ == data && early_plan_ == &plan;
  if (!noted && NoteFields(plan, data) == 0) return FailWalk();
  if (plan.currency >= 0 && !CheckCurrency(noted_[static_cast<std::size_t>(plan.currency)])) {
    return false;
  }
  fields_.Reserve(plan.item_lists, plan.text_lists);
  for (std::size_t i = 0; i < plan.fields.size(); ++i) {
    const Plan::Declared& field = plan.fields[i];
    const Token token = noted_[static_cast<std::size_t>(field.name)];
    expr::Field* const out = &buffer_->fields[engine::kCommonFields + i];
    if (!fields_.Read(token, field.kind, field.scale, out)) {
      return FailField(catalog_.events[static_cast<std::size_t>(type)].fields[i].name);
    }
  }
  return true;
}

Outcome EventReader::FinishIdentify(Token traits) {
  engine::Event& event = buffer_->event;
  if (walk_.Present(traits) && !ReadTraits(traits)) return Outcome::kRejected;
  event.type = engine::Event::kIdentify;
  event.fields = {};
  event.attributes = buffer_->attributes;
  SetKey();
  return Outcome::kEvent;
}

bool EventReader::ReadTraits(Token traits) {
  if (walk_.First(traits) != '{') return Fail(Reason::kType, "traits: not an object");
  if (traits_.Note(&walk_, traits, 1, &noted_traits_) == 0) return FailWalk();
  for (std::size_t i = 0; i < noted_traits_.size(); ++i) {
    if (!walk_.Present(noted_traits_[i])) continue;
    const catalog::Attribute& attribute = catalog_.attributes[i];
    expr::Field value;
    if (!fields_.Read(noted_traits_[i], attribute_kinds_[i], attribute.scale, &value)) {
      return FailField(attribute.name);
    }
    buffer_->attributes.push_back({static_cast<int>(i), value});
  }
  return true;
}

bool EventReader::EnvelopeText(Token token, const char* name, std::string_view* out) {
  if (!walk_.Present(token) || !fields_.Text(token, out) || out->empty()) {
    return Fail(Reason::kEnvelope, absl::StrCat(name, ": missing, empty or not a string"));
  }
  if (out->size() > kEnvelopeTextMax) {
    return Fail(Reason::kEnvelope, absl::StrCat(name, ": longer than 256 bytes"));
  }
  if (walk_.escapes() && HasControl(*out)) {
    return Fail(Reason::kEnvelope, absl::StrCat(name, ": has a control character"));
  }
  return true;
}

bool EventReader::SetCustomer(std::string_view customer) {
  if (customer.empty()) return Fail(Reason::kCustomer, "no customer");
  const std::size_t longest =
      engine::kCustomerIdBytesMax + (PARCOURS_MUTANT("customer-limit-off-by-one") ? 1 : 0);
  if (customer.size() > longest) {
    return Fail(Reason::kCustomer, "the customer's id is longer than 256 bytes");
  }
  if (walk_.escapes() && HasControl(customer)) {
    return Fail(Reason::kCustomer, "the customer's id has a control character");
  }
  buffer_->event.customer = customer;
  return true;
}

bool EventReader::SetSegmentCustomer() {
  std::string_view id;
  for (int key : {kUserId, kAnonymousId}) {
    const Token token = at_[static_cast<std::size_t>(key)];
    if (!walk_.Present(token)) continue;
    if (!fields_.Text(token, &id)) {
      return Fail(Reason::kCustomer, absl::StrCat(std::string(kKeyNames[key]), ": not a string"));
    }
    // Some senders write an empty userId for a visitor they do not know.
    if (!id.empty()) return SetCustomer(key == kUserId ? id : fields_.Prefixed("anon:", id));
  }
  return SetCustomer({});
}

bool EventReader::SetTime(Token token, const char* name) {
  std::string_view text;
  if (!walk_.Present(token)) return Fail(Reason::kTime, absl::StrCat(name, ": missing"));
  if (!fields_.Text(token, &text)) {
    return Fail(Reason::kTime, absl::StrCat(name, ": not a string"));
  }
  const auto time = ParseTime(text);
  if (!time.ok()) return Fail(Reason::kTime, absl::StrCat(name, ": not an RFC 3339 time"));
  if (*time < kTimeMinMs || (*time >= kTimeMaxMs && !PARCOURS_MUTANT("time-upper-bound-open"))) {
    return Fail(Reason::kTime, absl::StrCat(name, ": outside the years 1970 to 9998"));
  }
  buffer_->event.time = *time;
  return true;
}

void EventReader::SetKey() {
  engine::Event& event = buffer_->event;
  char bytes[2 * kEnvelopeTextMax + 1];
  std::memcpy(bytes, event.id.data(), event.id.size());
  bytes[event.id.size()] = '\0';
  std::memcpy(bytes + event.id.size() + 1, event.source.data(), event.source.size());
  event.key = Hash64({bytes, event.id.size() + 1 + event.source.size()});
}

bool EventReader::CheckCurrency(Token token) {
  if (!walk_.Present(token)) return true;
  std::string_view code;
  if (!fields_.Text(token, &code)) return Fail(Reason::kCurrency, "currency: not a string");
  if (!absl::EqualsIgnoreCase(std::string(code), catalog_.currency)) {
    return Fail(Reason::kCurrency,
                absl::StrCat("currency: not the programme's ", catalog_.currency));
  }
  return true;
}

bool EventReader::Fail(Reason reason, std::string detail) {
  buffer_->reason = reason;
  buffer_->detail = std::move(detail);
  return false;
}

bool EventReader::FailWalk() { return Fail(walk_.reason(), walk_.detail()); }

bool EventReader::FailField(std::string_view name) {
  return Fail(fields_.reason(), absl::StrCat(std::string(name), ": ", fields_.fault()));
}

}  // namespace parcours::sources
