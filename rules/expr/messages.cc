#include "rules/expr/messages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/expr/limits.h"
#include "rules/expr/names.h"

namespace parcours::expr {
namespace {

constexpr std::string_view kPackage = "google.protobuf.";

// A message of one value, and the range of that value where it is narrower than its kind.
struct Wrapper {
  std::string_view name;
  Kind kind;
  Wide low = INT64_MIN, high = UINT64_MAX;
};
constexpr Wrapper kWrappers[] = {
    {"BoolValue", Kind::kBool},
    {"BytesValue", Kind::kBytes},
    {"DoubleValue", Kind::kDouble},
    {"FloatValue", Kind::kDouble},
    {"Int32Value", Kind::kInt, INT32_MIN, INT32_MAX},
    {"Int64Value", Kind::kInt},
    {"StringValue", Kind::kString},
    {"UInt32Value", Kind::kUint, 0, UINT32_MAX},
    {"UInt64Value", Kind::kUint},
};

struct Field {
  std::string_view message, name;
  Kind kind;
};
constexpr Field kFields[] = {
    {"Timestamp", "seconds", Kind::kInt},     {"Timestamp", "nanos", Kind::kInt},
    {"Duration", "seconds", Kind::kInt},      {"Duration", "nanos", Kind::kInt},
    {"Struct", "fields", Kind::kMap},         {"ListValue", "values", Kind::kList},
    {"Value", "null_value", Kind::kDyn},      {"Value", "number_value", Kind::kDouble},
    {"Value", "string_value", Kind::kString}, {"Value", "bool_value", Kind::kBool},
    {"Value", "struct_value", Kind::kMap},    {"Value", "list_value", Kind::kList},
};

std::string_view Short(std::string_view message) { return message.substr(kPackage.size()); }

const Wrapper* FindWrapper(std::string_view message) {
  const auto* found = std::find_if(std::begin(kWrappers), std::end(kWrappers),
                                   [&](const Wrapper& w) { return w.name == Short(message); });
  return found == std::end(kWrappers) ? nullptr : found;
}

const Field* FindField(std::string_view message, std::string_view name) {
  const auto* found = std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& field) {
    return field.message == Short(message) && (name.empty() || field.name == name);
  });
  return found == std::end(kFields) ? nullptr : found;
}

Value Zero(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return Value::Bool(false);
    case Kind::kInt:
      return Value::Int(0);
    case Kind::kUint:
      return Value::Uint(0);
    case Kind::kDouble:
      return Value::Double(0);
    case Kind::kString:
      return Value::String("");
    default:
      return Value::Bytes("");
  }
}

Value MakeWrapper(const Wrapper& wrapper, const Value& value) {
  if (!value.Is(wrapper.kind)) return NoOverload(wrapper.name);
  if (wrapper.name == "FloatValue") {
    return Value::Double(static_cast<double>(static_cast<float>(value.AsDouble())));
  }
  const bool whole = wrapper.kind == Kind::kInt || wrapper.kind == Kind::kUint;
  const Wide number = wrapper.kind == Kind::kUint ? Wide{value.AsUint()} : Wide{value.AsInt()};
  if (whole && (number < wrapper.low || number > wrapper.high)) {
    return Value::Error(absl::StrCat("the number does not fit in a ", std::string(wrapper.name)));
  }
  return value;
}

// JSON knows only doubles, and only texts as keys. Lists in lists are copied each time.
Value AsJson(const Value& value) {
  if (value.Extent() > kListElementsMax) {
    return Value::BorrowedError("a message would have more than 10,000 elements");
  }
  switch (value.kind()) {
    case Kind::kInt:
      return Value::Double(static_cast<double>(value.AsInt()));
    case Kind::kUint:
      return Value::Double(static_cast<double>(value.AsUint()));
    case Kind::kNull:
    case Kind::kBool:
    case Kind::kDouble:
    case Kind::kString:
      return value;
    case Kind::kList: {
      List list;
      for (const Value& element : value.AsList()) {
        list.push_back(AsJson(element));
        if (list.back().is_error()) return list.back();
      }
      return Value::OfList(std::move(list));
    }
    case Kind::kMap: {
      Map map;
      for (const auto& entry : value.AsMap()) {
        if (!entry.first.Is(Kind::kString)) return NoOverload("a key of a Struct");
        map.emplace_back(entry.first, AsJson(entry.second));
        if (map.back().second.is_error()) return map.back().second;
      }
      return Value::OfMap(std::move(map));
    }
    default:
      return NoOverload("a value of JSON");
  }
}

Value MakeTime(bool timestamp, Arguments fields) {
  Wide ns = 0;
  for (int i = 0; i + 1 < fields.count; i += 2) {
    const bool seconds = fields[i].AsText() == "seconds";
    ns += Wide{fields[i + 1].AsInt()} * (seconds ? kNanosPerSecond : Wide{1});
  }
  if (timestamp ? !InTimestampRange(ns) : !InDurationRange(ns)) {
    return Value::BorrowedError(timestamp ? "the timestamp leaves the years 1 to 9999"
                                          : "the duration is longer than 3,650,000 days");
  }
  return timestamp ? Value::Timestamp({ns}) : Value::Duration({ns});
}

bool IsForeign(std::string_view path, std::string_view container) {
  if (path.substr(0, 9) == "cel.expr.") return true;
  const bool capital = !path.empty() && path[0] >= 'A' && path[0] <= 'Z';
  return capital && MessageNamed(path, container).empty();
}

}  // namespace

std::string MessageNamed(std::string_view name, std::string_view container) {
  for (const std::string& full : Qualified(name, container)) {
    const bool ours = full.compare(0, kPackage.size(), kPackage) == 0;
    if (ours && (FindWrapper(full) != nullptr || FindField(full, "") != nullptr)) return full;
  }
  return "";
}

Type MessageType(std::string_view message) {
  const std::string_view name = Short(message);
  if (name == "Timestamp") return Type::Of(Kind::kTimestamp);
  if (name == "Duration") return Type::Of(Kind::kDuration);
  if (name == "Struct") return Type::MapOf(Type::Of(Kind::kString), Type());
  if (name == "ListValue") return Type::ListOf(Type());
  return Type();
}

bool HasField(std::string_view message, std::string_view field) {
  if (FindWrapper(message) != nullptr) return field == "value";
  return FindField(message, field) != nullptr;
}

Value MakeMessage(std::string_view message, Arguments fields) {
  if (const Wrapper* wrapper = FindWrapper(message)) {
    return MakeWrapper(*wrapper, fields.count > 0 ? fields[1] : Zero(wrapper->kind));
  }
  for (int i = 0; i + 1 < fields.count; i += 2) {
    const Kind kind = FindField(message, fields[i].AsText())->kind;
    if (kind != Kind::kDyn && !fields[i + 1].Is(kind)) return NoOverload(message);
  }
  const std::string_view name = Short(message);
  if (name == "Timestamp" || name == "Duration") return MakeTime(name == "Timestamp", fields);
  const Value* last = fields.count > 0 ? &fields[fields.count - 1] : nullptr;
  if (name == "Struct") return last == nullptr ? Value::OfMap({}) : AsJson(*last);
  if (name == "ListValue") return last == nullptr ? Value::OfList({}) : AsJson(*last);
  const bool null = last == nullptr || fields[fields.count - 2].AsText() == "null_value";
  return null ? Value() : AsJson(*last);
}

std::string ForeignType(const Tree& tree, std::string_view container) {
  // Parents first, for the longest path.
  for (auto id = static_cast<int>(tree.nodes.size()) - 1; id >= 0; --id) {
    const Ast& ast = tree.at(id);
    if (ast.kind == Ast::Kind::kMessage) {
      if (!MessageNamed(ast.text, container).empty()) continue;
      return ast.text;
    }
    const bool call = ast.kind == Ast::Kind::kCall && !ast.is_operator && !ast.receiver;
    const std::string path = call ? ast.text : PathOf(tree, id);
    if (IsForeign(path, container)) return path;
  }
  return "";
}

}  // namespace parcours::expr
