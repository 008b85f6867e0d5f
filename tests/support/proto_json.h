// The messages of proto/parcours/v1 as JSON lines, written anew: what engine::RecordWriter must
// agree with, and what an Event says as a CloudEvent.
// Threads: pure functions.
#pragma once

#include <string>

#include "parcours/v1/customer.pb.h"
#include "parcours/v1/event.pb.h"
#include "parcours/v1/records.pb.h"

namespace parcours {

// The canonical line of the same content.
std::string LineOf(const v1::Transition& transition);
std::string LineOf(const v1::Action& action);
std::string LineOf(const v1::Decision& decision);
std::string LineOf(const v1::Customer& customer);
// A canonical event line.
std::string LineOf(const v1::Event& event);

}  // namespace parcours
