#include "rules/catalog/expressions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/build.h"
#include "rules/catalog/reader.h"

namespace parcours::catalog {
namespace {

// The byte at a line and column (in code points, both from 1) of `text`.
std::size_t OffsetOf(std::string_view text, int line, int column) {
  std::size_t offset = 0;
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n', offset);
    if (end == std::string_view::npos) return text.size();
    offset = end + 1;
  }
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  for (int i = 1; i < column && offset < text.size(); ++i) {
    do {
      ++offset;
    } while (continues(offset));
  }
  return offset;
}

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The first byte behind the string literal that begins with the quote at `pos`.
std::size_t EndOfString(std::string_view text, std::size_t pos, bool raw) {
  const char quote = text[pos];
  const std::string triple(3, quote);
  const std::size_t quotes = text.substr(pos, 3) == triple ? 3 : 1;
  for (std::size_t i = pos + quotes; i < text.size(); ++i) {
    if (text[i] == '\\' && !raw) {
      ++i;
    } else if (text[i] == quote && (quotes == 1 || text.substr(i, 3) == triple)) {
      return i + quotes;
    }
  }
  return text.size();
}

}  // namespace

std::optional<expr::Program> CompileExpression(const YamlNode& node, std::string_view what,
                                               const expr::Scope& scope,
                                               std::optional<expr::Type> expected,
                                               Problems* problems) {
  if (!node.IsScalar()) {
    problems->Add(node, absl::StrCat(std::string(what), " must be an expression"),
                  node.kind == YamlNode::Kind::kNull ? "" : "put the expression in quotes");
    return std::nullopt;
  }
  expr::CompileOptions options;
  options.expected = std::move(expected);
  std::vector<Issue> issues;
  auto program = expr::Compile(node.text, scope, options, &issues);
  for (Issue& issue : issues) {
    const std::size_t offset = OffsetOf(node.text, issue.line, issue.column);
    problems->Add(node.file->name, PlaceInScalar(node, offset), std::move(issue.message),
                  std::move(issue.hint));
  }
  return program;
}

int FindOn(const YamlNode& on, Build* build) {
  const auto name = ReadText(on, "'on'", &build->problems);
  if (!name.has_value()) return -1;
  const int event = build->catalog.FindEvent(*name);
  if (event < 0) {
    build->problems.AddUnknown(on, absl::StrCat("unknown event '", Shown(*name), "'"), *name,
                               NamesOf(build->sections.events));
  }
  return event;
}

std::optional<expr::Program> CompileOnEvent(const YamlNode& node, std::string_view key, int event,
                                            std::optional<expr::Type> expected, Build* build) {
  if (event < 0) return std::nullopt;  // `on` is wrong, as has been told
  auto program = CompileExpression(node, key, build->event_scopes[static_cast<std::size_t>(event)],
                                   std::move(expected), &build->problems);
  if (program.has_value() && program->reads_now()) {
    build->problems.Add(node, "`where` and `of` see the event only, not `now`",
                        "the time of the event is event.time; a 'window' forgets what is old");
  }
  return program;
}

std::vector<std::string> NamesIn(std::string_view text) {
  std::vector<std::string> names;
  char before = ' ';  // the last byte that was no blank
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = EndOfString(text, i, /*raw=*/false);
    } else if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
      continue;
    } else if (IsNameByte(c)) {
      const std::size_t begin = i;
      while (i < text.size() && IsNameByte(text[i])) ++i;
      const std::string_view name = text.substr(begin, i - begin);
      if (i < text.size() && (text[i] == '"' || text[i] == '\'') && name.size() <= 2) {
        // A prefix: r"..." or b"...".
        i = EndOfString(text, i, name.find_first_of("rR") != std::string_view::npos);
      } else {
        const std::size_t next = text.find_first_not_of(" \n", i);
        const bool is_call = next != std::string_view::npos && text[next] == '(';
        const bool is_number = c >= '0' && c <= '9';
        if (before != '.' && !is_call && !is_number) names.emplace_back(name);
      }
    } else {
      ++i;
    }
    if (c != ' ' && c != '\n') before = c;
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace parcours::catalog
