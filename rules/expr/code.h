// Code: what Compile makes of an expression.
//
// Threads: immutable, share freely.
#pragma once

#include <string>
#include <vector>

#include "rules/expr/node.h"
#include "rules/expr/program.h"
#include "rules/expr/term.h"

namespace parcours::expr {

struct Program::Code {
  Fused fused;  // first: the hot part
  Nodes nodes;
  Type type;
  std::vector<int> cells_read, fields_read;
  std::string text;
  int plain_field = -1;
  bool reads_now = false;
};

}  // namespace parcours::expr
