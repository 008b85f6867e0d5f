#include "rules/expr/fuse.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "rules/expr/functions.h"
#include "rules/expr/leaves.h"
#include "rules/expr/linear.h"
#include "rules/expr/motion.h"

namespace parcours::expr {
namespace {

constexpr TimeMs kTimestampMaxMs = static_cast<TimeMs>(kTimestampMaxNs / kNanosPerMs);
constexpr Wide kShiftMax = Wide{1'900} * 365 * 86'400 * kNanosPerSecond;
constexpr std::int64_t kCountMax = 1'000'000;  // of calendar days or months in a fused bound

// Bits for leaves that compare by order: 1 less, 2 equal, 4 greater, 8 unordered.
int OrdersOf(Func func) {
  int orders = 0;
  constexpr int kOrders[] = {-1, 0, 1, 2};
  for (int i = 0; i < 4; ++i) orders |= Holds(func, kOrders[i]) ? 1 << i : 0;
  return orders;
}

Source SourceOf(const Node& node) { return {node.variable.home, node.variable.slot}; }

// `x OP bound` as x >= `from` (or, negated, x < from), for x in whole units.
struct Reach {
  Wide from = 0;
  bool negate = false;
};
std::optional<Reach> ReachOf(Func func, Wide bound, Wide unit) {
  switch (func) {
    case Func::kGreaterEqual:
      return Reach{CeilDiv(bound, unit), false};
    case Func::kGreater:
      return Reach{FloorDiv(bound, unit) + 1, false};
    case Func::kLess:
      return Reach{CeilDiv(bound, unit), true};
    case Func::kLessEqual:
      return Reach{FloorDiv(bound, unit) + 1, true};
    default:
      return std::nullopt;
  }
}

// `cell OP bound` as a range of cells, and whether it is what lies outside.
struct Ranged {
  CellRange range;
  bool negate = false;
};
Ranged RangeOf(Func func, Wide bound, Wide unit) {
  if (const auto reach = ReachOf(func, bound, unit))
    return {{reach->from, INT64_MAX}, reach->negate};
  Ranged ranged;
  ranged.negate = func == Func::kNotEqual;
  const Wide cell = FloorDiv(bound, unit);
  ranged.range = cell * unit == bound ? CellRange{cell, cell} : CellRange{1, 0};
  return ranged;
}

// The first cell of fixed point whose double is at (past: above) `bound`, as the machine reads it.
Wide FirstScaled(double bound, bool past, double power) {
  Wide low = kCellMin, high = Wide{INT64_MAX} + 1;
  while (low < high) {
    const Wide middle = FloorDiv(low + high, 2);
    const double value = static_cast<double>(static_cast<std::int64_t>(middle)) / power;
    if (past ? value > bound : value >= bound) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

Ranged ScaledRange(Func func, double bound, int scale) {
  const double power = std::pow(10.0, scale);
  const Wide at = FirstScaled(bound, false, power), above = FirstScaled(bound, true, power);
  switch (func) {
    case Func::kGreaterEqual:
      return {{at, INT64_MAX}, false};
    case Func::kGreater:
      return {{above, INT64_MAX}, false};
    case Func::kLess:
      return {{at, INT64_MAX}, true};
    case Func::kLessEqual:
      return {{above, INT64_MAX}, true};
    default:
      return {{at, above - 1}, func == Func::kNotEqual};
  }
}

class Fuser {
 public:
  Fuser(const Nodes& nodes, Fused* fused) : nodes_(nodes), fused_(*fused) {}

  void Run() {
    const Node& root = nodes_.at(nodes_.root);
    if (root.type.kind == Kind::kBool) {
      fused_.root = Build(nodes_.root);
      fused_.reading.rungs = &fused_.root;
      fused_.reading.read = TruthReading();
      return;
    }
    fused_.root = MachineLeaf(nodes_, nodes_.root);
    fused_.whole = FuseReading(root);
  }

 private:
  const Node& at(int id) const { return nodes_.at(id); }

  Term* NewTerms(std::size_t count) {
    fused_.terms.push_back(std::make_unique<Term[]>(count));
    return fused_.terms.back().get();
  }

  const std::vector<std::string>* NewTexts(std::vector<std::string> texts) {
    fused_.texts.push_back(std::make_unique<std::vector<std::string>>(std::move(texts)));
    return fused_.texts.back().get();
  }

  Term* BuildAll(const std::vector<int>& ids) {
    Term* terms = NewTerms(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) terms[i] = Build(ids[i]);
    return terms;
  }

  Term Build(int id) {
    std::optional<Term> term = Known(id);
    if (!term) {
      fused_.whole = false;
      return MachineLeaf(nodes_, id);
    }
    return *term;
  }

  std::optional<Term> Known(int id) {
    const Node& node = at(id);
    if (node.type.kind != Kind::kBool) return std::nullopt;
    const auto count = static_cast<int>(node.children.size());
    switch (node.op) {
      case Op::kConstant:
        if (!node.constant.Is(Kind::kBool)) return ConstantLeaf(Truth::kError);
        return ConstantLeaf(node.constant.AsBool() ? Truth::kTrue : Truth::kFalse);
      case Op::kVariable:
        return RangeLeaf(SourceOf(node), {0, 0}, true);
      case Op::kHasVariable:
        return PresentLeaf(SourceOf(node));
      case Op::kAnd:
        return AllOf(BuildAll(node.children), count);
      case Op::kOr:
        return AnyOf(BuildAll(node.children), count);
      case Op::kNot:
        return NotOf(BuildAll(node.children));
      case Op::kIf:
        return IfOf(BuildAll(node.children));
      case Op::kCall:
        return Call(id, node);
      default:
        return std::nullopt;
    }
  }

  std::optional<Term> Call(int id, const Node& node) {
    if (node.func == Func::kIn) return In(node);
    if (node.func == Func::kStartsWith) return Part(node, TextPart::kStart);
    if (node.func == Func::kEndsWith) return Part(node, TextPart::kEnd);
    if (node.func == Func::kContains) return Part(node, TextPart::kAnywhere);
    if (!IsComparison(node.func)) return std::nullopt;
    int left = node.children[0], right = node.children[1];
    Func func = node.func;
    if (at(left).op == Op::kConstant) {
      std::swap(left, right);
      func = Mirrored(func);
    }
    const Node &a = at(left), &b = at(right);
    if (b.op == Op::kConstant) {
      if (a.op == Op::kVariable) {
        if (auto term = VariableWithConstant(func, a, b.constant)) return term;
      }
      if (auto term = SegmentWithConstant(func, a, b.constant)) return term;
      if (auto term = CalendarWithConstant(func, a, b.constant)) return term;
    }
    if (a.op == Op::kVariable && b.op == Op::kVariable) {
      if (auto term = Pair(func, a, b)) return term;
    }
    return Times(id, func, left, right);
  }

  std::optional<Term> VariableWithConstant(Func func, const Node& a, const Value& bound) {
    const Kind kind = a.type.kind;
    const bool ordered = func != Func::kEqual && func != Func::kNotEqual;
    if (kind == Kind::kDouble) return DoubleWithConstant(func, a, bound);
    if (!bound.Is(kind)) return std::nullopt;
    if (kind == Kind::kString) {
      if (ordered) return std::nullopt;
      const auto* texts = NewTexts({std::string(bound.AsText())});
      return TextLeaf(SourceOf(a), texts, func == Func::kNotEqual);
    }
    if (kind == Kind::kBool) {
      if (ordered) return std::nullopt;
      // A bool is whatever is not 0.
      return RangeLeaf(SourceOf(a), {0, 0}, bound.AsBool() == (func == Func::kEqual));
    }
    Wide number;
    if (!NumberOf(bound, &number)) return std::nullopt;
    const bool time = kind == Kind::kTimestamp || kind == Kind::kDuration;
    if (a.variable.home == Variable::Home::kWindow && a.variable.falling) {
      const auto reach = ReachOf(func, number, 1);
      if (!reach || reach->from > INT64_MAX || reach->from < kCellMin) return std::nullopt;
      return WindowLeaf(a.variable.slot, a.variable.window, static_cast<std::int64_t>(reach->from),
                        reach->negate);
    }
    const Ranged ranged = RangeOf(func, number, time ? kNanosPerMs : 1);
    return RangeLeaf(SourceOf(a), ranged.range, ranged.negate);
  }

  // A segment by its number; nullopt where the text names none.
  static std::optional<Term> SegmentLeaf(const Node& segment, Source source, const Value& name,
                                         bool negate) {
    const std::vector<std::string>& names = *segment.variable.names;
    if (!name.Is(Kind::kString)) return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), name.AsText());
    if (found == names.end()) return std::nullopt;
    const Cell number = found - names.begin();
    return RangeLeaf(source, {number, number}, negate);
  }

  std::optional<Term> SegmentWithConstant(Func func, const Node& a, const Value& name) {
    const bool equal = func == Func::kEqual || func == Func::kNotEqual;
    if (a.func != Func::kSegmentName || a.op != Op::kCall || !equal) return std::nullopt;
    return SegmentLeaf(a, SourceOf(at(a.children[0])), name, func == Func::kNotEqual);
  }

  std::optional<Term> InSegments(const Node& a, const List& names) {
    Term* terms = NewTerms(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto term = SegmentLeaf(a, SourceOf(at(a.children[0])), names[i], false);
      if (!term) return std::nullopt;
      terms[i] = *term;
    }
    return AnyOf(terms, static_cast<int>(names.size()));
  }

  std::optional<Term> DoubleWithConstant(Func func, const Node& a, const Value& bound) {
    if (!bound.Is(Kind::kDouble) || std::isnan(bound.AsDouble())) return std::nullopt;
    if (!a.variable.fixed_point) {
      return DoubleLeaf(SourceOf(a), bound.AsDouble(), OrdersOf(func));
    }
    const Ranged ranged = ScaledRange(func, bound.AsDouble(), a.variable.scale);
    if (a.variable.home == Variable::Home::kWindow && a.variable.falling) {
      const Wide from = ranged.range.first;
      const bool bounded = func != Func::kEqual && func != Func::kNotEqual;
      if (!bounded || from > INT64_MAX || from < kCellMin) return std::nullopt;
      return WindowLeaf(a.variable.slot, a.variable.window, static_cast<std::int64_t>(from),
                        ranged.negate);
    }
    return RangeLeaf(SourceOf(a), ranged.range, ranged.negate);
  }

  // calendar_days(cell, now), months(cell, now), age(cell).
  std::optional<Term> CalendarWithConstant(Func func, const Node& a, const Value& bound) {
    const bool age = a.func == Func::kAge;
    const bool word =
        a.op == Op::kCall && (age || a.func == Func::kCalendarDays || a.func == Func::kMonths);
    if (!word || !bound.Is(Kind::kInt) || at(a.children[0]).op != Op::kVariable)
      return std::nullopt;
    if (!age && at(a.children[1]).op != Op::kNow) return std::nullopt;
    const auto reach = ReachOf(func, bound.AsInt(), 1);
    if (!reach || reach->from < 0 || reach->from > kCountMax) return std::nullopt;
    const Node& from = at(a.children[0]);
    CalendarCount count;
    count.months = a.func != Func::kCalendarDays;
    count.date = from.type.kind == Kind::kDate;
    count.bound = static_cast<std::int64_t>(reach->from) * (age ? 12 : 1);
    // No whole year or month is a bound that time before the day may meet too.
    if (count.months && count.bound <= 0) return std::nullopt;
    return CalendarLeaf(SourceOf(from), count, reach->negate);
  }

  std::optional<Term> Pair(Func func, const Node& a, const Node& b) {
    const bool cells =
        a.variable.home != Variable::Home::kField && b.variable.home != Variable::Home::kField &&
        a.variable.home != Variable::Home::kBinding && b.variable.home != Variable::Home::kBinding;
    // The machine asks a falling window when it meets the other.
    const bool falls = a.variable.falling || b.variable.falling;
    if (!cells || falls || a.type.kind != b.type.kind) return std::nullopt;
    switch (a.type.kind) {
      case Kind::kInt:
      case Kind::kMoney:
      case Kind::kDate:
      case Kind::kTimestamp:
        return PairLeaf(SourceOf(a), SourceOf(b), OrdersOf(func));
      default:
        return std::nullopt;
    }
  }

  std::optional<Term> Times(int id, Func func, int left, int right) {
    std::optional<Line> line = LineOf(nodes_, left, right);
    if (!line || line->shift > kShiftMax) return std::nullopt;
    if (line->now < 0) {
      line->now = 1, line->constant = -line->constant;
      std::swap(line->plus, line->minus);
      func = Mirrored(func);
    }
    // now + plus - minus + constant OP 0, so what runs OP -constant.
    const auto reach = ReachOf(func, -line->constant, kNanosPerMs);
    if (!reach) return std::nullopt;
    const auto bound = static_cast<std::int64_t>(reach->from);
    const auto limit = kTimestampMaxMs - static_cast<TimeMs>(line->shift / kNanosPerMs) - 1;
    Term term;
    if (line->now == 1 && line->plus < 0 && line->minus < 0 && line->shift == 0) {
      return ClockLeaf(bound, reach->negate);
    }
    if (line->now == 1 && line->plus < 0 && line->minus >= 0) {
      term = SinceLeaf(SourceOf(at(line->minus)), bound, limit, reach->negate);
    } else if (line->now == 0 && line->plus >= 0 && line->minus >= 0) {
      const Source plus = SourceOf(at(line->plus)), minus = SourceOf(at(line->minus));
      if (plus.home != Variable::Home::kCell || minus.home != Variable::Home::kCell)
        return std::nullopt;
      term = BetweenLeaf(plus.slot, minus.slot, bound, limit, reach->negate);
    } else {
      return std::nullopt;
    }
    term.count = id;
    term.nodes = &nodes_;
    return term;
  }

  std::optional<Term> In(const Node& node) {
    const Node &a = at(node.children[0]), &b = at(node.children[1]);
    if (b.op != Op::kConstant || !b.constant.Is(Kind::kList)) return std::nullopt;
    const bool segment = a.op == Op::kCall && a.func == Func::kSegmentName;
    if (segment && !b.constant.AsList().empty()) return InSegments(a, b.constant.AsList());
    if (a.op != Op::kVariable || a.type.kind != Kind::kString) return std::nullopt;
    std::vector<std::string> texts;
    for (const Value& value : b.constant.AsList()) {
      if (value.Is(Kind::kString)) texts.emplace_back(value.AsText());
    }
    return TextLeaf(SourceOf(a), NewTexts(std::move(texts)), false);
  }

  std::optional<Term> Part(const Node& node, TextPart part) {
    const Node &a = at(node.children[0]), &b = at(node.children[1]);
    const bool plain = a.op == Op::kVariable && a.type.kind == Kind::kString &&
                       a.variable.home != Variable::Home::kBinding;
    if (!plain || b.op != Op::kConstant || !b.constant.Is(Kind::kString)) return std::nullopt;
    return PartLeaf(SourceOf(a), part, NewTexts({std::string(b.constant.AsText())}));
  }

  // Whether the machine is not needed.
  bool FuseReading(const Node& root) {
    FusedReading& reading = fused_.reading;
    const bool scaled = root.variable.fixed_point && root.type.kind == Kind::kDouble;
    const bool fits = root.type.kind != Kind::kString && root.type.kind != Kind::kList;
    if (root.op == Op::kVariable && fits && !scaled) {
      reading.slot = root.variable.slot;
      reading.read = CellReading(root.variable.home);
      return true;
    }
    return root.op == Op::kIf && FuseLadder(root);
  }

  static std::optional<Cell> CellOf(const Node& node) {
    if (node.op != Op::kConstant || node.constant.is_error()) return std::nullopt;
    Cell cell;
    Wide number;
    if (node.constant.Is(Kind::kDouble)) {
      cell = CellOfDouble(node.constant.AsDouble());
    } else if (node.constant.Is(Kind::kInt) || node.constant.Is(Kind::kMoney) ||
               node.constant.Is(Kind::kDate)) {
      NumberOf(node.constant, &number);
      cell = static_cast<Cell>(number);
    } else {
      return std::nullopt;
    }
    return IsValue(cell) ? std::optional<Cell>(cell) : std::nullopt;
  }

  bool FuseLadder(const Node& root) {
    std::vector<int> conditions;
    std::vector<Cell> results;
    const Node* node = &root;
    for (; node->op == Op::kIf; node = &at(node->children[2])) {
      const auto cell = CellOf(at(node->children[1]));
      if (!cell) return false;
      conditions.push_back(node->children[0]);
      results.push_back(*cell);
    }
    const auto last = CellOf(*node);
    if (!last) return false;
    results.push_back(*last);
    fused_.results = std::move(results);
    fused_.whole = true;
    fused_.reading.rungs = BuildAll(conditions);
    fused_.reading.results = fused_.results.data();
    fused_.reading.count = static_cast<int>(conditions.size());
    fused_.reading.read = LadderReading();
    return fused_.whole;
  }

  const Nodes& nodes_;
  Fused& fused_;
};

}  // namespace

void Fuse(const Nodes& nodes, Fused* fused) { Fuser(nodes, fused).Run(); }

}  // namespace parcours::expr
