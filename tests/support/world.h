// World: one customer under given definitions, for tests of the engine.
// Threads: one test.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "processor/engine/step.h"

namespace parcours::engine {

class World {
 public:
  explicit World(const std::string& definitions);  // dies with the issues if they are wrong
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Applies one event of the declared `type`; fields not named are absent.
  Admission Apply(const std::string& type, TimeMs time, const std::string& id, TimeMs log_time,
                  const std::map<std::string, Cell>& cells = {},
                  const std::map<std::string, std::string>& texts = {},
                  const std::string& source = "web");
  // Fires all dues up to `until`.
  void FireUntil(TimeMs until);

  Cell cell(const std::string& feature) const;
  Rules& rules() { return rules_; }
  const catalog::Catalog& catalog() const { return *rules_.catalog; }
  state::Customer& customer() { return *customer_; }
  Effects& effects() { return effects_; }

 private:
  Rules rules_;
  Effects effects_;
  state::Arena arena_;
  state::Customer* customer_;
};

}  // namespace parcours::engine
