// Load: a folder's files of definitions. The one file of this room that reads anything.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/catalog/catalog.h"

namespace parcours::catalog {
namespace {

namespace fs = std::filesystem;

// Reads the file, or so much of it that it is seen to be too large.
bool ReadFile(const fs::path& path, std::size_t bytes_max, std::string* text) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return false;
  std::string chunk(std::size_t{64} * 1024, '\0');
  while (stream && text->size() <= bytes_max) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    text->append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
  }
  return !stream.bad();
}

}  // namespace

std::shared_ptr<const Catalog> LoadCatalog(const std::string& folder, std::vector<Issue>* issues) {
  const auto refuse = [&](const std::string& file, std::string message) {
    issues->push_back({file, 1, 1, std::move(message), ""});
    return nullptr;
  };
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) return refuse(folder, absl::StrCat("cannot read the folder: ", error.message()));
  std::vector<SourceFile> files;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) return refuse(folder, absl::StrCat("cannot read the folder: ", error.message()));
    const fs::path& path = entries->path();
    const std::string extension = path.extension().string();
    if (extension != ".yaml" && extension != ".yml") continue;
    if (path.filename().string()[0] == '.' || entries->is_directory(error)) continue;
    files.push_back({path.filename().string(), ""});
  }
  if (files.empty())
    return refuse(folder, "no definitions: the folder has no file *.yaml or *.yml");
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.name < b.name; });
  std::size_t bytes = 0;
  for (SourceFile& file : files) {
    if (!ReadFile(fs::path(folder) / file.name, kDefinitionsBytesMax, &file.text)) {
      return refuse(file.name, "cannot be read");
    }
    bytes += file.text.size();
    if (bytes > kDefinitionsBytesMax) break;  // CompileCatalog refuses them
  }
  const auto read_data = [&](const std::string& name) -> std::optional<std::string> {
    std::string text;
    if (!ReadFile(fs::path(folder) / name, kStoresBytesMax, &text)) return std::nullopt;
    return text;
  };
  return CompileCatalog(files, issues, read_data);
}

}  // namespace parcours::catalog
