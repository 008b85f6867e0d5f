// A shape with every kind of cell, window and contact, and what a customer of it holds as text.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "state/customer.h"

namespace parcours::state {

// 70 cells, so that they need a second block. The first nine are told apart below; the last is
// text.
inline Shape ShapeOfAllKinds() {
  using enum CellKind;
  Shape shape;
  shape.initial.assign(70, kAbsent);
  shape.kinds.assign(70, kNumber);
  shape.initial[0] = 0;
  shape.kinds[3] = shape.kinds[4] = shape.kinds[8] = kTime;
  shape.initial[4] = shape.initial[8] = 0;
  shape.kinds[5] = kBits;
  shape.kinds[6] = shape.kinds[7] = shape.kinds[69] = kText;
  shape.text_cells = {6, 7, 69};
  shape.windows = {
      BucketShape{.width = 3, .text_cell = 0, .text_cell2 = 2, .kinds = {kText, kTime, kText}},
      BucketShape{.width = 1, .kinds = {kNumber}},
      BucketShape{.width = 3, .kinds = {kNumber, kNumber, kBits}},
      BucketShape{.width = 1, .kinds = {kTime}},
  };
  shape.attributes = 3;
  shape.contacts = {kText, kNumber, kTime, kBits};
  shape.Complete();
  return shape;
}

inline std::string TellCell(CellKind kind, Cell cell) {
  if (cell == kAbsent) return "- ";
  if (kind != CellKind::kText || cell == kOverflow || cell == kNever)
    return absl::StrCat(cell, " ");
  return "'" + std::string(TextOf(&cell)) + "' ";
}

inline std::string TellRun(const Run& run) {
  return absl::StrCat("\nrun ", run.journey, " ", static_cast<int>(run.state), " ", run.step, " ",
                      run.occurrence, " ") +
         absl::StrCat(run.sent, " ", run.entered_at, " ", run.step_started_at, " ") +
         absl::StrCat(run.step_due, " ", run.exit_due, " ", run.goal_due, " ") +
         absl::StrCat(run.goal_until, " ", run.converted_at);
}

// All that is stored in a customer's record, but for the ids seen.
inline std::string TellCustomer(const Shape& shape, const Customer& customer) {
  std::string told = absl::StrCat(customer.next_due, " ", customer.last_instant, " ",
                                  customer.latest_time, " ", customer.events);
  absl::StrAppend(&told, " ", customer.transitions, " ", customer.actions, " ");
  absl::StrAppend(&told, customer.decisions, " ", customer.has_contact, "\ncells ");
  for (std::size_t i = 0; i < shape.kinds.size(); ++i) {
    told += TellCell(shape.kinds[i], customer.cells()[i]);
  }
  for (int window = 0; window < static_cast<int>(shape.windows.size()); ++window) {
    const BucketShape& bucket = shape.windows[static_cast<std::size_t>(window)];
    const Buckets& buckets = customer.buckets(window);
    absl::StrAppend(&told, "\nwindow ", window, " ");
    for (int i = 0; i < buckets.size(); ++i) {
      absl::StrAppend(&told, "at ", buckets.line(bucket, i), " ");
      for (std::size_t k = 0; k < static_cast<std::size_t>(bucket.width); ++k) {
        told += TellCell(bucket.kinds[k], buckets.cells(bucket, i)[k]);
      }
    }
  }
  for (int i = 0; customer.writes_or_null() != nullptr && i < shape.attributes; ++i) {
    const Cell* note = customer.writes_or_null() + 2 * i;
    if (note[0] == kAbsent && note[1] == kAbsent) continue;
    absl::StrAppend(&told, "\nnote ", i, " ");
    told += TellCell(CellKind::kTime, note[0]) + TellCell(CellKind::kText, note[1]);
  }
  for (const Run& run : customer.runs) told += TellRun(run);
  return told;
}

inline std::string TellContacts(const Shape& shape, const Customer& customer) {
  std::string told;
  for (std::size_t i = 0; customer.contacts_or_null() != nullptr && i < shape.contacts.size();
       ++i) {
    const Cell* contact = customer.contacts_or_null() + i * kContactCells;
    told += TellCell(shape.contacts[i], contact[0]) + TellCell(CellKind::kTime, contact[1]) +
            TellCell(CellKind::kText, contact[2]) + "\n";
  }
  return told;
}

}  // namespace parcours::state
