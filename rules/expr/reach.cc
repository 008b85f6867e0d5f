#include "rules/expr/reach.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "rules/expr/functions.h"
#include "rules/expr/node.h"

namespace parcours::expr {
namespace {

// A text for every part, the same for the same parts: what names a subject.
void AppendText(const Nodes& nodes, int id, std::string* out) {
  const Node& node = nodes.at(id);
  if (node.op == Op::kConstant) {
    const Value& value = node.constant;
    absl::StrAppend(out, TypeName(node.type), ":",
                    value.is_error() ? value.error() : value.ToJson());
    return;
  }
  absl::StrAppend(out, static_cast<int>(node.op), ".", static_cast<int>(node.func), ".", node.name);
  if (node.zone != nullptr) absl::StrAppend(out, "@", node.zone->name());
  out->push_back('(');
  for (int child : node.children) {
    AppendText(nodes, child, out);
    out->push_back(' ');
  }
  out->push_back(')');
}

std::string TextOf(const Nodes& nodes, int id) {
  std::string text;
  AppendText(nodes, id, &text);
  return text;
}

// What a goal asks of a part. An error is neither true nor false.
enum class Want { kTrue, kFalse, kNotTrue, kNotFalse };

Want Opposite(Want want) {
  static constexpr Want kOpposites[] = {Want::kFalse, Want::kTrue, Want::kNotFalse, Want::kNotTrue};
  return kOpposites[static_cast<int>(want)];
}
bool AllowsErrors(Want want) { return want == Want::kNotTrue || want == Want::kNotFalse; }
bool WantsTruth(Want want) { return want == Want::kTrue || want == Want::kNotFalse; }

struct Goal {
  const Nodes* nodes;
  int id;
  Want want;
  int element = -1;  // of `x in [...]`: only whether x is this element
};
using Goals = std::vector<Goal>;

Func Negated(Func comparison) {
  switch (comparison) {
    case Func::kEqual:
      return Func::kNotEqual;
    case Func::kNotEqual:
      return Func::kEqual;
    case Func::kLess:
      return Func::kGreaterEqual;
    case Func::kLessEqual:
      return Func::kGreater;
    case Func::kGreater:
      return Func::kLessEqual;
    default:
      return Func::kLess;
  }
}

// The next whole value up or down, of kinds that have one.
std::optional<Value> Beside(const Value& value, int step) {
  const bool bounds = value.Is(Kind::kInt) || value.Is(Kind::kMoney);
  if (bounds && (value.AsInt() == INT64_MAX || value.AsInt() == INT64_MIN)) return std::nullopt;
  if (value.Is(Kind::kInt)) return Value::Int(value.AsInt() + step);
  if (value.Is(Kind::kMoney)) return Value::Money(value.AsMoney() + step, value.decimals());
  if (value.Is(Kind::kDate)) return Value::Date(value.AsDate() + step);
  return std::nullopt;
}

// What one subject may still be: a range without some values, or nothing that compares (absent, an
// error, NaN).
class Range {
 public:
  // Asks that `subject comparison bound`, or, with `errors`, that nothing compares.
  // False if nothing is left, nullopt if the values cannot be put in order.
  std::optional<bool> Restrict(Func comparison, const Value& bound, bool whole, bool errors) {
    nothing_ &= errors && !PARCOURS_MUTANT("expr-reach-forgets-absent");
    bool ordered = true;
    switch (comparison) {
      case Func::kEqual:
        ordered = Raise(bound, false) && Lower(bound, false);
        break;
      case Func::kNotEqual:
        without_.push_back(bound);
        break;
      case Func::kLess:
      case Func::kLessEqual:
        ordered = Lower(bound, comparison == Func::kLess);
        break;
      default:
        ordered = Raise(bound, comparison == Func::kGreater);
        break;
    }
    if (!ordered) return std::nullopt;
    return nothing_ || Holds(whole);
  }

 private:
  struct Bound {
    std::optional<Value> value;
    bool open = false;
  };

  // Moves a bound to `value` where that is narrower; `side` is 1 for the lower bound.
  static bool Move(const Value& value, bool open, int side, Bound* bound) {
    if (bound->value.has_value()) {
      const std::optional<int> order = Order(value, *bound->value);
      if (!order.has_value() || *order == 2) return false;
      if (*order == -side || (*order == 0 && !open)) return true;
    }
    *bound = {value, open};
    return true;
  }
  bool Raise(const Value& value, bool open) { return Move(value, open, 1, &low_); }
  bool Lower(const Value& value, bool open) { return Move(value, open, -1, &high_); }

  bool Excludes(const Bound& bound) const {
    return bound.open || std::any_of(without_.begin(), without_.end(), [&](const Value& value) {
             return Equal(value, *bound.value);
           });
  }
  // Moves a bound past what it excludes. Ends: one step for each excluded value, at most.
  void Tighten(int step, Bound* bound) const {
    for (std::size_t i = 0; i <= without_.size() && Excludes(*bound); ++i) {
      const std::optional<Value> next = Beside(*bound->value, step);
      if (!next.has_value()) return;
      *bound = {next, false};
    }
  }
  // Whether some value is left; `whole`: only whole ones count.
  bool Holds(bool whole) const {
    Bound low = low_, high = high_;
    if (whole && low.value.has_value()) Tighten(1, &low);
    if (whole && high.value.has_value()) Tighten(-1, &high);
    if (!low.value.has_value() || !high.value.has_value()) return true;
    const int order = Order(*low.value, *high.value).value_or(-1);
    return order < 0 || (order == 0 && !Excludes(low) && !Excludes(high));
  }

  Bound low_, high_;
  std::vector<Value> without_;
  bool nothing_ = true;
};

class Search {
 public:
  // Whether all goals can hold together.
  bool Holds(Goals goals) { return Holds(std::move(goals), {}, {}) || doubt_; }

 private:
  using Subjects = std::map<std::string, Range>;
  using Ways = std::vector<Goals>;  // one of which must hold

  // First what has one way only, so that the choices are tried on ranges that are narrow by then.
  bool Holds(Goals goals, Subjects subjects, std::vector<Ways> choices) {
    while (!goals.empty()) {
      if (++steps_ > kReachStepsMax) doubt_ = true;
      if (doubt_) return true;
      const Goal goal = goals.back();
      goals.pop_back();
      Ways ways = WaysOf(goal);
      if (ways.empty()) {
        if (!Restrict(goal, &subjects)) return false;
      } else if (ways.size() == 1) {
        goals.insert(goals.end(), ways[0].begin(), ways[0].end());
      } else {
        choices.push_back(std::move(ways));
      }
    }
    if (choices.empty()) return true;
    Ways ways = std::move(choices.back());
    choices.pop_back();
    return std::any_of(ways.begin(), ways.end(),
                       [&](Goals& way) { return Holds(std::move(way), subjects, choices); });
  }

  // The ways in which the parts of a goal make it hold; none if it has no such parts.
  static Ways WaysOf(const Goal& goal) {
    const Node& node = goal.nodes->at(goal.id);
    const auto part = [&](int child, Want want) {
      return Goal{goal.nodes, node.children[static_cast<std::size_t>(child)], want};
    };
    switch (node.op) {
      case Op::kNot:
        return {{part(0, Opposite(goal.want))}};
      case Op::kAnd:
      case Op::kOr: {
        const bool all = (node.op == Op::kAnd) == WantsTruth(goal.want);
        Ways ways(all ? 1 : node.children.size());
        for (std::size_t i = 0; i < node.children.size(); ++i) {
          ways[all ? 0 : i].push_back(part(static_cast<int>(i), goal.want));
        }
        return ways;
      }
      case Op::kIf: {
        Ways ways = {{part(0, Want::kTrue), part(1, goal.want)},
                     {part(0, Want::kFalse), part(2, goal.want)}};
        if (AllowsErrors(goal.want)) {
          ways.push_back({part(0, Want::kNotTrue), part(0, Want::kNotFalse)});
        }
        return ways;
      }
      default:
        return node.func == Func::kIn && goal.element < 0 ? WaysOfIn(goal, node) : Ways();
    }
  }

  static Ways WaysOfIn(const Goal& goal, const Node& node) {
    const Node& list = goal.nodes->at(node.children[1]);
    if (list.op != Op::kConstant || !list.constant.Is(Kind::kList)) return {};
    const std::size_t size = list.constant.AsList().size();
    const bool any = WantsTruth(goal.want);
    Ways ways(any ? size : std::min<std::size_t>(size, 1));
    for (std::size_t i = 0; i < size; ++i) {
      Goal element = goal;
      element.element = static_cast<int>(i);
      ways[any ? i : 0].push_back(element);
    }
    return ways;
  }

  // Takes a goal without parts into the range of its subject. False if nothing is left of that.
  bool Restrict(const Goal& goal, Subjects* subjects) {
    const Node& node = goal.nodes->at(goal.id);
    int subject = goal.id;
    Func comparison = Func::kEqual;
    Value bound = Value::Bool(true);
    if (node.op == Op::kConstant) {
      if (node.constant.is_error()) return AllowsErrors(goal.want);
      return node.constant.AsBool() == WantsTruth(goal.want);
    }
    if (goal.element >= 0) {
      subject = node.children[0];
      bound = goal.nodes->at(node.children[1])
                  .constant.AsList()[static_cast<std::size_t>(goal.element)];
    } else if (node.op == Op::kCall && IsComparison(node.func)) {
      for (const int side : {0, 1}) {
        const Node& constant = goal.nodes->at(node.children[static_cast<std::size_t>(side)]);
        if (constant.op != Op::kConstant || constant.constant.is_error()) continue;
        subject = node.children[static_cast<std::size_t>(1 - side)];
        comparison = side == 1 ? node.func : Mirrored(node.func);
        bound = constant.constant;
        break;
      }
    }
    const Kind kind = goal.nodes->at(subject).type.kind;
    // NaN makes every comparison false but one.
    const bool may_be_nan = kind == Kind::kDouble || kind == Kind::kDyn;
    const bool errors = (AllowsErrors(goal.want) && node.op != Op::kHasVariable) ||
                        (may_be_nan && (comparison == Func::kNotEqual) == WantsTruth(goal.want));
    if (!WantsTruth(goal.want)) comparison = Negated(comparison);
    if (comparison == Func::kNotEqual && bound.Is(Kind::kBool)) {
      comparison = Func::kEqual;
      bound = Value::Bool(!bound.AsBool());
    }
    const bool whole = kind == Kind::kInt || kind == Kind::kMoney || kind == Kind::kDate;
    const std::optional<bool> left =
        (*subjects)[TextOf(*goal.nodes, subject)].Restrict(comparison, bound, whole, errors);
    if (!left.has_value()) doubt_ = true;
    return left.value_or(true);
  }

  int steps_ = 0;
  bool doubt_ = false;
};

}  // namespace

bool CanBeTrue(const Program* rule, const std::vector<const Program*>& others) {
  Goals goals;
  for (const Program* other : others) {
    goals.push_back({&other->nodes(), other->nodes().root, Want::kNotTrue});
  }
  if (rule != nullptr) goals.push_back({&rule->nodes(), rule->nodes().root, Want::kTrue});
  return Search().Holds(std::move(goals));
}

std::string CanonicalText(const Program& program) {
  return TextOf(program.nodes(), program.nodes().root);
}

}  // namespace parcours::expr
