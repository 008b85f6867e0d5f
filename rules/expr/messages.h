// Messages: the message types of Protocol Buffers that CEL builds in, as what they stand for.
//
// Int32Value{value: 1} is the int 1, Timestamp{seconds: 1} a timestamp, Struct{...} a map. A table
// tells the fields; no other message type is known. Threads: pure functions. Failure: error values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/expr/ast.h"
#include "rules/expr/functions.h"
#include "rules/expr/type.h"

namespace parcours::expr {

// The full name of the built-in message that `name` means inside `container`, or "".
std::string MessageNamed(std::string_view name, std::string_view container);
// The type of its values; dyn for those that may be null. REQUIRES: a full name.
Type MessageType(std::string_view message);
bool HasField(std::string_view message, std::string_view field);
// From name, value, name, value ... of its fields; those that are left out have their zero.
Value MakeMessage(std::string_view message, Arguments fields);

// A message or enum type that the expression names and that is not built in, or "".
std::string ForeignType(const Tree& tree, std::string_view container);

}  // namespace parcours::expr
