#include "rules/expr/lexer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "rules/expr/literal.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

constexpr std::size_t kIssuesMax = 20;

constexpr std::string_view kReservedWords[] = {
    "true",     "false",   "null",      "in",     "as",       "break",  "const",
    "continue", "else",    "for",       "if",     "function", "import", "let",
    "loop",     "package", "namespace", "return", "var",      "void",   "while",
};

// Longer symbols before those that begin alike.
constexpr std::string_view kSymbols[] = {
    "&&", "||", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/",
    "%",  "!",  "?",  ":",  ".",  ",",  "(", ")", "[", "]", "{", "}",
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }
bool IsHexDigit(char c) { return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

class Lexer {
 public:
  Lexer(std::string_view text, std::vector<Issue>* issues) : text_(text), issues_(issues) {}

  std::vector<Token> Run() {
    while (true) {
      SkipSpace();
      if (at_ >= text_.size()) break;
      Next();
    }
    Token end;
    end.place = place_;
    tokens_.push_back(std::move(end));
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  // Moves over `bytes` bytes, keeping line and column.
  void Advance(std::size_t bytes) {
    for (; bytes > 0 && at_ < text_.size(); --bytes, ++at_) {
      if (text_[at_] == '\n') {
        place_ = {place_.line + 1, 1};
      } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
        ++place_.column;
      }
    }
  }

  void Complain(Place place, std::string message, std::string hint = "") {
    if (issues_->size() >= kIssuesMax) return;
    issues_->push_back(Issue{"", place.line, place.column, std::move(message), std::move(hint)});
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      const char c = Peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        Advance(1);
      } else if (c == '/' && Peek(1) == '/') {
        Advance(std::min(text_.find('\n', at_), text_.size()) - at_);
      } else {
        return;
      }
    }
  }

  void Emit(Token::Kind kind, std::size_t bytes, Value literal = Value()) {
    Token token;
    token.kind = kind;
    token.place = place_;
    token.text = std::string(text_.substr(at_, bytes));
    token.literal = std::move(literal);
    tokens_.push_back(std::move(token));
    Advance(bytes);
  }

  void Next() {
    const char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (c == '"' || c == '\'') return Text(0);
    if (IsNameStart(c)) {
      const std::size_t prefix = TextPrefix();
      return prefix > 0 ? Text(prefix) : Name();
    }
    if (c == '`') return QuotedName();
    for (std::string_view symbol : kSymbols) {
      if (text_.substr(at_, symbol.size()) == symbol)
        return Emit(Token::Kind::kSymbol, symbol.size());
    }
    Unexpected();
  }

  void Unexpected() {
    const CodePoint point = FirstCodePoint(text_.substr(at_));
    const std::string shown(text_.substr(at_, static_cast<std::size_t>(point.bytes)));
    const char c = shown[0];
    if (c == '=') {
      Complain(place_, "'=' is not an operator", "to compare, write ==");
    } else if (c == '&' || c == '|') {
      Complain(place_, absl::StrCat("'", shown, "' is not an operator"),
               absl::StrCat("did you mean '", shown, shown, "'?"));
    } else if (point.value < 0x20 || point.value == 0x7F) {
      Complain(place_, absl::StrCat("an unexpected control character, number ", point.value));
    } else {
      Complain(place_, absl::StrCat("unexpected character '", shown, "'"));
    }
    Advance(shown.size());
  }

  // Bytes of a prefix like r, b, Rb before a quote; 0 if there is none.
  std::size_t TextPrefix() const {
    std::size_t n = 0;
    bool raw = false, bytes = false;
    for (; n < 2; ++n) {
      const char c = static_cast<char>(Peek(n) | 0x20);
      if (c == 'r' && !raw) {
        raw = true;
      } else if (c == 'b' && !bytes) {
        bytes = true;
      } else {
        break;
      }
    }
    return Peek(n) == '"' || Peek(n) == '\'' ? n : 0;
  }

  void Name() {
    std::size_t end = at_;
    while (end < text_.size() && IsNamePart(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    const bool reserved = std::find(std::begin(kReservedWords), std::end(kReservedWords), name) !=
                          std::end(kReservedWords);
    Emit(reserved ? Token::Kind::kReserved : Token::Kind::kName, name.size());
  }

  void QuotedName() {
    const std::size_t end = text_.find('`', at_ + 1);
    const std::string_view name =
        end == std::string_view::npos ? "" : text_.substr(at_ + 1, end - at_ - 1);
    const bool ok = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return IsNamePart(c) || c == '.' || c == '-' || c == '/' || c == ' ';
    });
    if (!ok) {
      Complain(place_, "a name in back quotes has letters, digits, '_', '.', '-', '/' or spaces");
      Advance(end == std::string_view::npos ? text_.size() : end + 1 - at_);
      return;
    }
    Emit(Token::Kind::kQuotedName, name.size() + 2);
    tokens_.back().text = std::string(name);
  }

  void Number() {
    std::size_t end = at_;
    if (Peek() == '0' && (Peek(1) | 0x20) == 'x') {
      end += 2;
      while (end < text_.size() && IsHexDigit(text_[end])) ++end;
    } else {
      while (end < text_.size() && IsDigit(text_[end])) ++end;
      if (end + 1 < text_.size() && text_[end] == '.' && IsDigit(text_[end + 1])) {
        ++end;
        while (end < text_.size() && IsDigit(text_[end])) ++end;
      }
      if (end < text_.size() && (text_[end] | 0x20) == 'e') {
        std::size_t digits = end + 1;
        if (digits < text_.size() && (text_[digits] == '+' || text_[digits] == '-')) ++digits;
        if (digits < text_.size() && IsDigit(text_[digits])) {
          end = digits;
          while (end < text_.size() && IsDigit(text_[end])) ++end;
        }
      }
    }
    while (end < text_.size() && IsNamePart(text_[end])) ++end;  // `u`, or a mistake like 12abc
    Emit(Token::Kind::kNumber, end - at_);
  }

  void Text(std::size_t prefix) {
    TextLiteral literal;
    for (std::size_t i = 0; i < prefix; ++i) {
      ((Peek(i) | 0x20) == 'r' ? literal.raw : literal.bytes) = true;
    }
    const Place start = place_;
    const std::size_t open = at_ + prefix;
    const char quote = text_[open];
    const std::string triple(3, quote);
    const bool is_triple = text_.substr(open, 3) == triple;
    const std::size_t begin = open + (is_triple ? 3 : 1);
    std::size_t end = begin;
    while (true) {
      if (end >= text_.size() || (!is_triple && (text_[end] == '\n' || text_[end] == '\r'))) {
        Complain(start,
                 absl::StrCat("this text has no closing ", triple.substr(is_triple ? 0 : 2)));
        Advance(end - at_);
        return Emit(Token::Kind::kText, 0, Value::String(""));
      }
      if (is_triple ? text_.substr(end, 3) == triple : text_[end] == quote) break;
      end += text_[end] == '\\' && !literal.raw ? 2 : 1;
    }
    literal.inside = text_.substr(begin, end - begin);
    absl::StatusOr<Value> value = ReadText(literal);
    if (!value.ok()) {
      Complain(start, std::string(value.status().message()));
      value = Value::String("");
    }
    Emit(Token::Kind::kText, end + (is_triple ? 3 : 1) - at_, *std::move(value));
  }

  const std::string_view text_;
  std::vector<Issue>* const issues_;
  std::size_t at_ = 0;
  Place place_;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Lex(std::string_view text, std::vector<Issue>* issues) {
  return Lexer(text, issues).Run();
}

}  // namespace parcours::expr
