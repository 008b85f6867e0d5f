// EventBuffer: all that one event's views point to, kept from event to event so that nothing is
// allocated once it is warm.
//
// A batch has one for each of its slots. Texts without a backslash point into the line itself,
// which must live as long as the event is read. Limits: kListElementsMax; room that an unusual
// event needed is given back by the next Clear. Threads: owned by one worker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "processor/engine/event.h"
#include "processor/sources/reason.h"
#include "rules/expr/frame.h"

namespace parcours::sources {

inline constexpr int kListElementsMax = 1'000;             // of a field that is a list
inline constexpr std::size_t kTextFieldMax = 1'024;        // bytes of a declared string
inline constexpr std::size_t kBufferBytesKept = 64 << 10;  // of each part

struct EventBuffer {
  engine::Event event;  // after Outcome::kEvent

  Reason reason = Reason::kJson;  // after Outcome::kRejected
  std::string detail;

  std::vector<expr::Field> fields;
  std::vector<engine::AttributeWrite> attributes;
  std::vector<expr::Item> items;
  std::vector<std::string_view> texts;  // of list(string)
  std::string unescaped;

  // Makes ready for an event whose line has `bytes` bytes: views into these stay good while it is
  // read, because none of them grows beyond what is reserved first.
  void Clear() {
    attributes.clear();
    ClearOrFree(&items);
    ClearOrFree(&texts);
    if (unescaped.capacity() > kBufferBytesKept) unescaped = std::string();
    unescaped.clear();
  }

 private:
  template <class Element>
  static void ClearOrFree(std::vector<Element>* part) {
    if (part->capacity() * sizeof(Element) > kBufferBytesKept) *part = std::vector<Element>();
    part->clear();
  }
};

}  // namespace parcours::sources
