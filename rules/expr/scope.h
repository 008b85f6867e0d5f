// Scope: the names an expression may use, each declared and typed, and where its value is found.
//
// Names are dotted paths: "orders", "event.total". The catalog makes one scope for customers and
// one for each type of event; `parcours eval` makes one of its bindings. Threads: immutable once
// built, share freely.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/expr/stores.h"
#include "rules/expr/type.h"
#include "rules/expr/value.h"

namespace parcours::expr {

struct Variable {
  enum class Home {
    kCell,       // Frame::cells[slot]; changes with events only
    kTimedCell,  // Frame::cells[slot], which stands until the instant in cells[slot + 1]
    kWindow,     // the same; and `falling` windows answer FallsBelow(window, ...)
    kField,      // Frame::fields[slot]
    kBinding,    // `binding`, a constant of this scope
  };
  Type type;
  Home home = Home::kCell;
  int slot = -1;
  int scale = 0;             // a double held as fixed point: decimals; 0 = IEEE bits
  bool fixed_point = false;  // whether the cell of a double is fixed point with `scale` decimals
  int window = -1;
  bool falling = false;  // as time passes, the window's value can only fall (counts, sums of money)
  Value binding;
  // A text that the cell holds as its number among these: a customer's segment.
  std::shared_ptr<const std::vector<std::string>> names;
  bool membership = false;  // whether the cell is known is what it tells: an independent segment
  int since = -1;           // the cell of the instant since(...) tells
  // The part of a store, of which the cell or field holds the id.
  std::shared_ptr<const Stores> stores;
  StorePart part = StorePart::kArea;
};

class Scope {
 public:
  // A name declared twice replaces the first.
  void Declare(std::string name, Variable variable);
  const Variable* Find(std::string_view name) const;  // nullptr if not declared
  // Whether some declared name begins with `prefix` and a dot: "event" of "event.total".
  bool IsPrefix(std::string_view prefix) const;
  std::vector<std::string> Names() const;

  // Decimals of the programme's currency, for money("12.30"). Unset: money() is refused, with a
  // sentence that says a programme currency is needed.
  std::optional<int> currency_decimals;
  // Resolves unqualified names first inside this CEL container ("a.b" tries a.b.x, a.x, x).
  std::string container;
  // A name that means something which is not supported yet, with the sentence that says so.
  void Refuse(std::string name, std::string sentence);
  const std::string* Refusal(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, Variable>> variables_;
  std::vector<std::pair<std::string, std::string>> refused_;
};

}  // namespace parcours::expr
