// Value: one CEL value while it is evaluated, errors among them.
//
// The general machine's currency; fused terms work on cells. Timestamps and durations keep
// nanoseconds (years 1 to 9999; +-3,650,000 days). Errors are values: && || and ?: absorb them as
// CEL says. Lists and maps are shared and immutable.
// Threads: immutable, share freely.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/calendar.h"
#include "base/point.h"
#include "rules/expr/frame.h"
#include "rules/expr/type.h"

namespace parcours::expr {

class Value;
using List = std::vector<Value>;
using Map = std::vector<std::pair<Value, Value>>;  // in the order written; keys differ

// Room for any sum or product of two 64-bit numbers, and for nanoseconds.
__extension__ typedef __int128 Wide;

// Nanoseconds: of an instant since 1970, or of a length.
struct Nanos {
  Wide count = 0;
};
inline constexpr Wide kNanosPerMs = 1'000'000;
inline constexpr Wide kNanosPerSecond = 1'000'000'000;
inline constexpr Wide kTimestampMinNs = -62'135'596'800 * kNanosPerSecond;      // 0001-01-01
inline constexpr Wide kTimestampMaxNs = 253'402'300'800 * kNanosPerSecond - 1;  // 9999-12-31
inline constexpr Wide kDurationMaxNs = 315'360'000'000 * kNanosPerSecond;
inline bool InTimestampRange(Wide ns) { return ns >= kTimestampMinNs && ns <= kTimestampMaxNs; }
inline bool InDurationRange(Wide ns) { return ns >= -kDurationMaxNs && ns <= kDurationMaxNs; }
inline Wide FloorDiv(Wide a, Wide b) {
  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0);
}
inline Wide CeilDiv(Wide a, Wide b) { return -FloorDiv(-a, b); }

// An Item that owns its texts.
struct OwnedItem {
  std::string product_id, category;
  Item item;  // views of the texts above; no data() where absent
  int decimals = 2;
};

class Value {
 public:
  Value() {}  // null
  static Value Null() { return Value(); }
  static Value Bool(bool v);
  static Value Int(std::int64_t v);
  static Value Uint(std::uint64_t v);
  static Value Double(double v);
  static Value String(std::string_view v);
  static Value Bytes(std::string_view v);
  static Value Timestamp(Nanos since_epoch);
  static Value Duration(Nanos length);
  static Value Money(std::int64_t minor_units, int decimals);
  static Value Date(CivilDay day);
  static Value OfPoint(Point point);
  static Value OfItem(const Item& item, int decimals);  // copies the texts
  static Value OfList(List list);
  static Value OfMap(Map map);
  static Value OfType(Type type);
  static Value OfOptional(const Value* held);  // nullptr: none
  static Value Error(std::string_view reason);

  // Views of `text`, which must outlive every copy; Owned() ends that.
  static Value Borrowed(Kind kind, std::string_view text);
  static Value BorrowedError(std::string_view reason);

  bool is_error() const { return error_; }
  Kind kind() const { return kind_; }  // REQUIRES: !is_error()
  bool Is(Kind kind) const { return !error_ && kind_ == kind; }

  // REQUIRES: the kind that the name says.
  bool AsBool() const { return number_ != 0; }
  std::int64_t AsInt() const { return number_; }
  std::uint64_t AsUint() const { return static_cast<std::uint64_t>(number_); }
  double AsDouble() const { return double_; }
  std::string_view AsText() const { return text_; }  // string or bytes
  Wide AsNanos() const { return nanos_; }            // timestamp or duration
  std::int64_t AsMoney() const { return number_; }   // minor units, of decimals()
  int decimals() const { return decimals_; }
  CivilDay AsDate() const { return static_cast<CivilDay>(number_); }
  Point AsPoint() const { return PointOfCell(number_); }
  const OwnedItem& AsItem() const { return *static_cast<const OwnedItem*>(owner_.get()); }
  const List& AsList() const { return *static_cast<const List*>(owner_.get()); }
  const Map& AsMap() const { return *static_cast<const Map*>(owner_.get()); }
  const Type& AsType() const { return *static_cast<const Type*>(owner_.get()); }
  // What a walk through all of a list or map meets, lists in lists counted each time; of a text,
  // one for 64 bytes. For what an operation costs.
  std::int64_t Extent() const;
  // What an optional holds; nullptr if nothing.
  const Value* AsOptional() const { return static_cast<const Value*>(owner_.get()); }
  // This value with its text copied if it was borrowed.
  Value Owned() const;

  // JSON, as `parcours eval` prints: ints and uints as numbers, bytes as base64, timestamps as
  // RFC 3339, durations as "1.5s", money as decimal text, types by name, an empty optional as null.
  // REQUIRES: !is_error().
  std::string ToJson() const;
  // The reason of an error, in words.
  std::string error() const { return std::string(text_); }

 private:
  static void AddExtent(const Value& element, std::int64_t* extent);

  Kind kind_ = Kind::kNull;
  bool error_ = false;
  std::uint8_t decimals_ = 0;
  union {
    std::int64_t number_ = 0;  // of a list or map: its extent
    double double_;
    Wide nanos_;
    std::string_view text_;  // of a string, of bytes, of an error
  };
  std::shared_ptr<const void> owner_;  // what is too large for the union, or owns the text
};

// The type of a value that is known: "list(dyn)" for any list. REQUIRES: !value.is_error()
Type TypeOf(const Value& value);

}  // namespace parcours::expr
