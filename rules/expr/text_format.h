// TextFormat: "%s has %d orders".format([name, orders]), the string extension's own printf.
//
// Threads: pure function. Limits: kTextBytesMax; 100 digits of precision. Failure: an error value.
#pragma once

#include <string_view>

#include "rules/expr/value.h"

namespace parcours::expr {

// Verbs: %s %d %f %e %b %o %x %X %%, with a precision before f and e (%.2f; 6 unless said).
Value FormatText(std::string_view pattern, const List& values);

}  // namespace parcours::expr
