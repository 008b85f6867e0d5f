#include "runtime/health.h"

#include <gtest/gtest.h>

namespace parcours::runtime {
namespace {

TEST(Health, IsAliveAsLongAsEveryLaneGoesRound) {
  Health health(2, 1000, 60);
  EXPECT_TRUE(health.alive(1060)) << "as long to begin as between two rounds";
  EXPECT_FALSE(health.alive(1060.1));
  health.Beat(0, 1050);
  EXPECT_FALSE(health.alive(1100)) << "lane 1 has never gone round";
  health.Beat(1, 1090);
  EXPECT_TRUE(health.alive(1110));
  EXPECT_FALSE(health.alive(1111)) << "lane 0 is silent since 1050";
}

TEST(Health, NamesTheLanesThatAreSilent) {
  Health health(3, 0, 60);
  for (int lane : {0, 2}) health.Beat(lane, 100);
  HttpResponse answer = health.Healthz(130.25);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body, "{\"alive\":false,\"silent\":[{\"lane\":1,\"seconds\":130.2}]}\n");
  answer = health.Healthz(200);
  EXPECT_EQ(answer.body,
            "{\"alive\":false,\"silent\":[{\"lane\":0,\"seconds\":100.0},"
            "{\"lane\":1,\"seconds\":200.0},{\"lane\":2,\"seconds\":100.0}]}\n");
  for (int lane : {0, 1, 2}) health.Beat(lane, 200);
  answer = health.Healthz(200);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"alive\":true,\"silent\":[]}\n");
}

TEST(Health, IsReadyOnceEveryLaneIsAndSaysWhatLacks) {
  Health health(2, 0);
  EXPECT_FALSE(health.ready());
  EXPECT_EQ(health.Readyz().status, 503) << "it has just started";
  health.SetReady(0, true, nullptr);
  health.SetReady(1, false, "it restores \"shards\"");
  EXPECT_FALSE(health.ready());
  HttpResponse answer = health.Readyz();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(
      answer.body,
      "{\"ready\":false,\"waiting\":[{\"lane\":1,\"why\":\"it restores \\\"shards\\\"\"}]}\n");
  health.SetReady(1, true, "");
  EXPECT_TRUE(health.ready());
  answer = health.Readyz();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"ready\":true,\"waiting\":[]}\n");
  health.SetReady(0, false, "it stops");
  EXPECT_EQ(health.Readyz().status, 503);
}

TEST(Health, DoesNotMixTheTwo) {
  Health health(1, 0, 60);
  health.Beat(0, 500);
  EXPECT_EQ(health.Healthz(510).status, 200) << "alive while it waits";
  EXPECT_EQ(health.Readyz().status, 503);
  health.SetReady(0, true, nullptr);
  EXPECT_EQ(health.Healthz(900).status, 503) << "silent, though it was ready";
  EXPECT_EQ(health.Readyz().status, 200);
}

}  // namespace
}  // namespace parcours::runtime
