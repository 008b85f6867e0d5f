#include "runtime/health.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/json_text.h"

namespace parcours::runtime {

namespace {

HttpResponse Answer(std::string_view word, std::string_view list, const std::string& missing) {
  HttpResponse response;
  response.status = missing.empty() ? 200 : 503;
  response.content_type = "application/json";
  response.body = absl::StrCat("{\"", std::string(word), "\":", missing.empty() ? "true" : "false",
                               ",\"", std::string(list), "\":[", missing, "]}\n");
  return response;
}

}  // namespace

Health::Health(int lanes, double now_s, double silent_max_s)
    : silent_max_s_(silent_max_s), lanes_(static_cast<std::size_t>(lanes)) {
  for (Lane& lane : lanes_) {
    lane.beat_s.store(now_s);
    lane.waits_for.store("it has just started");
  }
}

void Health::Beat(int lane, double now_s) {
  lanes_[static_cast<std::size_t>(lane)].beat_s.store(now_s, std::memory_order_relaxed);
}

void Health::SetReady(int lane, bool ready, const char* why) {
  lanes_[static_cast<std::size_t>(lane)].waits_for.store(ready ? nullptr : why,
                                                         std::memory_order_release);
}

bool Health::alive(double now_s) const {
  for (const Lane& lane : lanes_) {
    if (now_s - lane.beat_s.load(std::memory_order_relaxed) > silent_max_s_) return false;
  }
  return true;
}

bool Health::ready() const {
  for (const Lane& lane : lanes_) {
    if (lane.waits_for.load(std::memory_order_acquire) != nullptr) return false;
  }
  return true;
}

HttpResponse Health::Healthz(double now_s) const {
  std::string silent;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const double silent_s = now_s - lanes_[i].beat_s.load(std::memory_order_relaxed);
    if (silent_s <= silent_max_s_) continue;
    absl::StrAppendFormat(&silent, "%s{\"lane\":%d,\"seconds\":%.1f}", silent.empty() ? "" : ",", i,
                          silent_s);
  }
  return Answer("alive", "silent", silent);
}

HttpResponse Health::Readyz() const {
  std::string waiting;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const char* waits_for = lanes_[i].waits_for.load(std::memory_order_acquire);
    if (waits_for == nullptr) continue;
    absl::StrAppendFormat(&waiting, "%s{\"lane\":%d,\"why\":", waiting.empty() ? "" : ",", i);
    AppendJsonText(waits_for, &waiting);
    waiting.push_back('}');
  }
  return Answer("ready", "waiting", waiting);
}

}  // namespace parcours::runtime
