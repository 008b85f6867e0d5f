#include "rules/expr/leaves.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/mutant.h"
#include "rules/expr/machine.h"
#include "rules/expr/months.h"

namespace parcours::expr {
namespace {

using Home = Variable::Home;

// A cell with the instant until which it stands.
struct Stored {
  Cell cell;
  TimeMs until;
};
template <Home kHome>
Stored Load(int slot, const Frame& frame) {
  if constexpr (kHome == Home::kField) {
    return {frame.fields[slot].cell, kNever};
  } else if constexpr (kHome == Home::kTimedCell) {
    return {frame.cells[slot], frame.cells[slot + 1]};
  } else {
    return {frame.cells[slot], kNever};
  }
}

Verdict Told(bool truth, TimeMs until) { return {truth ? Truth::kTrue : Truth::kFalse, until}; }

Verdict AskMachine(const Term& term, const Frame& frame) {
  const Outcome outcome = Machine(*term.nodes, frame).Evaluate(term.slot);
  if (!outcome.value.Is(Kind::kBool)) return {Truth::kError, outcome.until};
  return Told(outcome.value.AsBool(), outcome.until);
}

// A leaf that meets times outside its range asks for its own node.
Verdict AskMachineInstead(const Term& term, const Frame& frame) {
  Term asks = term;
  asks.slot = term.count;
  return AskMachine(asks, frame);
}

// a: the first cell in the range, b: the last less the first, so that one comparison does.
template <Home kHome, bool kNegate>
Verdict TestRange(const Term& term, const Frame& frame) {
  if constexpr (kHome == Home::kCell) {
    return {TruthOfRange(term, frame), kNever};
  } else {
    const Stored stored = Load<kHome>(term.slot, frame);
    const auto above = static_cast<std::uint64_t>(stored.cell) - static_cast<std::uint64_t>(term.a);
    const bool within = above <= static_cast<std::uint64_t>(term.b);
    const int truth = IsValue(stored.cell) ? static_cast<int>(within != kNegate) : 2;
    return {static_cast<Truth>(truth), stored.until};
  }
}

int OrderBit(double a, double b) { return a < b ? 1 : a == b ? 2 : a > b ? 4 : 8; }

// a: the bound's bits, count: the orders that make it true.
template <Home kHome>
Verdict TestDouble(const Term& term, const Frame& frame) {
  const Stored stored = Load<kHome>(term.slot, frame);
  if (!IsValue(stored.cell)) return {Truth::kError, stored.until};
  return Told((OrderBit(DoubleOfCell(stored.cell), DoubleOfCell(term.a)) & term.count) != 0,
              stored.until);
}

template <Home kFirst, Home kSecond>
Verdict TestPair(const Term& term, const Frame& frame) {
  const Stored x = Load<kFirst>(term.slot, frame);
  const Stored y = Load<kSecond>(static_cast<int>(term.a), frame);
  if (!IsValue(x.cell)) return {Truth::kError, x.until};
  if (!IsValue(y.cell)) return {Truth::kError, y.until};
  return Told(((x.cell < y.cell    ? 1
                : x.cell == y.cell ? 2
                                   : 4) &
               term.count) != 0,
              std::min(x.until, y.until));
}

template <Home kHome>
Verdict TestPresent(const Term& term, const Frame& frame) {
  const Stored stored = Load<kHome>(term.slot, frame);
  return Told(IsValue(stored.cell), stored.until);
}

template <Home kHome>
std::string_view LoadText(int slot, const Frame& frame) {
  if constexpr (kHome == Home::kField) {
    return frame.fields[slot].Text();
  } else {
    return TextOf(&frame.cells[slot]);
  }
}

template <Home kHome, TextPart kPart>
Verdict TestPart(const Term& term, const Frame& frame) {
  const Stored stored = Load<kHome>(term.slot, frame);
  if (!IsValue(stored.cell)) return {Truth::kError, stored.until};
  const std::string_view text = LoadText<kHome>(term.slot, frame);
  const std::string_view part = *static_cast<const std::string*>(term.more);
  if constexpr (kPart == TextPart::kStart) return Told(text.starts_with(part), stored.until);
  if constexpr (kPart == TextPart::kEnd) return Told(text.ends_with(part), stored.until);
  return Told(text.find(part) != std::string_view::npos, stored.until);
}

template <Home kHome, bool kNegate>
Verdict TestText(const Term& term, const Frame& frame) {
  const Stored stored = Load<kHome>(term.slot, frame);
  if (!IsValue(stored.cell)) return {Truth::kError, stored.until};
  const std::string_view text = LoadText<kHome>(term.slot, frame);
  const auto* texts = static_cast<const std::string*>(term.more);
  bool found = false;
  for (int i = 0; i < term.count && !found; ++i) found = text == texts[i];
  return Told(found != kNegate, stored.until);
}

// One short text: its cell is all of it.
template <bool kNegate>
Verdict TestShortText(const Term& term, const Frame& frame) {
  const Cell cell = frame.cells[term.slot];
  if (!IsValue(cell)) return {Truth::kError, kNever};
  return Told((cell == term.a) != kNegate, kNever);
}

template <bool kNegate>
Verdict TestClock(const Term& term, const Frame& frame) {
  const bool reached = frame.now >= term.a;
  return Told(reached != kNegate, reached ? kNever : Cap(term.a));
}

template <Home kHome, bool kNegate>
Verdict TestSince(const Term& term, const Frame& frame) {
  const Stored stored = Load<kHome>(term.slot, frame);
  if (!IsValue(stored.cell)) return {Truth::kError, stored.until};
  const bool plain =
      stored.cell >= 0 && stored.cell <= term.limit && frame.now >= 0 && frame.now <= term.limit;
  if (!plain) return AskMachineInstead(term, frame);
  const TimeMs bound = stored.cell + term.a;
  const bool reached =
      PARCOURS_MUTANT("expr-since-strict") ? frame.now > bound : frame.now >= bound;
  return Told(reached != kNegate, reached ? stored.until : std::min(Cap(bound), stored.until));
}

// a: the bound; b: the slot of what is taken off.
template <bool kNegate>
Verdict TestBetween(const Term& term, const Frame& frame) {
  const Cell x = frame.cells[term.slot], y = frame.cells[term.b];
  if (!IsValue(x) || !IsValue(y)) return {Truth::kError, kNever};
  const bool plain = x >= 0 && y >= 0 && x <= term.limit && y <= term.limit;
  if (!plain) return AskMachineInstead(term, frame);
  return Told((x - y >= term.a) != kNegate, kNever);
}

// a: the bound; b: after so many milliseconds it is reached whatever the calendar says.
template <Home kHome, bool kMonths, bool kDate, bool kNegate>
Verdict TestCalendar(const Term& term, const Frame& frame) {
  const Stored stored = Load<kHome>(term.slot, frame);
  if (!IsValue(stored.cell)) return {Truth::kError, stored.until};
  const TimeMs start = kDate ? stored.cell * kDayMs : stored.cell;
  if (frame.now - start >= term.b) return Told(!kNegate, stored.until);
  const Zone& zone = frame.zone != nullptr ? *frame.zone : Zone::Utc();
  const CivilDay from = kDate ? static_cast<CivilDay>(stored.cell) : zone.DayOf(stored.cell);
  const std::int64_t day = kMonths ? FirstDayAfterMonths(from, term.a) : from + term.a;
  if (day > kDayMax) return Told(kNegate, stored.until);
  const TimeMs first =
      zone.StartOf(static_cast<CivilDay>(day)) + (PARCOURS_MUTANT("expr-calendar-late") ? 1 : 0);
  const bool reached = frame.now >= first;
  return Told(reached != kNegate, reached ? stored.until : std::min(Cap(first), stored.until));
}

template <bool kNegate>
Verdict TestWindow(const Term& term, const Frame& frame) {
  const Cell cell = frame.cells[term.slot];
  const TimeMs until = frame.cells[term.slot + 1];
  if (!IsValue(cell)) return {Truth::kError, until};
  const bool reached = cell >= term.a;
  if (!reached || until == kNever) return Told(reached != kNegate, kNever);
  if (frame.windows == nullptr) return Told(!kNegate, frame.now + 1);
  return Told(!kNegate, Cap(frame.windows->FallsBelow(term.count, term.a, frame.now)));
}

Verdict TestConstant(const Term& term, const Frame&) {
  return {static_cast<Truth>(term.a), kNever};
}

Term Leaf(const char* name, Term::Test test, int slot) {
  Term term;
  term.name = name;
  term.test = test;
  term.slot = slot;
  return term;
}

// Windows are timed too; only the leaf made for them asks more.
bool IsTimed(Home home) { return home == Home::kTimedCell || home == Home::kWindow; }

template <Home kHome>
Term::Test CalendarTest(CalendarCount count, bool negate) {
  if (count.months) {
    if (count.date) {
      return negate ? TestCalendar<kHome, true, true, true>
                    : TestCalendar<kHome, true, true, false>;
    }
    return negate ? TestCalendar<kHome, true, false, true>
                  : TestCalendar<kHome, true, false, false>;
  }
  if (count.date) {
    return negate ? TestCalendar<kHome, false, true, true>
                  : TestCalendar<kHome, false, true, false>;
  }
  return negate ? TestCalendar<kHome, false, false, true>
                : TestCalendar<kHome, false, false, false>;
}

}  // namespace

// The function of `f` for where the source lies: f is a template over Home and what follows it.
#define PARCOURS_FOR_HOME(source, f, ...)                                                    \
  ((source).home == Home::kField ? static_cast<Term::Test>(f<Home::kField, __VA_ARGS__>)     \
   : IsTimed((source).home)      ? static_cast<Term::Test>(f<Home::kTimedCell, __VA_ARGS__>) \
                                 : static_cast<Term::Test>(f<Home::kCell, __VA_ARGS__>))

Term RangeLeaf(Source source, CellRange range, bool negate) {
  Wide first = std::max(range.first, Wide{kCellMin});
  Wide last = std::min(range.last, Wide{INT64_MAX});
  if (first > last) {  // nothing lies in it: all that does not lie in everything
    first = kCellMin, last = INT64_MAX;
    negate = !negate;
  }
  const Term::Test test = negate ? PARCOURS_FOR_HOME(source, TestRange, true)
                                 : PARCOURS_FOR_HOME(source, TestRange, false);
  Term term = Leaf(negate ? "outside" : "within", test, source.slot);
  term.a = static_cast<std::int64_t>(first);
  term.b = static_cast<std::int64_t>(static_cast<std::uint64_t>(last - first));
  term.count = negate ? 1 : 0;
  return term;
}

bool IsPlainRange(const Term& term) {
  return term.test == TestRange<Home::kCell, true> || term.test == TestRange<Home::kCell, false>;
}

Term DoubleLeaf(Source source, double bound, int orders) {
  const Term::Test test = source.home == Home::kField ? TestDouble<Home::kField>
                          : IsTimed(source.home)      ? TestDouble<Home::kTimedCell>
                                                      : TestDouble<Home::kCell>;
  Term term = Leaf("double", test, source.slot);
  term.a = CellOfDouble(bound);
  term.count = orders;
  return term;
}

Term PairLeaf(Source source, Source other, int orders) {
  constexpr Home kPlain = Home::kCell, kTimed = Home::kTimedCell;
  const Term::Test test =
      IsTimed(source.home)
          ? (IsTimed(other.home) ? TestPair<kTimed, kTimed> : TestPair<kTimed, kPlain>)
          : (IsTimed(other.home) ? TestPair<kPlain, kTimed> : TestPair<kPlain, kPlain>);
  Term term = Leaf("pair", test, source.slot);
  term.a = other.slot;
  term.count = orders;
  return term;
}

Term PartLeaf(Source source, TextPart part, const std::vector<std::string>* texts) {
  const Term::Test test =
      part == TextPart::kStart ? PARCOURS_FOR_HOME(source, TestPart, TextPart::kStart)
      : part == TextPart::kEnd ? PARCOURS_FOR_HOME(source, TestPart, TextPart::kEnd)
                               : PARCOURS_FOR_HOME(source, TestPart, TextPart::kAnywhere);
  Term term = Leaf("text_part", test, source.slot);
  term.more = texts->data();
  return term;
}

Term PresentLeaf(Source source) {
  const Term::Test test = source.home == Home::kField ? TestPresent<Home::kField>
                          : IsTimed(source.home)      ? TestPresent<Home::kTimedCell>
                                                      : TestPresent<Home::kCell>;
  return Leaf("present", test, source.slot);
}

Term TextLeaf(Source source, const std::vector<std::string>* texts, bool negate) {
  if (source.home == Home::kCell && texts->size() == 1 && texts->front().size() <= kInlineTextMax) {
    Term term =
        Leaf("short_text", negate ? TestShortText<true> : TestShortText<false>, source.slot);
    term.a = NewText(texts->front());
    return term;
  }
  const Term::Test test = negate ? PARCOURS_FOR_HOME(source, TestText, true)
                                 : PARCOURS_FOR_HOME(source, TestText, false);
  Term term = Leaf("text", test, source.slot);
  term.more = texts->data();
  term.count = static_cast<int>(texts->size());
  return term;
}

Term ClockLeaf(std::int64_t bound, bool negate) {
  Term term = Leaf("clock", negate ? TestClock<true> : TestClock<false>, -1);
  term.a = bound;
  return term;
}

Term SinceLeaf(Source source, std::int64_t bound, std::int64_t limit, bool negate) {
  const Term::Test test = negate ? PARCOURS_FOR_HOME(source, TestSince, true)
                                 : PARCOURS_FOR_HOME(source, TestSince, false);
  Term term = Leaf("since", test, source.slot);
  term.a = bound;
  term.limit = limit;
  return term;
}

Term BetweenLeaf(int slot, int other, std::int64_t bound, std::int64_t limit, bool negate) {
  Term term = Leaf("between", negate ? TestBetween<true> : TestBetween<false>, slot);
  term.a = bound;
  term.b = other;
  term.limit = limit;
  return term;
}

Term CalendarLeaf(Source source, CalendarCount count, bool negate) {
  const Term::Test test = source.home == Home::kField ? CalendarTest<Home::kField>(count, negate)
                          : IsTimed(source.home) ? CalendarTest<Home::kTimedCell>(count, negate)
                                                 : CalendarTest<Home::kCell>(count, negate);
  Term term = Leaf(count.months ? "months" : "calendar_days", test, source.slot);
  term.a = count.bound;
  // A local day or a zone's offset is never more than two days off, months never more than five
  // from so many times their mean, of 146,097 days in 4,800.
  constexpr std::int64_t kDaysOff = 9;
  const std::int64_t days = count.months ? count.bound * 146'097 / 4'800 : count.bound;
  term.b = (days + kDaysOff) * kDayMs;
  term.costly = true;
  return term;
}

Term WindowLeaf(int slot, int window, std::int64_t bound, bool negate) {
  Term term = Leaf("window", negate ? TestWindow<true> : TestWindow<false>, slot);
  term.count = window;
  term.a = bound;
  return term;
}

bool IsWindowLeaf(const Term& term) { return term.test == TestWindow<false>; }

Term ConstantLeaf(Truth truth) {
  Term term = Leaf("constant", TestConstant, -1);
  term.a = static_cast<std::int64_t>(truth);
  return term;
}

Term MachineLeaf(const Nodes& nodes, int id) {
  Term term = Leaf("machine", AskMachine, id);
  term.nodes = &nodes;
  term.costly = true;
  return term;
}

}  // namespace parcours::expr
