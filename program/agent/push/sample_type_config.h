// How a Pyroscope server is to name and join the values of a mode's profiles, as pyroscope-go says
// it; without it block and mutex would be filed as "delay".
#pragma once

#include <string>

namespace program {

// JSON; empty where the server knows by itself.
std::string sample_type_config(const std::string& mode);

}  // namespace program
