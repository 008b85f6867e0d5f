#include "rules/expr/machine.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "rules/expr/cells.h"
#include "rules/expr/limits.h"
#include "rules/expr/moving.h"

namespace parcours::expr {
namespace {

// How often a comparison without an inverse is looked at again, and what all of them may cost: a
// week of days, a day of hours, an hour of minutes fit.
constexpr int kLooksMax = 64;
constexpr int kSecondStepsMax = 8'192;

Value OutOfSteps() { return Value::BorrowedError("the evaluation takes too many steps"); }

TimeMs UntilOf(const Node& node, const Frame& frame) {
  const Variable::Home home = node.variable.home;
  if (home != Variable::Home::kTimedCell && home != Variable::Home::kWindow) return kNever;
  return frame.cells[node.variable.slot + 1];
}

bool SameAnswer(const Value& a, const Value& b) {
  if (a.is_error() || b.is_error()) return a.is_error() == b.is_error();
  return Equal(a, b);
}

// What an operation costs beside its visit.
int CostOf(const Node& node, const Value* values, int count) {
  const bool finds = node.func == Func::kIndex || node.func == Func::kOptionalIndex ||
                     node.func == Func::kSelect || node.func == Func::kSize;
  std::int64_t cost = 0;
  for (int i = 0; i < count; ++i) {
    // A key is looked for among the keys alone.
    const bool map = finds && values[i].Is(Kind::kMap);
    cost += map     ? static_cast<std::int64_t>(values[i].AsMap().size())
            : finds ? 0
                    : values[i].Extent();
  }
  // A pattern that is made while evaluating.
  if (node.func == Func::kMatches && node.pattern == nullptr) cost += 8 * 500;
  return static_cast<int>(std::min<std::int64_t>(cost / 8, kLoopStepsMax + 1));
}

// How many elements a list of the event has, without making it; nullptr if it is none.
const Cell* SizeOfList(const Node& node, const Frame& frame) {
  const bool field = node.op == Op::kVariable && node.variable.home == Variable::Home::kField;
  if (!field || node.type.kind != Kind::kList) return nullptr;
  const Cell& size = frame.fields[node.variable.slot].cell;
  return IsValue(size) && size <= kListElementsMax ? &size : nullptr;
}

}  // namespace

Outcome ReadVariable(const Node& node, const Frame& frame, int decimals) {
  const int slot = node.variable.slot;
  const TimeMs until = UntilOf(node, frame);
  if (node.variable.home == Variable::Home::kField) {
    const Field& field = frame.fields[slot];
    if (!IsValue(field.cell)) return Still(node.absent, until);
    return Still(ValueOfField(node, field, decimals), until);
  }
  const Cell& cell = frame.cells[slot];
  if (cell == kOverflow) {
    return Still(Value::BorrowedError("a sum left the range of 64 bits"), until);
  }
  if (!IsValue(cell)) return Still(node.absent, until);
  Outcome outcome = Still(ValueOfCell(node.type, node.variable, &cell, decimals), until);
  if (node.variable.falling && until != kNever) {
    outcome.motion.kind = Motion::Kind::kWindow;
    outcome.motion.window = node.variable.window;
    outcome.form_until = kNever;
  }
  return outcome;
}

Outcome HasVariable(const Node& node, const Frame& frame) {
  const bool field = node.variable.home == Variable::Home::kField;
  const Cell cell = field ? frame.fields[node.variable.slot].cell : frame.cells[node.variable.slot];
  return Still(Value::Bool(IsValue(cell)), UntilOf(node, frame));
}

bool Machine::Spend(int steps) {
  if (looking_again_) {
    second_steps_ += steps;
    return second_steps_ <= kSecondStepsMax + kLoopStepsMax;
  }
  if (loops_open_ > 0) {
    loop_steps_ += steps;
    return loop_steps_ <= kLoopStepsMax;
  }
  steps_ += steps;
  return steps_ <= kEvaluationStepsMax;
}

Outcome Machine::Evaluate(int id) {
  const Node& node = nodes_.at(id);
  if (!Spend(1)) return Still(OutOfSteps(), kNever);
  if (loops_open_ == 0) return EvaluateNode(node);
  Outcome outcome = EvaluateNode(node);
  // What runs is compared or counted further up, and that tells when it matters.
  const bool runs = outcome.motion.kind == Motion::Kind::kRun;
  if (!runs) loop_until_ = std::min(loop_until_, outcome.until);
  return outcome;
}

Outcome Machine::EvaluateNode(const Node& node) {
  switch (node.op) {
    case Op::kConstant:
      return Still(node.constant, kNever);
    case Op::kVariable: {
      Outcome outcome = ReadVariable(node, frame_, around_.decimals);
      // A list or map is made anew each time.
      const auto size = std::min<std::int64_t>(outcome.value.Extent(), kLoopStepsMax + 1);
      if (loops_open_ > 0 && !Spend(static_cast<int>(size))) return Still(OutOfSteps(), kNever);
      return outcome;
    }
    case Op::kLocal:
      return Still(locals_[static_cast<std::size_t>(node.local)], kNever);
    case Op::kLoop:
      return RunLoop(node);
    case Op::kNow:
      return Running(Kind::kTimestamp, around_.now * kNanosPerMs, 1, kNever, around_.now);
    case Op::kAnd:
    case Op::kOr:
      return Logic(node);
    case Op::kNot: {
      Outcome outcome = Evaluate(node.children[0]);
      if (outcome.value.Is(Kind::kBool)) {
        outcome.value = Value::Bool(!outcome.value.AsBool());
      } else if (!outcome.value.is_error()) {
        outcome = Still(NoOverload("!"), outcome.until);
      }
      return outcome;
    }
    case Op::kIf:
      return If(node);
    case Op::kHasVariable:
      return HasVariable(node, frame_);
    case Op::kHasKey:
      return HasKey(node);
    case Op::kList:
      return MakeList(node);
    case Op::kMap:
      return MakeMap(node);
    case Op::kCall:
      return Call(node);
  }
  return Outcome();
}

// a && b && ...: false if any is, whatever the others are; else an error if any is. || is the same
// with true and false exchanged.
Outcome Machine::Logic(const Node& node) {
  const bool decisive = node.op == Op::kOr;
  TimeMs until_all = kNever;  // while it holds because of all of them
  TimeMs until_any = -1;      // while one decides: the longest
  bool decided = false;
  Value error;
  for (int child : node.children) {
    const Outcome part = Evaluate(child);
    if (part.value.Is(Kind::kBool) && part.value.AsBool() == decisive) {
      decided = true;
      if (part.until == kNever) return Still(Value::Bool(decisive), kNever);
      until_any = std::max(until_any, part.until);
      continue;
    }
    until_all = std::min(until_all, part.until);
    if (part.value.Is(Kind::kBool) || error.is_error()) continue;
    error = part.value.is_error() ? part.value : NoOverload(decisive ? "||" : "&&");
  }
  if (decided) return Still(Value::Bool(decisive), until_any);
  return Still(error.is_error() ? error : Value::Bool(!decisive), until_all);
}

Outcome Machine::If(const Node& node) {
  const Outcome condition = Evaluate(node.children[0]);
  if (condition.value.is_error()) return Still(condition.value, condition.until);
  if (!condition.value.Is(Kind::kBool)) return Still(NoOverload("?:"), condition.until);
  Outcome outcome = Evaluate(node.children[condition.value.AsBool() ? 1 : 2]);
  outcome.until = std::min(outcome.until, condition.until);
  outcome.form_until = std::min(outcome.form_until, condition.until);
  return outcome;
}

Outcome Machine::HasKey(const Node& node) {
  const Outcome operand = Evaluate(node.children[0]);
  if (operand.value.is_error()) return Still(operand.value, operand.until);
  if (operand.value.Is(Kind::kOptional)) {
    const Value found = OptionalElement(operand.value, Value::Borrowed(Kind::kString, node.name));
    if (found.is_error()) return Still(found, operand.until);
    return Still(Value::Bool(found.AsOptional() != nullptr), operand.until);
  }
  const bool store = node.variable.stores != nullptr;
  const bool known = store || operand.value.Is(Kind::kItem) || operand.value.Is(Kind::kMap);
  if (!known) return Still(NoOverload("has()"), operand.until);
  Node select;
  select.func = store ? Func::kStorePart : Func::kSelect;
  select.name = node.name;
  if (store) select.variable = node.variable;
  const Value found = Apply(select, {&operand.value, 1}, around_);
  return Still(Value::Bool(!found.is_error()), operand.until);
}

Outcome Machine::MakeList(const Node& node) {
  List list;
  list.reserve(node.children.size());
  TimeMs until = kNever;
  auto optional = node.optional.begin();
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    Outcome element = Evaluate(node.children[i]);
    if (element.value.is_error()) return Still(element.value, element.until);
    until = std::min(until, element.until);
    if (optional != node.optional.end() && *optional == static_cast<int>(i)) {
      ++optional;
      if (!element.value.Is(Kind::kOptional)) return Still(NoOverload("[?...]"), until);
      if (element.value.AsOptional() == nullptr) continue;
      element.value = Value(*element.value.AsOptional());
    }
    list.push_back(std::move(element.value));
  }
  return Still(Value::OfList(std::move(list)), until);
}

Outcome Machine::MakeMap(const Node& node) {
  Map map;
  map.reserve(node.children.size() / 2);
  TimeMs until = kNever;
  auto optional = node.optional.begin();
  for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
    Outcome key = Evaluate(node.children[i]);
    if (key.value.is_error()) return Still(key.value, key.until);
    Outcome element = Evaluate(node.children[i + 1]);
    if (element.value.is_error()) return Still(element.value, element.until);
    until = std::min({until, key.until, element.until});
    if (optional != node.optional.end() && *optional == static_cast<int>(i / 2)) {
      ++optional;
      if (!element.value.Is(Kind::kOptional)) return Still(NoOverload("{?...}"), until);
      if (element.value.AsOptional() == nullptr) continue;
      element.value = Value(*element.value.AsOptional());
    }
    if (!Spend(static_cast<int>(map.size() / 64))) return Still(OutOfSteps(), kNever);
    Value wrong = AddEntry(std::move(key.value), std::move(element.value), &map);
    if (wrong.is_error()) return Still(std::move(wrong), until);
  }
  return Still(Value::OfMap(std::move(map)), until);
}

Outcome Machine::Call(const Node& node) {
  Outcome outcome = CallOnce(node);
  if (certain_ || looking_again_ || outcome.until == kNever) return outcome;
  if (!outcome.value.is_error() && !outcome.value.Is(Kind::kBool)) return outcome;
  // Cells stand for what they are only so long.
  TimeMs known = kNever;
  for (int slot : node.timed) known = std::min(known, frame_.cells[slot + 1]);
  looking_again_ = true;
  for (int look = 0; look < kLooksMax && outcome.until < known; ++look) {
    if (second_steps_ > kSecondStepsMax) break;
    around_.now = outcome.until;
    const Outcome later = CallOnce(node);
    if (second_steps_ > kSecondStepsMax + kLoopStepsMax) break;  // cut short
    if (!SameAnswer(outcome.value, later.value)) break;
    outcome.until = later.until;
    if (outcome.until == kNever) break;
  }
  outcome.form_until = outcome.until;
  around_.now = frame_.now;
  looking_again_ = false;
  return outcome;
}

Outcome Machine::CallOnce(const Node& node) {
  if (node.func == Func::kSize) {
    certain_ = true;
    if (const Cell* size = SizeOfList(nodes_.at(node.children[0]), frame_)) {
      return Still(Value::Int(*size), kNever);
    }
  }
  const auto count = static_cast<int>(node.children.size());
  absl::InlinedVector<Outcome, 2> arguments(node.children.size());
  absl::InlinedVector<Value, 2> values(node.children.size());
  bool stands = !IsCalendarWord(node.func);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    arguments[i] = Evaluate(node.children[i]);
    if (arguments[i].value.is_error()) {
      certain_ = true;
      return Still(arguments[i].value, arguments[i].until);
    }
    values[i] = arguments[i].value;
    stands =
        stands && arguments[i].until == kNever && arguments[i].motion.kind == Motion::Kind::kStill;
  }
  certain_ = stands;
  if (const int cost = CostOf(node, values.data(), count); cost > 0 && !Spend(cost)) {
    return Still(OutOfSteps(), kNever);
  }
  if (stands) return Still(Apply(node, {values.data(), count}, around_), kNever);
  if (IsComparison(node.func)) return Compare(node, arguments.data());
  return ApplyMoving(node, arguments.data(), count, around_);
}

Outcome Machine::Compare(const Node& node, const Outcome* arguments) {
  const Value values[] = {arguments[0].value, arguments[1].value};
  Outcome outcome = Still(Apply(node, {values, 2}, around_), kNever);
  const Flip flip =
      Solve(node.func, arguments[0], arguments[1], frame_, *around_.zone, around_.now);
  certain_ = flip.certain;
  outcome.until = outcome.form_until = flip.at;
  return outcome;
}

}  // namespace parcours::expr
