// FieldReader: the token of a declared field or attribute -> its typed value.
//
// Numbers are read as decimal text, never through a double. What does not fit its declared type is
// told by a Fault; a null or missing token is absent.
// Limits: kTextFieldMax, kListElementsMax.
// Threads: owned by one worker.
// Failure: false, and fault() says why; *out is then of no use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "processor/sources/event_buffer.h"
#include "processor/sources/json_walk.h"
#include "processor/sources/name_table.h"
#include "rules/expr/frame.h"
#include "rules/expr/type.h"

namespace parcours::sources {

// A declared type, flat.
enum class FieldKind : std::uint8_t {
  kBool,
  kInt,
  kDouble,
  kMoney,
  kString,
  kTimestamp,
  kDate,
  kPoint,
  kTimeZone,
  kTexts,
  kItems,
};
FieldKind KindOf(const expr::Type& type, bool is_time_zone);

class FieldReader {
 public:
  // `decimals` are those of the programme's currency, for the prices of items.
  explicit FieldReader(int decimals);

  // Begins with a line that `walk` has begun with; views go to `buffer`.
  void Begin(JsonWalk* walk, EventBuffer* buffer);
  // Walks a list(item) that lies directly in level `depth`, noting where its items' values are: all
  // that Read needs of it later. Returns the token behind it, or 0 after the walk's fault.
  Token NoteItems(Token list, int depth);
  // Makes room for the elements of as many lists. To be called once, before Read.
  void Reserve(int item_lists, int text_lists);

  // Reads one value. REQUIRES: the line is validated; of a list(item): it was noted.
  bool Read(Token token, FieldKind kind, int scale, expr::Field* out);
  // The text of a string, unescaped; false if it is no string. REQUIRES: the token is validated.
  bool Text(Token token, std::string_view* out) {
    if (walk_->First(token) != '"') return Fault(Reason::kType, "not a string");
    *out = walk_->Quoted(token);
    if (walk_->escapes()) Unescape(out);
    return true;
  }
  // `prefix` and `id`, in the buffer.
  std::string_view Prefixed(std::string_view prefix, std::string_view id);

  Reason reason() const { return reason_; }
  const char* fault() const { return fault_; }

 private:
  enum ItemName { kProductId, kCategory, kQuantity, kPrice, kItemNames };
  struct NotedItem {
    Token at[kItemNames] = {};
  };
  struct NotedList {
    Token list;
    std::size_t begin, end;  // in noted_items_
    bool odd;                // some element is not an object
  };

  void Unescape(std::string_view* text);
  bool Number(Token token, int decimals, bool may_be_text, Cell* out);
  bool OddNumber(Token token, int decimals, bool may_be_text, Cell* out);
  bool Money(Token token, int decimals, Cell* out);
  bool DeclaredText(Token token, std::string_view* out);
  bool Date(Token token, Cell* out);
  bool Timestamp(Token token, Cell* out);
  bool Place(Token token, Cell* out);
  bool TimeZoneName(Token token, expr::Field* out);
  bool Texts(Token token, expr::Field* out);
  bool Items(Token token, expr::Field* out);
  bool OneItem(const NotedItem& noted, expr::Item* item);
  bool Fault(Reason reason, const char* text) {
    reason_ = reason;
    fault_ = text;
    return false;
  }

  const int decimals_;
  NameTable item_names_, point_names_;
  std::unordered_map<std::string, bool> zones_;  // whether a zone of this name can be loaded

  JsonWalk* walk_ = nullptr;
  EventBuffer* buffer_ = nullptr;
  std::vector<NotedItem> noted_items_;
  std::vector<NotedList> noted_lists_;
  Reason reason_ = Reason::kType;
  const char* fault_ = "";
};

}  // namespace parcours::sources
