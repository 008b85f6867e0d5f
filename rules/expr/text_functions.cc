// Text functions: CEL's string extension and base64. Positions count code points.
#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rules/expr/function_row.h"
#include "rules/expr/functions.h"
#include "rules/expr/limits.h"
#include "rules/expr/text_format.h"
#include "rules/expr/utf8.h"

namespace parcours::expr {
namespace {

constexpr std::size_t kBytesMax = kTextBytesMax;

Value TooLong() { return Value::BorrowedError("a text would have more than 64 KiB"); }
Value OutOfRange(std::int64_t index) {
  return Value::Error(absl::StrCat("index out of range: ", index));
}
Value Bounded(std::string_view text) {
  return text.size() > kBytesMax ? TooLong() : Value::String(text);
}

// Where each character of a text begins, and its end.
class Characters {
 public:
  explicit Characters(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at < text.size(); at += Bytes(at)) starts_.push_back(at);
    starts_.push_back(text.size());
  }
  std::int64_t count() const { return static_cast<std::int64_t>(starts_.size()) - 1; }
  // REQUIRES: 0 <= from <= to <= count()
  std::string_view Between(std::int64_t from, std::int64_t to) const {
    const std::size_t begin = starts_[static_cast<std::size_t>(from)];
    return text_.substr(begin, starts_[static_cast<std::size_t>(to)] - begin);
  }
  // The character that begins at a byte, by number; -1 if none does.
  std::int64_t NumberOf(std::size_t byte) const {
    const auto found = std::lower_bound(starts_.begin(), starts_.end(), byte);
    return found != starts_.end() && *found == byte ? found - starts_.begin() : -1;
  }
  std::size_t StartOf(std::int64_t number) const {
    return starts_[static_cast<std::size_t>(number)];
  }

 private:
  std::size_t Bytes(std::size_t at) const {
    return static_cast<std::size_t>(FirstCodePoint(text_.substr(at)).bytes);
  }
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

Value CharAt(Arguments a) {
  const Characters characters(a[0].AsText());
  const std::int64_t index = a[1].AsInt();
  if (index < 0 || index > characters.count()) return OutOfRange(index);
  return Value::String(characters.Between(index, std::min(index + 1, characters.count())));
}

Value IndexOf(Arguments a) {
  const Characters characters(a[0].AsText());
  const std::int64_t from = a.count > 2 ? a[2].AsInt() : 0;
  if (from < 0 || from > characters.count()) return OutOfRange(from);
  const std::size_t found = a[0].AsText().find(a[1].AsText(), characters.StartOf(from));
  return Value::Int(found == std::string_view::npos ? -1 : characters.NumberOf(found));
}

// The last one that begins at the position or before it.
Value LastIndexOf(Arguments a) {
  const Characters characters(a[0].AsText());
  const std::int64_t from = a.count > 2 ? a[2].AsInt() : characters.count();
  if (from < 0 || from > characters.count()) return OutOfRange(from);
  const std::size_t found = a[0].AsText().rfind(a[1].AsText(), characters.StartOf(from));
  return Value::Int(found == std::string_view::npos ? -1 : characters.NumberOf(found));
}

Value Substring(Arguments a) {
  const Characters characters(a[0].AsText());
  const std::int64_t from = a[1].AsInt();
  const std::int64_t to = a.count > 2 ? a[2].AsInt() : characters.count();
  if (from < 0 || from > characters.count()) return OutOfRange(from);
  if (to < 0 || to > characters.count()) return OutOfRange(to);
  if (from > to) {
    return Value::Error(absl::StrCat("invalid substring range. start: ", from, ", end: ", to));
  }
  return Value::String(characters.Between(from, to));
}

template <char kFirst, char kLast>
Value FlipCase(Arguments a) {
  std::string text(a[0].AsText());
  for (char& c : text) {
    if (c >= kFirst && c <= kLast) c = static_cast<char>(c ^ 0x20);
  }
  return Value::String(text);
}

// Puts a text in place of another, `limit` times at most; negative: everywhere. An empty one is
// found before each character and at the end.
Value Replace(Arguments a) {
  const std::string_view from = a[1].AsText(), to = a[2].AsText();
  std::string_view rest = a[0].AsText();
  std::int64_t left = a.count > 3 ? a[3].AsInt() : -1;
  std::string out;
  for (; left != 0; --left) {
    const std::size_t found = rest.find(from);
    if (found == std::string_view::npos) break;
    out.append(rest.substr(0, found)).append(to);
    rest.remove_prefix(found + from.size());
    if (from.empty()) {
      if (rest.empty()) break;
      const auto bytes = static_cast<std::size_t>(FirstCodePoint(rest).bytes);
      out.append(rest.substr(0, bytes));
      rest.remove_prefix(bytes);
    }
    if (out.size() > kBytesMax) return TooLong();
  }
  out.append(rest);
  return Bounded(std::move(out));
}

// In `limit` parts at most; negative: in all there are. An empty separator parts the characters.
Value Split(Arguments a) {
  std::string_view rest = a[0].AsText();
  const std::string_view separator = a[1].AsText();
  const std::int64_t limit = a.count > 2 ? a[2].AsInt() : -1;
  List parts;
  if (limit == 0) return Value::OfList({});
  if (separator.empty() && rest.empty()) return Value::OfList({});
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit - 1) {
    const std::size_t found = separator.empty()
                                  ? static_cast<std::size_t>(FirstCodePoint(rest).bytes)
                                  : rest.find(separator);
    if (found >= rest.size()) break;
    parts.push_back(Value::String(rest.substr(0, found)));
    rest.remove_prefix(found + separator.size());
    if (parts.size() >= static_cast<std::size_t>(kListElementsMax)) {
      return Value::BorrowedError("a list would have more than 10,000 elements");
    }
  }
  parts.push_back(Value::String(rest));
  return Value::OfList(std::move(parts));
}

Value Join(Arguments a) {
  const std::string_view separator = a.count > 1 ? a[1].AsText() : "";
  std::string out;
  const char* between = "";
  for (const Value& part : a[0].AsList()) {
    if (!part.Is(Kind::kString)) return NoOverload("list(string).join()");
    if (*between != '\0') out.append(separator);
    between = ",";
    out.append(part.AsText());
    if (out.size() > kBytesMax) return TooLong();
  }
  return Value::String(std::move(out));
}

bool IsSpace(std::int32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Value Trim(Arguments a) {
  const std::string_view text = a[0].AsText();
  std::size_t begin = text.size(), end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = FirstCodePoint(text.substr(at));
    const std::size_t next = at + static_cast<std::size_t>(point.bytes);
    if (!IsSpace(point.value)) {
      begin = std::min(begin, at);
      end = next;
    }
    at = next;
  }
  return Value::String(begin < end ? text.substr(begin, end - begin) : "");
}

Value Reverse(Arguments a) {
  const Characters characters(a[0].AsText());
  std::string out;
  for (std::int64_t i = characters.count(); i > 0; --i) out.append(characters.Between(i - 1, i));
  return Value::String(std::move(out));
}

// As a text literal is written, in double quotes.
Value Quote(Arguments a) {
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v\\\"", kLetters = "abfnrtv\\\"";
  std::string out = "\"";
  std::string_view rest = a[0].AsText();
  while (!rest.empty()) {
    const CodePoint point = FirstCodePoint(rest);
    const std::string_view bytes = rest.substr(0, static_cast<std::size_t>(point.bytes));
    const std::size_t escape = point.bytes == 1 ? kEscaped.find(bytes[0]) : std::string_view::npos;
    if (point.value < 0) {
      AppendUtf8(0xFFFD, &out);
    } else if (escape != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(kLetters[escape]);
    } else {
      out.append(bytes);
    }
    rest.remove_prefix(bytes.size());
  }
  out.push_back('"');
  return Bounded(std::move(out));
}

Value Format(Arguments a) { return FormatText(a[0].AsText(), a[1].AsList()); }

Value EncodeBase64(Arguments a) { return Bounded(absl::Base64Escape(std::string(a[0].AsText()))); }

Value DecodeBase64(Arguments a) {
  std::string bytes;
  if (!absl::Base64Unescape(std::string(a[0].AsText()), &bytes)) {
    return Value::BorrowedError("not a text of base64");
  }
  return Value::Bytes(std::move(bytes));
}

constexpr unsigned kList = Bit(Kind::kList);
constexpr Kind kGivesText = Kind::kString;

constexpr Function kFunctions[] = {
    Method("charAt", {kText, kInt}, kGivesText, CharAt, "string.charAt(int)"),
    Method("indexOf", {kText, kText, kInt}, Kind::kInt, IndexOf, "string.indexOf(string, from?)",
           1),
    Method("lastIndexOf", {kText, kText, kInt}, Kind::kInt, LastIndexOf,
           "string.lastIndexOf(string, from?)", 1),
    Method("substring", {kText, kInt, kInt}, kGivesText, Substring, "string.substring(from, to?)",
           1),
    Method("lowerAscii", {kText}, kGivesText, FlipCase<'A', 'Z'>, "string.lowerAscii()"),
    Method("upperAscii", {kText}, kGivesText, FlipCase<'a', 'z'>, "string.upperAscii()"),
    Method("replace", {kText, kText, kText, kInt}, kGivesText, Replace,
           "string.replace(string, string, times?)", 1),
    ListOf(Kind::kString, Method("split", {kText, kText, kInt}, Kind::kList, Split,
                                 "string.split(string, parts?)", 1)),
    Method("join", {kList, kText}, kGivesText, Join, "list(string).join(separator?)", 1),
    Method("trim", {kText}, kGivesText, Trim, "string.trim()"),
    Method("reverse", {kText}, kGivesText, Reverse, "string.reverse()"),
    Method("format", {kText, kList}, kGivesText, Format, "string.format(list)"),
    Library("strings.quote", {kText}, kGivesText, Quote, "strings.quote(string)"),
    Library("base64.encode", {Bit(Kind::kBytes)}, kGivesText, EncodeBase64, "base64.encode(bytes)"),
    Library("base64.decode", {kText}, Kind::kBytes, DecodeBase64, "base64.decode(string)"),
};

}  // namespace

FunctionTable TextFunctions() { return kFunctions; }

}  // namespace parcours::expr
