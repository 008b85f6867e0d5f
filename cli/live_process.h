// LiveProcess: the lanes of `parcours run`, their store, and what is seen of them from outside.
//
// One thread a lane; this one waits, flushes the store once a minute and tells the metrics. A store
// that is damaged is set aside and the lanes begin again with an empty one, kRebuildsMax times; the
// changelog gives everything back. Threads: owned by one; the port's handler runs on its own.
// Failure: one sentence; what is committed stays.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "cli/run_config.h"
#include "rules/catalog/catalog.h"

namespace parcours::cli {

// Runs until a signal asks to stop (OK), or it cannot go on.
absl::Status RunLive(const RunConfig& config, std::shared_ptr<const catalog::Catalog> catalog);

}  // namespace parcours::cli
