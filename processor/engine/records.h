// Records: what was published, as the JSON lines that people read and digests are made of.
//
// A line is canonical: one spelling for one content, byte by byte as docs/formats.md says, without
// offsets, shards, hosts or processing times. So the digest of a kind of record is the sum of the
// SHA-256 of its lines, whatever their order.
// Threads: one RecordWriter a worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "processor/engine/effects.h"
#include "rules/catalog/catalog.h"
#include "state/customer.h"

namespace parcours::engine {

// Ids come from content.
std::uint64_t TransitionId(std::string_view customer, std::string_view segmentation,
                           std::uint32_t number);
std::uint64_t ActionId(std::string_view journey, std::string_view step, std::string_view customer,
                       std::uint32_t occurrence);

class RecordWriter {
 public:
  explicit RecordWriter(const catalog::Catalog& catalog);  // must outlive this

  // Each appends one line without its newline.
  void Append(const Transition& transition, std::string* out) const;
  void Append(const Action& action, std::string* out) const;
  void Append(const Decision& decision, std::string* out) const;
  // The customer as it stands; RefreshFeatures brings its features to the shard's clock first.
  void AppendCustomer(const state::Customer& customer, std::string* out) const;

 private:
  void AppendCause(const Cause& cause, std::string* out) const;
  void AppendRun(const state::Run& run, std::string* out) const;
  void AppendJourneys(const state::Customer& customer, std::string* out) const;

  const catalog::Catalog& catalog_;
};

using parcours::AppendJsonText;
// Appends a cell of a declared type as JSON; null where it is absent or not a value.
void AppendJsonCell(const expr::Type& type, int scale, bool fixed_point, const Cell* cell,
                    std::string* out);

}  // namespace parcours::engine
