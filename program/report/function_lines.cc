#include "program/report/function_lines.h"

#include <algorithm>
#include <cstdlib>

#include "program/report/figure_name.h"

namespace program {

void FunctionLines::add(const Profile& profile, int type) {
  functions_.add(profile, type);
  lines_.add(profile, type);
}

std::vector<ListedFunction> FunctionLines::matching(const std::string& pattern) const {
  std::map<std::pair<std::string, std::string>, ListedFunction> found;  // by name and file
  for (const auto& [key, row] : lines_.rows()) {
    if (!matches_function(pattern, row.name)) continue;
    const size_t colon = row.place.rfind(':');
    const std::string file = row.place.substr(0, colon);
    ListedFunction& listed = found[{row.name, file}];
    const FigureRow& whole = functions_.rows().at(row.name);
    listed.name = row.name, listed.file = file, listed.flat = whole.flat, listed.cum = whole.cum;
    const int64_t line = colon == std::string::npos ? 0 : atoll(row.place.c_str() + colon + 1);
    listed.lines[line] = {row.flat, row.cum};
  }
  std::vector<ListedFunction> all;
  for (auto& [key, listed] : found) all.push_back(std::move(listed));
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.cum.value > b.cum.value; });
  return all;
}

}  // namespace program
