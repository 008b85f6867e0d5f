// Loops: the macros over lists and maps. all and exists absorb errors as && and || do; the others
// are errors where one of their steps is.
#include <algorithm>
#include <utility>

#include "base/mutant.h"
#include "rules/expr/limits.h"
#include "rules/expr/machine.h"
#include "rules/expr/moving.h"

namespace parcours::expr {
namespace {

// A loop that takes more may take too many once any part of it goes another way, even one that does
// not matter to what it tells now: so it stands no longer than all its parts.
constexpr int kNearStepsMax = kLoopStepsMax / 8;

std::size_t StepsOf(const Value& range) {
  return range.Is(Kind::kList) ? range.AsList().size() : range.AsMap().size();
}

}  // namespace

// An outermost loop has budgets of its own, so that what it is does not depend on what stands
// beside it.
Outcome Machine::RunLoop(const Node& node) {
  if (loops_open_ > 0) return LoopOver(node);
  const int second_steps = second_steps_;
  if (!looking_again_) second_steps_ = 0;
  loop_steps_ = 0;
  loop_until_ = kNever;
  ++loops_open_;
  Outcome outcome = LoopOver(node);
  --loops_open_;
  if (!looking_again_) second_steps_ = second_steps;
  if (loop_steps_ <= kLoopStepsMax) {
    if (loop_steps_ > kNearStepsMax) {
      outcome.until = outcome.form_until = std::min(outcome.until, loop_until_);
    }
    return outcome;
  }
  return Still(Value::BorrowedError("the loop takes more than 20,000 steps"), loop_until_);
}

Outcome Machine::LoopOver(const Node& node) {
  const Outcome range = Evaluate(node.children[0]);
  if (range.value.is_error()) return Still(range.value, range.until);
  if (!range.value.Is(Kind::kList) && !range.value.Is(Kind::kMap)) {
    return Still(NoOverload("a loop over what is neither list nor map"), range.until);
  }
  const bool test = node.loop == Loop::kAll || node.loop == Loop::kExists;
  Outcome outcome = test ? LoopTest(node, range.value) : LoopResult(node, range.value);
  outcome.until = outcome.form_until = std::min(outcome.until, range.until);
  return outcome;
}

void Machine::SetLocals(const Node& node, const Value& range, std::size_t step) {
  Value* const local = &locals_[static_cast<std::size_t>(node.local)];
  if (range.Is(Kind::kList)) {
    if (node.variables == 2) local[0] = Value::Int(static_cast<std::int64_t>(step));
    local[node.variables - 1] = range.AsList()[step];
    return;
  }
  local[0] = range.AsMap()[step].first;
  if (node.variables == 2) local[1] = range.AsMap()[step].second;
}

Outcome Machine::LoopTest(const Node& node, const Value& range) {
  const bool decisive = node.loop == Loop::kExists;
  TimeMs until = kNever;
  bool decided = false;
  Value error;
  for (std::size_t step = 0; step < StepsOf(range); ++step) {
    SetLocals(node, range, step);
    const Outcome part = Evaluate(node.children[1]);
    const bool decides = part.value.Is(Kind::kBool) && part.value.AsBool() == decisive;
    // One that decides for ever is enough.
    if (decides && part.until == kNever) return Still(Value::Bool(decisive), kNever);
    until = PARCOURS_MUTANT("expr-loop-last") ? part.until : std::min(until, part.until);
    decided = decided || decides;
    if (part.value.Is(Kind::kBool) || error.is_error()) continue;
    error = part.value.is_error() ? part.value : NoOverload(decisive ? "exists" : "all");
    if (PARCOURS_MUTANT("expr-all-strict")) break;
  }
  if (decided) return Still(Value::Bool(decisive), until);
  return Still(error.is_error() ? error : Value::Bool(!decisive), until);
}

Outcome Machine::LoopResult(const Node& node, const Value& range) {
  const bool test = node.loop == Loop::kFilter || node.loop == Loop::kExistsOne;
  const bool chooses = test || node.children.size() == 3;
  List list;
  Map map;
  TimeMs until = kNever;
  for (std::size_t step = 0; step < StepsOf(range); ++step) {
    SetLocals(node, range, step);
    if (chooses) {
      const Outcome chosen = Evaluate(node.children[1]);
      until = std::min(until, chosen.until);
      if (chosen.value.is_error()) return Still(chosen.value, until);
      if (!chosen.value.Is(Kind::kBool)) return Still(NoOverload("a condition"), until);
      if (!chosen.value.AsBool()) continue;
    }
    Value key = locals_[static_cast<std::size_t>(node.local)];
    if (test) {
      list.push_back(std::move(key));
      continue;
    }
    Outcome result = Evaluate(node.children.back());
    until = std::min(until, result.until);
    if (result.value.is_error()) return Still(result.value, until);
    if (node.loop == Loop::kList) {
      list.push_back(std::move(result.value));
      continue;
    }
    if (!Spend(static_cast<int>(map.size() / 64))) break;
    Value wrong;
    if (node.loop == Loop::kMap) {
      wrong = AddEntry(std::move(key), std::move(result.value), &map);
    } else if (!result.value.Is(Kind::kMap)) {
      wrong = NoOverload("transformMapEntry");
    } else {
      for (const auto& entry : result.value.AsMap()) {
        if (!wrong.is_error()) wrong = AddEntry(entry.first, entry.second, &map);
      }
    }
    if (wrong.is_error()) return Still(std::move(wrong), until);
  }
  if (node.loop == Loop::kExistsOne) return Still(Value::Bool(list.size() == 1), until);
  const bool gives_list = node.loop == Loop::kFilter || node.loop == Loop::kList;
  return Still(gives_list ? Value::OfList(std::move(list)) : Value::OfMap(std::move(map)), until);
}

}  // namespace parcours::expr
