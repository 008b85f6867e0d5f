#include "base/decimal.h"

#include <random>

#include "base/cell.h"
#include "gtest/gtest.h"

namespace parcours {
namespace {

TEST(Decimal, TextBecomesMinorUnits) {
  EXPECT_EQ(ParseDecimal("12.30", 2).value(), 1230);
  EXPECT_EQ(ParseDecimal("12.3", 2).value(), 1230);
  EXPECT_EQ(ParseDecimal("-3", 2).value(), -300);
  EXPECT_EQ(ParseDecimal("1.2e2", 2).value(), 12'000);
  EXPECT_EQ(ParseDecimal("1200E-3", 2).value(), 120);
  EXPECT_EQ(ParseDecimal("1e+2", 0).value(), 100);
  EXPECT_EQ(ParseDecimal("0.000001", 6).value(), 1);
  EXPECT_EQ(ParseDecimal("-0.0", 2).value(), 0);
  EXPECT_EQ(ParseDecimal("0", 0).value(), 0);
}

TEST(Decimal, DigitsBeyondTheDecimalsAreRefusedUnlessZeros) {
  EXPECT_EQ(ParseDecimal("12.3000000000000000000000000000", 2).value(), 1230);
  EXPECT_EQ(ParseDecimal("0e-99999999999999999999", 2).value(), 0);
  EXPECT_EQ(ParseDecimal("100e-2", 0).value(), 1);
  for (std::string_view text :
       {"12.305", "0.001", "1e-3", "12.30000000000000000000000001", "1e-99999999999999999999"}) {
    EXPECT_TRUE(absl::IsOutOfRange(ParseDecimal(text, 2).status())) << text;
  }
  EXPECT_TRUE(absl::IsOutOfRange(ParseDecimal("0.5", 0).status()));
}

TEST(Decimal, RefusesWhatACellCannotHold) {
  EXPECT_EQ(ParseDecimal("9223372036854775807", 0).value(), INT64_MAX);
  EXPECT_EQ(ParseDecimal("-9223372036854775806", 0).value(), kCellMin);
  EXPECT_EQ(ParseDecimal("92233720368547758.07", 2).value(), INT64_MAX);
  EXPECT_EQ(ParseDecimal("0e99999999999999999999", 2).value(), 0);
  for (std::string_view text :
       {"9223372036854775808", "-9223372036854775807", "18446744073709551616", "1e19", "1e400",
        "-1e99999999999999999999", "100000000000000000000000000000000000000000"}) {
    EXPECT_TRUE(absl::IsOutOfRange(ParseDecimal(text, 0).status())) << text;
  }
}

TEST(Decimal, RefusesWhatJsonWouldNotCallANumber) {
  for (std::string_view text :
       {"",    "-",  "+1", "01",   "00",    "-01", ".5",       "5.",     "1.e2", "1e",    "1e+",
        "1,5", "1 ", " 1", "0x10", "1_000", "NaN", "Infinity", "12.3.4", "--1",  "1e1.5", "one"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseDecimal(text, 2).status())) << text;
  }
}

TEST(Decimal, WhatIsWrittenIsReadBack) {
  EXPECT_EQ(FormatDecimal(1230, 2), "12.30");
  EXPECT_EQ(FormatDecimal(-5, 2), "-0.05");
  EXPECT_EQ(FormatDecimal(7, 0), "7");
  EXPECT_EQ(FormatDecimal(0, 3), "0.000");
  EXPECT_EQ(FormatDecimal(INT64_MIN, 6), "-9223372036854.775808");
  std::mt19937_64 random(2);
  for (int i = 0; i < 10'000; ++i) {
    const int decimals = i % (kDecimalsMax + 1);
    const auto units = static_cast<std::int64_t>(random()) >> (random() % 63);
    ASSERT_EQ(ParseDecimal(FormatDecimal(units, decimals), decimals).value(), units);
  }
}

TEST(Currency, DecimalsComeFromIso4217) {
  EXPECT_EQ(CurrencyDecimals("EUR").value(), 2);
  EXPECT_EQ(CurrencyDecimals("USD").value(), 2);
  EXPECT_EQ(CurrencyDecimals("ZWG").value(), 2);
  EXPECT_EQ(CurrencyDecimals("AED").value(), 2);
  EXPECT_EQ(CurrencyDecimals("JPY").value(), 0);
  EXPECT_EQ(CurrencyDecimals("XPF").value(), 0);
  EXPECT_EQ(CurrencyDecimals("KWD").value(), 3);
  EXPECT_EQ(CurrencyDecimals("CLF").value(), 4);
}

TEST(Currency, UnknownCodesAreRefused) {
  for (std::string_view code : {"", "EU", "EURO", "eur", "XYZ", "XAU", "ED ", " AE", "UR "}) {
    EXPECT_FALSE(CurrencyDecimals(code).ok()) << code;
  }
}

}  // namespace
}  // namespace parcours
