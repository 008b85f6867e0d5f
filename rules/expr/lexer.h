// Lexer: the text of an expression to tokens.
//
// Literals come out decoded. What cannot be read becomes an Issue and is skipped, so that one pass
// tells all mistakes. Threads: pure function. Limits: the caller holds kExpressionBytesMax.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/issue.h"
#include "rules/expr/ast.h"

namespace parcours::expr {

struct Token {
  enum class Kind { kEnd, kName, kQuotedName, kReserved, kNumber, kText, kSymbol };
  Kind kind = Kind::kEnd;
  Place place;
  // The name, the symbol, the reserved word (`true`, `in` among them), or a literal as written.
  std::string text;
  Value literal;  // of kNumber and kText
};

// The tokens of `text`, the last one kEnd.
std::vector<Token> Lex(std::string_view text, std::vector<Issue>* issues);

}  // namespace parcours::expr
