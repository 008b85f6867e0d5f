// Checking: the parts of the checker, one file each: names, operators, functions, the rest.
//
// One Checker walks one tree. A check returns the number of the node it made.
// Threads: one compilation.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rules/expr/checker.h"
#include "rules/expr/functions.h"
#include "rules/expr/names.h"

namespace parcours::expr {

// A macro that loops: how it is written, and what the machine makes of it.
struct LoopMacro {
  std::string_view name;
  Loop loop;
  int variables, parts;  // names, then expressions: a condition and a result, or one of them
  std::string_view usage;
};

class Checker {
 public:
  Checker(const Tree& tree, const Scope& scope, const CompileOptions& options,
          std::vector<Issue>* issues)
      : tree_(tree), scope_(scope), options_(options), issues_(issues) {
    nodes_.decimals = scope.currency_decimals.value_or(2);
    nodes_.seasons = scope.seasons;
  }
  Nodes Run();

 private:
  // A variable of a macro: a local of the machine, or (`node` >= 0) a part that it stands for.
  struct Local {
    std::string name;
    Type type;
    int slot = -1;
    int node = -1;
  };
  // How large a node is with all it stands for written out.
  struct Extent {
    int parts = 1, depth = 1, loops = 0;
  };

  const Node& at(int id) const { return nodes_.at(id); }
  const Type& TypeAt(int id) const { return nodes_.at(id).type; }
  void Complain(Place place, std::string message, std::string hint = "");
  // Adds a node, with how it moves taken from its children.
  int Add(Node node);
  Node Made(const Ast& ast, Op op, Type type) const;
  int Constant(const Ast& ast, Value value, Type type);
  // After a mistake: something that gives no more mistakes.
  int Mistaken(const Ast& ast) { return Constant(ast, Value::BorrowedError("a mistake"), Type()); }
  // In unchecked mode a mistake is an error when it is evaluated.
  int Fail(const Ast& ast, std::string message, std::string hint = "");
  // What is not supported is refused in both modes.
  int Refuse(const Ast& ast, std::string message, std::string hint = "");
  int Check(int id);
  int CheckName(int id);
  // `id` is the longest path that was tried.
  int Unknown(int id);
  const Ast& FirstOf(int id) const;
  int MakeVariable(const Ast& ast, const Resolved& found);
  // The variable of a macro that the path of node `id` begins with, or nullptr.
  const Local* LocalOf(int id) const;
  const Local* LocalNamed(std::string_view name) const;
  int MakeLocal(const Ast& ast, const Local& local);
  // The variable of the scope that the path names, unless a macro's stands before it.
  Resolved Find(int id) const;
  // What its cell or field holds, be it a segment's number or a store's id.
  int MakeStored(const Ast& ast, const Resolved& found);
  int HasStored(const Ast& ast, const Resolved& found);
  int CheckSelect(int id);
  bool ResolvesInPart(int id) const;
  int Select(int id, int operand);
  int CheckList(const Ast& ast);
  int CheckMap(const Ast& ast);
  // The type of an entry of a list or map; of `?x`, of what x holds.
  Type EntryType(int id, bool optional);
  // A value that runs with now, where only one that stands or steps can be used.
  void RefuseRunning(int id, const char* why);
  void StandStill(int id);
  int CheckCall(const Ast& ast);
  void ExpectBool(int id, std::string_view where);
  int CheckLogic(const Ast& ast);
  int CheckNot(const Ast& ast);
  int CheckIf(const Ast& ast);
  int CheckNegate(const Ast& ast);
  int CheckBinary(const Ast& ast);
  int Mismatch(const Ast& ast, Func func, int a, int b);
  int CheckHas(const Ast& ast);
  int CheckOptionalIndex(const Ast& ast);
  int CheckMessage(const Ast& ast);
  // The macros, in check_macros.cc. CheckMacro: -1 if the call is none.
  int CheckMacro(const Ast& ast);
  int CheckLoop(const Ast& ast, const LoopMacro& macro);
  int CheckBind(const Ast& ast);
  int CheckBlock(const Ast& ast);
  int CheckOptionalMap(const Ast& ast);
  int CheckOr(const Ast& ast);
  int CheckWith(std::string name, int stands_for, int body);
  // "" and an Issue if node `id` cannot name a macro's variable.
  std::string VariableNamed(int id);
  int CallOf(const Ast& ast, std::string_view function, std::vector<int> children);
  int IfElse(const Ast& ast, int condition, int then, int otherwise);
  int CheckInSegment(const Ast& ast);
  int CheckSince(const Ast& ast);
  // Whether every literal that a segment is compared with is a segment's name.
  void CheckSegmentNames(int a, int b);
  void ExpectSegment(const Node& literal, const Variable& segmentation);
  int CheckFunction(const Ast& ast);
  int MakeCall(const Ast& ast, const Function& function, std::size_t first_argument);
  Type TypeOfCall(const Function& function, const std::vector<int>& arguments) const;
  void CompilePattern(const Ast& ast, Node* node);
  void ExpectArgument(const Ast& ast, const Function& function, std::size_t i, int id);
  // A literal that can never be read is the author's mistake, not the data's.
  void CheckLiteral(const Ast& ast, const Function& function, const Node& argument);
  void CheckPoint(const Ast& ast, const Node& latitude, const Node& longitude);
  bool TakeZone(const Ast& ast, const Node& zone, Node* node);
  // How the result of a function moves, or why it may not.
  void CheckMoving(const Ast& ast, Node* node);
  void CheckResult();
  const Tree& tree_;
  const Scope& scope_;
  const CompileOptions& options_;
  std::vector<Issue>* const issues_;
  Nodes nodes_;
  std::vector<Extent> extents_;  // of the nodes
  std::vector<Local> locals_;    // the innermost last
  int slots_ = 0;                // that the loops around use
  int mistakes_ = 0;
};

// The name in single quotes, as Issues show it.
std::string Quoted(std::string_view name);

}  // namespace parcours::expr
