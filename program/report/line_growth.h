// How much each line of a function grew between two builds of it.
#pragma once

#include <cstdint>
#include <map>

namespace program {

// By line of the new build. A line that was added moves all lines below it, so the lines of both
// builds are aligned first: in order, with the least difference of their values in all, and with
// as few changes of the distance between them as pay for themselves.
std::map<int64_t, double> line_growth(const std::map<int64_t, double>& base,
                                      const std::map<int64_t, double>& fresh);

}  // namespace program
