#include "rules/catalog/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/words.h"
#include "rules/expr/utf8.h"

namespace parcours::catalog {
namespace {

constexpr int kComplaintsMax = 100;  // of one file
constexpr char kQuoteIt[] = "put the expression in quotes";
constexpr char kNoReferences[] = "write the value out, or put the expression in quotes";

// Stops the parser from inside; the Issue has been added.
struct Stop {};

// Receives yaml-cpp's events and builds the tree.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(YamlFile* file, std::vector<Issue>* issues) : file_(*file), issues_(*issues) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    Complain(PosOf(mark), "the definitions of a file are one map, which ended above",
             "check the indentation, and write no '---' between sections");
    throw Stop();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Open(mark, "?", anchor, YamlNode::Kind::kNull);
    Close();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Complain(PosOf(mark), "definitions have no aliases (*)", kNoReferences);
    throw Stop();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = Open(mark, tag, anchor, YamlNode::Kind::kScalar);
    node.text = value;
    node.style = StyleOf(node, tag);
    if (node.style == YamlNode::Style::kSingleQuoted ||
        node.style == YamlNode::Style::kDoubleQuoted) {
      CheckQuote(node.pos);
    }
    last_pos_ =
        node.pos + (node.style == YamlNode::Style::kPlain ? value.size() : value.size() + 2);
    Close();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList).flow = style == YAML::EmitterStyle::Flow;
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap).flow = style == YAML::EmitterStyle::Flow;
  }
  void OnMapEnd() override { Close(); }

  void Complain(std::size_t pos, std::string message, std::string hint = "") {
    if (++complaints_ > kComplaintsMax) return;  // nobody reads further, and they may be millions
    const Place place = file_.PlaceOf(pos);
    issues_.push_back({file_.name, place.line, place.column, std::move(message), std::move(hint)});
  }
  std::size_t PosOf(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), file_.text.size());
  }
  // Just behind the last scalar that was read.
  std::size_t last_pos() const { return std::min(last_pos_, file_.text.size()); }

 private:
  // Opens a node; Close() hands it to the map or list around it.
  YamlNode& Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                 YamlNode::Kind kind) {
    const std::size_t pos = PosOf(mark);
    const char first = pos < file_.text.size() ? file_.text[pos] : '\n';
    if (anchor != 0) Complain(pos, "definitions have no anchors (&)", kNoReferences);
    // A quoted scalar's tag is "!" too, but then a quote stands there.
    if ((tag != "?" && tag != "!" && !tag.empty()) || (tag == "!" && first == '!')) {
      Complain(pos, "'!' begins a YAML tag, and definitions have none", kQuoteIt);
    }
    if (open_.size() >= kYamlDepthMax) {
      Complain(pos, absl::StrCat("nested deeper than ", kYamlDepthMax, " levels"));
      throw Stop();
    }
    YamlNode& node = open_.emplace_back();
    node.kind = kind;
    node.file = &file_;
    node.pos = pos;
    return node;
  }

  void Close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    if (node.IsMap()) CheckKeys(node);
    if (open_.empty()) {
      file_.root = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_key = parent.IsMap() && parent.keys.size() == parent.items.size();
    // yaml-cpp places what is missing at the next token, lines below.
    if (parent.IsMap() && !is_key && node.kind == YamlNode::Kind::kNull) {
      node.pos = parent.keys.back().pos;
    }
    (is_key ? parent.keys : parent.items).push_back(std::move(node));
  }

  void CheckKeys(const YamlNode& map) {
    std::unordered_map<std::string_view, const YamlNode*> seen;
    for (const YamlNode& key : map.keys) {
      if (!key.IsScalar()) {
        Complain(key.pos, "a key must be a name", kQuoteIt);
        continue;
      }
      const auto [first, added] = seen.emplace(key.text, &key);
      if (added || complaints_ >= kComplaintsMax) continue;
      Complain(key.pos, absl::StrCat("the key '", Shown(key.text), "' is written twice"),
               absl::StrCat("the first is in line ", file_.PlaceOf(first->second->pos).line));
    }
  }

  // yaml-cpp lets a quote run to the end of the file, and over lines that are not indented. Then
  // the closing quote is missing, and what follows would be swallowed.
  void CheckQuote(std::size_t pos) {
    const std::string& text = file_.text;
    const std::size_t line =
        *(std::upper_bound(file_.line_starts.begin(), file_.line_starts.end(), pos) - 1);
    if (line != quote_line_ || quote_line_first_ == 0) {  // a line may have very many quotes
      quote_line_ = line;
      quote_line_first_ = text.find_first_not_of(' ', line);
    }
    // The least indentation of the lines that follow.
    const std::size_t indent = quote_line_first_ == pos ? 0 : quote_line_first_ - line + 1;
    const char quote = text[pos];
    bool closed = false;
    for (std::size_t i = pos + 1; i < text.size(); ++i) {
      const bool escapes = quote == '"' && text[i] == '\\';
      const bool doubled = quote == '\'' && text.compare(i, 2, "''") == 0;
      if (escapes || doubled) {
        ++i;
      } else if (text[i] == quote) {
        closed = true;
        break;
      }
      if (text[i] != '\n') continue;
      const std::size_t next = text.find_first_not_of(" \n", i);
      const std::size_t begin = next == std::string::npos ? i : text.rfind('\n', next) + 1;
      if (next == std::string::npos || next - begin < indent) break;
      i = next - 1;
    }
    if (closed) return;
    Complain(pos, "a quote that is opened here is never closed",
             "the lines of a quoted text are indented deeper than the first");
    throw Stop();
  }

  YamlNode::Style StyleOf(const YamlNode& node, const std::string& tag) const {
    if (tag != "!") return YamlNode::Style::kPlain;
    switch (node.pos < file_.text.size() ? file_.text[node.pos] : '\n') {
      case '\'':
        return YamlNode::Style::kSingleQuoted;
      case '"':
        return YamlNode::Style::kDoubleQuoted;
      case '|':
      case '>':
        return YamlNode::Style::kBlock;
      default:
        return YamlNode::Style::kPlain;
    }
  }

  YamlFile& file_;
  std::vector<Issue>& issues_;
  std::vector<YamlNode> open_;  // from the root down to the node being read
  int documents_ = 0;
  std::size_t last_pos_ = 0;
  int complaints_ = 0;
  // The line of the last quote: where it begins, and its first byte that is no blank.
  std::size_t quote_line_ = 0, quote_line_first_ = 0;
};

// yaml-cpp's words for a mistake, in ours. Most are expressions that YAML reads otherwise.
void Explain(const YAML::ParserException& error, TreeBuilder* builder, const YamlFile& file) {
  const std::string& said = error.msg;
  std::size_t pos = builder->PosOf(error.mark);
  if (said == "illegal map value") {
    builder->Complain(pos, "': ' is not allowed inside an unquoted value", kQuoteIt);
  } else if (said == "illegal EOF in scalar") {
    const std::size_t quote = file.text.find_first_of("'\"", builder->last_pos());
    builder->Complain(quote == std::string::npos ? pos : quote,
                      "a quote that is opened here is never closed");
  } else if (said == "unexpected character in block scalar") {
    builder->Complain(pos, "'|' and '>' begin a block: its text is on the lines below", kQuoteIt);
  } else if (said == "unknown token") {
    builder->Complain(
        pos, absl::StrCat("'", file.text.substr(pos, 1), "' cannot begin an unquoted value"),
        kQuoteIt);
  } else if (said == "illegal block entry") {
    builder->Complain(pos, "'- ' begins an element of a list, on a line of its own", kQuoteIt);
  } else if (said == "end of map not found") {
    const std::size_t before = file.text.find_last_not_of(' ', pos == 0 ? 0 : pos - 1);
    if (pos == 0 || before == std::string::npos || file.text[before] == '\n') {
      builder->Complain(pos, "the indentation fits no line above",
                        "keys of one map begin in the same column");
    } else {
      builder->Complain(pos, "a value goes on after its closing quote or bracket", kQuoteIt);
    }
  } else if (said == "end of map flow not found" || said == "end of sequence flow not found") {
    const char* bracket = said == "end of map flow not found" ? "}" : "]";
    // For want of a better place yaml-cpp names the file's first byte when the file ends.
    if (pos == 0 && builder->last_pos() > 0) pos = builder->last_pos();
    builder->Complain(pos, absl::StrCat("expected ',' or '", bracket, "'"),
                      "inside { } and [ ] put an expression with ? : [ ] { } or a comma in quotes");
  } else if (said == "the referenced anchor is not defined") {
    builder->Complain(pos, "definitions have no aliases (*)", kNoReferences);
  } else {
    builder->Complain(pos, absl::StrCat("not YAML: ", said));
  }
}

// Line ends become '\n', a byte order mark goes, what no definition needs is refused.
bool CheckText(YamlFile* file, std::vector<Issue>* issues) {
  const auto complain = [&](std::size_t pos, std::string message, std::string hint) {
    const Place place = file->PlaceOf(pos);
    issues->push_back({file->name, place.line, place.column, std::move(message), std::move(hint)});
    return false;
  };
  const std::string& text = file->text;
  for (std::size_t pos = 0; pos < text.size();) {
    const auto [value, bytes] = expr::FirstCodePoint(std::string_view(text).substr(pos));
    if (value < 0) return complain(pos, "not UTF-8", "save the file as UTF-8");
    if (value == '\t') return complain(pos, "a tab", "indent and align with spaces");
    if ((value < 0x20 && value != '\n') || value == 0x7F || (value >= 0x80 && value < 0xA0) ||
        value == 0xFEFF) {
      return complain(
          pos, absl::StrCat("a control character, U+", absl::Hex(value, absl::kZeroPad4)), "");
    }
    pos += static_cast<std::size_t>(bytes);
  }
  return true;
}

}  // namespace

Place YamlFile::PlaceOf(std::size_t pos) const {
  const auto after = std::upper_bound(line_starts.begin(), line_starts.end(), pos);
  const std::size_t start = *(after - 1);
  int column = 1;
  for (std::size_t i = start; i < pos; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++column;
  }
  return {static_cast<int>(after - line_starts.begin()), column};
}

std::unique_ptr<const YamlFile> ParseYaml(std::string_view name, std::string_view text,
                                          std::vector<Issue>* issues) {
  auto file = std::make_unique<YamlFile>();
  file->name = std::string(name);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  file->text.reserve(text.size());
  file->line_starts.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    file->text.push_back(text[i]);
    if (text[i] == '\n') file->line_starts.push_back(file->text.size());
  }
  if (!CheckText(file.get(), issues)) return nullptr;

  const std::size_t before = issues->size();
  TreeBuilder builder(file.get(), issues);
  try {
    std::istringstream stream(file->text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    // Told already.
  } catch (const YAML::ParserException& error) {
    Explain(error, &builder, *file);
  } catch (const std::exception& error) {
    builder.Complain(0, absl::StrCat("not YAML: ", error.what()));
  }
  if (issues->size() > before) return nullptr;
  return file;
}

Place PlaceInScalar(const YamlNode& scalar, std::size_t offset) {
  const std::string& raw = scalar.file->text;
  std::size_t pos = scalar.pos;
  if (scalar.style == YamlNode::Style::kBlock) {
    pos = std::min(raw.find('\n', pos), raw.size());
  } else if (scalar.style != YamlNode::Style::kPlain) {
    ++pos;
  }
  const auto blank = [](char c) { return c == ' ' || c == '\n'; };
  const auto at = [&raw](std::size_t i) { return i < raw.size() ? raw[i] : '\n'; };
  const auto continues = [&scalar](std::size_t i) {
    return i < scalar.text.size() && (static_cast<unsigned char>(scalar.text[i]) & 0xC0) == 0x80;
  };
  const bool escapes = scalar.style == YamlNode::Style::kDoubleQuoted;
  // Walks both texts. Blanks may have been folded, so they are skipped on both sides; between them
  // each decoded byte is its raw self, but for escapes.
  for (std::size_t i = 0; i < scalar.text.size(); ++i) {
    if (blank(scalar.text[i])) {
      if (i == offset) break;
      if (at(pos) == ' ') ++pos;
      if (escapes && at(pos) == '\\') pos += 2;
      continue;
    }
    while (pos < raw.size() && blank(raw[pos])) ++pos;
    if (i >= offset) break;
    if (scalar.style == YamlNode::Style::kSingleQuoted && at(pos) == '\'') ++pos;
    if (escapes && at(pos) == '\\') {
      ++pos;
      const char kind = at(pos);
      pos += kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
      while (continues(i + 1)) ++i;  // the escape stands for one character
    }
    ++pos;
  }
  return scalar.file->PlaceOf(std::min(pos, raw.size()));
}

}  // namespace parcours::catalog
