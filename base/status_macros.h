// RETURN_IF_ERROR, ASSIGN_OR_RETURN: pass a Status up. Debian's Abseil is older than its own.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define PARCOURS_CONCAT_INNER(a, b) a##b
#define PARCOURS_CONCAT(a, b) PARCOURS_CONCAT_INNER(a, b)

// The line in the name: an expression may hold a function that returns on errors of its own.
#define RETURN_IF_ERROR(expression) \
  RETURN_IF_ERROR_INNER(PARCOURS_CONCAT(parcours_status_, __LINE__), expression)
#define RETURN_IF_ERROR_INNER(holder, expression) \
  do {                                            \
    absl::Status holder = (expression);           \
    if (!holder.ok()) return holder;              \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(PARCOURS_CONCAT(parcours_or_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_INNER(holder, declaration, expression) \
  auto holder = (expression);                                   \
  if (!holder.ok()) return holder.status();                     \
  declaration = *std::move(holder)
