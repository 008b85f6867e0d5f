// Frame: what an expression can see while it is evaluated: cells, an event's fields, now, a zone.
//
// The engine lays one over a customer and an event; nothing is copied. `now` is handed in.
// Threads: views into what one worker owns.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/cell.h"
#include "base/time.h"

namespace parcours::expr {

// One line of an order. A text that is absent has data() == nullptr.
struct Item {
  std::string_view product_id, category;
  Cell quantity = kAbsent;  // int
  Cell price = kAbsent;     // money
};

// One declared field of an event. Scalars are cells; texts and lists are views whose length is the
// cell. An absent field has the cell kAbsent.
struct Field {
  Cell cell = kAbsent;
  const void* data = nullptr;

  std::string_view Text() const {
    return {static_cast<const char*>(data), static_cast<std::size_t>(cell)};
  }
  std::span<const Item> Items() const {
    return {static_cast<const Item*>(data), static_cast<std::size_t>(cell)};
  }
  std::span<const std::string_view> Texts() const {
    return {static_cast<const std::string_view*>(data), static_cast<std::size_t>(cell)};
  }
};

// Asks a customer's window when, if nothing more happens, it will have fallen below a bound.
class WindowReader {
 public:
  // The first instant after `now` at which the value of window feature `window` is < `bound`, given
  // that it is >= `bound` at `now`. Only asked of windows whose value can only fall.
  virtual TimeMs FallsBelow(int window, Cell bound, TimeMs now) const = 0;

 protected:
  ~WindowReader() = default;
};

struct Frame {
  const Cell* cells = nullptr;    // of the customer, numbered by the catalog
  const Field* fields = nullptr;  // of the event, numbered by its declaration
  const WindowReader* windows = nullptr;
  const Zone* zone = nullptr;  // the customer's, for calendar words
  TimeMs now = 0;
};

}  // namespace parcours::expr
