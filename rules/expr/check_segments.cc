// Segments: in_segment(), since(), and the names that a customer's segment is compared with.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "rules/expr/checking.h"

namespace parcours::expr {
namespace {

// What is declared below `prefix` and a dot, without it.
std::vector<std::string> NamesBelow(const std::string& prefix, const Scope& scope) {
  const std::string begin = absl::StrCat(prefix, ".");
  std::vector<std::string> names;
  for (const std::string& name : scope.Names()) {
    if (name.compare(0, begin.size(), begin) != 0) continue;
    const std::string rest = name.substr(begin.size());
    const std::string first = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), first) == names.end()) names.push_back(first);
  }
  return names;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& names) {
  const std::string nearest = Nearest(name, names);
  return nearest.empty() ? "" : absl::StrCat("did you mean ", Quoted(nearest), "?");
}

}  // namespace

void Checker::ExpectSegment(const Node& literal, const Variable& segmentation) {
  if (literal.op != Op::kConstant || !literal.constant.Is(Kind::kString)) return;
  if (PARCOURS_MUTANT("expr-segment-of-any-name")) return;
  const std::string name(literal.constant.AsText());
  const std::vector<std::string>& names = *segmentation.names;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  Complain(literal.place, absl::StrCat("there is no segment ", Quoted(name), " to compare with"),
           DidYouMean(name, names));
}

void Checker::CheckSegmentNames(int a, int b) {
  const Node &segment = at(a), &other = at(b);
  if (segment.op != Op::kCall || segment.func != Func::kSegmentName) return;
  const Variable segmentation = segment.variable;
  ExpectSegment(other, segmentation);
  if (other.op != Op::kList) return;
  for (int element : other.children) ExpectSegment(at(element), segmentation);
}

// in_segment("lifecycle", "vip"): false for who is in none, where segment.lifecycle == "vip" is an
// error.
int Checker::CheckInSegment(const Ast& ast) {
  std::string texts[2];
  for (std::size_t i = 0; i < ast.children.size() && i < 2; ++i) {
    const Ast& child = tree_.at(ast.children[i]);
    if (child.kind == Ast::Kind::kLiteral && child.literal.Is(Kind::kString)) {
      texts[i] = std::string(child.literal.AsText());
    }
  }
  if (ast.children.size() != 2 || texts[0].empty() || texts[1].empty()) {
    return Refuse(ast, "in_segment() takes the names of a segmentation and of one of its segments",
                  "write in_segment(\"lifecycle\", \"vip\")");
  }
  if (const std::string* sentence = scope_.Refusal("segment")) return Refuse(ast, *sentence);
  const std::string path = absl::StrCat("segment.", texts[0]);
  if (const Variable* exclusive = scope_.Find(path)) {
    const Resolved found{exclusive, path};
    const int known = HasStored(ast, found);
    const int segment = MakeVariable(ast, found);
    const int name = Check(ast.children[1]);
    ExpectSegment(at(name), *exclusive);
    Node equal = Made(ast, Op::kCall, Type::Of(Kind::kBool));
    equal.func = Func::kEqual;
    equal.name = "==";
    equal.children = {segment, name};
    Node both = Made(ast, Op::kAnd, Type::Of(Kind::kBool));
    both.children = {known, Add(std::move(equal))};
    return Add(std::move(both));
  }
  const std::string member = absl::StrCat(path, ".", texts[1]);
  if (const Variable* independent = scope_.Find(member)) {
    return MakeVariable(ast, {independent, member});
  }
  if (scope_.IsPrefix(path)) {
    return Refuse(tree_.at(ast.children[1]),
                  absl::StrCat("unknown segment ", Quoted(texts[1]), " of ", Quoted(texts[0])),
                  DidYouMean(texts[1], NamesBelow(path, scope_)));
  }
  return Refuse(tree_.at(ast.children[0]), absl::StrCat("unknown segmentation ", Quoted(texts[0])),
                DidYouMean(texts[0], NamesBelow("segment", scope_)));
}

int Checker::CheckSince(const Ast& ast) {
  constexpr char kUsage[] =
      "write since(segment.lifecycle), or since(segment.interests.tennis) of an independent one";
  if (ast.children.size() != 1) return Refuse(ast, "since() takes one segmentation", kUsage);
  const int id = ast.children[0];
  const std::string path = PathOf(tree_, id);
  const Resolved found = Find(id);
  if (found.variable == nullptr && !path.empty() && !scope_.IsPrefix(path)) return Unknown(id);
  if (found.variable == nullptr || found.variable->since < 0) {
    return Refuse(ast, "since() takes the name of a segmentation", kUsage);
  }
  Variable since;
  since.type = Type::Of(Kind::kTimestamp);
  since.slot = found.variable->since;
  return MakeVariable(ast, {&since, absl::StrCat("since(", path, ")")});
}

}  // namespace parcours::expr
