// EventBuffer: all that one event's views point to, kept from event to event so that nothing is
// allocated once it is warm.
//
// A batch has one for each of its slots. Texts without a backslash point into the line itself,
// which must live as long as the event is read. Limits: kListElementsMax; room that an unusual
// event needed is given back by the next Clear. Threads: owned by one worker.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "processor/engine/event.h"
#include "processor/sources/reason.h"
#include "rules/expr/frame.h"

namespace parcours::sources {

inline constexpr int kListElementsMax = 1'000;             // of a field that is a list
inline constexpr std::size_t kTextFieldMax = 1'024;        // bytes of a declared string
inline constexpr std::size_t kBufferBytesKept = 64 << 10;  // of each list

// TextRoom: bytes that stay where they are until Clear.
class TextRoom {
 public:
  char* Take(std::size_t bytes) {
    if (blocks_.empty() || used_ + bytes > blocks_.back().size) {
      const std::size_t size = bytes > kBlockBytes ? bytes : kBlockBytes;
      blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
      used_ = 0;
    }
    used_ += bytes;
    return blocks_.back().bytes.get() + used_ - bytes;
  }
  // Keeps one block of the usual size.
  void Clear() {
    if (blocks_.empty()) return;
    blocks_.resize(blocks_[0].size > kBlockBytes ? 0 : 1);
    used_ = 0;
  }

 private:
  static constexpr std::size_t kBlockBytes = 512;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

struct EventBuffer {
  engine::Event event;  // after Outcome::kEvent

  Reason reason = Reason::kJson;  // after Outcome::kRejected
  std::string detail;

  std::vector<expr::Field> fields;
  std::vector<engine::AttributeWrite> attributes;
  std::vector<expr::Item> items;
  std::vector<std::string_view> texts;  // of list(string)
  TextRoom unescaped;

  // Makes ready for the next event.
  void Clear() {
    event.traceparent = {};
    attributes.clear();
    ClearOrFree(&items);
    ClearOrFree(&texts);
    unescaped.Clear();
  }

 private:
  template <class Element>
  static void ClearOrFree(std::vector<Element>* part) {
    if (part->capacity() * sizeof(Element) > kBufferBytesKept) *part = std::vector<Element>();
    part->clear();
  }
};

}  // namespace parcours::sources
