// ProtoWriter: what was published, as Protocol Buffers for who reads them rather than JSON.
//
// Each message holds what the canonical line of the same record holds, no more and no less, field
// by field: see proto/parcours/v1 and docs/formats.md#protocol-buffers. The same record gives the
// same bytes: there are no maps, and lists stand in the order of definition. Digests are made of
// lines only (records.h).
// Threads: one ProtoWriter a worker; it keeps its messages so that little is allocated.
#pragma once

#include <memory>
#include <string>

#include "processor/engine/effects.h"
#include "rules/catalog/catalog.h"
#include "state/customer.h"

namespace parcours::engine {

class ProtoWriter {
 public:
  explicit ProtoWriter(const catalog::Catalog& catalog);  // must outlive this
  ~ProtoWriter();

  // Each appends the bytes of one message.
  void Append(const Transition& transition, std::string* out);
  void Append(const Action& action, std::string* out);
  void Append(const Decision& decision, std::string* out);
  // The customer as it stands; RefreshFeatures brings its features to the shard's clock first.
  void AppendCustomer(const state::Customer& customer, std::string* out);

 private:
  struct Messages;

  const catalog::Catalog& catalog_;
  const std::unique_ptr<Messages> messages_;
};

}  // namespace parcours::engine
