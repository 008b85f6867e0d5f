#include "rules/expr/scope.h"

namespace parcours::expr {

void Scope::Declare(std::string name, Variable variable) {
  for (auto& entry : variables_) {
    if (entry.first == name) {
      entry.second = std::move(variable);
      return;
    }
  }
  variables_.emplace_back(std::move(name), std::move(variable));
}

const Variable* Scope::Find(std::string_view name) const {
  for (const auto& entry : variables_) {
    if (entry.first == name) return &entry.second;
  }
  return nullptr;
}

bool Scope::IsPrefix(std::string_view prefix) const {
  for (const auto& entry : variables_) {
    const std::string_view name = entry.first;
    if (name.size() > prefix.size() && name[prefix.size()] == '.' &&
        name.substr(0, prefix.size()) == prefix) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> Scope::Names() const {
  std::vector<std::string> names;
  names.reserve(variables_.size());
  for (const auto& entry : variables_) names.push_back(entry.first);
  return names;
}

void Scope::Refuse(std::string name, std::string sentence) {
  refused_.emplace_back(std::move(name), std::move(sentence));
}

const std::string* Scope::Refusal(std::string_view name) const {
  for (const auto& entry : refused_) {
    if (entry.first == name) return &entry.second;
  }
  return nullptr;
}

}  // namespace parcours::expr
