// Type: what the checker knows of a value before there is one.
//
// CEL's types, plus four of ours: money (opaque minor units of the programme's currency), date (a
// civil day), point (a place on earth) and item (one line of an order). `dyn` is known only when
// evaluated: bindings of `parcours eval`, elements of mixed lists. Nothing in a definition is
// declared dyn. Threads: immutable, share freely.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace parcours::expr {

enum class Kind {
  kDyn,
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kMoney,
  kDate,
  kPoint,
  kItem,
  kList,
  kMap,
  kType,
  kOptional,
};

struct Type {
  Kind kind = Kind::kDyn;
  std::shared_ptr<const Type> key;      // of a map
  std::shared_ptr<const Type> element;  // of a list, a map, an optional

  static Type Of(Kind kind) { return Type{kind, nullptr, nullptr}; }
  static Type ListOf(Type element);
  static Type MapOf(Type key, Type element);
  static Type OptionalOf(Type element);
};

bool operator==(const Type& a, const Type& b);
// "int", "list(string)", "map(string, dyn)".
std::string TypeName(const Type& type);
// What the value type(x) is called, by CEL: "int", "list", "google.protobuf.Timestamp".
std::string_view KindName(Kind kind);

}  // namespace parcours::expr
