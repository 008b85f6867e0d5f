#include "rules/expr/checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/expr/functions.h"
#include "rules/expr/limits.h"
#include "rules/expr/names.h"
#include "rules/expr/operators.h"

namespace parcours::expr {
namespace {

constexpr std::size_t kIssuesMax = 20;

struct NamedOperator {
  std::string_view symbol;
  Func func;
};
constexpr NamedOperator kBinary[] = {
    {"+", Func::kAdd},       {"-", Func::kSubtract},      {"*", Func::kMultiply},
    {"/", Func::kDivide},    {"%", Func::kModulo},        {"==", Func::kEqual},
    {"!=", Func::kNotEqual}, {"<", Func::kLess},          {"<=", Func::kLessEqual},
    {">", Func::kGreater},   {">=", Func::kGreaterEqual}, {"in", Func::kIn},
    {"[]", Func::kIndex},
};

std::string Quoted(std::string_view name) { return absl::StrCat("'", std::string(name), "'"); }

class Checker {
 public:
  Checker(const Tree& tree, const Scope& scope, const CompileOptions& options,
          std::vector<Issue>* issues)
      : tree_(tree), scope_(scope), options_(options), issues_(issues) {
    nodes_.decimals = scope.currency_decimals.value_or(2);
  }

  Nodes Run() {
    nodes_.root = Check(tree_.root);
    if (nodes_.nodes.size() > static_cast<std::size_t>(kEvaluationStepsMax)) {
      Complain({1, 1},
               absl::StrCat("the expression has more than ", kEvaluationStepsMax, " parts"));
    }
    CheckResult();
    return std::move(nodes_);
  }

 private:
  const Node& at(int id) const { return nodes_.at(id); }
  const Type& TypeAt(int id) const { return nodes_.at(id).type; }

  void Complain(Place place, std::string message, std::string hint = "") {
    ++mistakes_;
    if (issues_->size() >= kIssuesMax) return;
    issues_->push_back(Issue{"", place.line, place.column, std::move(message), std::move(hint)});
  }

  // Adds a node, with how it moves taken from its children.
  int Add(Node node) {
    for (int child : node.children) {
      const Node& part = at(child);
      node.reads_now = node.reads_now || part.reads_now;
      node.steps = node.steps || part.steps || part.runs();
      node.timed.insert(node.timed.end(), part.timed.begin(), part.timed.end());
    }
    std::sort(node.timed.begin(), node.timed.end());
    node.timed.erase(std::unique(node.timed.begin(), node.timed.end()), node.timed.end());
    nodes_.nodes.push_back(std::move(node));
    return static_cast<int>(nodes_.nodes.size()) - 1;
  }

  Node Made(const Ast& ast, Op op, Type type) const {
    Node node;
    node.op = op;
    node.place = ast.place;
    node.type = options_.check_types ? std::move(type) : Type();
    return node;
  }

  int Constant(const Ast& ast, Value value, Type type) {
    Node node = Made(ast, Op::kConstant, std::move(type));
    node.constant = std::move(value);
    return Add(std::move(node));
  }

  // After a mistake: something that gives no more mistakes.
  int Mistaken(const Ast& ast) { return Constant(ast, Value::BorrowedError("a mistake"), Type()); }

  // In unchecked mode a mistake is an error when it is evaluated.
  int Fail(const Ast& ast, std::string message, std::string hint = "") {
    if (options_.check_types) {
      Complain(ast.place, std::move(message), std::move(hint));
      return Mistaken(ast);
    }
    return Constant(ast, Value::Error(std::move(message)), Type());
  }

  // What is not supported is refused in both modes.
  int Refuse(const Ast& ast, std::string message, std::string hint = "") {
    Complain(ast.place, std::move(message), std::move(hint));
    return Mistaken(ast);
  }

  int Check(int id) {
    const Ast& ast = tree_.at(id);
    switch (ast.kind) {
      case Ast::Kind::kLiteral:
        return Constant(ast, ast.literal, TypeOf(ast.literal));
      case Ast::Kind::kName:
        return CheckName(id);
      case Ast::Kind::kSelect:
        return CheckSelect(id);
      case Ast::Kind::kCall:
        return CheckCall(ast);
      case Ast::Kind::kList:
        return CheckList(ast);
      case Ast::Kind::kMap:
        return CheckMap(ast);
      case Ast::Kind::kMessage:
        return Refuse(ast,
                      absl::StrCat("message types (", ast.text, "{...}) are not yet supported"));
    }
    return Mistaken(ast);
  }

  int CheckName(int id) {
    const Ast& ast = tree_.at(id);
    const Resolved found = Resolve(tree_, id, scope_);
    if (found.variable != nullptr) return MakeVariable(ast, found);
    if (ast.text == "now" && !ast.rooted) {
      Node node = Made(ast, Op::kNow, Type::Of(Kind::kTimestamp));
      node.slope_min = node.slope_max = 1;
      node.reads_now = true;
      return Add(std::move(node));
    }
    if (const auto type = TypeNamed(PathOf(tree_, id))) {
      return Constant(ast, Value::OfType(*type), Type::Of(Kind::kType));
    }
    return Unknown(id);
  }

  // `id` is the longest path that was tried.
  int Unknown(int id) {
    const Ast& ast = tree_.at(id);
    const std::string path = PathOf(tree_, id);
    if (const std::string* sentence = scope_.Refusal(path)) return Refuse(ast, *sentence);
    const std::string head = path.substr(0, path.find('.'));
    if (const std::string* sentence = scope_.Refusal(head)) return Refuse(FirstOf(id), *sentence);
    if (ast.kind == Ast::Kind::kName && FindFunction(path) != nullptr) {
      return Fail(ast, absl::StrCat(Quoted(path), " is a function"),
                  absl::StrCat("write ", std::string(FindFunction(path)->usage)));
    }
    std::vector<std::string> names = scope_.Names();
    names.push_back("now");
    std::string nearest = Nearest(path, names);
    // A field of a known group is looked for among its fields only, whatever the length of the
    // rest.
    if (!nearest.empty()) nearest = absl::StrCat("did you mean ", Quoted(nearest), "?");
    return Fail(FirstOf(id), absl::StrCat("unknown name ", Quoted(path)), nearest);
  }

  const Ast& FirstOf(int id) const {
    const Ast* ast = &tree_.at(id);
    while (ast->kind == Ast::Kind::kSelect) ast = &tree_.at(ast->children[0]);
    return *ast;
  }

  int MakeVariable(const Ast& ast, const Resolved& found) {
    const Variable& variable = *found.variable;
    if (variable.home == Variable::Home::kBinding) {
      return Constant(ast, variable.binding, variable.type);
    }
    Node node = Made(ast, Op::kVariable, variable.type);
    node.type = variable.type;  // known in unchecked mode too: it tells what a cell means
    node.variable = variable;
    node.name = found.name;
    node.absent = Value::Error(absl::StrCat("'", found.name, "' is absent"));
    if (variable.home == Variable::Home::kTimedCell || variable.home == Variable::Home::kWindow) {
      node.timed = {variable.slot};
      node.steps = true;
    }
    return Add(std::move(node));
  }

  int CheckSelect(int id) {
    const Ast& ast = tree_.at(id);
    const Resolved found = Resolve(tree_, id, scope_);
    if (found.variable != nullptr) return MakeVariable(ast, found);
    if (const auto type = TypeNamed(PathOf(tree_, id))) {
      return Constant(ast, Value::OfType(*type), Type::Of(Kind::kType));
    }
    // No part of the path is known: tell it as one name.
    if (!PathOf(tree_, id).empty() && !ResolvesInPart(id)) return Unknown(id);
    const int operand = Check(ast.children[0]);
    return Select(ast, operand);
  }

  bool ResolvesInPart(int id) const {
    for (; tree_.at(id).kind == Ast::Kind::kSelect; id = tree_.at(id).children[0]) {
      if (Resolve(tree_, id, scope_).variable != nullptr) return true;
    }
    return Resolve(tree_, id, scope_).variable != nullptr || tree_.at(id).text == "now";
  }

  int Select(const Ast& ast, int operand) {
    const Type type = TypeAt(operand);
    Type result;
    if (type.kind == Kind::kMap) {
      if (type.element != nullptr) result = *type.element;
    } else if (type.kind == Kind::kItem) {
      const auto field = ItemField(ast.text);
      if (!field) {
        return Fail(ast, absl::StrCat("an item has no field ", Quoted(ast.text)),
                    "an item has product_id, category, quantity and price");
      }
      result = Type::Of(*field);
    } else if (type.kind != Kind::kDyn) {
      return Fail(ast, absl::StrCat("a value of type ", TypeName(type), " has no field ",
                                    Quoted(ast.text)));
    }
    Node node = Made(ast, Op::kCall, result);
    node.func = Func::kSelect;
    node.name = ast.text;
    node.children = {operand};
    RefuseRunning(operand, "has no fields");
    return Add(std::move(node));
  }

  int CheckList(const Ast& ast) {
    Node node = Made(ast, Op::kList, Type());
    std::optional<Type> element;
    for (int child : ast.children) {
      node.children.push_back(Check(child));
      RefuseRunning(node.children.back(), "cannot be kept in a list");
      const Type& type = TypeAt(node.children.back());
      element = element ? Joined(*element, type) : type;
    }
    if (options_.check_types) node.type = Type::ListOf(element.value_or(Type()));
    return Add(std::move(node));
  }

  int CheckMap(const Ast& ast) {
    Node node = Made(ast, Op::kMap, Type());
    std::optional<Type> types[2];
    for (std::size_t i = 0; i < ast.children.size(); ++i) {
      node.children.push_back(Check(ast.children[i]));
      RefuseRunning(node.children.back(), "cannot be kept in a map");
      const Type& type = TypeAt(node.children.back());
      types[i % 2] = types[i % 2] ? Joined(*types[i % 2], type) : type;
    }
    if (options_.check_types) {
      node.type = Type::MapOf(types[0].value_or(Type()), types[1].value_or(Type()));
    }
    return Add(std::move(node));
  }

  // A value that runs with now, where only one that stands or steps can be used.
  void RefuseRunning(int id, const char* why) {
    if (!at(id).runs()) return;
    Complain(at(id).place, absl::StrCat("a value that runs with now ", why),
             "compare it (now - last_order_at > days(90)), or count days with calendar_days");
    StandStill(id);
  }

  void StandStill(int id) {
    nodes_.at(id).slope_min = nodes_.at(id).slope_max = 0;
    nodes_.at(id).steps = true;
  }

  int CheckCall(const Ast& ast) {
    if (ast.is_operator) {
      if (ast.text == "&&" || ast.text == "||") return CheckLogic(ast);
      if (ast.text == "!") return CheckNot(ast);
      if (ast.text == "?:") return CheckIf(ast);
      if (ast.text == ".?") return Refuse(ast, "optionals ('?') are not yet supported");
      if (ast.text == "-" && ast.children.size() == 1) return CheckNegate(ast);
      return CheckBinary(ast);
    }
    if (ast.text == "has" && !ast.receiver) return CheckHas(ast);
    return CheckFunction(ast);
  }

  void ExpectBool(int id, std::string_view where) {
    const Kind kind = TypeAt(id).kind;
    if (kind == Kind::kBool || kind == Kind::kDyn) return;
    Complain(at(id).place,
             absl::StrCat(std::string(where), " takes bool, found ", TypeName(TypeAt(id))),
             kind == Kind::kInt ? "compare it: orders > 0" : "");
  }

  int CheckLogic(const Ast& ast) {
    Node node = Made(ast, ast.text == "&&" ? Op::kAnd : Op::kOr, Type::Of(Kind::kBool));
    for (int child : ast.children) {
      node.children.push_back(Check(child));
      ExpectBool(node.children.back(), Quoted(ast.text));
      RefuseRunning(node.children.back(), "is neither true nor false");
    }
    return Add(std::move(node));
  }

  int CheckNot(const Ast& ast) {
    Node node = Made(ast, Op::kNot, Type::Of(Kind::kBool));
    node.children = {Check(ast.children[0])};
    ExpectBool(node.children[0], "'!'");
    RefuseRunning(node.children[0], "is neither true nor false");
    return Add(std::move(node));
  }

  int CheckIf(const Ast& ast) {
    Node node = Made(ast, Op::kIf, Type());
    for (int child : ast.children) node.children.push_back(Check(child));
    ExpectBool(node.children[0], "the condition of '?:'");
    RefuseRunning(node.children[0], "is neither true nor false");
    const Type a = TypeAt(node.children[1]), b = TypeAt(node.children[2]);
    const bool differ = a.kind != b.kind && a.kind != Kind::kDyn && b.kind != Kind::kDyn;
    if (differ || !Fits(a, b)) {
      std::string hint = ConversionHint(at(node.children[2]), a, nodes_.decimals);
      if (hint.empty()) hint = ConversionHint(at(node.children[1]), b, nodes_.decimals);
      Complain(ast.place,
               absl::StrCat("the branches of '?:' have different types, ", TypeName(a), " and ",
                            TypeName(b)),
               hint);
    } else if (options_.check_types) {
      node.type = Joined(a, b);
    }
    const Node &x = at(node.children[1]), &y = at(node.children[2]);
    node.slope_min = std::min(x.slope_min, y.slope_min);
    node.slope_max = std::max(x.slope_max, y.slope_max);
    return Add(std::move(node));
  }

  int CheckNegate(const Ast& ast) {
    const int operand = Check(ast.children[0]);
    const Kind kind = TypeAt(operand).kind;
    const bool fits =
        kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kMoney || kind == Kind::kDyn;
    if (!fits) return Fail(ast, absl::StrCat("'-' cannot take ", TypeName(TypeAt(operand))));
    RefuseRunning(operand, "cannot be negated");
    Node node = Made(ast, Op::kCall, TypeAt(operand));
    node.func = Func::kNegate;
    node.name = "-";
    node.children = {operand};
    return Add(std::move(node));
  }

  int CheckBinary(const Ast& ast) {
    const auto* op = std::find_if(std::begin(kBinary), std::end(kBinary),
                                  [&](const NamedOperator& o) { return o.symbol == ast.text; });
    Node node = Made(ast, Op::kCall, Type());
    node.func = op->func;
    node.name = ast.text;
    node.children = {Check(ast.children[0]), Check(ast.children[1])};
    const int a = node.children[0], b = node.children[1];
    const std::optional<Type> type = BinaryType(op->func, TypeAt(a), TypeAt(b));
    if (!type) return Mismatch(ast, op->func, a, b);
    if (options_.check_types) node.type = *type;
    if (op->func == Func::kAdd || op->func == Func::kSubtract) {
      const int sign = op->func == Func::kAdd ? 1 : -1;
      const Node &x = at(a), &y = at(b);
      node.slope_min = x.slope_min + (sign > 0 ? y.slope_min : -y.slope_max);
      node.slope_max = x.slope_max + (sign > 0 ? y.slope_max : -y.slope_min);
    } else if (!IsComparison(op->func)) {
      const char* why =
          op->func == Func::kIn ? "cannot be looked for in a list" : "cannot be used here";
      RefuseRunning(a, why);
      RefuseRunning(b, why);
    }
    return Add(std::move(node));
  }

  int Mismatch(const Ast& ast, Func func, int a, int b) {
    const std::string x = TypeName(TypeAt(a)), y = TypeName(TypeAt(b));
    const char* verb = IsComparison(func) ? " cannot compare " : " cannot take ";
    std::string hint;
    if (TypeAt(a).kind == Kind::kNull || TypeAt(b).kind == Kind::kNull) {
      hint = "a declared name is never null: has(name) tells whether it is known";
    }
    const bool money = TypeAt(a).kind == Kind::kMoney || TypeAt(b).kind == Kind::kMoney;
    if (hint.empty() && money &&
        (func == Func::kMultiply || func == Func::kDivide || func == Func::kModulo)) {
      hint = "money multiplies by an int only";
    }
    if (hint.empty() && func == Func::kIn && TypeAt(b).element) {
      hint = ConversionHint(at(a), *TypeAt(b).element, nodes_.decimals);
    }
    if (hint.empty()) hint = ConversionHint(at(b), TypeAt(a), nodes_.decimals);
    if (hint.empty()) hint = ConversionHint(at(a), TypeAt(b), nodes_.decimals);
    return Fail(ast,
                absl::StrCat(Quoted(ast.text), verb, x, IsComparison(func) ? " with " : " and ", y),
                hint);
  }

  int CheckHas(const Ast& ast) {
    if (ast.children.size() != 1) return Refuse(ast, "has() takes one name or field");
    const int id = ast.children[0];
    const Ast& argument = tree_.at(id);
    if (argument.kind != Ast::Kind::kName && argument.kind != Ast::Kind::kSelect) {
      return Refuse(ast, "has() takes a name or a field", "write has(event.promotion)");
    }
    const Resolved found = Resolve(tree_, id, scope_);
    if (found.variable != nullptr && found.variable->home != Variable::Home::kBinding) {
      const int variable = MakeVariable(argument, found);
      nodes_.at(variable).op = Op::kHasVariable;
      if (options_.check_types) nodes_.at(variable).type = Type::Of(Kind::kBool);
      return variable;
    }
    if (argument.kind == Ast::Kind::kName) {
      if (found.variable != nullptr) return Constant(ast, Value::Bool(true), Type::Of(Kind::kBool));
      return Unknown(id);
    }
    const bool known = ResolvesInPart(id) || PathOf(tree_, id).empty();
    if (!known) return Unknown(id);
    const int operand = Check(argument.children[0]);
    const Kind kind = TypeAt(operand).kind;
    if (kind != Kind::kMap && kind != Kind::kItem && kind != Kind::kDyn) {
      return Fail(argument, absl::StrCat("a value of type ", TypeName(TypeAt(operand)),
                                         " has no field ", Quoted(argument.text)));
    }
    Node node = Made(ast, Op::kHasKey, Type::Of(Kind::kBool));
    node.name = argument.text;
    node.children = {operand};
    return Add(std::move(node));
  }

  int CheckFunction(const Ast& ast) {
    std::string path = ast.text;
    if (ast.receiver && !PathOf(tree_, ast.children[0]).empty()) {
      path = absl::StrCat(PathOf(tree_, ast.children[0]), ".", ast.text);
    }
    const Function* function = FindFunction(ast.text);
    if (function == nullptr) {
      std::string sentence = UnsupportedFunction(ast.text, ast.receiver);
      if (!sentence.empty()) return Refuse(ast, std::move(sentence));
      const std::string nearest = Nearest(ast.text, FunctionNames());
      return Fail(ast, absl::StrCat("unknown function ", Quoted(ast.receiver ? path : ast.text)),
                  nearest.empty() ? "" : absl::StrCat("did you mean ", Quoted(nearest), "?"));
    }
    if (!(ast.receiver ? function->receiver : function->global)) {
      return Fail(ast, absl::StrCat(Quoted(ast.text), " is not called like this"),
                  absl::StrCat("write ", std::string(function->usage)));
    }
    const int count = static_cast<int>(ast.children.size());
    if (count < function->arguments_min || count > function->arguments_max) {
      return Fail(ast,
                  absl::StrCat(Quoted(ast.text), " does not take ",
                               ast.receiver ? count - 1 : count, " arguments"),
                  absl::StrCat("write ", std::string(function->usage)));
    }
    return MakeCall(ast, *function);
  }

  int MakeCall(const Ast& ast, const Function& function) {
    Node node = Made(ast, Op::kCall, Type::Of(function.result));
    node.func = function.func;
    node.name = ast.text;
    const int before = mistakes_;
    for (std::size_t i = 0; i < ast.children.size(); ++i) {
      node.children.push_back(Check(ast.children[i]));
      ExpectArgument(ast, function, i, node.children.back());
    }
    if (mistakes_ > before) return Mistaken(ast);
    if (function.func == Func::kMoney && !scope_.currency_decimals) {
      return Refuse(ast, "money() needs the programme's currency",
                    "write programme: {currency: EUR}");
    }
    CheckLiteral(ast, function, at(node.children[0]));
    if (IsAccessor(function.func) && node.children.size() == 2) {
      const Node& zone = at(node.children[1]);
      if (!TakeZone(ast, zone, &node)) return Mistaken(ast);
      node.children.pop_back();
    }
    CheckMoving(ast, &node);
    return Add(std::move(node));
  }

  void ExpectArgument(const Ast& ast, const Function& function, std::size_t i, int id) {
    const Kind kind = TypeAt(id).kind;
    if (kind == Kind::kDyn || (function.kinds[i] >> static_cast<unsigned>(kind)) & 1) return;
    std::string hint = absl::StrCat("write ", std::string(function.usage));
    const bool text =
        at(id).op == Op::kConstant && kind == Kind::kInt && function.func == Func::kMoney;
    if (text || (function.func == Func::kMoney && kind == Kind::kDouble)) {
      hint = ConversionHint(at(id), Type::Of(Kind::kMoney), nodes_.decimals);
    }
    if (function.func == Func::kAge && kind == Kind::kTimestamp)
      hint = "write age(local_date(timestamp))";
    Complain(at(id).place, absl::StrCat(Quoted(ast.text), " cannot take ", TypeName(TypeAt(id))),
             hint);
  }

  // A literal that can never be read is the author's mistake, not the data's.
  void CheckLiteral(const Ast& ast, const Function& function, const Node& argument) {
    const bool reads = function.func == Func::kTimestamp || function.func == Func::kDuration ||
                       function.func == Func::kMoney || function.func == Func::kDate;
    if (!reads || !options_.check_types || argument.op != Op::kConstant) return;
    const Value value = Convert(function.func, argument.constant, nodes_.decimals);
    if (value.is_error()) Complain(ast.place, value.error());
  }

  bool TakeZone(const Ast& ast, const Node& zone, Node* node) {
    if (zone.op != Op::kConstant || !zone.constant.Is(Kind::kString)) {
      Complain(ast.place, absl::StrCat("the time zone of ", Quoted(ast.text), " must be a text"),
               "write getHours(\"Europe/Paris\"); calendar words use the customer's own zone");
      return false;
    }
    std::string name(zone.constant.AsText());
    if (!name.empty() && name[0] >= '0' && name[0] <= '9') name = absl::StrCat("+", name);
    absl::StatusOr<std::shared_ptr<const Zone>> loaded = Zone::Load(name);
    if (!loaded.ok()) {
      Complain(zone.place, absl::StrCat("unknown time zone ", Quoted(name)),
               "write an IANA name like \"Europe/Paris\", or \"+02:00\"");
      return false;
    }
    node->zone = *std::move(loaded);
    return true;
  }

  // How the result of a function moves, or why it may not.
  void CheckMoving(const Ast& ast, Node* node) {
    if (node->func == Func::kAge) node->reads_now = node->steps = true;
    for (int child : node->children) {
      const Node& argument = at(child);
      if (!argument.runs()) continue;
      if (node->func == Func::kToDyn || node->func == Func::kLocalTime) {
        node->slope_min = argument.slope_min;
        node->slope_max = argument.slope_max;
      }
      if (node->func == Func::kToDyn) continue;
      const bool length = argument.type.kind == Kind::kDuration;
      if (node->func == Func::kGetSeconds || node->func == Func::kGetMilliseconds) {
        Complain(ast.place,
                 absl::StrCat(Quoted(ast.text), " of a value that runs with now changes too often"),
                 length ? "compare the duration itself: now - last_order_at > minutes(5)"
                        : "use getMinutes() or coarser, or compare now itself");
      } else if (!IsCalendarWord(node->func) && !IsAccessor(node->func)) {
        Complain(argument.place,
                 absl::StrCat(Quoted(ast.text), " cannot take a value that runs with now"),
                 "compare it (now - last_order_at > days(90)), or count days with calendar_days");
      } else if (!length && (argument.slope_min < 0 || argument.slope_max > 1)) {
        Complain(argument.place,
                 absl::StrCat(Quoted(ast.text),
                              " takes now, or now plus or minus a duration that stands still"));
      }
    }
  }

  void CheckResult() {
    Node& root = nodes_.at(nodes_.root);
    if (mistakes_ > 0) return;
    if (root.runs() && !options_.allow_running) {
      const bool stamp = root.type.kind == Kind::kTimestamp;
      Complain(root.place, "the result runs with now",
               stamp ? "compare it with a timestamp, or use start_of_day(now) or local_date(now)"
                     : "compare it (now - last_order_at > days(90)), or count days: "
                       "calendar_days(last_order_at, now)");
      return;
    }
    if (!options_.expected || !options_.check_types) return;
    const Type& expected = *options_.expected;
    const bool fits =
        root.type.kind == Kind::kDyn || expected.kind == Kind::kDyn || expected == root.type;
    if (fits) return;
    std::string hint = ConversionHint(root, expected, nodes_.decimals);
    if (expected.kind == Kind::kBool && hint.empty() && root.type.kind == Kind::kInt)
      hint = "compare it: orders > 0";
    Complain(root.place,
             absl::StrCat("expected ", TypeName(expected), ", found ", TypeName(root.type)), hint);
  }

  const Tree& tree_;
  const Scope& scope_;
  const CompileOptions& options_;
  std::vector<Issue>* const issues_;
  Nodes nodes_;
  int mistakes_ = 0;
};

}  // namespace

std::optional<Nodes> Check(const Tree& tree, const Scope& scope, const CompileOptions& options,
                           std::vector<Issue>* issues) {
  std::vector<Issue> found;
  Nodes nodes = Checker(tree, scope, options, &found).Run();
  if (found.empty()) return nodes;
  std::stable_sort(found.begin(), found.end(), [](const Issue& a, const Issue& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  issues->insert(issues->end(), found.begin(), found.end());
  return std::nullopt;
}

}  // namespace parcours::expr
