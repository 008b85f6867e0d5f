// Machine: evaluates a checked expression, node by node, to its value and how long that stands.
//
// A tree walk over Nodes; each visit tells an Outcome. A comparison whose flip has no inverse
// (weekday(now) == 6) is looked at again at each next change, some dozens of times, before a
// horizon that may be early is told. A loop stands until the first instant at which one of its
// steps may tell something else. Threads: one evaluation, on the stack. Limits:
// kEvaluationStepsMax; kLoopStepsMax for each outermost loop; the tree bounds the recursion.
// Failure: error values. An evaluation out of steps is an error for ever, a loop out of steps until
// something in it may change.
#pragma once

#include <vector>

#include "rules/expr/frame.h"
#include "rules/expr/motion.h"
#include "rules/expr/node.h"

namespace parcours::expr {

class Machine {
 public:
  Machine(const Nodes& nodes, const Frame& frame)
      : nodes_(nodes),
        frame_(frame),
        around_{frame.zone != nullptr ? frame.zone : &Zone::Utc(), frame.now, nodes.decimals,
                nodes.seasons.get()},
        locals_(static_cast<std::size_t>(nodes.locals)) {}

  Outcome Evaluate(int id);

 private:
  Outcome EvaluateNode(const Node& node);
  Outcome Logic(const Node& node);
  Outcome If(const Node& node);
  Outcome HasKey(const Node& node);
  Outcome MakeList(const Node& node);
  Outcome MakeMap(const Node& node);
  Outcome Call(const Node& node);
  Outcome CallOnce(const Node& node);
  Outcome RunLoop(const Node& node);
  Outcome LoopOver(const Node& node);
  Outcome LoopTest(const Node& node, const Value& range);
  Outcome LoopResult(const Node& node, const Value& range);
  void SetLocals(const Node& node, const Value& range, std::size_t step);
  Outcome Compare(const Node& node, const Outcome* arguments);
  bool Spend(int steps);

  const Nodes& nodes_;
  const Frame& frame_;
  Surroundings around_;
  std::vector<Value> locals_;  // of the loops that run
  int steps_ = 0;
  int second_steps_ = 0;  // spent on looking again; past their bound horizons are early
  int loops_open_ = 0;
  int loop_steps_ = 0;          // spent by the outermost loop that runs
  TimeMs loop_until_ = kNever;  // the first instant at which anything in it may change
  bool looking_again_ = false;
  bool certain_ = true;  // whether the horizon of the last CallOnce needs no second look
};

// Reads a variable that is not a constant, with its horizon. `decimals` are the currency's.
Outcome ReadVariable(const Node& node, const Frame& frame, int decimals);
// The value of has(variable).
Outcome HasVariable(const Node& node, const Frame& frame);

}  // namespace parcours::expr
