// The topics of an application, by their names: `A-events`, `A-changelog`, ...
//
// A-shards, the anchor, is empty: the group gives out its partitions, and a shard with each.
#pragma once

#include <string>
#include <string_view>

#include "log/log.h"

namespace parcours::log {

std::string KafkaTopic(std::string_view application, Topic topic);
std::string AnchorTopic(std::string_view application);

}  // namespace parcours::log
