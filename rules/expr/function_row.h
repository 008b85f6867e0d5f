// FunctionRow: how the rows of the tables of functions are written.
//
// Threads: constants.
#pragma once

#include <initializer_list>

#include "rules/expr/functions.h"

namespace parcours::expr {

constexpr unsigned Bit(Kind kind) { return 1u << static_cast<unsigned>(kind); }
template <typename... Kinds>
constexpr unsigned Bits(Kinds... kinds) {
  return (Bit(kinds) | ...);
}

constexpr unsigned kAny = ~0u;
constexpr unsigned kText = Bit(Kind::kString);
constexpr unsigned kInt = Bit(Kind::kInt);

// Functions that are known by their `apply` alone: called f(x), and called x.f().
constexpr Function Library(std::string_view name, std::initializer_list<unsigned> kinds,
                           Kind result, Value (*apply)(Arguments), std::string_view usage,
                           int optional_arguments = 0) {
  Function row{};
  row.name = name;
  row.func = Func::kLibrary;
  row.global = true;
  row.arguments_max = static_cast<int>(kinds.size());
  row.arguments_min = row.arguments_max - optional_arguments;
  std::size_t i = 0;
  for (const unsigned bits : kinds) row.kinds[i++] = bits;
  row.result = result;
  row.usage = usage;
  row.apply = apply;
  return row;
}
constexpr Function Method(std::string_view name, std::initializer_list<unsigned> kinds, Kind result,
                          Value (*apply)(Arguments), std::string_view usage,
                          int optional_arguments = 0) {
  Function row = Library(name, kinds, result, apply, usage, optional_arguments);
  row.global = false;
  row.receiver = true;
  return row;
}
constexpr Function Giving(Gives gives, Function row) {
  row.gives = gives;
  return row;
}
constexpr Function ListOf(Kind element, Function row) {
  row.element = element;
  return row;
}

}  // namespace parcours::expr
