// Narrator: tells transitions and actions in words, with their cause, as they happen.
// Threads: owned by one worker.
#pragma once

#include <string>

#include "processor/engine/effects.h"
#include "rules/catalog/catalog.h"

namespace parcours::cli {

class Narrator {
 public:
  // With `color`, for a terminal. `catalog` must outlive this.
  Narrator(const catalog::Catalog& catalog, bool color) : catalog_(catalog), color_(color) {}

  // "2026-01-08 10:15  anna-3  lifecycle: new -> lapsing, because time passed: <rule>"
  std::string Tell(const engine::Transition& transition) const;
  // "2026-01-08 10:15  anna-3  send email 'second_purchase' (journey second_purchase, step nudge)"
  std::string Tell(const engine::Action& action) const;
  // Only of exits: sends are told as actions. Empty otherwise.
  std::string Tell(const engine::Decision& decision) const;

 private:
  std::string Head(TimeMs at, const state::Customer& customer) const;
  std::string Because(const engine::Cause& cause) const;
  std::string Painted(const char* code, const std::string& text) const;

  const catalog::Catalog& catalog_;
  const bool color_;
};

}  // namespace parcours::cli
