// Group: which shards are ours: ownership, failover and fencing are the group's, not our own.
//
// Threads: a Group is owned by one lane; it calls its owner from within Poll.
#pragma once

#include <span>
#include <vector>

#include "absl/status/status.h"

namespace parcours::log {

class ShardOwner {
 public:
  virtual ~ShardOwner() = default;
  // Ours from now on; to be restored before anything is read.
  virtual void Gained(const std::vector<int>& shards) = 0;
  // Somebody else's once this returns: what is open is committed in here, or given up for good.
  virtual void Leaving(const std::vector<int>& shards) = 0;
  // Somebody else's already, perhaps for long: nothing that was not committed ever will be.
  virtual void Lost(const std::vector<int>& shards) = 0;
};

class Group {
 public:
  virtual ~Group() = default;
  // Tells `owner` what has changed, waiting for it at most so long. PermissionDenied: we are no
  // member any more, as when another process came with our name.
  virtual absl::Status Poll(double wait_s, ShardOwner* owner) = 0;
  // Joins anew after that; all that we had is lost.
  virtual absl::Status Rejoin(ShardOwner* owner) = 0;
  // OK: no former owner of these shards has anything open that may still be committed.
  // Unavailable: not known yet.
  virtual absl::Status Settled(std::span<const int> shards) = 0;
  // Whether the group has given out its shards, with us among its members.
  virtual bool joined() const = 0;
  // Gives the shards to the others at once (`for_good`), or leaves them ours for a restart.
  virtual void Leave(bool for_good, ShardOwner* owner) = 0;
};

}  // namespace parcours::log
