#include "base/hash.h"

#include <string>

#include "gtest/gtest.h"

namespace parcours {
namespace {

// Stored and shown: these values may never change. They are XXH3's own test vectors.
TEST(Hash64, IsXxh3AndStableForEver) {
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(Hash64("a"), 0xe6c632b61e964e1fU);
  EXPECT_EQ(Hash64("abc"), 0x78af5f94892f3950U);
}

TEST(Hash64, SeesEveryByteAndTheSeed) {
  for (std::size_t size : {1U, 16U, 17U, 129U, 241U, 1000U}) {
    const std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = 'y';
      ASSERT_NE(Hash64(text), Hash64(other)) << size << " " << i;
    }
    EXPECT_NE(Hash64(text, 1), Hash64(text, 2));
    EXPECT_EQ(Hash64(text, 0), Hash64(text));
  }
}

}  // namespace
}  // namespace parcours
