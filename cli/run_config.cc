#include "cli/run_config.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "rules/catalog/problems.h"
#include "rules/catalog/reader.h"
#include "rules/catalog/words.h"
#include "rules/catalog/yaml.h"

namespace parcours::cli {

namespace {

namespace fs = std::filesystem;
using catalog::MapReader;
using catalog::Problems;
using catalog::YamlFile;
using catalog::YamlNode;

constexpr char kSetWord[] = "--set ";
constexpr std::size_t kBrokersBytesMax = 4096, kPathBytesMax = 4096, kNameBytesMax = 200;

struct Kept {
  std::string_view property, why;
};
constexpr Kept kKept[] = {
    {"auto.offset.reset",
     "where reading begins stands in the changelog, and a gap must stop the lane, not be jumped"},
    {"bootstrap.servers", "write it as 'brokers'"},
    {"check.crcs", "records that were damaged on their way must not be applied"},
    {"enable.auto.commit", "progress is part of each transaction, or events would count twice"},
    {"enable.auto.offset.store",
     "progress is part of each transaction, or events would be left out"},
    {"enable.idempotence", "without it a record that is sent again may stand in the topic twice"},
    {"enable.partition.eof", "the end of a partition is how a lane knows that it is restored"},
    {"group.id", "the group is that of the application; write it as 'application'"},
    {"group.instance.id", "each lane's is made from 'instance'"},
    {"isolation.level", "records of transactions that were given up must not be read"},
    {"metadata.broker.list", "write it as 'brokers'"},
    {"partition.assignment.strategy",
     "all members must give out shards in the same way, moving only what must move"},
    {"transactional.id",
     "each lane's is made from 'instance': it shuts out the one that came before"},
};

// One checker for the whole file; every mistake is a problem at its place.
class Checker {
 public:
  explicit Checker(Problems* problems) : problems_(*problems) {}

  RunConfig Check(const YamlNode& root) {
    RunConfig config;
    MapReader map(root, "the configuration", &problems_);
    if (const YamlNode* node = map.Need("application")) CheckApplication(*node, &config);
    if (const YamlNode* node = map.Need("brokers")) CheckBrokers(*node, &config);
    if (const YamlNode* node = map.Need("definitions")) {
      config.definitions = CheckFolder(*node, "'definitions'", true);
    }
    if (const YamlNode* node = map.Need("data")) config.data = CheckFolder(*node, "'data'", false);
    CheckInstance(root, map.Find("instance"), &config);
    if (const YamlNode* node = map.Find("lanes")) {
      const auto lanes = catalog::ReadInt(*node, "'lanes'", 1, kRunLanesMax, &problems_);
      config.lanes = lanes.value_or(config.lanes);
    }
    if (const YamlNode* node = map.Find("memory")) CheckMemory(*node, &config);
    if (const YamlNode* node = map.Find("on_stop")) {
      const auto choice =
          catalog::ReadChoice(*node, "word for 'on_stop'", {"keep", "leave"}, {}, &problems_);
      config.leave = choice == 1;
    }
    if (const YamlNode* node = map.Find("outputs")) {
      const auto choice =
          catalog::ReadChoice(*node, "format of 'outputs'", {"json", "protobuf"}, {}, &problems_);
      if (choice == 1) config.outputs = RunConfig::Outputs::kProtobuf;
    }
    if (const YamlNode* node = map.Find("http")) CheckHttp(*node, &config);
    if (const YamlNode* node = map.Find("log")) {
      const auto choice =
          catalog::ReadChoice(*node, "format of 'log'", {"json", "text"}, {}, &problems_);
      if (choice == 1) config.log = runtime::Journal::Format::kText;
    }
    if (const YamlNode* node = map.FindFilled("kafka")) CheckKafka(*node, &config);
    map.Done();
    return config;
  }

 private:
  // Text of 1 to `bytes_max` bytes without control characters.
  std::optional<std::string> Text(const YamlNode& node, std::string_view what,
                                  std::size_t bytes_max) {
    if (node.IsScalar() && !node.text.empty() && node.text.size() <= bytes_max &&
        std::none_of(node.text.begin(), node.text.end(), catalog::IsControl)) {
      return node.text;
    }
    problems_.Add(node, absl::StrCat(std::string(what), " must be text of 1 to ", bytes_max,
                                     " bytes, without control characters"));
    return std::nullopt;
  }

  void CheckApplication(const YamlNode& node, RunConfig* config) {
    const auto allowed = [](char c) {
      return absl::ascii_islower(static_cast<unsigned char>(c)) ||
             absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
    };
    const auto name = Text(node, "'application'", kNameBytesMax);
    if (!name.has_value()) return;
    config->application = *name;
    const char first = (*name)[0];
    if (std::all_of(name->begin(), name->end(), allowed) && first != '.' && first != '-') return;
    problems_.Add(node, absl::StrCat("'", catalog::Shown(*name), "' is no name of an application"),
                  "topics are named after it: small letters, digits, '.', '_' and '-'; the first "
                  "is none of '.' and '-'");
  }

  void CheckBrokers(const YamlNode& node, RunConfig* config) {
    const auto text = Text(node, "'brokers'", kBrokersBytesMax);
    if (!text.has_value()) return;
    config->brokers = *text;
    const std::vector<std::string> all = absl::StrSplit(*text, ',');
    for (const std::string& one : all) {
      const std::string_view broker = Trimmed(one);
      const std::size_t colon = broker.rfind(':');
      int port = 0;
      if (colon != std::string_view::npos && colon > 0 &&
          broker.find(' ') == std::string_view::npos &&
          absl::SimpleAtoi(std::string(broker.substr(colon + 1)), &port) && port > 0 &&
          port <= 65535) {
        continue;
      }
      problems_.Add(node,
                    absl::StrCat("'", catalog::Shown(broker), "' in 'brokers' is no host and port"),
                    "write 'kafka-1:9092,kafka-2:9092'");
    }
  }
  static std::string_view Trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
  }

  std::string CheckFolder(const YamlNode& node, const char* what, bool must_exist) {
    const std::string folder = Text(node, what, kPathBytesMax).value_or("");
    if (folder.empty()) return folder;
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (fs::is_directory(status)) return folder;
    if (status.type() == fs::file_type::not_found && !must_exist) return folder;
    problems_.Add(
        node, absl::StrCat(
                  what, ": ", folder, " is no folder",
                  status.type() == fs::file_type::none ? absl::StrCat(": ", error.message()) : ""));
    return folder;
  }

  // What Kafka takes for a static member's name.
  void CheckInstance(const YamlNode& root, const YamlNode* node, RunConfig* config) {
    const auto allowed = [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
    };
    if (node == nullptr) {
      std::array<char, 256> host{};
      if (gethostname(host.data(), host.size() - 1) == 0) config->instance = host.data();
    } else if (const auto text = Text(*node, "'instance'", kNameBytesMax)) {
      config->instance = *text;
    } else {
      return;
    }
    const std::string& name = config->instance;
    if (!name.empty() && name.size() <= kNameBytesMax &&
        std::all_of(name.begin(), name.end(), allowed) && name[0] != '.') {
      return;
    }
    const std::string shown = absl::StrCat("'", catalog::Shown(name), "'");
    problems_.Add(
        node != nullptr ? *node : root,
        absl::StrCat(node != nullptr ? shown : absl::StrCat("the host's name, ", shown),
                     ", is no name of an instance"),
        "write 'instance': letters, digits, '.', '_' and '-', up to 200, not first a '.'");
  }

  void CheckMemory(const YamlNode& node, RunConfig* config) {
    const auto bytes = node.IsScalar() ? BytesOf(node.text) : std::nullopt;
    if (!bytes.has_value()) {
      problems_.Add(node, "'memory' must be a number of bytes and a unit",
                    "write 512MB or 4GB; a KB is 1024 bytes");
    } else if (*bytes < kRunMemoryBytesMin) {
      problems_.Add(node,
                    absl::StrCat("'memory' must be at least ", kRunMemoryBytesMin >> 20, "MB, not ",
                                 *bytes, " bytes"),
                    "write 512MB or 4GB");
    } else {
      config->memory_bytes = *bytes;
    }
  }
  // As the command line reads sizes: "512MB", "1 GiB", "1073741824".
  static std::optional<std::uint64_t> BytesOf(std::string_view text) {
    std::size_t digits = 0;
    while (digits < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[digits]))) {
      ++digits;
    }
    std::uint64_t number = 0;
    if (!absl::SimpleAtoi(std::string(text.substr(0, digits)), &number)) return std::nullopt;
    const std::string unit = absl::AsciiStrToLower(std::string(Trimmed(text.substr(digits))));
    if (unit.empty() || unit == "b") return number;
    constexpr std::string_view kUnits = "kmgtpe";
    const std::size_t power = kUnits.find(unit[0]);
    const std::string_view rest = std::string_view(unit).substr(1);
    if (power == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) {
      return std::nullopt;
    }
    const auto shift = static_cast<int>(10 * (power + 1));
    if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
    return number << shift;
  }

  void CheckHttp(const YamlNode& node, RunConfig* config) {
    MapReader map(node, "'http'", &problems_);
    if (const YamlNode* address = map.Find("address")) {
      std::array<unsigned char, sizeof(in6_addr)> bytes;
      config->http_address = address->text;
      if (!address->IsScalar() || (inet_pton(AF_INET, address->text.c_str(), bytes.data()) != 1 &&
                                   inet_pton(AF_INET6, address->text.c_str(), bytes.data()) != 1)) {
        problems_.Add(*address, "'address' must be an IP address of this machine",
                      "write 0.0.0.0 for all of them, or 127.0.0.1");
      }
    }
    if (const YamlNode* port = map.Find("port")) {
      const auto number = catalog::ReadInt(*port, "'port'", 0, 65535, &problems_);
      config->http_port = number.value_or(config->http_port);
    }
    map.Done();
  }

  // No value of a property is ever shown, and nothing that may be a part of one.
  void CheckKafka(const YamlNode& node, RunConfig* config) {
    if (!node.IsMap()) {
      problems_.Add(node, "'kafka' must be a map of properties of librdkafka and their values");
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode& key = node.keys[i];
      const YamlNode& value = node.items[i];
      if (value.kind == YamlNode::Kind::kNull) {
        problems_.Add(key, "a property in 'kafka' has no value",
                      "put a value with a comma or a bracket in quotes");
        continue;
      }
      const std::string shown = absl::StrCat("'", catalog::Shown(key.text), "'");
      const std::string_view why = WhyKept(key.text);
      if (!why.empty()) {
        problems_.Add(key, absl::StrCat(shown, " cannot be set: ", std::string(why)));
      } else if (!value.IsScalar()) {
        problems_.Add(key, absl::StrCat("the property ", shown, " must be a text or a number"),
                      "write its whole name, as session.timeout.ms");
      } else {
        config->kafka.emplace_back(key.text, value.text);
      }
    }
  }

  Problems& problems_;
};

// Puts what `set`, "http.port=9100", says where the file would say it. The nodes belong to a file
// of their own, which is named after the word, so that mistakes are told of the word.
void Put(const std::string& set, YamlNode* root, std::vector<std::unique_ptr<YamlFile>>* words,
         Problems* problems) {
  const std::size_t equals = set.find('=');
  const std::string key = set.substr(0, equals);
  YamlFile& word = *words->emplace_back(std::make_unique<YamlFile>());
  word.name = absl::StrCat(kSetWord, catalog::Shown(key));
  word.line_starts.push_back(0);
  if (equals == std::string::npos || key.empty() || key.front() == '.' || key.back() == '.') {
    problems->Add(word.name, {}, "expected a key and a value", "write --set http.port=9100");
    return;
  }
  const auto scalar = [&](std::string_view text) {
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.file = &word;
    node.text = std::string(text);
    return node;
  };
  const auto slot = [&](YamlNode* map, const std::string& name) {
    const auto found = std::find_if(map->keys.begin(), map->keys.end(),
                                    [&](const YamlNode& written) { return written.text == name; });
    const auto at = static_cast<std::size_t>(found - map->keys.begin());
    if (found == map->keys.end()) {
      map->keys.push_back(scalar(name));
      map->items.emplace_back();
    }
    return at;
  };
  YamlNode* map = root;
  std::string name = key;
  const std::size_t dot = key.find('.');
  if (dot != std::string::npos) {
    YamlNode& inner = root->items[slot(root, key.substr(0, dot))];
    if (inner.kind == YamlNode::Kind::kNull) {
      inner.kind = YamlNode::Kind::kMap;
      inner.file = &word;
    }
    if (!inner.IsMap()) {
      problems->Add(word.name, {}, absl::StrCat("'", key.substr(0, dot), "' has no keys below it"));
      return;
    }
    map = &inner;
    name = key.substr(dot + 1);
  }
  const std::size_t at = slot(map, name);
  map->keys[at] = scalar(name);
  map->items[at] = scalar(set.substr(equals + 1));
}

bool ReadFile(const std::string& path, std::string* text) {
  std::ifstream stream(path, std::ios::binary);
  text->resize(kConfigBytesMax + 1);
  stream.read(text->data(), static_cast<std::streamsize>(text->size()));
  text->resize(static_cast<std::size_t>(stream.gcount()));
  return stream.is_open() && !stream.bad();
}

absl::Status Mistakes(const std::string& path, const std::vector<Issue>& issues) {
  std::vector<std::string> lines = {absl::StrCat(issues.size(),
                                                 issues.size() == 1 ? " mistake" : " mistakes",
                                                 " in the configuration ", path)};
  for (const Issue& issue : issues) {
    if (issue.file.starts_with(kSetWord)) {  // a word has no lines
      lines.push_back(absl::StrCat(issue.file, ": ", issue.message, issue.hint.empty() ? "" : "; ",
                                   issue.hint));
    } else {
      lines.push_back(FormatIssue(issue));
    }
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

}  // namespace

std::string_view WhyKept(std::string_view property) {
  const auto* const found = std::find_if(std::begin(kKept), std::end(kKept), [&](const Kept& kept) {
    return kept.property == property;
  });
  return found == std::end(kKept) ? "" : found->why;
}

absl::StatusOr<RunConfig> LoadRunConfig(const std::string& path,
                                        const std::vector<std::string>& sets) {
  std::string text;
  std::error_code error;
  if (fs::is_directory(path, error) || !ReadFile(path, &text)) {
    return absl::InvalidArgumentError(absl::StrCat("the configuration ", path, " cannot be read"));
  }
  if (text.size() > kConfigBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("the configuration ", path, " is larger than ", kConfigBytesMax, " bytes"));
  }
  std::vector<Issue> issues;
  const std::unique_ptr<const YamlFile> file = catalog::ParseYaml(path, text, &issues);
  if (file == nullptr) return Mistakes(path, issues);
  Problems problems;
  YamlNode root = file->root;
  if (root.file == nullptr) root.file = file.get();  // an empty file
  std::vector<std::unique_ptr<YamlFile>> words;
  if (root.kind == YamlNode::Kind::kNull && !sets.empty()) root.kind = YamlNode::Kind::kMap;
  for (const std::string& set : sets) {
    if (root.IsMap()) Put(set, &root, &words, &problems);
  }
  RunConfig config = Checker(&problems).Check(root);
  issues = problems.Take();
  if (!issues.empty()) return Mistakes(path, issues);
  return config;
}

}  // namespace parcours::cli
