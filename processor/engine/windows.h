// Windows: features that count only what happened lately, on a fixed grid, or in one period of the
// calendar.
//
// Sliding: a contribution at t lies in the bucket of the first grid line at or after t, and counts
// until that line + length. Buckets are half-open on the left: what happens exactly on a line
// belongs to the bucket that ends there. So a window is never early, late by less than a grain,
// bounded, and independent of the order of arrival (product semantics, "Windows"). A decayed value
// is the same buckets, each weighed by its age.
// Of the calendar: a bucket a period, half-open on the right: what happens in the first instant of
// a month belongs to that month. The buckets that count are those of the present period, or of the
// one before.
// Threads: owned by one worker.
#pragma once

#include "processor/engine/effects.h"
#include "rules/catalog/catalog.h"
#include "rules/expr/frame.h"
#include "state/customer.h"

namespace parcours::engine {

// The number of the first grid line at or after `t`; of the calendar, of the period that holds it.
std::int64_t LineOf(const catalog::Window& window, const Zone& zone, TimeMs t);
// The number of the last grid line at or before `t`; of the calendar, of the period that holds it.
std::int64_t LineBefore(const catalog::Window& window, const Zone& zone, TimeMs t);
// The instant at which line or period `line` begins.
TimeMs StartOfLine(const catalog::Window& window, const Zone& zone, std::int64_t line);
// The instant from which contributions of bucket `line` no longer count.
TimeMs ExpiryOf(const catalog::Window& window, const Zone& zone, std::int64_t line);

// How a value of `type` is stored; fixed-point doubles are numbers.
state::CellKind KindOf(const expr::Type& type);
state::CellKind KindOf(const catalog::Feature& feature);
// How the buckets of a windowed feature are laid out.
state::BucketShape BucketShapeOf(const catalog::Feature& feature);

// What one event adds to a feature.
struct Contribution {
  Cell value = 1;         // the `of`, as a cell; 1 where events are counted
  std::string_view text;  // the `of`, where it is text
  std::string_view key;   // of a map
  TimeMs time = 0;
  std::string_view id, source;  // for ties
};

// Adds to the bucket, value and horizon of windowed `feature`. False if it has already left.
bool AddToWindow(const catalog::Catalog& catalog, const state::Shape& shape,
                 const catalog::Feature& feature, const Contribution& contribution, TimeMs now,
                 state::Customer& customer);

// Drops what has left the window by `now` and renews value and horizon.
void RollWindow(const catalog::Catalog& catalog, const state::Shape& shape,
                const catalog::Feature& feature, TimeMs now, state::Customer& customer);

// Answers expressions' questions about one customer's windows.
class CustomerWindows final : public expr::WindowReader {
 public:
  CustomerWindows(const catalog::Catalog& catalog, const state::Shape& shape,
                  const state::Customer& customer)
      : catalog_(catalog), shape_(shape), customer_(customer) {}
  TimeMs FallsBelow(int window, Cell bound, TimeMs now) const override;

 private:
  const catalog::Catalog& catalog_;
  const state::Shape& shape_;
  const state::Customer& customer_;
};

}  // namespace parcours::engine
