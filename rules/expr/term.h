// Term: one part of a fused expression, a function with its constants beside it.
//
// An expression that compares cells, fields, `now` and calendar words with constants becomes a
// small tree of terms: each is called through its own function, works on cells, and gives a Verdict
// in two registers. What does not fit is a term that asks the machine. Threads: immutable once
// fused, share freely.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/expr/node.h"
#include "rules/expr/program.h"

namespace parcours::expr {

struct Term {
  using Test = Verdict (*)(const Term&, const Frame&);
  Test test = nullptr;
  int slot = -1;               // of the cell or field; the node of a term that asks the machine
  int count = 0;               // children; the window; a mask of orders; texts
  std::int64_t a = 0, b = 0;   // bounds, as the leaf says
  std::int64_t limit = 0;      // times above it go to the machine
  const void* more = nullptr;  // children, texts
  const Nodes* nodes = nullptr;
  const char* name = "";  // for Dump
  bool costly = false;    // asks a zone or the machine: after the others
};
static_assert(sizeof(Term) <= 80);  // the hot part, up to `more`, fits a line of cache

// A scalar result: c1 ? 5 : c2 ? 4 : 1, a cell alone, a truth.
struct FusedReading {
  using Read = Reading (*)(const FusedReading&, const Frame&);
  Read read = nullptr;            // nullptr: ask the machine
  const Term* rungs = nullptr;    // the conditions, in order
  const Cell* results = nullptr;  // one for each rung, and the last
  int count = 0;
  int slot = -1;
};

struct Fused {
  Term root;
  FusedReading reading;
  bool whole = true;  // no part asks the machine
  // What terms point to; never moved once made.
  std::vector<std::unique_ptr<Term[]>> terms;
  std::vector<std::unique_ptr<std::vector<std::string>>> texts;
  std::vector<Cell> results;
};

}  // namespace parcours::expr
