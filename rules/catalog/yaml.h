// Yaml: one file of definitions as a tree of maps, lists and scalars that know where they stand.
//
// yaml-cpp tokenizes; its marks and exceptions stay in yaml.cc. What definitions do not need and
// what surprises authors is refused: anchors, aliases, tags, tabs, keys that are not scalars, keys
// written twice, a second document. Bytes: YAML 1.2, UTF-8.   Limits: kYamlDepthMax; the size is
// the caller's to bound. Threads: immutable once parsed. The tree points into its YamlFile.
// Failure: every mistake is an Issue; a file with one has no tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/issue.h"

namespace parcours::catalog {

inline constexpr int kYamlDepthMax = 32;

struct YamlFile;

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  enum class Style : std::uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kBlock };

  Kind kind = Kind::kNull;
  Style style = Style::kPlain;  // of a scalar
  bool flow = false;            // of a map or list: written with { } or [ ]
  const YamlFile* file = nullptr;
  std::size_t pos = 0;          // its first byte in the file's text
  std::string text;             // of a scalar, decoded
  std::vector<YamlNode> keys;   // of a map, as written; all scalars
  std::vector<YamlNode> items;  // a list's elements; a map's values, one for each key

  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsMap() const { return kind == Kind::kMap; }
};

struct Place {
  int line = 1, column = 1;  // from 1; columns count code points
};

struct YamlFile {
  std::string name, text;
  std::vector<std::size_t> line_starts;
  YamlNode root;  // kNull for an empty file

  Place PlaceOf(std::size_t pos) const;
};

// Parses `text`. On a mistake appends Issues and returns nullptr.
std::unique_ptr<const YamlFile> ParseYaml(std::string_view name, std::string_view text,
                                          std::vector<Issue>* issues);

// Where the byte `offset` of a scalar's decoded text stands in its file: escapes, folded lines and
// a block's indentation are counted.
Place PlaceInScalar(const YamlNode& scalar, std::size_t offset);

}  // namespace parcours::catalog
