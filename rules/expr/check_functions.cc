// Functions: their arguments, their literals, and how their results move with now.
#include "absl/strings/str_cat.h"
#include "rules/expr/checking.h"
#include "rules/expr/operators.h"
#include "rules/expr/pattern.h"

namespace parcours::expr {

int Checker::CheckFunction(const Ast& ast) {
  std::string path = ast.text;
  if (ast.receiver && !PathOf(tree_, ast.children[0]).empty()) {
    path = absl::StrCat(PathOf(tree_, ast.children[0]), ".", ast.text);
  }
  // math.abs(x): the name before the dot is none of the arguments.
  const bool local = ast.receiver && LocalOf(ast.children[0]) != nullptr;
  const Function* qualified = path != ast.text && !local ? FindFunction(path) : nullptr;
  const Function* function = qualified != nullptr ? qualified : FindFunction(ast.text);
  const bool receiver = ast.receiver && qualified == nullptr;
  if (function == nullptr) {
    const std::string nearest = Nearest(path, FunctionNames());
    const std::string nearest_last = Nearest(ast.text, FunctionNames());
    const std::string& hint = nearest.empty() ? nearest_last : nearest;
    return Fail(ast, absl::StrCat("unknown function ", Quoted(path)),
                hint.empty() ? "" : absl::StrCat("did you mean ", Quoted(hint), "?"));
  }
  if (!(receiver ? function->receiver : function->global)) {
    return Fail(ast, absl::StrCat(Quoted(ast.text), " is not called like this"),
                absl::StrCat("write ", std::string(function->usage)));
  }
  const std::size_t first = qualified != nullptr ? 1 : 0;
  const auto count = static_cast<int>(ast.children.size() - first);
  if (count < function->arguments_min || count > function->arguments_max) {
    return Fail(ast,
                absl::StrCat(Quoted(ast.text), " does not take ", receiver ? count - 1 : count,
                             " arguments"),
                absl::StrCat("write ", std::string(function->usage)));
  }
  return MakeCall(ast, *function, first);
}

int Checker::MakeCall(const Ast& ast, const Function& function, std::size_t first_argument) {
  Node node = Made(ast, Op::kCall, Type());
  node.func = function.func;
  node.function = &function;
  node.name = std::string(function.name);
  const int before = mistakes_;
  for (std::size_t i = first_argument; i < ast.children.size(); ++i) {
    node.children.push_back(Check(ast.children[i]));
    ExpectArgument(ast, function, i - first_argument, node.children.back());
  }
  if (mistakes_ > before) return Mistaken(ast);
  if (function.func == Func::kMoney && !scope_.currency_decimals) {
    return Refuse(ast, "money() needs the programme's currency",
                  "write programme: {currency: EUR}");
  }
  if (options_.check_types) node.type = TypeOfCall(function, node.children);
  if (!node.children.empty()) CheckLiteral(ast, function, at(node.children[0]));
  if (function.func == Func::kMatches) CompilePattern(ast, &node);
  if (function.func == Func::kPoint) CheckPoint(ast, at(node.children[0]), at(node.children[1]));
  if (IsAccessor(function.func) && node.children.size() == 2) {
    const Node& zone = at(node.children[1]);
    if (!TakeZone(ast, zone, &node)) return Mistaken(ast);
    node.children.pop_back();
  }
  CheckMoving(ast, &node);
  return Add(std::move(node));
}

Type Checker::TypeOfCall(const Function& function, const std::vector<int>& arguments) const {
  switch (function.gives) {
    case Gives::kResult:
      break;
    case Gives::kOptional:
      return Type::OptionalOf(arguments.empty() ? Type() : TypeAt(arguments[0]));
    case Gives::kHeld: {
      const auto& held = TypeAt(arguments[0]).element;
      return held == nullptr ? Type() : *held;
    }
    case Gives::kArguments: {
      std::optional<Type> joined;
      for (const int id : arguments) {
        const Type& type = TypeAt(id);
        const Type one = type.kind == Kind::kList && type.element ? *type.element : type;
        joined = joined ? Joined(*joined, one) : one;
      }
      return *joined;
    }
  }
  if (function.result == Kind::kList) return Type::ListOf(Type::Of(function.element));
  return Type::Of(function.result);
}

// What stands in the expression is compiled once, and told to the author if it is wrong.
void Checker::CompilePattern(const Ast& ast, Node* node) {
  const Node& pattern = at(node->children[1]);
  if (pattern.op != Op::kConstant || !pattern.constant.Is(Kind::kString)) return;
  auto compiled = Pattern::Compile(pattern.constant.AsText());
  if (compiled.ok()) {
    node->pattern = *std::move(compiled);
  } else if (options_.check_types) {
    Complain(ast.place, std::string(compiled.status().message()));
  }
}

void Checker::ExpectArgument(const Ast& ast, const Function& function, std::size_t i, int id) {
  const Kind kind = TypeAt(id).kind;
  if (kind == Kind::kDyn || function.Takes(i, kind)) return;
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

void Checker::CheckLiteral(const Ast& ast, const Function& function, const Node& argument) {
  const bool reads = function.func == Func::kTimestamp || function.func == Func::kDuration ||
                     function.func == Func::kMoney || function.func == Func::kDate;
  if (!reads || !options_.check_types || argument.op != Op::kConstant) return;
  const Value value = Convert(function.func, argument.constant, nodes_.decimals);
  if (value.is_error()) Complain(ast.place, value.error());
}

void Checker::CheckPoint(const Ast& ast, const Node& latitude, const Node& longitude) {
  if (latitude.op != Op::kConstant || longitude.op != Op::kConstant) return;
  const Value value = Geography(Func::kPoint, latitude.constant, longitude.constant);
  if (value.is_error()) Complain(ast.place, value.error());
}

bool Checker::TakeZone(const Ast& ast, const Node& zone, Node* node) {
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

void Checker::CheckMoving(const Ast& ast, Node* node) {
  if (ReadsToday(node->func)) node->reads_now = node->steps = true;
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

}  // namespace parcours::expr
