#include "processor/sources/field_reader.h"

#include <algorithm>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/mutant.h"
#include "base/point.h"
#include "base/time.h"

namespace parcours::sources {
namespace {

constexpr std::size_t kZonesKept = 2'048;  // names seen in events, good and bad
constexpr std::size_t kZoneNameMax = 64;

// The usual number, "12" or "12.30" and not too long, without the detour over a Status. False: it
// is not of that form, whatever it is. REQUIRES: a valid token begins at `p`.
inline bool PlainDecimal(const char* p, int decimals, Cell* out) {
  constexpr int kBytesMax = 12;  // so that six more digits fit
  const char* const begin = p;
  std::uint64_t units = 0;  // wraps where there are too many digits, and is not used then
  while (*p >= '0' && *p <= '9') units = units * 10 + static_cast<unsigned>(*p++ - '0');
  if (p == begin) return false;
  if (*p == '.') {
    const char* const point = p++;
    while (*p >= '0' && *p <= '9') units = units * 10 + static_cast<unsigned>(*p++ - '0');
    decimals -= static_cast<int>(p - point) - 1;
  }
  if (p - begin > kBytesMax || decimals < 0 || *p == 'e' || *p == 'E') return false;
  constexpr Cell kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};
  *out = static_cast<Cell>(units) * kPowers[decimals];
  return true;
}

void SetText(std::string_view text, expr::Field* out) {
  out->cell = static_cast<Cell>(text.size());
  out->data = text.data();
}

}  // namespace

FieldKind KindOf(const expr::Type& type, bool is_time_zone) {
  switch (type.kind) {
    case expr::Kind::kBool:
      return FieldKind::kBool;
    case expr::Kind::kInt:
      return FieldKind::kInt;
    case expr::Kind::kDouble:
      return FieldKind::kDouble;
    case expr::Kind::kMoney:
      return FieldKind::kMoney;
    case expr::Kind::kTimestamp:
      return FieldKind::kTimestamp;
    case expr::Kind::kDate:
      return FieldKind::kDate;
    case expr::Kind::kPoint:
      return FieldKind::kPoint;
    case expr::Kind::kList:
      return type.element != nullptr && type.element->kind == expr::Kind::kItem ? FieldKind::kItems
                                                                                : FieldKind::kTexts;
    default:
      return is_time_zone ? FieldKind::kTimeZone : FieldKind::kString;
  }
}

FieldReader::FieldReader(int decimals) : decimals_(decimals) {
  item_names_.Add("product_id", kProductId);
  item_names_.Add("category", kCategory);
  item_names_.Add("quantity", kQuantity);
  item_names_.Add("price", kPrice);
  for (const char* name : {"lat", "latitude"}) point_names_.Add(name, 0);
  for (const char* name : {"lon", "longitude"}) point_names_.Add(name, 1);
}

void FieldReader::Begin(JsonWalk* walk, EventBuffer* buffer) {
  walk_ = walk;
  buffer_ = buffer;
  noted_items_.clear();
  noted_lists_.clear();
}

void FieldReader::Reserve(int item_lists, int text_lists) {
  // An element takes at least two tokens, so this much room is never outgrown and views stay good.
  const auto room = [this](int lists) {
    return std::min<std::size_t>(walk_->count() / 2 + 1,
                                 static_cast<std::size_t>(lists) * kListElementsMax);
  };
  if (item_lists > 0) buffer_->items.reserve(room(item_lists));
  if (text_lists > 0) buffer_->texts.reserve(room(text_lists));
}

Token FieldReader::NoteItems(Token list, int depth) {
  if (walk_->First(list) != '[') return walk_->Skip(list, depth);
  NotedList noted{list, noted_items_.size(), 0, false};
  Token at = list + 1;
  if (walk_->First(at) == ']') {
    ++at;
  } else {
    for (char separator = ','; separator == ','; ++at) {
      if (walk_->First(at) == '{') {
        // Written where it stays: a copy just after its parts were written would have to wait.
        NotedItem* const item = &noted_items_.emplace_back();
        at = walk_->Object(at, depth + 2, item_names_,
                           [this, item, depth](int name, std::string_view, Token value) {
                             if (name >= 0) item->at[name] = value;
                             return walk_->Skip(value, depth + 2);
                           });
      } else {
        noted.odd = true;
        at = walk_->Skip(at, depth + 1);
      }
      if (at == 0) return 0;
      separator = walk_->First(at);
      if (separator != ',' && separator != ']') return walk_->Unexpected(at, "expected , or ]");
    }
  }
  noted.end = noted_items_.size();
  noted_lists_.push_back(noted);
  return at;
}

void FieldReader::Unescape(std::string_view* text) {
  if (text->find('\\') == std::string_view::npos) return;
  char* const room = buffer_->unescaped.Take(text->size());
  const char* const end = JsonWalk::Unescape(*text, room);
  *text = {room, static_cast<std::size_t>(end - room)};
}

std::string_view FieldReader::Prefixed(std::string_view prefix, std::string_view id) {
  char* const room = buffer_->unescaped.Take(prefix.size() + id.size());
  std::copy(id.begin(), id.end(), std::copy(prefix.begin(), prefix.end(), room));
  return {room, prefix.size() + id.size()};
}

// Inlined into the two places that read values: an order has a dozen of them.
[[gnu::always_inline]] inline bool FieldReader::DeclaredText(Token token, std::string_view* out) {
  if (walk_->First(token) != '"') return Fault(Reason::kType, "not a string");
  *out = walk_->Quoted(token);
  // At most six bytes are written for one: what is longer need not be unescaped to be too long.
  if (out->size() > 6 * kTextFieldMax) return Fault(Reason::kType, "longer than 1024 bytes");
  if (walk_->escapes()) Unescape(out);
  const std::size_t longest = kTextFieldMax + (PARCOURS_MUTANT("text-limit-off-by-one") ? 1 : 0);
  if (out->size() > longest) return Fault(Reason::kType, "longer than 1024 bytes");
  if (walk_->escapes() && out->find('\0') != std::string_view::npos) {
    return Fault(Reason::kType, "has a NUL");
  }
  return true;
}

[[gnu::always_inline]] inline bool FieldReader::Number(Token token, int decimals, bool may_be_text,
                                                       Cell* out) {
  return PlainDecimal(walk_->At(token), decimals, out) ||
         OddNumber(token, decimals, may_be_text, out);
}

[[gnu::always_inline]] inline bool FieldReader::Money(Token token, int decimals, Cell* out) {
  if (!Number(token, decimals, /*may_be_text=*/true, out)) return false;
  if (*out < 0 && !PARCOURS_MUTANT("money-may-be-negative")) {
    return Fault(Reason::kAmount, "negative");
  }
  return true;
}

bool FieldReader::Read(Token token, FieldKind kind, int scale, expr::Field* out) {
  *out = {};
  if (!walk_->Present(token)) return true;
  switch (kind) {
    case FieldKind::kBool: {
      const char first = walk_->First(token);
      out->cell = first == 't' ? 1 : 0;
      return first == 't' || first == 'f' || Fault(Reason::kType, "not true or false");
    }
    case FieldKind::kInt:
      return Number(token, 0, /*may_be_text=*/false, &out->cell);
    case FieldKind::kDouble:
      return Number(token, scale, /*may_be_text=*/true, &out->cell);
    case FieldKind::kMoney:
      return Money(token, scale, &out->cell);
    case FieldKind::kTimestamp:
      return Timestamp(token, &out->cell);
    case FieldKind::kDate:
      return Date(token, &out->cell);
    case FieldKind::kPoint:
      return Place(token, &out->cell);
    case FieldKind::kTimeZone:
      return TimeZoneName(token, out);
    case FieldKind::kTexts:
      return Texts(token, out);
    case FieldKind::kItems:
      return Items(token, out);
    case FieldKind::kString:
      break;
  }
  std::string_view text;
  if (!DeclaredText(token, &text)) return false;
  SetText(text, out);
  return true;
}

bool FieldReader::OddNumber(Token token, int decimals, bool may_be_text, Cell* out) {
  const char first = walk_->First(token);
  const bool is_text = first == '"' && may_be_text;
  if (!is_text && first != '-' && (first < '0' || first > '9')) {
    return Fault(Reason::kType, "not a number");
  }
  std::string_view digits = walk_->Written(token);
  if (is_text && !Text(token, &digits)) return false;
  const auto units = ParseDecimal(digits, decimals);
  if (units.ok()) {
    *out = *units;
    return true;
  }
  if (absl::IsInvalidArgument(units.status())) return Fault(Reason::kType, "not a number");
  // Of an int there are no decimals to have too many of: 1.5 is of another type.
  if (!may_be_text) return Fault(Reason::kType, "not a whole number of 64 bits");
  return Fault(Reason::kAmount, "too large, or too many decimals");
}

bool FieldReader::Timestamp(Token token, Cell* out) {
  std::string_view text;
  if (!Text(token, &text)) return false;
  const auto time = ParseTime(text);
  if (!time.ok()) return Fault(Reason::kType, "not an RFC 3339 time");
  *out = *time;
  return true;
}

bool FieldReader::Date(Token token, Cell* out) {
  constexpr std::size_t kDateBytes = 10;
  std::string_view text;
  if (!Text(token, &text)) return false;
  if (text.size() > kDateBytes && !ParseTime(text).ok()) {
    return Fault(Reason::kType, "not a date");
  }
  const auto day = ParseDate(text.substr(0, kDateBytes));
  if (!day.ok()) return Fault(Reason::kType, "not a date");
  *out = *day;
  return true;
}

bool FieldReader::Place(Token token, Cell* out) {
  constexpr int kDepth = 2;
  if (walk_->First(token) != '{') return Fault(Reason::kType, "not a point");
  Token at[2] = {};
  walk_->Object(token, kDepth, point_names_, [&](int name, std::string_view, Token value) {
    if (name >= 0) at[name] = value;
    return walk_->Skip(value, kDepth);
  });
  const auto degrees = [this](Token number) {
    return number != 0 ? ParseDegrees(walk_->Written(number)) : std::nullopt;
  };
  const auto latitude = degrees(at[0]), longitude = degrees(at[1]);
  if (!latitude || !longitude) return Fault(Reason::kType, "a point needs the numbers lat and lon");
  const auto point = PointOfDegrees(*latitude, *longitude);
  if (!point) return Fault(Reason::kType, "not a point on earth");
  *out = CellOfPoint(*point);
  return true;
}

bool FieldReader::TimeZoneName(Token token, expr::Field* out) {
  std::string_view text;
  if (!Text(token, &text)) return false;
  if (text.size() > kZoneNameMax) return Fault(Reason::kType, "not a time zone");
  std::string name(text);
  auto known = zones_.find(name);
  if (known == zones_.end()) {
    if (zones_.size() >= kZonesKept) zones_.clear();
    const bool good =
        !text.empty() && text.find('\0') == std::string_view::npos && Zone::Load(text).ok();
    known = zones_.emplace(std::move(name), good).first;
  }
  if (!known->second) return Fault(Reason::kType, "not a time zone");
  SetText(text, out);
  return true;
}

bool FieldReader::Texts(Token token, expr::Field* out) {
  if (walk_->First(token) != '[') return Fault(Reason::kType, "not a list");
  std::vector<std::string_view>& texts = buffer_->texts;
  const std::size_t begin = texts.size();
  for (Token at = token + 1; walk_->First(at) != ']'; ++at) {
    if (walk_->First(at) == ',') continue;
    if (texts.size() - begin == kListElementsMax) {
      return Fault(Reason::kType, "more than 1000 elements");
    }
    std::string_view text;
    if (!DeclaredText(at, &text)) return false;
    texts.push_back(text);
  }
  out->cell = static_cast<Cell>(texts.size() - begin);
  out->data = texts.data() + begin;
  return true;
}

bool FieldReader::Items(Token token, expr::Field* out) {
  if (walk_->First(token) != '[') return Fault(Reason::kType, "not a list");
  const auto noted = std::find_if(noted_lists_.begin(), noted_lists_.end(),
                                  [token](const NotedList& list) { return list.list == token; });
  if (noted->odd) return Fault(Reason::kType, "an item is not an object");
  const std::size_t count = noted->end - noted->begin;
  if (count > kListElementsMax) return Fault(Reason::kType, "more than 1000 elements");
  std::vector<expr::Item>& items = buffer_->items;
  const std::size_t begin = items.size();
  items.resize(begin + count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!OneItem(noted_items_[noted->begin + i], &items[begin + i])) return false;
  }
  out->cell = static_cast<Cell>(count);
  out->data = items.data() + begin;
  return true;
}

bool FieldReader::OneItem(const NotedItem& noted, expr::Item* item) {
  const auto text = [this](Token token, std::string_view* out) {
    return !walk_->Present(token) || DeclaredText(token, out);
  };
  return text(noted.at[kProductId], &item->product_id) &&
         text(noted.at[kCategory], &item->category) &&
         (!walk_->Present(noted.at[kQuantity]) ||
          Number(noted.at[kQuantity], 0, /*may_be_text=*/false, &item->quantity)) &&
         (!walk_->Present(noted.at[kPrice]) || Money(noted.at[kPrice], decimals_, &item->price));
}

}  // namespace parcours::sources
