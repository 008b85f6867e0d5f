// Branches: the terms over other terms: all, any, not, if; and the readings of scalars.
#include <algorithm>
#include <utility>

#include "base/mutant.h"
#include "rules/expr/leaves.h"

namespace parcours::expr {
namespace {

using Home = Variable::Home;

const Term* ChildrenOf(const Term& term) { return static_cast<const Term*>(term.more); }

// All of them, or with kDecisive true any of them: see Machine::Logic. The first `slot` children
// are plain ranges, asked here without a call.
template <bool kDecisive>
Verdict TestLogic(const Term& term, const Frame& frame) {
  constexpr Truth kDecides = kDecisive ? Truth::kTrue : Truth::kFalse;
  constexpr Truth kElse = kDecisive ? Truth::kFalse : Truth::kTrue;
  const Term* child = ChildrenOf(term);
  const Term* const end = child + term.count;
  bool decided = false, error = false;
  for (const Term* const ranges = child + term.slot; child != ranges; ++child) {
    const Truth truth = TruthOfRange(*child, frame);
    decided |= truth == kDecides;
    error |= truth == Truth::kError;
  }
  if (decided) return {kDecides, kNever};
  TimeMs until_all = kNever;     // while it holds because of all of them
  TimeMs until_any = INT64_MIN;  // while one decides: the longest
  for (; child != end; ++child) {
    if (child->costly && until_any == kNever) break;
    const Verdict part = child->test(*child, frame);
    // Without branches on the answers: they are not to be predicted.
    const bool decides = part.truth == kDecides;
    until_any = std::max(until_any, decides ? part.until : INT64_MIN);
    until_all = std::min(until_all, decides ? kNever : part.until);
    if (PARCOURS_MUTANT("expr-all-last") && !decides) until_all = part.until;
    error |= part.truth == Truth::kError;
  }
  decided = until_any != INT64_MIN;
  return {decided ? kDecides : error ? Truth::kError : kElse, decided ? until_any : until_all};
}

// Only plain ranges: what stands until an event.
template <bool kDecisive>
Verdict TestRanges(const Term& term, const Frame& frame) {
  constexpr Truth kDecides = kDecisive ? Truth::kTrue : Truth::kFalse;
  constexpr Truth kElse = kDecisive ? Truth::kFalse : Truth::kTrue;
  bool decided = false, error = false;
  const Term* child = ChildrenOf(term);
  for (const Term* const end = child + term.count; child != end; ++child) {
    const Truth truth = TruthOfRange(*child, frame);
    decided |= truth == kDecides;
    error |= truth == Truth::kError;
  }
  return {decided ? kDecides : error ? Truth::kError : kElse, kNever};
}

Verdict TestNot(const Term& term, const Frame& frame) {
  const Term& child = *ChildrenOf(term);
  Verdict verdict = child.test(child, frame);
  if (verdict.truth != Truth::kError) {
    verdict.truth = verdict.truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
  }
  return verdict;
}

Verdict TestIf(const Term& term, const Frame& frame) {
  const Term* children = ChildrenOf(term);
  const Verdict condition = children->test(*children, frame);
  if (condition.truth == Truth::kError) return condition;
  const Term& branch = children[condition.truth == Truth::kTrue ? 1 : 2];
  Verdict verdict = branch.test(branch, frame);
  verdict.until = std::min(verdict.until, condition.until);
  return verdict;
}

Reading ReadLadder(const FusedReading& reading, const Frame& frame) {
  TimeMs until = kNever;
  int rung = 0;
  for (; rung < reading.count; ++rung) {
    const Term& term = reading.rungs[rung];
    const Verdict verdict = term.test(term, frame);
    until = std::min(until, verdict.until);
    if (verdict.truth == Truth::kError) return {kAbsent, until};
    if (verdict.truth == Truth::kTrue) break;
  }
  return {reading.results[rung], until};
}

template <Home kHome>
Reading ReadCell(const FusedReading& reading, const Frame& frame) {
  const Cell cell =
      kHome == Home::kField ? frame.fields[reading.slot].cell : frame.cells[reading.slot];
  const TimeMs until = kHome == Home::kTimedCell ? frame.cells[reading.slot + 1] : kNever;
  return {IsValue(cell) ? cell : kAbsent, until};
}

Reading ReadTruth(const FusedReading& reading, const Frame& frame) {
  const Verdict verdict = reading.rungs->test(*reading.rungs, frame);
  if (verdict.truth == Truth::kError) return {kAbsent, verdict.until};
  return {verdict.truth == Truth::kTrue ? 1 : 0, verdict.until};
}

Term Inner(const char* name, Term::Test test, const Term* children, int count) {
  Term term;
  term.name = name;
  term.test = test;
  term.costly =
      std::any_of(children, children + count, [](const Term& child) { return child.costly; });
  term.more = children;
  term.count = count;
  return term;
}

}  // namespace

namespace {

// Plain ranges, then the rest, then what is costly.
void CheapFirst(Term* children, int count) {
  const auto rank = [](const Term& term) { return IsPlainRange(term) ? 0 : term.costly ? 2 : 1; };
  std::stable_sort(children, children + count,
                   [&](const Term& a, const Term& b) { return rank(a) < rank(b); });
}

template <bool kDecisive>
Term Logic(const char* name, Term* children, int count) {
  CheapFirst(children, count);
  const auto ranges = std::count_if(children, children + count, IsPlainRange);
  const bool only = ranges == count;
  Term term = Inner(name, only ? TestRanges<kDecisive> : TestLogic<kDecisive>, children, count);
  term.slot = static_cast<int>(ranges);
  return term;
}

}  // namespace

Term AllOf(Term* children, int count) { return Logic<false>("all", children, count); }
Term AnyOf(Term* children, int count) { return Logic<true>("any", children, count); }
Term NotOf(const Term* child) { return Inner("not", TestNot, child, 1); }
Term IfOf(const Term* children) { return Inner("if", TestIf, children, 3); }

FusedReading::Read LadderReading() { return ReadLadder; }
FusedReading::Read CellReading(Home home) {
  if (home == Home::kField) return ReadCell<Home::kField>;
  return home != Home::kCell ? ReadCell<Home::kTimedCell> : ReadCell<Home::kCell>;
}
FusedReading::Read TruthReading() { return ReadTruth; }

}  // namespace parcours::expr
