#include "program/report/waits_json.h"

#include <algorithm>

namespace program {
namespace {

using nlohmann::json;

double seconds_of(uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

json json_of(const TraceWait& wait, uint64_t end_ns) {
  json stack = json::array();
  for (const auto& function : wait.stack) stack.push_back({function.name, function.place});
  return {{"thread", wait.thread},
          {"tid", wait.tid},
          {"category", wait.category},
          {"kind", wait.kind},
          {"before_end", seconds_of(end_ns - std::min(end_ns, wait.begin_ns))},
          {"seconds", seconds_of(wait.length_ns)},
          {"open", wait.is_open},
          {"stack", stack}};
}

}  // namespace

json waits_json(const TraceWaits& waits, uint64_t end_ns) {
  json list = json::array();
  for (const TraceWait& wait : waits.longest) list.push_back(json_of(wait, end_ns));
  return list;
}

}  // namespace program
