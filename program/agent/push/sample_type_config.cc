#include "program/agent/push/sample_type_config.h"

#include <nlohmann/json.hpp>

namespace program {

std::string sample_type_config(const std::string& mode) {
  using nlohmann::json;
  if (mode == "heap" || mode == "allocs") {
    return json{{"alloc_objects", {{"units", "objects"}}},
                {"alloc_space", {{"units", "bytes"}}},
                {"inuse_objects", {{"units", "objects"}, {"aggregation", "average"}}},
                {"inuse_space", {{"units", "bytes"}, {"aggregation", "average"}}}}
        .dump();
  }
  if (mode == "block" || mode == "mutex") {
    return json{{"contentions", {{"display-name", mode + "_count"}, {"units", "lock_samples"}}},
                {"delay", {{"display-name", mode + "_duration"}, {"units", "lock_nanoseconds"}}}}
        .dump();
  }
  if (mode == "threads") {
    return json{
        {"threads",
         {{"display-name", "goroutines"}, {"units", "goroutines"}, {"aggregation", "average"}}}}
        .dump();
  }
  return "";
}

}  // namespace program
