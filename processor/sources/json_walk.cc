#include "processor/sources/json_walk.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"

namespace parcours::sources {
namespace {

constexpr std::size_t kFirstCapacity = 16 << 10;

// What may follow a number or literal directly.
constexpr std::array<bool, 256> MakeDelimiters() {
  std::array<bool, 256> is{};
  for (char c : {' ', '\t', '\r', '\n', ',', ':', '{', '}', '[', ']'}) {
    is[static_cast<unsigned char>(c)] = true;
  }
  return is;
}
constexpr std::array<bool, 256> kDelimiter = MakeDelimiters();

bool Delimits(char c) { return kDelimiter[static_cast<unsigned char>(c)]; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The value of four hexadecimal digits, or -1.
int Hex4(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    const char lower = static_cast<char>(c | 0x20);
    if (IsDigit(c)) {
      value = value * 16 + (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

bool IsHighHalf(int code) { return code >= 0xD800 && code < 0xDC00; }
bool IsLowHalf(int code) { return code >= 0xDC00 && code < 0xE000; }

// At most as many bytes as its escape had: 3 for 6, 4 for 12.
char* PutUtf8(int code, char* to) {
  const auto put = [&to](int byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
    return to;
  }
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
  return to;
}

// Whether a number as JSON writes it begins here and is delimited.
bool IsNumber(const char* p) {
  if (*p == '-') ++p;
  if (*p == '0') {
    ++p;
  } else {
    if (!IsDigit(*p)) return false;
    while (IsDigit(*p)) ++p;
  }
  if (*p == '.') {
    if (!IsDigit(*++p)) return false;
    while (IsDigit(*p)) ++p;
  }
  if (*p == 'e' || *p == 'E') {
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!IsDigit(*p)) return false;
    while (IsDigit(*p)) ++p;
  }
  return Delimits(*p);
}

enum class Escapes { kGood, kBad, kHalf };

// Judges the escapes between two quotes.
Escapes JudgeEscapes(std::string_view quoted) {
  const char* p = quoted.data();
  const char* const end = p + quoted.size();
  while ((p = static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)))) !=
         nullptr) {
    ++p;  // a string cannot end with a lone backslash: that would have escaped its quote
    if (*p != 'u') {
      if (std::string_view("\"\\/bfnrt").find(*p) == std::string_view::npos) return Escapes::kBad;
      ++p;
      continue;
    }
    if (end - p < 5) return Escapes::kBad;
    const int code = Hex4(p + 1);
    if (code < 0) return Escapes::kBad;
    p += 5;
    if (IsLowHalf(code)) return Escapes::kHalf;
    if (!IsHighHalf(code)) continue;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return Escapes::kHalf;
    const int low = Hex4(p + 2);
    if (low < 0) return Escapes::kBad;
    if (!IsLowHalf(low)) return Escapes::kHalf;
    p += 6;
  }
  return Escapes::kGood;
}

}  // namespace

struct JsonWalk::Stage {
  simdjson::dom::parser parser;  // only for its first stage; its document stays empty
};

JsonWalk::JsonWalk() : stage_(std::make_unique<Stage>()) {
  if (stage_->parser.allocate(kFirstCapacity) != simdjson::SUCCESS) std::abort();
}
JsonWalk::~JsonWalk() = default;

JsonWalk::Start JsonWalk::Begin(std::string_view line) {
  text_ = line.data();
  size_ = line.size();
  count_ = 0;
  if (size_ > kLineBytesMax) {
    Fault(Reason::kTooLong, "longer than 1 MiB", kLineBytesMax);
    return Start::kFault;
  }
  simdjson::dom::parser& parser = stage_->parser;
  if (size_ > parser.implementation->capacity()) {
    if (parser.allocate(std::max(2 * size_, kFirstCapacity)) != simdjson::SUCCESS) std::abort();
  }
  simdjson::internal::dom_parser_implementation& stage = *parser.implementation;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_);
  const simdjson::error_code error = stage.stage1(bytes, size_, simdjson::stage1_mode::regular);
  if (error == simdjson::EMPTY || (error == simdjson::SUCCESS && stage.n_structural_indexes == 0)) {
    return Start::kEmpty;
  }
  if (error != simdjson::SUCCESS) {
    if (error == simdjson::UTF8_ERROR) {
      Fault(Reason::kUtf8, "not UTF-8", size_);
    } else if (error == simdjson::UNCLOSED_STRING) {
      Fault(Reason::kJson, "a string is not closed", size_);
    } else {
      Fault(Reason::kJson, "a control character in a string", size_);
    }
    return Start::kFault;
  }
  stage.structural_indexes[stage.n_structural_indexes] = stage.structural_indexes[0];
  places_ = stage.structural_indexes.get();
  count_ = stage.n_structural_indexes;
  escapes_ = std::memchr(text_, '\\', size_) != nullptr;
  if (First(0) != '{') {
    Unexpected(0, "not an object");
    return Start::kFault;
  }
  // Also what keeps the walk inside the line: no number or literal is the last token.
  if (First(count_ - 1) != '}') {
    Unexpected(count_ - 1, "the object is not closed, or text follows it");
    return Start::kFault;
  }
  return Start::kObject;
}

bool JsonWalk::IsAnyKey(Token at) {
  if (First(at) != '"') return Unexpected(at, "expected a key") != 0;
  if (escapes_ && String(at) == 0) return false;
  return First(at + 1) == ':' || Unexpected(at + 1, "expected :") != 0;
}

std::string_view JsonWalk::UnescapedKey(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) return quoted;
  key_.resize(quoted.size() + 8);  // NameTable reads eight bytes
  const char* const end = Unescape(quoted, key_.data());
  return {key_.data(), static_cast<std::size_t>(end - key_.data())};
}

Token JsonWalk::String(Token token) {
  switch (JudgeEscapes(Quoted(token))) {
    case Escapes::kGood:
      return token + 1;
    case Escapes::kBad:
      return Unexpected(token, "a wrong escape in a string");
    case Escapes::kHalf:
      break;
  }
  return Fault(Reason::kUtf8, "half a \\u pair in a string", places_[token]);
}

// A number or literal is never the last token (see Begin), so what delimits it is in the line.
Token JsonWalk::Scalar(Token token, char first) {
  const char* const p = text_ + places_[token];
  bool good = false;
  switch (first) {
    case '"':
      return escapes_ ? String(token) : token + 1;
    case 't':
      good = std::memcmp(p, "true", 4) == 0 && Delimits(p[4]);
      break;
    case 'f':
      good = std::memcmp(p, "false", 5) == 0 && Delimits(p[5]);
      break;
    case 'n':
      good = std::memcmp(p, "null", 4) == 0 && Delimits(p[4]);
      break;
    default:
      good = IsNumber(p);
  }
  return good ? token + 1 : Unexpected(token, "not a value");
}

// Iterative: the kinds of the open levels are bits of one word, so that no input can exhaust a
// stack.
Token JsonWalk::SkipNested(Token value, int depth) {
  static_assert(kJsonDepthMax <= 64);
  const int deepest = kJsonDepthMax + (PARCOURS_MUTANT("json-depth-off-by-one") ? 1 : 0);
  std::uint64_t objects = 0;  // lowest bit: the innermost open level is an object
  int open = 0;
  Token at = value;
  for (;;) {
    const char first = First(at);
    bool closes = false;  // an empty level, at once
    if (first == '{' || first == '[') {
      const bool object = first == '{';
      if (depth + open >= deepest) return TooDeep(at);
      ++at;
      ++open;
      objects = objects << 1 | (object ? 1 : 0);
      closes = First(at) == (object ? '}' : ']');
      if (!closes) {
        if (object) {
          if (!IsKey(at)) return 0;
          at += 2;
        }
        continue;
      }
    } else if (first == '"' && !escapes_) {
      ++at;
    } else {
      at = Scalar(at, first);
      if (at == 0) return 0;
    }
    // Behind a value, or on the bracket that closes an empty level.
    for (;;) {
      if (open == 0) return at;
      const char c = First(at);
      const bool object = (objects & 1) != 0;
      if (!closes && c == ',') {
        ++at;
        if (object) {
          if (!IsKey(at)) return 0;
          at += 2;
        }
        break;
      }
      if (c != (object ? '}' : ']')) {
        return Unexpected(at, object ? "expected , or }" : "expected , or ]");
      }
      ++at;
      --open;
      objects >>= 1;
      closes = false;
    }
  }
}

char* JsonWalk::Unescape(std::string_view quoted, char* to) {
  const char* p = quoted.data();
  const char* const end = p + quoted.size();
  while (p < end) {
    const auto* escape =
        static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
    if (escape == nullptr) escape = end;
    to = std::copy(p, escape, to);
    if (escape == end) break;
    p = escape + 2;
    const char c = escape[1];
    if (c == 'u') {
      int code = Hex4(p);
      p += 4;
      if (IsHighHalf(code)) {
        code = 0x10000 + ((code - 0xD800) << 10) + (Hex4(p + 2) - 0xDC00);
        p += 6;
      }
      to = PutUtf8(code, to);
    } else {
      constexpr std::string_view kFrom = "bfnrt", kTo = "\b\f\n\r\t";
      const std::size_t at = kFrom.find(c);
      *to++ = at == std::string_view::npos ? c : kTo[at];
    }
  }
  return to;
}

Token JsonWalk::Unexpected(Token token, const char* what) {
  if (token >= count_) return Fault(Reason::kJson, "the line ends too early", size_);
  return Fault(Reason::kJson, what, places_[token]);
}

Token JsonWalk::TooDeep(Token token) {
  return Fault(Reason::kTooDeep, "nested more than 64 deep", places_[token]);
}

Token JsonWalk::Fault(Reason reason, const char* what, std::size_t place) {
  reason_ = reason;
  what_ = what;
  place_ = place;
  return 0;
}

std::string JsonWalk::detail() const {
  return place_ >= size_ ? what_ : absl::StrCat(what_, ", at byte ", place_ + 1);
}

}  // namespace parcours::sources
