// RecordHeaders: what stands beside a published record, for who routes or traces it unread.
//
// event-id            the id of the event that caused it; none where time alone did
// definition-version  of the definitions that made it
// content-type        what its value is
// traceparent         that of the event, where it has one
// Bytes: see docs/formats.md#headers. Threads: owned by one worker.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "log/batch.h"
#include "processor/engine/effects.h"
#include "processor/meta.h"

namespace parcours::processor {

// What a record's value is: its canonical line, or the same content as Protocol Buffers.
enum class Encoding : std::uint8_t { kJson, kProtobuf };

inline constexpr std::string_view kJsonContentType = "application/json";

class RecordHeaders {
 public:
  // `version` is the catalog's and must outlive this.
  RecordHeaders(std::string_view version, Encoding encoding)
      : encoding_(encoding), headers_{{{"definition-version", version}, {"content-type", {}}}} {}

  // Of a record of this kind. Good until the next call; views the event.
  std::span<const log::Header> Of(RecordKind kind, const engine::Cause& cause) {
    static constexpr std::string_view kMessages[kRecordKinds] = {
        "application/protobuf; type=parcours.v1.Transition",
        "application/protobuf; type=parcours.v1.Action",
        "application/protobuf; type=parcours.v1.Decision"};
    headers_[1].value = encoding_ == Encoding::kJson ? kJsonContentType : kMessages[kind];
    std::size_t count = 2;
    if (cause.event == nullptr) return {headers_.data(), count};
    headers_[count++] = {"event-id", cause.event->id};
    const std::string_view traceparent = cause.event->traceparent;
    if (!traceparent.empty()) headers_[count++] = {"traceparent", traceparent};
    return {headers_.data(), count};
  }
  // Of a line that is no record of a customer.
  std::span<const log::Header> OfLine() {
    headers_[1].value = kJsonContentType;
    return {headers_.data(), 2};
  }

 private:
  const Encoding encoding_;
  std::array<log::Header, 4> headers_;
};

}  // namespace parcours::processor
