#include "log/lines.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parcours::log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

class Lines : public ::testing::Test {
 protected:
  Lines() {
    std::string name = ::testing::TempDir() + "lines-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~Lines() override { std::filesystem::remove_all(folder_); }

  std::string File(std::string_view bytes) {
    const std::string path = folder_ + "/f" + std::to_string(++files_);
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
    return path;
  }

  // All lines, as "number:text" or "number!" where too long; then the failure, if any.
  struct Outcome {
    std::vector<std::string> lines;
    absl::Status status;
  };
  static Outcome Read(const std::string& path, std::size_t batch = 7) {
    Outcome outcome;
    auto reader = LineReader::Open(path);
    if (!reader.ok()) return {{}, reader.status()};
    for (;;) {
      const auto lines = (*reader)->NextBatch(batch);
      if (!lines.ok()) {
        EXPECT_EQ((*reader)->NextBatch(batch).status(), lines.status());
        return {outcome.lines, lines.status()};
      }
      if (lines->empty()) return outcome;
      EXPECT_LE(lines->size(), batch);
      for (const Line& line : *lines) {
        outcome.lines.push_back(std::to_string(line.number) +
                                (line.too_long ? "!" : ":" + std::string(line.text)));
      }
    }
  }

  std::string folder_;
  int files_ = 0;
};

TEST_F(Lines, HaveTheirNumbersAndNoEnds) {
  EXPECT_THAT(Read(File("a\n\nb\r\nc\rd\n")).lines, ElementsAre("1:a", "2:", "3:b", "4:c\rd"));
  EXPECT_THAT(Read(File("a\nb")).lines, ElementsAre("1:a", "2:b"));
  EXPECT_THAT(Read(File("")).lines, ElementsAre());
  EXPECT_THAT(Read(File("\n")).lines, ElementsAre("1:"));
  EXPECT_THAT(Read(File(std::string_view("a\0b\n\0", 5))).lines,
              ElementsAre("1:" + std::string("a\0b", 3), "2:" + std::string(1, '\0')));
}

TEST_F(Lines, AByteOrderMarkIsDroppedOnlyInFront) {
  EXPECT_THAT(Read(File("\xef\xbb\xbf{}\n\xef\xbb\xbf\n")).lines,
              ElementsAre("1:{}", "2:\xef\xbb\xbf"));
}

std::string ManyLines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) {
    text += std::string(static_cast<std::size_t>(i * 7919 % 3000), 'x') + std::to_string(i) + "\n";
  }
  return text;
}

void ExpectManyLines(const std::vector<std::string>& lines, int count) {
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(lines[static_cast<std::size_t>(i) - 1],
              number + ":" + std::string(static_cast<std::size_t>(i * 7919 % 3000), 'x') + number);
  }
}

TEST_F(Lines, AreWholeAcrossChunksPlainOrCompressed) {
  constexpr int kCount = 5'000;  // about 7.5 MB
  const std::string text = ManyLines(kCount);
  ExpectManyLines(Read(File(text)).lines, kCount);
  ExpectManyLines(Read(File(Gzip(text))).lines, kCount);
  ExpectManyLines(Read(File(Zstd(text))).lines, kCount);
  ExpectManyLines(Read(File(text), 1).lines, kCount);
  ExpectManyLines(Read(File(text), 100'000).lines, kCount);
}

TEST_F(Lines, AnEndOnTheBorderOfTwoReadsIsSeen) {
  // A reader of plain files reads a few bytes first, then as much as fits: try all small borders,
  // and those around one chunk.
  for (std::size_t size = 0; size < 20; ++size) {
    EXPECT_THAT(Read(File(std::string(size, 'a') + "\nb\n")).lines,
                ElementsAre("1:" + std::string(size, 'a'), "2:b"));
  }
  for (std::size_t size = kLongestLine - 8; size <= kLongestLine; ++size) {
    const std::string line(size, 'a');
    const std::string text = line + "\nb\n" + line + "\nc\n" + line;
    EXPECT_THAT(Read(File(text)).lines,
                ElementsAre("1:" + line, "2:b", "3:" + line, "4:c", "5:" + line));
  }
}

TEST_F(Lines, OfAPipeComeAsTheyAreWritten) {
  const std::string path = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&path] {
    std::ofstream out(path);
    for (int i = 0; i < 300; ++i) (out << "line " << i << "\nx").flush();
  });
  const std::vector<std::string> lines = Read(path).lines;
  writer.join();
  ASSERT_EQ(lines.size(), 301U);
  EXPECT_EQ(lines[1], "2:xline 1");
  EXPECT_EQ(lines[300], "301:x");
}

TEST_F(Lines, ConcatenatedMembersAndFramesAreOneStream) {
  EXPECT_THAT(Read(File(Gzip("a\nb") + Gzip("") + Gzip("c\nd\n"))).lines,
              ElementsAre("1:a", "2:bc", "3:d"));
  EXPECT_THAT(Read(File(Zstd("a\nb") + Zstd("") + Zstd("c\nd\n"))).lines,
              ElementsAre("1:a", "2:bc", "3:d"));
  const std::string skippable("\x52\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_THAT(Read(File(skippable + Zstd("a\n"))).lines, ElementsAre("1:a"));
  EXPECT_THAT(Read(File(Gzip(""))).lines, ElementsAre());
}

TEST_F(Lines, TheLongestLineIsReadAndOneByteMoreIsSkipped) {
  const std::string longest(kLongestLine, 'x');
  for (const char* end : {"\n", "\r\n"}) {
    EXPECT_THAT(Read(File(longest + end + "b\n")).lines, ElementsAre("1:" + longest, "2:b"));
    EXPECT_THAT(Read(File("a\n" + longest + "x" + end + "b\n")).lines,
                ElementsAre("1:a", "2!", "3:b"));
  }
  EXPECT_THAT(Read(File(longest + "x")).lines, ElementsAre("1!"));
}

TEST_F(Lines, AnEndlessLineIsSkippedInBoundedMemory) {
  // Compressed, so that 200 MB of one line are a small file.
  const std::string piece(20 << 20, 'x');
  std::string bytes = Zstd("a\n");
  for (int i = 0; i < 10; ++i) bytes += Zstd(piece);
  EXPECT_THAT(Read(File(bytes + Zstd("\nb"))).lines, ElementsAre("1:a", "2!", "3:b"));
  EXPECT_THAT(Read(File(bytes)).lines, ElementsAre("1:a", "2!"));
}

TEST_F(Lines, OfACutOffFileAreKeptAndTheFailureNamesFileAndPlace) {
  const std::string text = ManyLines(2'000);
  const std::string packed[] = {Gzip(text), Zstd(text)};
  for (const std::string& bytes : packed) {
    for (std::size_t cut : {std::size_t{3}, bytes.size() / 2, bytes.size() - 8}) {
      const std::string path = File(bytes.substr(0, bytes.size() - cut));
      const Outcome outcome = Read(path);
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kDataLoss) << cut;
      EXPECT_THAT(std::string(outcome.status.message()), HasSubstr(path));
      EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("ends too early at byte "));
      EXPECT_THAT(std::string(outcome.status.message()),
                  HasSubstr("(line " + std::to_string(outcome.lines.size() + 1)));
      // Whole lines only, from the first on.
      std::string told;
      for (const std::string& line : outcome.lines) told += line.substr(line.find(':') + 1) + "\n";
      EXPECT_EQ(text.compare(0, told.size(), told), 0);
      // The end of a gzip file is a sum over all: every line has been told by then.
      if (cut == 3 && bytes == packed[0]) {
        EXPECT_EQ(outcome.lines.size(), 2'000U);
      }
    }
  }
}

TEST_F(Lines, OfADamagedFileEndWithAFailure) {
  std::string gzip = Gzip(ManyLines(1'000));
  gzip[gzip.size() / 2] = static_cast<char>(~gzip[gzip.size() / 2]);
  gzip[gzip.size() / 2 + 1] = static_cast<char>(~gzip[gzip.size() / 2 + 1]);
  EXPECT_EQ(Read(File(gzip)).status.code(), absl::StatusCode::kDataLoss);
  std::string zstd = Zstd(ManyLines(1'000));
  zstd[zstd.size() / 2] = static_cast<char>(~zstd[zstd.size() / 2]);
  zstd.resize(zstd.size() - 20);
  EXPECT_EQ(Read(File(zstd)).status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(File("\x1f\x8b not gzip at all")).status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(Lines, OfGzipMayBePaddedWithZerosButNotFollowedByOtherBytes) {
  EXPECT_THAT(Read(File(Gzip("a\n") + std::string(512, '\0'))).lines, ElementsAre("1:a"));
  EXPECT_TRUE(Read(File(Gzip("a\n") + std::string(512, '\0'))).status.ok());
  const Outcome outcome = Read(File(Gzip("a\n") + "plain\n"));
  EXPECT_THAT(outcome.lines, ElementsAre("1:a"));
  EXPECT_THAT(std::string(outcome.status.message()), HasSubstr("is followed by other bytes"));
}

TEST_F(Lines, OfAFileThatCannotBeReadAreAFailureThatNamesIt) {
  const Outcome missing = Read(folder_ + "/missing");
  EXPECT_EQ(missing.status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status.message()), HasSubstr(folder_ + "/missing"));
  const Outcome folder = Read(folder_);
  EXPECT_FALSE(folder.status.ok());
  EXPECT_THAT(std::string(folder.status.message()), HasSubstr(folder_));
  const Outcome xz =
      Read(File("\xfd"
                "7zXZ\0 and so on"));
  EXPECT_THAT(std::string(xz.status.message()), HasSubstr("xz file; plain text, gzip and zstd"));
}

}  // namespace
}  // namespace parcours::log
