// Any text as an expression: it is compiled in a fixed scope, and what compiles must give the same
// value and horizon by its fused terms and by the machine, now and at its horizon.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/cell.h"
#include "rules/expr/program.h"
#include "rules/expr/reach.h"

namespace parcours::expr {
namespace {

constexpr TimeMs kNow = 1774746000000;  // 2026-03-29T01:00:00Z, when Paris changes to summer time

Scope MakeScope() {
  Scope scope;
  scope.currency_decimals = 2;
  int slot = 0;
  const auto declare = [&](const char* name, Kind kind,
                           Variable::Home home = Variable::Home::kCell) {
    Variable variable;
    variable.type = Type::Of(kind);
    variable.home = home;
    variable.slot = slot;
    variable.falling = home == Variable::Home::kWindow;
    variable.window = 0;
    scope.Declare(name, variable);
    slot += home == Variable::Home::kCell ? 1 : 2;
  };
  declare("i", Kind::kInt);
  declare("m", Kind::kMoney);
  declare("b", Kind::kBool);
  declare("t", Kind::kTimestamp);
  declare("d", Kind::kDate);
  declare("s", Kind::kString);
  declare("x", Kind::kDouble);
  declare("a", Kind::kInt);
  declare("p", Kind::kInt, Variable::Home::kTimedCell);
  declare("w", Kind::kInt, Variable::Home::kWindow);
  return scope;
}

class Falling : public WindowReader {
 public:
  TimeMs FallsBelow(int, Cell bound, TimeMs now) const override {
    return bound <= 0 ? kNever : now + kHourMs;
  }
};

void CheckSame(const Program& program, const Frame& frame) {
  const Answer answer = program.Evaluate(frame);
  if (answer.until <= frame.now) std::abort();
  if (!answer.value.is_error()) (void)answer.value.ToJson();
  if (program.type().kind != Kind::kBool) return;
  const Verdict verdict = program.Test(frame);
  const bool is_bool = !answer.value.is_error() && answer.value.kind() == Kind::kBool;
  const Truth truth = !is_bool                ? Truth::kError
                      : answer.value.AsBool() ? Truth::kTrue
                                              : Truth::kFalse;
  if (verdict.truth != truth || verdict.until != answer.until) std::abort();
  if (truth == Truth::kTrue && !CanBeTrue(&program, {})) std::abort();
}

void Run(std::string_view text) {
  static const Scope* const scope = new Scope(MakeScope());
  static const Cell text_cell = NewText("a longer text");
  static const std::shared_ptr<const Zone> zone = Zone::Load("Europe/Paris").value();
  std::vector<Issue> issues;
  for (const bool check : {true, false}) {
    CompileOptions options;
    options.check_types = check;
    options.allow_running = true;
    const auto program = Compile(text, *scope, options, &issues);
    if (!program) continue;
    (void)program->Dump();
    const std::vector<Cell> cells = {
        3, 12'50,         1, kNow - 40 * kDayMs, 5'537, text_cell, CellOfDouble(1.5), kAbsent,
        4, kNow + kDayMs, 2, kNow + kHourMs};
    const Falling windows;
    Frame frame;
    frame.cells = cells.data();
    frame.windows = &windows;
    frame.zone = zone.get();
    frame.now = kNow;
    CheckSame(*program, frame);
  }
}

}  // namespace
}  // namespace parcours::expr

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parcours::expr::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
