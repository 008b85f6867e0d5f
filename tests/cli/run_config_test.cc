#include "cli/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace parcours::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// A folder of the test's own, with a file of configuration in it.
class RunConfigTest : public testing::Test {
 protected:
  RunConfigTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/definitions");
  }
  ~RunConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string Required() const {
    return "application: shop\nbrokers: kafka-1:9092\ndefinitions: " + folder_ +
           "/definitions\ndata: " + folder_ + "/data\n";
  }
  absl::StatusOr<RunConfig> Load(const std::string& text,
                                 const std::vector<std::string>& sets = {}) {
    std::ofstream(path_, std::ios::binary) << text;
    return LoadRunConfig(path_, sets);
  }
  // The lines of the mistakes, without the head line and the path.
  std::vector<std::string> Mistakes(const std::string& text,
                                    const std::vector<std::string>& sets = {}) {
    const auto config = Load(text, sets);
    if (config.ok()) return {};
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    std::vector<std::string> lines;
    std::string rest(config.status().message());
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t end = rest.find('\n', at);
      std::string line = rest.substr(at, end == std::string::npos ? end : end - at);
      if (line.starts_with(path_ + ":")) line = line.substr(path_.size() + 1);
      lines.push_back(std::move(line));
      at = end == std::string::npos ? end : end + 1;
    }
    EXPECT_EQ(lines[0], std::to_string(lines.size() - 1) +
                            (lines.size() == 2 ? " mistake" : " mistakes") +
                            " in the configuration " + path_);
    lines.erase(lines.begin());
    return lines;
  }

  const std::string folder_ = testing::TempDir() + "run_config_test_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ + "/shop.yaml";
};

TEST_F(RunConfigTest, NeedsFourKeysAndHasDefaultsForTheRest) {
  const auto config = Load(Required());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->application, "shop");
  EXPECT_EQ(config->brokers, "kafka-1:9092");
  EXPECT_EQ(config->definitions, folder_ + "/definitions");
  EXPECT_EQ(config->data, folder_ + "/data");
  EXPECT_FALSE(config->instance.empty()) << "the host's name";
  EXPECT_EQ(config->lanes, 1);
  EXPECT_EQ(config->memory_bytes, std::uint64_t{1} << 30);
  EXPECT_EQ(config->outputs, RunConfig::Outputs::kJson);
  EXPECT_EQ(config->http_address, "0.0.0.0");
  EXPECT_EQ(config->http_port, 8080);
  EXPECT_EQ(config->log, runtime::Journal::Format::kJson);
  EXPECT_TRUE(config->kafka.empty());
}

TEST_F(RunConfigTest, ReadsEveryKey) {
  const auto config = Load(Required() +
                           "instance: shop-0\nlanes: 16\nmemory: 512MB\noutputs: protobuf\n"
                           "on_stop: leave\n"
                           "http: {address: 127.0.0.1, port: 0}\nlog: text\n"
                           "kafka:\n  session.timeout.ms: 6000\n  sasl.password: 'a, b'\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->instance, "shop-0");
  EXPECT_EQ(config->lanes, 16);
  EXPECT_EQ(config->memory_bytes, 512u << 20);
  EXPECT_EQ(config->outputs, RunConfig::Outputs::kProtobuf);
  EXPECT_TRUE(config->leave);
  EXPECT_EQ(config->http_address, "127.0.0.1");
  EXPECT_EQ(config->http_port, 0);
  EXPECT_EQ(config->log, runtime::Journal::Format::kText);
  EXPECT_THAT(config->kafka,
              ElementsAre(Pair("session.timeout.ms", "6000"), Pair("sasl.password", "a, b")));
}

TEST_F(RunConfigTest, TellsEverythingThatIsMissing) {
  EXPECT_THAT(Mistakes(""), ElementsAre("1:1: the configuration needs 'application'",
                                        "1:1: the configuration needs 'brokers'",
                                        "1:1: the configuration needs 'data'",
                                        "1:1: the configuration needs 'definitions'"));
}

TEST_F(RunConfigTest, TellsAllMistakesAtTheirPlaces) {
  const std::string good = "definitions: " + folder_ + "/definitions\ndata: " + folder_ + "/data\n";
  EXPECT_THAT(
      Mistakes(good +
               "application: Shop\nbrokers: kafka-1, b:9092\nlanes: 17\nmemory: much\n"
               "outputs: jsn\nhttp:\n  adress: 127.0.0.1\n  port: 70000\nlog: xml\nlogs: json\n"
               "instance: a b\n"),
      ElementsAre(
          "3:14: 'Shop' is no name of an application; topics are named after it: small letters, "
          "digits, '.', '_' and '-'; the first is none of '.' and '-'",
          "4:10: 'kafka-1' in 'brokers' is no host and port; write 'kafka-1:9092,kafka-2:9092'",
          "5:8: 'lanes' must be a whole number from 1 to 16",
          "6:9: 'memory' must be a number of bytes and a unit; write 512MB or 4GB; a KB is 1024 "
          "bytes",
          "7:10: 'jsn' is no format of 'outputs'; did you mean 'json'?",
          "9:3: unknown key 'adress' in 'http'; did you mean 'address'?",
          "10:9: 'port' must be a whole number from 0 to 65535",
          "11:6: 'xml' is no format of 'log'; expected json or text",
          "12:1: unknown key 'logs' in the configuration; did you mean 'log'?",
          "13:11: 'a b', is no name of an instance; write 'instance': letters, digits, '.', '_' "
          "and '-', up to 200, not first a '.'"));
}

TEST_F(RunConfigTest, ReadsSizesAsTheCommandLineDoes) {
  const auto memory = [&](const std::string& text) {
    const auto config = Load(Required() + "memory: " + text + "\n");
    return config.ok() ? config->memory_bytes : 0;
  };
  EXPECT_EQ(memory("256MB"), 256u << 20);
  EXPECT_EQ(memory("262144k"), 256u << 20);
  EXPECT_EQ(memory("2 GiB"), std::uint64_t{2} << 30);
  EXPECT_EQ(memory("2gb"), std::uint64_t{2} << 30);
  EXPECT_EQ(memory("268435456"), 256u << 20);
  EXPECT_EQ(memory("268435456b"), 256u << 20);
  EXPECT_EQ(memory("1T"), std::uint64_t{1} << 40);
  for (const char* wrong : {"512", "255MB", "1.5GB", "-1GB", "GB", "1 XB", "1GBB", "99999999999T",
                            "18446744073709551616", "1G B", "[1GB]"}) {
    EXPECT_EQ(memory(wrong), 0u) << wrong;
  }
}

TEST_F(RunConfigTest, LooksWhetherFoldersAreThere) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THAT(Mistakes("application: a\nbrokers: b:1\ndefinitions: " + folder_ +
                       "/none\ndata: " + folder_ + "/file\n"),
              ElementsAre("3:14: 'definitions': " + folder_ + "/none is no folder",
                          "4:7: 'data': " + folder_ + "/file is no folder"));
}

TEST_F(RunConfigTest, KeepsFromTheUserWhatAPromiseRestsOn) {
  const std::vector<std::string> kept = {"enable.auto.commit",
                                         "enable.auto.offset.store",
                                         "isolation.level",
                                         "group.id",
                                         "group.instance.id",
                                         "transactional.id",
                                         "enable.idempotence",
                                         "auto.offset.reset",
                                         "partition.assignment.strategy",
                                         "bootstrap.servers",
                                         "metadata.broker.list",
                                         "check.crcs",
                                         "enable.partition.eof"};
  std::string text = Required() + "kafka:\n";
  for (const std::string& property : kept) text += "  " + property + ": true\n";
  const std::vector<std::string> lines = Mistakes(text);
  ASSERT_EQ(lines.size(), kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(lines[i], std::to_string(6 + i) + ":3: '" + kept[i] +
                            "' cannot be set: " + std::string(WhyKept(kept[i])));
    EXPECT_GT(WhyKept(kept[i]).size(), 10u);
  }
  EXPECT_EQ(WhyKept("session.timeout.ms"), "");
}

TEST_F(RunConfigTest, TakesWordsOverTheFile) {
  const auto config =
      Load(Required() + "http: {port: 1}\nkafka: {linger.ms: 1, acks: all}\n",
           {"http.port=9100", "kafka.linger.ms=5", "kafka.session.timeout.ms=6000", "lanes=2",
            "application=other", "lanes=3", "kafka.sasl.password=a=b,c"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->http_port, 9100);
  EXPECT_EQ(config->lanes, 3) << "the last one counts";
  EXPECT_EQ(config->application, "other");
  EXPECT_THAT(config->kafka,
              ElementsAre(Pair("linger.ms", "5"), Pair("acks", "all"),
                          Pair("session.timeout.ms", "6000"), Pair("sasl.password", "a=b,c")));
}

TEST_F(RunConfigTest, NeedsNoFileForWhatWordsSay) {
  const auto config = Load("# nothing\n", {"application=shop", "brokers=b:1", "data=" + folder_,
                                           "definitions=" + folder_, "http.address=::1"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->http_address, "::1");
}

TEST_F(RunConfigTest, ChecksWordsAsItChecksTheFile) {
  EXPECT_THAT(
      Mistakes(Required() + "lanes: 0\n",
               {"http.prot=1", "memry=1GB", "http.port=x", "kafka.group.id=mine", "http=1",
                "lanes.x=1", "nothing", "=1", "kafka.=1", "instance="}),
      ElementsAre(
          "--set : expected a key and a value; write --set http.port=9100",
          "--set http: 'http' must be a map of keys and values, not text",
          "--set instance: 'instance' must be text of 1 to 200 bytes, without control characters",
          "--set kafka.: expected a key and a value; write --set http.port=9100",
          "--set kafka.group.id: 'group.id' cannot be set: " + std::string(WhyKept("group.id")),
          "--set lanes.x: 'lanes' has no keys below it",
          "--set memry: unknown key 'memry' in the configuration; did you mean 'memory'?",
          "--set nothing: expected a key and a value; write --set http.port=9100",
          "5:8: 'lanes' must be a whole number from 1 to 16"));
  EXPECT_THAT(Mistakes(Required(), {"http.prot=1", "http.port=x"}),
              ElementsAre("--set http.port: 'port' must be a whole number from 0 to 65535",
                          "--set http.prot: unknown key 'prot' in 'http'; did you mean 'port'?"));
}

TEST_F(RunConfigTest, NeverShowsWhatMayBeAPassword) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"kafka: {sasl.password: se, hush}\n", {}},
      {"kafka: {sasl.password: [hush]}\n", {}},
      {"kafka: {sasl.password: {hush: hush}}\n", {}},
      {"kafka: sasl.password=hush\n", {}},
      {"kafka: [hush]\n", {}},
      {"kafka: {group.id: hush}\n", {}},
      {"", {"kafka=hush"}},
      {"", {"kafka.group.id=hush"}},
      {"kafka: 1\n", {"kafka.sasl.password=hush"}},
  };
  for (const auto& [text, sets] : cases) {
    const auto config = Load(Required() + text, sets);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr("hush"))) << text;
  }
}

TEST_F(RunConfigTest, TellsWhatIsNoYaml) {
  EXPECT_THAT(Mistakes("application: shop\n\tbrokers: x\n"),
              ElementsAre("2:1: a tab; indent and align with spaces"));
  EXPECT_THAT(Mistakes("- shop\n"),
              ElementsAre("1:1: the configuration must be a map of keys and values, not a list"));
}

TEST_F(RunConfigTest, SaysThatAFileCannotBeRead) {
  for (const std::string& path : {folder_ + "/none.yaml", folder_}) {
    const auto config = LoadRunConfig(path, {});
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(config.status().message(), "the configuration " + path + " cannot be read");
  }
  const auto large = Load(std::string(kConfigBytesMax + 1, '#'));
  EXPECT_THAT(std::string(large.status().message()), HasSubstr("is larger than 1048576 bytes"));
}

}  // namespace
}  // namespace parcours::cli
