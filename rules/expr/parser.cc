#include "rules/expr/parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/expr/lexer.h"
#include "rules/expr/limits.h"
#include "rules/expr/literal.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

constexpr std::size_t kIssuesMax = 20;

struct Operator {
  std::string_view symbol;
  int level;  // binds tighter the higher it is
};
constexpr Operator kOperators[] = {
    {"||", 1}, {"&&", 2}, {"<", 3}, {"<=", 3}, {">", 3}, {">=", 3}, {"==", 3},
    {"!=", 3}, {"in", 3}, {"+", 4}, {"-", 4},  {"*", 5}, {"/", 5},  {"%", 5},
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, std::vector<Issue>* issues)
      : tokens_(std::move(tokens)), issues_(issues) {}

  Tree Run() {
    tree_.root = ParseExpression();
    if (!stopped_ && Now().kind != Token::Kind::kEnd) {
      Unexpected(Now().kind == Token::Kind::kSymbol ? "" : "an operator is missing before it");
    }
    return std::move(tree_);
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  const Token& Ahead(std::size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  static bool Is(const Token& token, std::string_view symbol) {
    return (token.kind == Token::Kind::kSymbol || token.kind == Token::Kind::kReserved) &&
           token.text == symbol;
  }
  bool NowIs(std::string_view symbol) const { return Is(Now(), symbol); }
  void Skip() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool Take(std::string_view symbol) {
    if (!NowIs(symbol)) return false;
    Skip();
    return true;
  }

  void Complain(Place place, std::string message, std::string hint = "") {
    if (stopped_ || issues_->size() >= kIssuesMax) return;
    // One mistake at one place: what follows from it would only confuse.
    if (!issues_->empty() && issues_->back().line == place.line &&
        issues_->back().column == place.column) {
      return;
    }
    issues_->push_back(Issue{"", place.line, place.column, std::move(message), std::move(hint)});
  }

  void Unexpected(std::string hint = "") {
    const Token& token = Now();
    if (token.kind == Token::Kind::kEnd) {
      Complain(token.place, at_ == 0 ? "the expression is empty" : "the expression ends too early");
    } else if (token.kind == Token::Kind::kReserved && token.text != "in") {
      Complain(token.place, absl::StrCat("'", token.text, "' is a reserved word"));
    } else {
      Complain(token.place, absl::StrCat("unexpected '", token.text, "'"), std::move(hint));
    }
  }

  // Skips to where an expression may end, over whole brackets.
  void Recover() {
    int open = 0;
    for (; Now().kind != Token::Kind::kEnd; Skip()) {
      if (NowIs("(") || NowIs("[") || NowIs("{")) ++open;
      const bool closes = NowIs(")") || NowIs("]") || NowIs("}");
      if (open == 0 && (closes || NowIs(",") || NowIs("&&") || NowIs("||"))) return;
      if (closes) --open;
    }
  }

  void Expect(std::string_view symbol) {
    if (Take(symbol)) return;
    if (!stopped_) Unexpected(absl::StrCat("expected '", std::string(symbol), "'"));
    Recover();
    Take(symbol);
  }

  void StopTooDeep(Place place) {
    Complain(place,
             absl::StrCat("the expression is nested deeper than ", kExpressionDepthMax, " levels"));
    stopped_ = true;
    at_ = tokens_.size() - 1;
  }

  int Add(Ast node) {
    for (int child : node.children) node.depth = std::max(node.depth, tree_.at(child).depth + 1);
    if (node.depth > kExpressionDepthMax) StopTooDeep(node.place);
    tree_.nodes.push_back(std::move(node));
    return static_cast<int>(tree_.nodes.size()) - 1;
  }

  int AddOperator(Place place, std::string_view symbol, std::vector<int> children) {
    Ast node;
    node.kind = Ast::Kind::kCall;
    node.place = place;
    node.text = std::string(symbol);
    node.children = std::move(children);
    node.is_operator = true;
    return Add(std::move(node));
  }

  int AddLiteral(Place place, Value value) {
    Ast node;
    node.place = place;
    node.literal = std::move(value);
    return Add(std::move(node));
  }

  // An expression with ?: in it. Counts how deep it stands, so that the stack is bounded.
  int ParseExpression() {
    if (++nesting_ > kExpressionDepthMax) StopTooDeep(Now().place);
    if (stopped_) {
      --nesting_;
      return AddLiteral(Now().place, Value());
    }
    int left = ParseBinary(1);
    if (NowIs("?")) {
      const Place place = Now().place;
      Skip();
      const int then = ParseBinary(1);
      Expect(":");
      const int otherwise = ParseExpression();
      left = AddOperator(place, "?:", {left, then, otherwise});
    }
    --nesting_;
    return left;
  }

  static const Operator* Find(const Token& token) {
    for (const Operator& op : kOperators) {
      if (Is(token, op.symbol)) return &op;
    }
    return nullptr;
  }

  int ParseBinary(int level) {
    int left = ParseUnary();
    while (!stopped_) {
      const Operator* op = Find(Now());
      if (op == nullptr || op->level < level) return left;
      const Place place = Now().place;
      Skip();
      const int right = ParseBinary(op->level + 1);
      // a && b && c is one node: a long chain is not deep.
      Ast& chain = tree_.nodes[static_cast<std::size_t>(left)];
      if (op->level <= 2 && chain.is_operator && chain.text == op->symbol) {
        chain.children.push_back(right);
        chain.depth = std::max(chain.depth, tree_.at(right).depth + 1);
        if (chain.depth > kExpressionDepthMax) StopTooDeep(place);
      } else {
        left = AddOperator(place, op->symbol, {left, right});
      }
    }
    return left;
  }

  int ParseUnary() {
    if (!NowIs("!") && !NowIs("-")) return ParseMember();
    // `-1` is a literal, so that the smallest int can be written.
    if (NowIs("-") && Ahead(1).kind == Token::Kind::kNumber) return ParseMember();
    std::vector<Place> places;
    const std::string symbol = Now().text;
    while (NowIs(symbol)) {
      if (symbol == "-" && Ahead(1).kind == Token::Kind::kNumber) break;
      places.push_back(Now().place);
      Skip();
    }
    int operand = ParseMember();
    for (; !places.empty() && !stopped_; places.pop_back()) {
      operand = AddOperator(places.back(), symbol, {operand});
    }
    return operand;
  }

  int ParseMember() {
    int operand = ParsePrimary();
    while (!stopped_) {
      const Place place = Now().place;
      if (NowIs(".") && Is(Ahead(1), "?")) {
        Skip();
        Skip();
        const int field = AddLiteral(Now().place, Value::String(TakeSelector()));
        operand = AddOperator(place, "[?]", {operand, field});
      } else if (Take(".")) {
        operand = ParseSelection(operand);
      } else if (Take("[")) {
        const bool optional = Take("?");
        const int index = ParseExpression();
        Expect("]");
        operand = AddOperator(place, optional ? "[?]" : "[]", {operand, index});
      } else {
        return operand;
      }
    }
    return operand;
  }

  // The name after a dot; reserved words are allowed there.
  std::string TakeSelector() {
    const Token& token = Now();
    const bool word = token.kind == Token::Kind::kReserved && token.text != "in" &&
                      token.text != "true" && token.text != "false" && token.text != "null";
    if (token.kind == Token::Kind::kName || token.kind == Token::Kind::kQuotedName || word) {
      std::string name = token.text;
      Skip();
      return name;
    }
    Unexpected("a dot is followed by a name");
    Recover();
    return "";
  }

  int ParseSelection(int operand) {
    Ast node;
    node.place = Now().place;
    const bool quoted = Now().kind == Token::Kind::kQuotedName;
    node.text = TakeSelector();
    node.kind = Ast::Kind::kSelect;
    node.children = {operand};
    if (!quoted && NowIs("(")) {
      Skip();
      node.kind = Ast::Kind::kCall;
      node.receiver = true;
      ParseList(")", &node);
    } else if (!quoted && NowIs("{") && !PathOf(operand).empty()) {
      node.text = absl::StrCat(PathOf(operand), ".", node.text);
      node.children.clear();
      ParseMessage(&node);
    }
    return Add(std::move(node));
  }

  // "a.b.c" where the node is a plain path, else empty.
  std::string PathOf(int id) const {
    const Ast& node = tree_.at(id);
    if (node.kind == Ast::Kind::kName) return node.text;
    if (node.kind != Ast::Kind::kSelect) return "";
    const std::string path = PathOf(node.children[0]);
    return path.empty() ? "" : absl::StrCat(path, ".", node.text);
  }

  int ParsePrimary() {
    const Token& token = Now();
    Ast node;
    node.place = token.place;
    switch (token.kind) {
      case Token::Kind::kNumber:
        return ParseNumber("");
      case Token::Kind::kText: {
        Value value = token.literal;
        Skip();
        return AddLiteral(node.place, std::move(value));
      }
      case Token::Kind::kName:
        return ParseName(std::move(node));
      default:
        break;
    }
    if (NowIs("true") || NowIs("false")) {
      const bool value = token.text == "true";
      Skip();
      return AddLiteral(node.place, Value::Bool(value));
    }
    if (Take("null")) return AddLiteral(node.place, Value());
    if (NowIs("-") && Ahead(1).kind == Token::Kind::kNumber) {
      Skip();
      return ParseNumber("-");
    }
    if (NowIs(".") && Ahead(1).kind == Token::Kind::kName) {
      Skip();
      node.rooted = true;
      return ParseName(std::move(node));
    }
    if (Take("(")) {
      const int inside = ParseExpression();
      Expect(")");
      return inside;
    }
    if (Take("[")) {
      node.kind = Ast::Kind::kList;
      ParseList("]", &node);
      return Add(std::move(node));
    }
    if (Take("{")) return ParseMap(std::move(node));
    return ParseNothing();
  }

  // Where an operand should stand and does not.
  int ParseNothing() {
    const Place place = Now().place;
    Unexpected(Now().kind == Token::Kind::kEnd ? "" : "a value is expected here");
    const bool ends = NowIs(")") || NowIs("]") || NowIs("}") || NowIs(",");
    if (!ends && Find(Now()) == nullptr) Skip();
    return AddLiteral(place, Value());
  }

  int ParseNumber(const char* sign) {
    const Token& token = Now();
    const Place place = *sign == '-' ? tokens_[at_ - 1].place : token.place;
    absl::StatusOr<Value> value = ReadNumber(absl::StrCat(sign, token.text));
    if (!value.ok()) Complain(place, std::string(value.status().message()));
    Skip();
    return AddLiteral(place, value.ok() ? *value : Value());
  }

  int ParseName(Ast node) {
    node.text = Now().text;
    Skip();
    if (NowIs("(")) {
      Skip();
      node.kind = Ast::Kind::kCall;
      ParseList(")", &node);
    } else if (NowIs("{")) {
      ParseMessage(&node);
    } else {
      node.kind = Ast::Kind::kName;
    }
    return Add(std::move(node));
  }

  // Values separated by commas up to `close`, as children of `node`.
  void ParseList(std::string_view close, Ast* node) {
    const bool list = close == "]";
    while (!stopped_ && !NowIs(close) && Now().kind != Token::Kind::kEnd) {
      if (list && Take("?")) node->optional.push_back(static_cast<int>(node->children.size()));
      node->children.push_back(ParseExpression());
      if (Take(",")) {
        if (!list && NowIs(close)) Unexpected();
        continue;
      }
      break;
    }
    Expect(close);
  }

  int ParseMap(Ast node) {
    node.kind = Ast::Kind::kMap;
    while (!stopped_ && !NowIs("}") && Now().kind != Token::Kind::kEnd) {
      if (Take("?")) node.optional.push_back(static_cast<int>(node.children.size() / 2));
      node.children.push_back(ParseExpression());
      Expect(":");
      node.children.push_back(ParseExpression());
      if (!Take(",")) break;
    }
    Expect("}");
    return Add(std::move(node));
  }

  void ParseMessage(Ast* node) {
    Skip();
    node->kind = Ast::Kind::kMessage;
    while (!stopped_ && !NowIs("}") && Now().kind != Token::Kind::kEnd) {
      if (Take("?")) node->optional.push_back(static_cast<int>(node->children.size()));
      node->fields.push_back(TakeSelector());
      Expect(":");
      node->children.push_back(ParseExpression());
      if (!Take(",")) break;
    }
    Expect("}");
  }

  const std::vector<Token> tokens_;
  std::vector<Issue>* const issues_;
  Tree tree_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::optional<Tree> Parse(std::string_view text, std::vector<Issue>* issues) {
  std::vector<Issue> found;
  if (text.size() > static_cast<std::size_t>(kExpressionBytesMax)) {
    issues->push_back(Issue{"", 1, 1,
                            absl::StrCat("the expression has ", text.size(), " bytes; at most ",
                                         kExpressionBytesMax, " are allowed"),
                            ""});
    return std::nullopt;
  }
  if (!IsUtf8(text)) {
    issues->push_back(Issue{"", 1, 1, "the expression is not valid UTF-8", ""});
    return std::nullopt;
  }
  std::vector<Token> tokens = Lex(text, &found);
  Tree tree = Parser(std::move(tokens), &found).Run();
  if (found.empty()) return tree;
  std::stable_sort(found.begin(), found.end(), [](const Issue& a, const Issue& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  issues->insert(issues->end(), found.begin(), found.end());
  return std::nullopt;
}

}  // namespace parcours::expr
