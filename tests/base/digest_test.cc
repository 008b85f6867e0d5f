#include "base/digest.h"

#include <utility>

#include "gtest/gtest.h"

namespace parcours {
namespace {

std::string DigestOf(std::initializer_list<std::string_view> records) {
  Digest digest;
  for (std::string_view record : records) digest.Add(record);
  return digest.Hex();
}

// Computed with Python's hashlib: sum(int.from_bytes(sha256(r).digest(), 'big')) % 2**256.
TEST(Digest, IsTheSumOfSha256AsBigEndianNumbers) {
  EXPECT_EQ(DigestOf({}), std::string(64, '0'));
  EXPECT_EQ(DigestOf({"abc"}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(DigestOf({""}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(DigestOf({"abc", ""}),
            "9e28db0227fdebfedc3d35a6f71ddb47d7b1a387fab30de958a6987d6a52ce02");
}

TEST(Digest, CarriesBetweenWordsAndWrapsAtTheTop) {
  Digest digest;
  for (int i = 0; i < 1000; ++i) digest.Add("record " + std::to_string(i));
  EXPECT_EQ(digest.Hex(), "a986f7935635c4c3fa522342cbd9b9bae0deaef6c210abf435965658247578b8");
}

TEST(Digest, OrderDoesNotMatterButRepetitionDoes) {
  EXPECT_EQ(DigestOf({"a", "b", "c"}), DigestOf({"c", "a", "b"}));
  EXPECT_NE(DigestOf({"a", "b"}), DigestOf({"a", "b", "b"}));
  EXPECT_NE(DigestOf({"ab"}), DigestOf({"a", "b"}));
}

TEST(Digest, KeepsItsSumWhenMoved) {
  Digest first;
  first.Add("a");
  Digest second = std::move(first);
  second.Add("b");
  EXPECT_EQ(second.Hex(), DigestOf({"a", "b"}));
}

}  // namespace
}  // namespace parcours
