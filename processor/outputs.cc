#include "processor/outputs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutant.h"
#include "base/status_macros.h"

namespace parcours::processor {

absl::StatusOr<std::unique_ptr<Outputs>> Outputs::Open(const catalog::Catalog& catalog,
                                                       const std::string& folder) {
  std::unique_ptr<Outputs> outputs(new Outputs(catalog));
  if (folder.empty()) return outputs;
  RETURN_IF_ERROR(log::CreateFolder(folder));
  const std::pair<const char*, Stream*> files[] = {{"transitions.ndjson", &outputs->transitions_},
                                                   {"actions.ndjson", &outputs->actions_},
                                                   {"decisions.ndjson", &outputs->decisions_},
                                                   {"customers.ndjson", &outputs->customers_},
                                                   {"rejected.ndjson", &outputs->rejected_}};
  for (const auto& [name, stream] : files) {
    ASSIGN_OR_RETURN(stream->file, log::OutputFile::Create(absl::StrCat(folder, "/", name)));
  }
  return outputs;
}

Outputs::Outputs(const catalog::Catalog& catalog) : writer_(catalog) {
  for (const catalog::Segmentation& segmentation : catalog.segmentations) {
    segmentations_.emplace_back(segmentation.segments.size());
  }
}

void Outputs::Stream::Take(std::string_view line) {
  ++count;
  digest.Add(line);
  if (file != nullptr) file->WriteLine(line);
}

void Outputs::Drain(engine::Effects* effects) {
  for (const engine::Transition& transition : effects->transitions) {
    segmentations_[transition.segmentation].Count(transition);
    line_.clear();
    writer_.Append(transition, &line_);
    transitions_.Take(line_);
  }
  for (const engine::Action& action : effects->actions) {
    line_.clear();
    writer_.Append(action, &line_);
    actions_.Take(line_);
  }
  for (const engine::Decision& decision : effects->decisions) {
    line_.clear();
    writer_.Append(decision, &line_);
    decisions_.Take(line_);
  }
  effects->ClearRecords();
}

void Outputs::Reject(std::string_view file, std::uint64_t line, std::string_view reason,
                     std::string_view detail) {
  line_.assign("{\"file\":");
  engine::AppendJsonText(file, &line_);
  absl::StrAppend(&line_, ",\"line\":", line, ",\"reason\":");
  engine::AppendJsonText(reason, &line_);
  line_.append(",\"detail\":");
  engine::AppendJsonText(detail, &line_);
  line_.push_back('}');
  ++rejected_.count;
  if (rejected_.file != nullptr) rejected_.file->WriteLine(line_);
}

void Outputs::WriteCustomers(Shard& shard, TimeMs clock) {
  state::Customers& customers = shard.customers();
  for (std::uint32_t number = 0; number < customers.size(); ++number) {
    if (number + 8 < customers.size()) __builtin_prefetch(customers.Pointer(number + 8));
    engine::RefreshFeatures(shard.rules(), customers[number], clock);
    line_.clear();
    writer_.AppendCustomer(customers[number], &line_);
    customers_.Take(line_);
  }
}

const absl::Status& Outputs::status() const {
  for (const Stream* stream : {&transitions_, &actions_, &decisions_, &customers_, &rejected_}) {
    if (stream->file != nullptr && !stream->file->status().ok()) return stream->file->status();
  }
  static const absl::Status* const ok = new absl::Status();
  return *ok;
}

absl::Status Outputs::Finish(Summary* summary) {
  for (Stream* stream : {&transitions_, &actions_, &decisions_, &customers_, &rejected_}) {
    if (stream->file != nullptr) RETURN_IF_ERROR(stream->file->Close());
  }
  summary->segmentations = segmentations_;
  summary->transitions = transitions_.count;
  summary->actions = actions_.count;
  summary->decisions = decisions_.count;
  summary->customers = customers_.count;
  summary->rejected = rejected_.count;
  summary->digests = Digests{transitions_.digest.Hex(), actions_.digest.Hex(),
                             decisions_.digest.Hex(), customers_.digest.Hex()};
  return absl::OkStatus();
}

}  // namespace parcours::processor
