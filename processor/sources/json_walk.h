// JsonWalk: one line of JSON, walked token by token and validated entirely, also where it is
// skipped.
//
// simdjson's first stage finds where tokens begin, and judges UTF-8 and quotes; this walk over
// those places checks the grammar in one pass, because simdjson's on-demand front end leaves what
// it skips unread. A token's string or number is taken out only when asked for. Limits:
// kJsonDepthMax levels, counted without recursion; kLineBytesMax. Threads: owned by one worker.
// Failure: a walk that returns token 0 has set reason() and detail(); the line cannot be used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "processor/sources/name_table.h"
#include "processor/sources/reason.h"

namespace parcours::sources {

inline constexpr int kJsonDepthMax = 64;  // levels of objects and arrays, the outermost among them
inline constexpr std::size_t kLineBytesMax = 1 << 20;
inline constexpr std::size_t kLinePadding = 64;  // bytes that must be readable behind a line

// A token by its number in the line; 0, the line's own brace, stands for "not there".
using Token = std::uint32_t;

class JsonWalk {
 public:
  JsonWalk();
  ~JsonWalk();

  enum class Start { kObject, kEmpty, kFault };
  // Begins with `line`, which must outlive the walk and have kLinePadding readable bytes behind it.
  // kEmpty: nothing but white space.
  Start Begin(std::string_view line);

  // Walks the object that begins at `object`, on level `depth` (the line's own is 1). For each key
  // calls each(number in `names` or -1, key as written, token of its value), which returns the
  // token behind the value, or 0 to stop. Returns the token behind the object, or 0.
  template <class Each>
  Token Object(Token object, int depth, NameTable& names, Each each) {
    if (depth > kJsonDepthMax) return TooDeep(object);
    Token at = object + 1;
    if (First(at) == '}') return at + 1;
    NameTable::Order order = names.Start();
    for (;;) {
      int number = -1;
      std::string_view key;
      if (!escapes_ && First(at) == '"' && First(at + 1) == ':') {
        const char* const text = text_ + places_[at] + 1;
        std::size_t size = 0;
        number = names.FindExpected(text, &order, &size);
        key = {text, size};
      }
      if (number < 0) {
        if (!IsKey(at)) return 0;
        key = KeyText(at);
        number = names.Find(key, &order);
      }
      at = each(number, key, at + 2);
      if (at == 0) return 0;
      const char separator = First(at);
      ++at;
      if (separator == '}') return at;
      if (separator != ',') return Unexpected(at - 1, "expected , or }");
    }
  }

  // Validates the value at `value`, which lies directly in level `depth`. Returns the token behind
  // it, or 0.
  Token Skip(Token value, int depth) {
    const char first = First(value);
    if (first == '"' && !escapes_) return value + 1;
    return first == '{' || first == '[' ? SkipNested(value, depth) : Scalar(value, first);
  }

  // For whoever walks tokens without these: a fault with its place. Returns 0.
  Token Unexpected(Token token, const char* what);

  Token count() const { return count_; }  // of the line's tokens
  std::string_view line() const { return {text_, size_}; }

  // The first byte of a token. Behind the last token stands the line's first brace, which nothing
  // expects there, so that a walk ends without looking for the end.
  char First(Token token) const { return text_[places_[token]]; }
  // Whether a value is there and is not null. REQUIRES for this and what follows: validated.
  bool Present(Token token) const { return token != 0 && First(token) != 'n'; }
  // Where a token begins in the line.
  const char* At(Token token) const { return text_ + places_[token]; }
  // A scalar as written: number, literal, or string with its quotes.
  std::string_view Written(Token token) const {
    const std::uint32_t begin = places_[token];
    std::uint32_t end = places_[token + 1];
    while (static_cast<unsigned char>(text_[end - 1]) <= ' ') --end;  // white space
    return {text_ + begin, end - begin};
  }
  // Between the quotes of a string, escapes as written.
  std::string_view Quoted(Token token) const {
    const std::string_view text = Written(token);
    return {text.data() + 1, text.size() - 2};
  }
  // Whether the line has a backslash at all; without, no text needs to be unescaped.
  bool escapes() const { return escapes_; }
  // Writes `quoted` with its escapes resolved to `to`, which has room for as many bytes, and
  // returns the end of what was written.
  static char* Unescape(std::string_view quoted, char* to);

  Reason reason() const { return reason_; }
  std::string detail() const;

 private:
  // Whether a key and its colon are at `at`; else a fault.
  bool IsKey(Token at) {
    if (First(at) == '"' && First(at + 1) == ':' && !escapes_) return true;
    return IsAnyKey(at);
  }
  bool IsAnyKey(Token at);
  std::string_view KeyText(Token key) {
    const std::string_view quoted = Quoted(key);
    return escapes_ ? UnescapedKey(quoted) : quoted;
  }
  std::string_view UnescapedKey(std::string_view quoted);
  // These return the token behind, or 0 after a fault.
  Token Scalar(Token token, char first);
  Token String(Token token);
  Token SkipNested(Token value, int depth);
  Token TooDeep(Token token);
  Token Fault(Reason reason, const char* what, std::size_t place);

  struct Stage;  // simdjson's first stage
  std::unique_ptr<Stage> stage_;

  const char* text_ = nullptr;
  std::size_t size_ = 0;
  const std::uint32_t* places_ = nullptr;  // where each token begins, and the sentinel
  Token count_ = 0;
  bool escapes_ = false;
  std::string key_;  // an unescaped key

  Reason reason_ = Reason::kJson;
  const char* what_ = "";
  std::size_t place_ = 0;
};

}  // namespace parcours::sources
