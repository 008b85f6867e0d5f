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
  // What its cell or field holds, be it a segment's number or a store's id.
  int MakeStored(const Ast& ast, const Resolved& found);
  int HasStored(const Ast& ast, const Resolved& found);
  int CheckSelect(int id);
  bool ResolvesInPart(int id) const;
  int Select(int id, int operand);
  int CheckList(const Ast& ast);
  int CheckMap(const Ast& ast);
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
  int CheckInSegment(const Ast& ast);
  int CheckSince(const Ast& ast);
  // Whether every literal that a segment is compared with is a segment's name.
  void CheckSegmentNames(int a, int b);
  void ExpectSegment(const Node& literal, const Variable& segmentation);
  int CheckFunction(const Ast& ast);
  int MakeCall(const Ast& ast, const Function& function);
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
  int mistakes_ = 0;
};

// The name in single quotes, as Issues show it.
std::string Quoted(std::string_view name);

}  // namespace parcours::expr
